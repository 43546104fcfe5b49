"""Passkeys, with a software authenticator: made, named, removed, signed in with; and every way in which an
answer of a browser can be another's, from elsewhere, or from before.
"""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from contract_tests.harness.administration import Administration
from contract_tests.harness.authenticators import Passkey, base64url, unbase64url
from contract_tests.harness.browsers import Browser
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.homes import Home
from contract_tests.harness.people import PASSWORD, Person
from contract_tests.harness.second_factors import Holder
from contract_tests.harness.stored import rows

EVIL = "http://localhost.evil.example"


@pytest.fixture
def ann(home: Home) -> Holder:
    """Somebody with a password and no second factor."""
    return home.person("ann")


def error(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


class TestStartPasskey:
    def test_asks_for_a_credential_of_this_server_and_person(self, ann: Holder) -> None:
        options = ann.passkey_options()
        assert options["rp"]["id"] == "localhost"
        assert unbase64url(options["user"]["id"]).decode() == ann.person.id
        assert options["user"]["name"] == ann.person.email
        assert options["attestation"] == "none"
        assert len(unbase64url(options["challenge"])) >= 32  # bytes

    def test_gives_another_challenge_each_time(self, ann: Holder) -> None:
        assert ann.passkey_options()["challenge"] != ann.passkey_options()["challenge"]

    def test_names_those_that_there_are(self, ann: Holder) -> None:
        passkey, _ = ann.with_passkey()
        (known,) = ann.passkey_options()["excludeCredentials"]
        assert (known["id"], known["transports"]) == (base64url(passkey.id), ["nfc", "usb"])

    def test_asks_for_the_password(self, ann: Holder) -> None:
        assert error(ann.post("/passkeys/start", {"password": "no"})) == (403, "wrong_current_password")

    def test_stops_the_guessing_of_the_password(self, ann: Holder) -> None:
        answers = [ann.post("/passkeys/start", {"password": "no"}) for _ in range(11)]
        assert [each.status_code for each in answers] == [403] * 10 + [429]

    def test_refuses_where_browsers_make_none(self, client: CheckedClient, admin: Administration) -> None:
        at_an_address = Holder.sign_in(client, Person.with_password(admin, "ann"))
        assert at_an_address.overview()["passkeys_available"] is False
        assert error(at_an_address.post("/passkeys/start")) == (409, "passkeys_unavailable")


class TestFinishPasskey:
    @pytest.mark.parametrize("algorithm", [-7, -8, -257], ids=["ES256", "EdDSA", "RS256"])
    def test_keeps_the_passkey_and_gives_recovery_codes(self, ann: Holder, algorithm: int) -> None:
        passkey, answer = ann.with_passkey("Desk", algorithm=algorithm)
        assert answer["passkey"]["name"] == "Desk"
        assert len(answer["recovery_codes"]) == 10
        ticket = ann.ticket()
        assert ticket["methods"] == ["passkey", "recovery_code"]
        assertion = passkey.assertion(ticket["passkey"], ann.origin)
        assert ann.complete(ticket, passkey=assertion).status_code == 200

    def test_gives_no_recovery_codes_twice(self, ann: Holder) -> None:
        ann.with_totp()
        _, answer = ann.with_passkey()
        assert answer["recovery_codes"] is None

    def test_takes_a_challenge_once(self, ann: Holder) -> None:
        options = ann.passkey_options()
        credentials = [Passkey.create(options).registration(options, ann.origin) for _ in range(2)]
        answers = [ann.finish_passkey(each) for each in credentials]
        assert answers[0].status_code == 201
        assert error(answers[1]) == (409, "setup_over")

    def test_refuses_without_a_challenge(self, ann: Holder, home: Home) -> None:
        options = home.person("bob").passkey_options()
        credential = Passkey.create(options).registration(options, ann.origin)
        assert error(ann.finish_passkey(credential)) == (409, "setup_over")

    @pytest.mark.parametrize(
        "different",
        [
            {"challenge": base64url(bytes(33))},
            {"kind": "webauthn.get"},
            {"flags": 0x04},
        ],
        ids=["another challenge", "an assertion", "nobody present"],
    )
    def test_refuses_what_proves_nothing(self, ann: Holder, different: dict[str, Any]) -> None:
        options = ann.passkey_options()
        credential = Passkey.create(options).registration(options, ann.origin, **different)
        assert error(ann.finish_passkey(credential)) == (400, "unusable_passkey")
        assert ann.overview()["passkeys"] == []

    @pytest.mark.parametrize("origin", [EVIL, "https://localhost", "http://localhost:1", "null"])
    def test_refuses_a_page_of_another_origin(self, ann: Holder, origin: str) -> None:
        options = ann.passkey_options()
        credential = Passkey.create(options).registration(options, origin)
        assert error(ann.finish_passkey(credential)) == (400, "unusable_passkey")

    def test_refuses_a_credential_for_another_party(self, ann: Holder) -> None:
        options = ann.passkey_options()
        passkey = Passkey.create(options)
        passkey.rp_id = "evil.example"
        assert error(ann.finish_passkey(passkey.registration(options, ann.origin)))[0] == 400

    def test_refuses_bytes_that_are_nothing(self, ann: Holder) -> None:
        options = ann.passkey_options()
        for member in ("clientDataJSON", "attestationObject"):
            for nonsense in ("AAAA", base64url(b"\xa1" * 500), "____", "A"):
                credential = Passkey.create(options).registration(options, ann.origin)
                credential["response"][member] = nonsense
                assert error(ann.finish_passkey(credential)) == (400, "unusable_passkey")

    def test_refuses_one_that_is_known(self, ann: Holder, home: Home) -> None:
        passkey, _ = ann.with_passkey()
        for other in (ann, home.person("bob")):
            credential = passkey.registration(other.passkey_options(), ann.origin)
            assert error(other.finish_passkey(credential)) == (409, "passkey_known")

    def test_keeps_twenty_at_most(self, ann: Holder) -> None:
        waiting = ann.passkey_options()
        for _ in range(20):
            ann.with_passkey()
        assert error(ann.post("/passkeys/start")) == (409, "too_many_passkeys")
        assert waiting["challenge"]
        assert len(ann.overview()["passkeys"]) == 20


class TestRenamePasskey:
    def test_renames_it(self, ann: Holder) -> None:
        id = ann.with_passkey()[1]["passkey"]["id"]
        at = f"/api/v1/account/second-factor/passkeys/{id}"
        assert ann.browser.patch(at, json={"name": " Old\u0301 key "}).json()["name"] == "Old\u0301 key"
        assert [each["name"] for each in ann.overview()["passkeys"]] == ["Old\u0301 key"]
        assert ann.browser.patch(at, json={"name": "\u202eyek"}).status_code == 400

    def test_renames_nobody_elses(self, ann: Holder, home: Home) -> None:
        id = home.person("bob").with_passkey()[1]["passkey"]["id"]
        answer = ann.browser.patch(f"/api/v1/account/second-factor/passkeys/{id}", json={"name": "Mine"})
        assert answer.status_code == 404


class TestRemovePasskey:
    def test_takes_the_recovery_codes_along(self, ann: Holder, home: Home) -> None:
        id = ann.with_passkey()[1]["passkey"]["id"]
        assert ann.post(f"/passkeys/{id}/remove").status_code == 204
        assert ann.overview()["recovery_codes"] == 0
        Browser.sign_in(home.client, ann.person.email, PASSWORD)

    def test_leaves_them_to_another(self, ann: Holder) -> None:
        id = ann.with_passkey()[1]["passkey"]["id"]
        ann.with_passkey()
        assert ann.post(f"/passkeys/{id}/remove").status_code == 204
        assert ann.overview()["recovery_codes"] == 10

    def test_asks_for_the_password(self, ann: Holder) -> None:
        id = ann.with_passkey()[1]["passkey"]["id"]
        assert error(ann.post(f"/passkeys/{id}/remove", {"password": "no"})) == (
            403,
            "wrong_current_password",
        )

    def test_stops_the_guessing_of_the_password(self, ann: Holder) -> None:
        id = ann.with_passkey()[1]["passkey"]["id"]
        answers = [ann.post(f"/passkeys/{id}/remove", {"password": "no"}) for _ in range(11)]
        assert [each.status_code for each in answers] == [403] * 10 + [429]

    def test_removes_nobody_elses(self, ann: Holder, home: Home) -> None:
        bob = home.person("bob")
        id = bob.with_passkey()[1]["passkey"]["id"]
        assert ann.post(f"/passkeys/{id}/remove").status_code == 404
        assert len(bob.overview()["passkeys"]) == 1


class TestCompleteSignIn:
    def test_says_when_it_was_used(self, ann: Holder) -> None:
        passkey, _ = ann.with_passkey()
        assert ann.overview()["passkeys"][0]["last_used_at"] is None
        ticket = ann.ticket()
        assertion = passkey.assertion(ticket["passkey"], ann.origin)
        assert ann.complete(ticket, passkey=assertion).status_code == 200
        assert ann.overview()["passkeys"][0]["last_used_at"] is not None

    def test_takes_an_authenticator_that_does_not_count(self, ann: Holder) -> None:
        passkey, _ = ann.with_passkey(counts=False)
        for _ in range(2):
            ticket = ann.ticket()
            assertion = passkey.assertion(ticket["passkey"], ann.origin)
            assert ann.complete(ticket, passkey=assertion).status_code == 200

    @pytest.mark.parametrize(
        "different",
        [
            {"challenge": base64url(bytes(33))},
            {"kind": "webauthn.create"},
            {"flags": 0x04},
            {"rp_id": "evil.example"},
            {"key": ec.generate_private_key(ec.SECP256R1())},
        ],
        ids=["another challenge", "a registration", "nobody present", "another party", "another key"],
    )
    def test_refuses_what_proves_nothing(self, ann: Holder, different: dict[str, Any]) -> None:
        passkey, _ = ann.with_passkey()
        ticket = ann.ticket()
        assertion = passkey.assertion(ticket["passkey"], ann.origin, **different)
        assert error(ann.complete(ticket, passkey=assertion)) == (401, "wrong_second_factor")

    @pytest.mark.parametrize("origin", [EVIL, "https://localhost", "http://localhost:1", "null"])
    def test_refuses_a_page_of_another_origin(self, ann: Holder, origin: str) -> None:
        passkey, _ = ann.with_passkey()
        ticket = ann.ticket()
        assertion = passkey.assertion(ticket["passkey"], origin)
        assert error(ann.complete(ticket, passkey=assertion)) == (401, "wrong_second_factor")

    def test_refuses_an_assertion_that_was_used(self, ann: Holder) -> None:
        passkey, _ = ann.with_passkey()
        first, second = ann.ticket(), ann.ticket()
        assertion = passkey.assertion(first["passkey"], ann.origin)
        assert ann.complete(first, passkey=assertion).status_code == 200
        assert error(ann.complete(first, passkey=assertion)) == (401, "ticket_over")
        assert error(ann.complete(second, passkey=assertion)) == (401, "wrong_second_factor")

    def test_refuses_the_passkey_of_another(self, ann: Holder, home: Home) -> None:
        ann.with_passkey()
        theirs, _ = home.person("bob").with_passkey()
        ticket = ann.ticket()
        assertion = theirs.assertion(ticket["passkey"], ann.origin)
        assert error(ann.complete(ticket, passkey=assertion)) == (401, "wrong_second_factor")

    def test_refuses_one_that_names_another_person(self, ann: Holder) -> None:
        passkey, _ = ann.with_passkey()
        passkey.user_handle = b"01KAJ3S9QWB2D4F6H8K0N2Q4S6"
        ticket = ann.ticket()
        assertion = passkey.assertion(ticket["passkey"], ann.origin)
        assert error(ann.complete(ticket, passkey=assertion)) == (401, "wrong_second_factor")

    def test_refuses_a_count_that_does_not_grow_and_tells_the_operator(self, ann: Holder, home: Home) -> None:
        passkey, _ = ann.with_passkey()
        ticket = ann.ticket()
        passkey.uses = 7
        assertion = passkey.assertion(ticket["passkey"], ann.origin)
        assert ann.complete(ticket, passkey=assertion).status_code == 200
        for count in (7, 3, 0):
            passkey.uses, passkey.counts = count, False
            ticket = ann.ticket()
            copy = passkey.assertion(ticket["passkey"], ann.origin)
            answer = ann.complete(ticket, passkey=copy)
            assert error(answer) == (401, "wrong_second_factor")
            assert {
                "event": "passkey_count_repeated",
                "request_id": answer.headers["X-Request-Id"],
            }.items() <= home.server.events[-1].items()
        assert rows(home.url, "SELECT sign_count FROM passkey WHERE user_id = $1", ann.person.id) == [
            {"sign_count": 8}
        ]

    def test_refuses_one_that_was_removed_meanwhile(self, ann: Holder) -> None:
        passkey, answer = ann.with_passkey()
        ann.with_totp()
        ticket = ann.ticket()
        assert ann.post(f"/passkeys/{answer['passkey']['id']}/remove").status_code == 204
        assertion = passkey.assertion(ticket["passkey"], ann.origin)
        assert error(ann.complete(ticket, passkey=assertion)) == (401, "wrong_second_factor")
