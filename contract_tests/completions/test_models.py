"""`get_models` and `get_usage`."""

from __future__ import annotations

import pytest

from contract_tests.completions.world import (
    CONTEXT,
    DEAR,
    FREE,
    MAX_OUTPUT,
    MODEL,
    MODELS,
    MONTHLY,
    PROVIDER,
    USAGE,
    Asker,
    World,
)


class TestGetModels:
    @pytest.mark.promise("C7")
    def test_lists_what_can_be_asked_and_what_it_costs(self, lab: World, ada: Asker) -> None:
        answer = ada.client.get(MODELS, headers=ada.headers)
        assert answer.status_code == 200
        found = {each["id"]: each for each in answer.json()["models"]}
        assert {MODEL, DEAR, FREE} <= found.keys()
        assert found[DEAR] == {
            "id": DEAR,
            "name": DEAR.title(),
            "token_credit": 10,
            "provider": PROVIDER,
            "kind": "remote",
            "context": CONTEXT,
            "max_output": MAX_OUTPUT,
        }
        assert not {"demo", "smollm2-135m-instruct"} & found.keys()

    def test_leaves_out_what_is_disabled(self, lab: World, ada: Asker) -> None:
        lab.add_model("passing", 1)
        lab.admin.run("model", "disable", "passing")
        listed = ada.client.get(MODELS, headers=ada.headers).json()["models"]
        assert "passing" not in {each["id"] for each in listed}
        assert ada.ask(model="passing").status_code == 404

    def test_is_closed_to_a_plan_without_the_assistant(self, lab: World) -> None:
        asker = lab.asker("basic", plan="basic")
        assert asker.client.get(MODELS, headers=asker.headers).json()["error"] == "not_in_plan"


class TestGetUsage:
    @pytest.mark.promise("K6")
    def test_gives_the_month_s_credits_when_somebody_first_looks(self, lab: World) -> None:
        assert lab.asker("new").usage() == {"balance": MONTHLY, "reserved": 0}

    def test_is_closed_to_a_plan_without_the_assistant(self, lab: World) -> None:
        asker = lab.asker("basic", plan="basic")
        assert asker.client.get(USAGE, headers=asker.headers).json()["error"] == "not_in_plan"


def test_without_any_key_a_demonstration_answers(client_without_providers: Asker) -> None:
    models = client_without_providers.client.get(MODELS, headers=client_without_providers.headers).json()
    assert [(each["id"], each["kind"]) for each in models["models"]] == [("demo", "demo")]
    answer = client_without_providers.ask(model="demo")
    assert answer.status_code == 200
    assert "demo" in answer.json()["messages"][0]["content"].lower()
    assert answer.json()["usage"]["credits"] > 0
