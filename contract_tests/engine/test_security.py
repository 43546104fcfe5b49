"""Who may call (behaviours 11, 12 and 13)."""

import base64
from typing import Any, ClassVar

import pytest

from api.contract.document import Document
from contract_tests.engine.conftest import Sample

FORM = "application/x-www-form-urlencoded"


def me(sample: Sample, authorization: str | None, path: str = "/me") -> Any:
    return sample.ask("GET", path, {} if authorization is None else {"Authorization": authorization})


def basic(client_id: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


class TestBearer:
    def test_trap_12_each_alternative_opens_with_its_own_scopes(self, sample: Sample) -> None:
        assert me(sample, "Bearer pat-token").json() == {"kind": "pat", "scopes": []}
        assert me(sample, "bearer reader").json() == {"kind": "access_token", "scopes": ["other", "read"]}

    def test_trap_12_a_good_token_without_the_scope_is_403(self, sample: Sample) -> None:
        answer = me(sample, "Bearer writer")
        assert (answer.status, answer.json()["error"]) == (403, "insufficient_scope")
        assert (
            answer.headers["www-authenticate"]
            == 'Bearer realm="candor", error="insufficient_scope", scope="read"'
        )

    def test_a_good_token_of_another_kind_is_403(self, sample: Sample) -> None:
        assert me(sample, "Bearer instance").status == 403

    def test_trap_14_no_credential_is_401_without_an_error_word(self, sample: Sample) -> None:
        answer = me(sample, None)
        assert (answer.status, answer.headers["www-authenticate"]) == (401, 'Bearer realm="candor"')

    @pytest.mark.parametrize(
        "authorization",
        ["Bearer unknown", "Bearer", "Bearer ", "Bearer a b", "Bearer é", "Bearer " + "a" * 5000,
         "Basic YTpi", "Token a",
         "pat-token", "", "Bearer,pat-token", "Bearer pat-token,"],
    )  # fmt: skip
    def test_trap_14_a_bad_credential_is_401_with_one(self, sample: Sample, authorization: Any) -> None:
        answer = me(sample, authorization)
        assert answer.status == 401
        assert answer.headers["www-authenticate"] == 'Bearer realm="candor", error="invalid_token"'

    def test_a_doubled_header_is_refused(self, sample: Sample) -> None:
        both = b"Authorization: Bearer pat-token\r\nAuthorization: Bearer reader\r\n"
        request = b"GET /me HTTP/1.1\r\nHost: t\r\n" + both + b"\r\n"
        assert sample.raw(request).status == 400

    @pytest.mark.parametrize("token", ["pat-token", "reader", "writer", "unknown"])
    def test_trap_13_one_look_up_per_request(self, sample: Sample, token: Any) -> None:
        me(sample, f"Bearer {token}")
        assert sample.surroundings.authenticator.lookups == 1

    @pytest.mark.parametrize("path", ["/me", "/maybe-me"])
    def test_trap_13_an_outage_of_the_look_up_is_503_and_no_401(self, sample: Sample, path: Any) -> None:
        answer = me(sample, "Bearer down", path)
        assert (answer.status, answer.headers["retry-after"]) == (503, "1")

    def test_security_comes_before_validation(self, sample: Sample) -> None:
        assert me(sample, None, "/me?unknown=1").status == 401


class TestAnonymousAlternative:
    def test_is_for_those_who_present_nothing(self, sample: Sample) -> None:
        assert me(sample, None, "/maybe-me").json() == {"kind": "anonymous"}
        assert me(sample, "Bearer pat-token", "/maybe-me").json() == {"kind": "pat"}

    @pytest.mark.parametrize("authorization", ["Bearer unknown", "Basic YTpi", "nonsense", ""])
    def test_trap_15_a_bad_credential_is_never_anonymous(self, sample: Sample, authorization: Any) -> None:
        assert me(sample, authorization, "/maybe-me").status == 401

    def test_public_operations_do_not_look_at_it(self, sample: Sample) -> None:
        assert sample.ask("GET", "/things", {"Authorization": "Bearer unknown"}).status == 200
        assert sample.surroundings.authenticator.lookups == 0


class TestBasic:
    def token(self, sample: Sample, authorization: str | None) -> Any:
        headers = {} if authorization is None else {"Authorization": authorization}
        return sample.ask(
            "POST", "/oauth2/token", {"Content-Type": FORM, **headers}, b"grant_type=client_credentials"
        )

    def test_hands_over_the_decoded_parts(self, sample: Sample) -> None:
        assert self.token(sample, basic("a", "b:c")).json()["credentials"] == ["a", "b:c"]
        assert self.token(sample, basic("a%3Ab", "%C3%A9+x")).json()["credentials"] == ["a:b", "é x"]

    def test_may_be_absent(self, sample: Sample) -> None:
        assert self.token(sample, None).json()["kind"] == "anonymous"

    @pytest.mark.parametrize(
        "authorization",
        ["Basic", "Basic !!!", "Basic YQ==", "Basic /w==", "Basic OmI=", basic("a%ff", "b"),
         basic("a", "%00"),
         "Bearer pat-token", "Basic YTpi YTpi", ""],
    )  # fmt: skip
    def test_a_malformed_one_is_401_with_a_basic_challenge(self, sample: Sample, authorization: Any) -> None:
        answer = self.token(sample, authorization)
        assert (answer.status, answer.json()["error"]) == (401, "invalid_client")
        assert answer.headers["www-authenticate"] == 'Basic realm="candor"'


class TestMatrix:
    """Every secured operation of the contract, with each kind of credential."""

    CASES: ClassVar = {
        None: 401, "Bearer": 401, "Bearer unknown": 401, "Bearer instance": 403, "Bearer writer": 403,
        "Bearer pat-token": 200, "Bearer reader": {"who_am_i": 200, "perhaps_me": 403},
    }  # fmt: skip

    @pytest.mark.parametrize("authorization", CASES)
    def test_each_operation(self, sample: Sample, document: Document, authorization: Any) -> None:
        for path, item in document.tree["paths"].items():
            operation = item.get("get", {})
            if not any("pat" in each for each in operation.get("security", [])):
                continue
            expected = self.CASES[authorization]
            if isinstance(expected, dict):
                expected = expected[operation["operationId"]]
            if authorization is None and {} in operation["security"]:
                expected = 200
            assert me(sample, authorization, path).status == expected, path
