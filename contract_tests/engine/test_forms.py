"""Urlencoded bodies (behaviour 7, RFC 6749 section 3.2)."""

from typing import Any

import pytest

from contract_tests.engine.conftest import Sample

FORM = "application/x-www-form-urlencoded"


def token(sample: Sample, body: bytes, content_type: str = FORM, **headers: Any) -> Any:
    return sample.post("/oauth2/token", body, content_type, **headers)


class TestForms:
    def test_alternatives_are_validated_as_what_they_say(self, sample: Sample) -> None:
        assert token(sample, b"grant_type=client_credentials").json()["body"] == {
            "grant_type": "client_credentials"
        }
        assert token(sample, b"grant_type=refresh_token").codes() == [("/refresh_token", "required")]
        assert token(sample, b"scope=a").codes() == [("/grant_type", "required")]

    def test_an_alternative_nobody_has_gets_its_own_word(self, sample: Sample) -> None:
        answer = token(sample, b"grant_type=password&username=a")
        assert (answer.status, answer.json()["error"]) == (400, "unsupported_grant_type")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-type"] == "application/json"

    def test_a_missing_field_is_an_invalid_request(self, sample: Sample) -> None:
        assert token(sample, b"").json()["error"] == "invalid_request"

    def test_trap_05_a_repeated_field_is_refused(self, sample: Sample) -> None:
        answer = token(sample, b"grant_type=client_credentials&scope=a&scope=b")
        assert (answer.status, answer.codes()) == (400, [("", "repeated")])
        assert token(sample, b"grant_type=client_credentials&x=1&x=1").codes() == [("", "repeated")]
        assert token(sample, b"grant_type=client_credentials&%73cope=a&scope=a").codes() == [("", "repeated")]

    def test_unknown_fields_are_ignored_and_never_reach_the_handler(self, sample: Sample) -> None:
        answer = token(sample, b"grant_type=client_credentials&resource=x&audience=y")
        assert answer.json()["body"] == {"grant_type": "client_credentials"}

    def test_a_field_without_value_is_an_absent_one(self, sample: Sample) -> None:
        assert token(sample, b"grant_type=client_credentials&scope=").json()["body"] == {
            "grant_type": "client_credentials"
        }
        assert token(sample, b"grant_type=refresh_token&refresh_token=").codes() == [
            ("/refresh_token", "required")
        ]

    def test_decodes_utf8_and_plus(self, sample: Sample) -> None:
        answer = token(sample, b"grant_type=client_credentials&scope=%C3%A9+x%2By")
        assert answer.json()["body"]["scope"] == "é x+y"

    @pytest.mark.parametrize(
        "bad", [b"a=%ff", b"a=%", b"a=%zz", b"a=%C0%80", b"a=%ED%A0%80", b"\xff=1", "a=é".encode(), b"a=\x00"]
    )
    def test_trap_03_refuses_what_is_not_utf8(self, sample: Sample, bad: Any) -> None:
        assert token(sample, b"grant_type=client_credentials&" + bad).codes() == [("", "form")]

    @pytest.mark.parametrize("bad", [b"scope=%00", b"scope=a%00b"])
    def test_refuses_nul(self, sample: Sample, bad: Any) -> None:
        assert token(sample, b"grant_type=client_credentials&" + bad).codes() == [("/scope", "nul")]

    def test_trap_03_refuses_too_many_fields(self, sample: Sample) -> None:
        body = b"&".join(b"f%d=1" % n for n in range(2000))
        assert token(sample, body).codes() == [("", "too_many")]

    @pytest.mark.parametrize("charset", ["latin-1", "utf-16", "nonsense"])
    def test_trap_03_refuses_other_charsets(self, sample: Sample, charset: Any) -> None:
        assert token(sample, b"grant_type=client_credentials", f"{FORM}; charset={charset}").status == 415

    def test_any_capitals_of_the_media_type(self, sample: Sample) -> None:
        assert token(sample, b"grant_type=nope", "Application/X-WWW-Form-Urlencoded").status == 400

    def test_query_parameters_of_an_open_operation_are_ignored(self, sample: Sample) -> None:
        assert sample.post("/oauth2/token?x=1&x=2", b"grant_type=client_credentials", FORM).status == 200
