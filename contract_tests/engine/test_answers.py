"""What handlers answer, held to the contract before it counts (behaviours 8 and 14)."""

import json
from typing import Any

import pytest

from contract_tests.engine.conftest import Sample
from contract_tests.engine.sample.things.operations import SECRET

GOOD = {
    "fine": (200, b'{"answer":1}'),
    "null": (200, b'{"answer":null}'),
    "text": (200, b"hallo"),
    "text-capitals": (200, b"hallo"),
    "header": (200, b'{"answer":1}'),
}

BAD = {
    "wrong-type": "body_schema",
    "extra-member": "body_schema",
    "missing-member": "body_schema",
    "too-big": "body_schema",
    "nothing": "body_schema",
    "date": "body_schema",
    "bytes": "body_schema",
    "surrogate": "body_schema",
    "text-too-long": "body_schema",
    "text-not-utf8": "body_encoding",
    "undeclared-status": "status_undeclared",
    "undeclared-type": "media_type_undeclared",
    "other-charset": "media_type_undeclared",
    "undeclared-stream": "media_type_undeclared",
    "undeclared-header": "header_undeclared",
    "own-request-id": "header_undeclared",
    "bad-header-value": "header_value",
    "split-header": "header_malformed",
    "teapot": "status_undeclared",
    "counted-undeclared": "status_undeclared",
}


def events(sample: Sample) -> list[dict[str, Any]]:
    return [json.loads(line) for line in sample.surroundings.log.getvalue().splitlines()]


class TestConformingAnswers:
    @pytest.mark.parametrize("name", GOOD)
    def test_are_sent_and_what_they_did_is_kept(self, sample: Sample, name: Any) -> None:
        answer = sample.ask("GET", f"/things/{name}/answer")
        assert (answer.status, answer.body) == GOOD[name]
        assert sample.surroundings.stored == [name]
        assert sample.surroundings.metrics.requests == [("answer_oddly", 200)]

    def test_headers_of_the_handler(self, sample: Sample) -> None:
        assert sample.ask("GET", "/things/header/answer").headers["x-optional"] == "3"
        assert sample.post("/things", b'{"name":"A"}').headers["location"] == "/things/1"

    def test_a_status_without_content_has_none(self, sample: Sample) -> None:
        answer = sample.ask("DELETE", "/things/x")
        assert (answer.status, answer.body) == (204, b"")
        assert "content-type" not in answer.headers


class TestViolations:
    @pytest.mark.parametrize("name", BAD)
    def test_trap_08_nothing_is_stored_and_the_client_learns_nothing(self, sample: Sample, name: Any) -> None:
        answer = sample.ask("GET", f"/things/{name}/answer")
        assert answer.status == 500
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["error"] == "internal_error"
        assert sample.surroundings.stored == []
        assert sample.surroundings.metrics.violations == ["answer_oddly"]
        assert sample.surroundings.metrics.requests == [("answer_oddly", 500)]
        (event,) = events(sample)
        assert (event["event"], event["violation"]) == ("contract_violation", BAD[name])
        assert event["request_id"] == answer.headers["x-request-id"]
        assert SECRET.encode() not in answer.body + sample.surroundings.log.getvalue()

    def test_trap_08_a_required_header_is_missed(self, sample: Sample) -> None:
        assert sample.post("/things", b'{"name":"Headless"}').status == 500
        assert sample.surroundings.stored == []

    def test_write_only_members_do_not_get_out(self, sample: Sample) -> None:
        answer = sample.post("/things", b'{"name":"Leaky"}')
        assert answer.status == 500
        assert b"seen" not in answer.body


class TestFailures:
    def test_a_declared_error_is_rendered_and_drops_the_work(self, sample: Sample) -> None:
        answer = sample.ask("GET", "/things/not-found/answer")
        assert (answer.status, answer.json()["error"]) == (404, "not_found")
        assert sample.surroundings.stored == []
        assert events(sample) == []

    def test_an_error_that_keeps_its_work_keeps_it(self, sample: Sample) -> None:
        assert sample.ask("GET", "/things/counted/answer").status == 404
        assert sample.surroundings.stored == ["counted"]

    def test_rate_limits_carry_retry_after(self, sample: Sample) -> None:
        answer = sample.ask("GET", "/things/too-many/answer")
        assert (answer.status, answer.headers["retry-after"]) == (429, "30")

    @pytest.mark.parametrize(("name", "exception"), [("crash", "RuntimeError"), ("group", "ExceptionGroup")])
    def test_an_unknown_failure_is_opaque_and_logged_without_its_message(
        self, sample: Sample, name: Any, exception: Any
    ) -> None:
        answer = sample.ask("GET", f"/things/{name}/answer")
        assert (answer.status, answer.json()["error"]) == (500, "internal_error")
        (event,) = events(sample)
        assert (event["event"], event["exception"]) == ("unhandled_exception", exception)
        assert event["operation_id"] == "answer_oddly"
        assert event["request_id"] == answer.json()["request_id"]
        assert SECRET.encode() not in answer.body + sample.surroundings.log.getvalue()
        assert sample.surroundings.stored == []

    def test_an_outage_is_503(self, sample: Sample) -> None:
        answer = sample.ask("GET", "/things/outage/answer")
        assert (answer.status, answer.headers["retry-after"]) == (503, "1")
        assert answer.json()["error"] == "store_unavailable"
        assert events(sample)[0]["event"] == "store_unavailable"

    def test_oauth_answers_in_its_own_words(self, sample: Sample) -> Any:
        def scope(name: str) -> Any:
            body = f"grant_type=client_credentials&scope={name}".encode()
            return sample.post("/oauth2/token", body, "application/x-www-form-urlencoded")

        assert (scope("none").status, scope("none").json()["error"]) == (400, "invalid_grant")
        assert (scope("down").status, scope("down").json()["error"]) == (503, "temporarily_unavailable")
        assert (scope("crash").status, scope("crash").json()["error"]) == (500, "server_error")
        assert scope("nobody").headers["www-authenticate"] == 'Basic realm="candor"'
        assert set(scope("none").json()) == {"error", "error_description", "request_id"}


class TestCommit:
    def test_the_record_of_a_call_shares_its_fate(self, sample: Sample) -> None:
        sample.post("/things", b'{"name":"A"}')
        assert sample.surroundings.stored == [("thing", "A"), ("call", "create_thing", "127.0.0.1")]

    def test_an_error_records_nothing(self, sample: Sample) -> None:
        assert sample.post("/things", b'{"name":"Clash"}').status == 409
        assert sample.surroundings.stored == []

    def test_a_statement_that_lost_at_commit_answers_its_error(self, sample: Sample) -> None:
        answer = sample.post("/things", b'{"name":"Lost"}')
        assert (answer.status, answer.json()["message"]) == (409, "Somebody was first.")
        assert sample.surroundings.stored == []

    def test_a_commit_that_fails_is_never_a_success(self, sample: Sample) -> None:
        assert sample.post("/things", b'{"name":"Down"}').status == 503
        assert sample.surroundings.stored == []
