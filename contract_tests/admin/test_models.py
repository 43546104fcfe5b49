"""`provider …` and `model …`: whoever runs language models, and which people may choose."""

from __future__ import annotations

import itertools

import pytest

from contract_tests.admin.typed import Desk
from contract_tests.harness.stored import rows

_numbers = itertools.count(1)
GOOD = {"token-credit": "3", "context": "8192", "max-output": "1024"}


def new(word: str) -> str:
    """A name that nothing has yet."""
    return f"{word}-{next(_numbers)}"


def add(desk: Desk, model: str, **changes: str) -> list[str]:
    """The arguments that add a model, with changes by option."""
    given = {"provider": "openai", **GOOD, **{name.replace("_", "-"): changes[name] for name in changes}}
    options = [f"--{name}={value}" for name, value in given.items()]
    return ["model", "add", f"--id={model}", *options]


def listed(desk: Desk, model: str) -> dict[str, object]:
    (found,) = [each for each in desk.run("model", "list")["models"] if each["id"] == model]
    return dict(found)


class TestProviderAdd:
    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            ("https://models.example.org/v1", "https://models.example.org/v1"),
            ("https://models.example.org/v1/", "https://models.example.org/v1"),
            ("http://127.0.0.1:11434/v1", "http://127.0.0.1:11434/v1"),
        ],
    )
    def test_keeps_name_and_address(self, desk: Desk, given: str, kept: str) -> None:
        name = new("house")
        told = desk.run("provider", "add", f"--name={name}", f"--base-url={given}")
        assert told == {"name": name, "base_url": kept}
        (found,) = [each for each in desk.run("provider", "list")["providers"] if each["name"] == name]
        assert (found["base_url"], found["key_set_at"]) == (kept, None)

    @pytest.mark.parametrize(
        "url",
        [
            "http://models.example.org/v1",
            "http://127.0.0.1.example.org/v1",
            "https://models.example.org/v1?key=1",
            "https://somebody:else@example.org/v1",
            "ftp://example.org/v1",
            "example.org/v1",
            f"https://example.org/{'v' * 256}",
        ],
    )
    def test_refuses_where_no_secret_should_go(self, desk: Desk, url: str) -> None:
        name = new("house")
        desk.refusal("provider", "add", f"--name={name}", f"--base-url={url}")
        assert name not in [each["name"] for each in desk.run("provider", "list")["providers"]]

    @pytest.mark.parametrize("name", ["House", "a house", "-house", "h" * 33, "h\u00f6use"])
    def test_refuses_what_is_no_name(self, desk: Desk, name: str) -> None:
        desk.refusal("provider", "add", f"--name={name}", "--base-url=https://example.org/v1")

    def test_refuses_a_second_one_of_that_name(self, desk: Desk) -> None:
        said = desk.refusal("provider", "add", "--name=openai", "--base-url=https://example.org/v1")
        assert said == "There is a provider of this name."

    def test_those_that_everybody_knows_are_there(self, desk: Desk) -> None:
        found = {each["name"]: each["base_url"] for each in desk.run("provider", "list")["providers"]}
        assert found["openai"] == "https://api.openai.com/v1"
        assert found["anthropic"] == "https://api.anthropic.com/v1"
        assert found["moonshot"] == "https://api.moonshot.ai/v1"
        assert (found["local"], found["demo"]) == (None, None)


class TestModelAdd:
    def test_keeps_what_was_said(self, desk: Desk) -> None:
        model = new("heron")
        named = {"name": "The H\u00e9ron", "upstream": "vendor/Heron-4_1"}
        assert desk.run(*add(desk, model, **named)) == {"id": model}
        found = listed(desk, model)
        assert found.pop("created_at")
        assert found == {
            "id": model, "provider": "openai", "token_credit": 3, "context": 8192, "max_output": 1024,
            "disabled_at": None, **named,
        }  # fmt: skip

    def test_is_called_by_its_id_unless_said_otherwise(self, desk: Desk) -> None:
        model = new("heron")
        desk.run(*add(desk, model))
        found = listed(desk, model)
        assert (found["name"], found["upstream"]) == (model, model)

    def test_may_be_free(self, desk: Desk) -> None:
        model = new("heron")
        desk.run(*add(desk, model, token_credit="0"))
        assert listed(desk, model)["token_credit"] == 0

    @pytest.mark.parametrize(
        "changes",
        [
            {"token_credit": "-1"},
            {"token_credit": "1000001"},
            {"token_credit": str(2**70)},
            {"context": "1024"},
            {"context": "1023"},
            {"context": str(2**40)},
            {"max_output": "0"},
            {"max_output": "-5"},
            {"upstream": "two words"},
            {"upstream": "x" * 129},
            {"upstream": ""},
            {"name": " "},
            {"name": "n" * 129},
            {"name": "a\u202eb"},
            {"provider": "nobody"},
            {"provider": "OpenAI"},
        ],
    )
    def test_refuses_what_cannot_be(self, desk: Desk, changes: dict[str, str]) -> None:
        model = new("heron")
        desk.refusal(*add(desk, model, **changes))
        assert rows(desk.database_url, "SELECT id FROM model WHERE id = $1", model) == []

    @pytest.mark.parametrize("id", ["Heron", "a heron", "", "h" * 65, "../heron", "-heron"])
    def test_refuses_what_is_no_id(self, desk: Desk, id: str) -> None:
        desk.refusal(*add(desk, id))

    @pytest.mark.parametrize("missing", ["token-credit", "provider", "context", "max-output", "id"])
    def test_nothing_that_counts_has_a_default(self, desk: Desk, missing: str) -> None:
        arguments = [each for each in add(desk, new("heron")) if not each.startswith(f"--{missing}=")]
        assert f"--{missing}" in desk.misuse(*arguments)

    @pytest.mark.parametrize("price", ["1.5", "1e3", "free", "NaN", "", " "])
    def test_a_price_is_whole(self, desk: Desk, price: str) -> None:
        assert "--token-credit" in desk.misuse(*add(desk, new("heron"), token_credit=price))

    def test_refuses_a_second_one_of_that_id(self, desk: Desk) -> None:
        model = new("heron")
        desk.run(*add(desk, model))
        assert "There is a model of this id" in desk.refusal(*add(desk, model, token_credit="9"))
        assert listed(desk, model)["token_credit"] == 3


class TestModelDisable:
    def test_and_enable_take_turns(self, desk: Desk) -> None:
        model = new("heron")
        desk.run(*add(desk, model))
        assert "was disabled" in desk.refusal("model", "enable", model)
        desk.run("model", "disable", model)
        assert listed(desk, model)["disabled_at"] is not None
        assert "can choose" in desk.refusal("model", "disable", model)
        desk.run("model", "enable", model)
        assert listed(desk, model)["disabled_at"] is None

    @pytest.mark.parametrize("command", ["disable", "enable"])
    def test_there_must_be_one(self, desk: Desk, command: str) -> None:
        assert "has this id" in desk.refusal("model", command, "no-such-model")


def test_a_person_reads_a_table(desk: Desk) -> None:
    model = new("heron")
    desk.run(*add(desk, model))
    told = desk.attempt("model", "list").stdout
    assert told.splitlines()[0].split() == [
        "id", "name", "provider", "upstream", "token_credit", "context", "max_output", "disabled",
    ]  # fmt: skip
    assert model in told
