"""Paths and methods (behaviour 10)."""

from types import SimpleNamespace
from typing import Any

import pytest

from api.contract.document import ContractError
from api.contract.routing import PathTable
from contract_tests.engine.conftest import Sample


def stub(name: str) -> Any:
    """As much of an operation as the path table looks at."""
    return SimpleNamespace(id=name, method="GET")


class TestPaths:
    def test_a_fixed_path_goes_before_a_template(self, sample: Sample) -> None:
        assert sample.ask("GET", "/things/special").json() == {"special": True}
        assert sample.ask("GET", "/things/other").json() == {"thing_id": "other"}

    @pytest.mark.parametrize(
        "path",
        ["/", "/thing", "/things/", "//things", "/things//", "/things/special/", "/things/a/b",
         "/Things", "/things/%2e%2e",
         "/openapi.json", "/swagger.json", "/ui/", "/things;a=b"],
    )  # fmt: skip
    def test_trap_17_nothing_else_is_guessed_or_redirected(self, sample: Sample, path: Any) -> None:
        answer = sample.ask("GET", path)
        if path == "/things/%2e%2e":
            assert answer.json() == {"thing_id": ".."}
        else:
            assert (answer.status, answer.json()["error"]) == (404, "not_found")
        assert "location" not in answer.headers

    def test_escapes_are_decoded_within_their_segment(self, sample: Sample) -> None:
        assert sample.ask("GET", "/things/a%2Fb").json() == {"thing_id": "a/b"}
        assert sample.ask("GET", "/things/%C3%A9%20x").json() == {"thing_id": "é x"}
        assert sample.ask("GET", "/%74hings/special").json() == {"special": True}
        assert sample.ask("GET", "/things/a+b").json() == {"thing_id": "a+b"}

    def test_trap_17_a_newline_is_a_character_like_others(self, sample: Sample) -> None:
        assert sample.ask("GET", "/things/a%0Ab").json() == {"thing_id": "a\nb"}

    @pytest.mark.parametrize("bad", ["%ff", "%C0%80", "%ED%A0%80", "%", "%2", "%zz", "a%"])
    def test_trap_17_what_cannot_be_decoded_is_no_path(self, sample: Sample, bad: Any) -> None:
        assert sample.ask("GET", f"/things/{bad}").status in (400, 404)

    def test_nul_is_refused(self, sample: Sample) -> None:
        assert sample.ask("GET", "/things/a%00b").codes() == [("/path/thing_id", "nul")]

    def test_an_absolute_target_is_its_path(self, sample: Sample) -> None:
        assert sample.ask("GET", "http://elsewhere/things/special").json() == {"special": True}

    def test_two_templates_for_the_same_requests_are_refused(self) -> None:
        table = PathTable()
        table.add("/a/{x}", "GET", stub("first"))
        with pytest.raises(ContractError, match=r"The operation second: .*/a/\{x\}"):
            table.add("/a/{y}", "GET", stub("second"))

    def test_a_template_inside_a_segment(self) -> None:
        table = PathTable()
        table.add("/files/{name}.{kind}", "GET", stub("file"))
        assert table.find(b"/files/a.b.txt")[1] == {"name": "a.b", "kind": "txt"}
        assert table.find(b"/files/a")[0] is None


class TestConnexion:
    def test_its_context_is_set_below_the_engine(self, sample: Sample) -> None:
        assert sample.ask("GET", "/numbers/1").json()["operation"] == "get_number"


class TestMethods:
    @pytest.mark.parametrize(
        ("path", "allow"),
        [
            ("/things", "GET, POST"),
            ("/things/x", "DELETE, GET"),
            ("/me", "GET"),
            ("/oauth2/token", "POST"),
        ],
    )
    @pytest.mark.parametrize("method", ["PUT", "PATCH", "TRACE", "QUERY", "PROPFIND"])
    def test_trap_18_allow_is_what_the_path_declares(
        self, sample: Sample, path: Any, allow: Any, method: Any
    ) -> None:
        answer = sample.ask(method, path)
        assert (answer.status, answer.headers["allow"]) == (405, allow)
        assert answer.json()["error"] == "method_not_allowed"

    def test_trap_18_options_agrees(self, sample: Sample) -> None:
        answer = sample.ask("OPTIONS", "/things/x")
        assert (answer.status, answer.headers["allow"], answer.body) == (204, "DELETE, GET", b"")
        assert "content-length" not in answer.headers
        assert sample.ask("OPTIONS", "/nowhere").status == 404

    def test_head_is_get_without_the_body(self, sample: Sample) -> None:
        got = sample.ask("GET", "/published")
        head = sample.ask("HEAD", "/published")
        assert (head.status, head.body) == (200, b"")
        for name in ("content-type", "content-length", "etag"):
            assert head.headers[name] == got.headers[name]
        assert sample.ask("HEAD", "/oauth2/token").status == 405

    def test_head_of_an_error_has_no_body(self, sample: Sample) -> None:
        head = sample.ask("HEAD", "/nowhere")
        assert (head.status, head.body) == (404, b"")


class TestRequestId:
    def test_every_answer_has_one_and_errors_repeat_it(self, sample: Sample) -> None:
        answers = [
            sample.ask("GET", "/things"), sample.ask("GET", "/nowhere"), sample.ask("PUT", "/things"),
            sample.ask("OPTIONS", "/things"), sample.post("/things", b"{"), sample.ask("GET", "/me"),
            sample.ask("DELETE", "/things/x"), sample.ask("GET", "/things/crash/answer"),
        ]  # fmt: skip
        ids = [answer.headers["x-request-id"] for answer in answers]
        assert len(set(ids)) == len(ids)
        assert all(len(each) == 26 and each[0] <= "7" for each in ids)
        assert all(
            answer.json()["request_id"] == answer.headers["x-request-id"]
            for answer in answers
            if answer.status >= 400
        )
