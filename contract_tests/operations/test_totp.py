"""The authenticator app and the recovery codes: set up, confirmed, removed, signed in with, once each."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from contract_tests.harness.authenticators import App
from contract_tests.harness.browsers import Browser, post_sign_in
from contract_tests.harness.homes import Home
from contract_tests.harness.people import PASSWORD, Person
from contract_tests.harness.second_factors import Holder
from contract_tests.harness.stored import everything_stored, execute, rows


@pytest.fixture
def ann(home: Home) -> Holder:
    """Somebody with a password and no second factor."""
    return home.person("ann")


class TestGetSecondFactor:
    def test_says_that_there_is_none(self, ann: Holder) -> None:
        assert ann.overview() == {
            "totp": None,
            "passkeys": [],
            "recovery_codes": 0,
            "passkeys_available": True,
        }

    def test_says_what_there_is_and_no_secret(self, ann: Holder) -> None:
        app, codes = ann.with_totp()
        found = ann.overview()
        assert found["totp"]["confirmed_at"] <= datetime.now(UTC).timestamp()
        assert found["recovery_codes"] == 10
        assert app.secret not in str(found)
        assert not any(code in str(found) for code in codes)


class TestStartTotp:
    def test_gives_a_secret_that_apps_read(self, ann: Holder) -> None:
        given = ann.post("/totp").json()
        uri = urlsplit(given["uri"])
        assert (uri.scheme, uri.netloc) == ("otpauth", "totp")
        assert parse_qs(uri.query)["secret"] == [given["secret"]]
        assert unquote(uri.path).endswith(ann.person.email)
        assert len(base64.b32decode(given["secret"])) == 20  # bytes, RFC 4226 section 4

    def test_draws_the_code_within_its_square(self, ann: Holder) -> None:
        drawn = ann.post("/totp").json()["qr"]
        runs = re.findall(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z", drawn["path"])
        assert "".join(f"M{x} {y}h{length}v1h-{back}z" for x, y, length, back in runs) == drawn["path"]
        for x, y, length, back in runs:
            assert length == back
            assert 4 <= int(x) <= int(x) + int(length) <= drawn["size"] - 4
            assert 4 <= int(y) < drawn["size"] - 4
        assert runs[0][:3] == ("4", "4", "7")  # the finder pattern's upper edge

    def test_is_not_in_force_yet(self, ann: Holder, home: Home) -> None:
        ann.start_totp()
        assert ann.overview()["totp"] is None
        Browser.sign_in(home.client, ann.person.email, PASSWORD)

    def test_asks_for_the_password(self, ann: Holder) -> None:
        answer = ann.post("/totp", {"password": "not the password at all"})
        assert (answer.status_code, answer.json()["error"]) == (403, "wrong_current_password")

    def test_stops_the_guessing_of_the_password(self, ann: Holder) -> None:
        answers = [ann.post("/totp", {"password": "not the password at all"}) for _ in range(11)]
        assert [each.status_code for each in answers] == [403] * 10 + [429]
        assert ann.post("/totp").status_code == 429

    def test_refuses_a_second_app(self, ann: Holder) -> None:
        ann.with_totp()
        answer = ann.post("/totp")
        assert (answer.status_code, answer.json()["error"]) == (409, "totp_in_force")

    def test_replaces_one_that_was_not_confirmed(self, ann: Holder) -> None:
        first, second = ann.start_totp(), ann.start_totp()
        assert ann.post("/totp/confirm", {"code": first.code()}).json()["error"] == "wrong_code"
        assert ann.post("/totp/confirm", {"code": second.code()}).status_code == 200

    @pytest.mark.promise("C17")
    def test_stores_no_secret_in_the_clear(self, ann: Holder, home: Home) -> None:
        pending, (in_force, codes) = home.person("cay").start_totp(), ann.with_totp()
        stored = everything_stored(home.url)
        for app in (pending, in_force):
            assert app.secret not in stored
            assert base64.b32decode(app.secret).hex() not in stored
        assert not any(code in stored or code.replace("-", "") in stored for code in codes)


class TestConfirmTotp:
    def test_gives_ten_recovery_codes_the_first_time(self, ann: Holder) -> None:
        app = ann.start_totp()
        codes = ann.post("/totp/confirm", {"code": app.code()}).json()["recovery_codes"]
        assert len(set(codes)) == 10

    def test_refuses_a_wrong_code_and_takes_the_next_one(self, ann: Holder) -> None:
        app = ann.start_totp()
        answer = ann.post("/totp/confirm", {"code": app.wrong_code()})
        assert (answer.status_code, answer.json()["error"]) == (400, "wrong_code")
        code = app.code()
        assert ann.post("/totp/confirm", {"code": f"{code[:3]} {code[3:]}"}).status_code == 200

    def test_refuses_when_nothing_waits(self, ann: Holder) -> None:
        answer = ann.post("/totp/confirm", {"code": "000000"})
        assert (answer.status_code, answer.json()["error"]) == (409, "setup_over")

    def test_refuses_after_an_hour(self, ann: Holder, home: Home) -> None:
        app = ann.start_totp()
        execute(
            home.url,
            "UPDATE totp_setup SET created_at = created_at - interval '1 hour' WHERE user_id = $1",
            ann.person.id,
        )
        assert ann.post("/totp/confirm", {"code": app.code()}).json()["error"] == "setup_over"

    def test_uses_its_code_up(self, ann: Holder) -> None:
        app = ann.start_totp()
        code = app.code()
        assert ann.post("/totp/confirm", {"code": code}).status_code == 200
        assert ann.complete(ann.ticket(), totp=code).status_code == 401


class TestRemoveTotp:
    def test_takes_the_recovery_codes_along(self, ann: Holder, home: Home) -> None:
        ann.with_totp()
        assert ann.post("/totp/remove").status_code == 204
        assert ann.overview()["recovery_codes"] == 0
        assert not rows(home.url, "SELECT 1 FROM recovery_code WHERE user_id = $1", ann.person.id)
        Browser.sign_in(home.client, ann.person.email, PASSWORD)

    def test_leaves_them_to_a_passkey(self, ann: Holder) -> None:
        ann.with_totp()
        ann.with_passkey()
        assert ann.post("/totp/remove").status_code == 204
        assert ann.overview()["recovery_codes"] == 10

    def test_asks_for_the_password(self, ann: Holder) -> None:
        ann.with_totp()
        answer = ann.post("/totp/remove", {"password": "not the password at all"})
        assert (answer.status_code, answer.json()["error"]) == (403, "wrong_current_password")
        assert ann.overview()["totp"] is not None

    def test_stops_the_guessing_of_the_password(self, ann: Holder) -> None:
        ann.with_totp()
        answers = [ann.post("/totp/remove", {"password": "no"}) for _ in range(11)]
        assert [each.status_code for each in answers] == [403] * 10 + [429]

    def test_refuses_when_there_is_none(self, ann: Holder) -> None:
        assert ann.post("/totp/remove").status_code == 404


class TestCreateRecoveryCodes:
    def test_ends_the_old_ones(self, ann: Holder) -> None:
        _, old = ann.with_totp()
        new = ann.post("/recovery-codes").json()["recovery_codes"]
        assert not set(old) & set(new)
        assert ann.complete(ann.ticket(), recovery_code=old[0]).status_code == 401
        assert ann.complete(ann.ticket(), recovery_code=new[0]).status_code == 200

    def test_refuses_when_there_is_nothing_to_recover(self, ann: Holder) -> None:
        answer = ann.post("/recovery-codes")
        assert (answer.status_code, answer.json()["error"]) == (409, "no_second_factor")

    def test_asks_for_the_password(self, ann: Holder) -> None:
        _, old = ann.with_totp()
        assert ann.post("/recovery-codes", {"password": "no"}).status_code == 403
        assert ann.complete(ann.ticket(), recovery_code=old[0]).status_code == 200

    def test_stops_the_guessing_of_the_password(self, ann: Holder) -> None:
        answers = [ann.post("/recovery-codes", {"password": "no"}) for _ in range(11)]
        assert [each.status_code for each in answers] == [403] * 10 + [429]


class TestSignIn:
    def test_asks_for_the_second_factor_and_sets_no_cookie(self, ann: Holder) -> None:
        ann.with_totp()
        asked = ann.ticket()
        assert asked["next"] == "second_factor"
        assert asked["methods"] == ["totp", "recovery_code"]
        assert "passkey" not in asked

    def test_says_nothing_of_it_after_a_wrong_password(self, ann: Holder, home: Home) -> None:
        without = home.person("bea")
        ann.with_totp()
        answers = [
            post_sign_in(home.client, each.person.email, "not the password at all").json()
            for each in (ann, without)
        ]
        assert len({(each["error"], each["detail"]) for each in answers}) == 1

    def test_keeps_the_ticket_as_a_digest(self, ann: Holder, home: Home) -> None:
        ann.with_totp()
        assert ann.ticket()["ticket"] not in everything_stored(home.url)


class TestCompleteSignIn:
    @pytest.mark.promise("K20")
    def test_signs_in_with_a_code(self, ann: Holder, home: Home) -> None:
        app, _ = ann.with_totp()
        answer = ann.complete(ann.ticket(), totp=app.next_code())
        assert answer.status_code == 200
        browser = Browser.of(home.client, answer)
        assert browser.get("/api/v1/account").json()["id"] == ann.person.id

    def test_takes_a_code_once(self, ann: Holder) -> None:
        app, _ = ann.with_totp()
        code = app.next_code()
        assert ann.complete(ann.ticket(), totp=code).status_code == 200
        answer = ann.complete(ann.ticket(), totp=code)
        assert (answer.status_code, answer.json()["error"]) == (401, "wrong_second_factor")

    def test_takes_the_next_step_and_then_not_the_one_before(self, ann: Holder, home: Home) -> None:
        app, _ = ann.with_totp()
        execute(home.url, "UPDATE totp SET last_step = last_step - 9 WHERE user_id = $1", ann.person.id)
        now, later = app.code(), app.next_code()
        assert ann.complete(ann.ticket(), totp=later).status_code == 200
        assert ann.complete(ann.ticket(), totp=now).status_code == 401

    def test_takes_no_code_of_another_time(self, ann: Holder) -> None:
        app, _ = ann.with_totp()
        for steps in (-3, 3):
            assert ann.complete(ann.ticket(), totp=app.code(steps_ahead=steps)).status_code == 401

    def test_takes_no_code_of_anothers_app(self, ann: Holder, home: Home) -> None:
        ann.with_totp()
        other, codes = home.person("bob").with_totp()
        ticket = ann.ticket()
        assert ann.complete(ticket, totp=other.next_code()).status_code == 401
        assert ann.complete(ticket, recovery_code=codes[0]).status_code == 401

    def test_opens_no_secret_in_the_place_of_another(self, ann: Holder, home: Home) -> None:
        ann.with_totp()
        thief = home.person("eve")
        app, _ = thief.with_totp()
        execute(
            home.url,
            "UPDATE totp SET secret_sealed = theirs.secret_sealed FROM totp AS theirs"
            " WHERE totp.user_id = $1 AND theirs.user_id = $2",
            ann.person.id,
            thief.person.id,
        )
        assert ann.complete(ann.ticket(), totp=app.next_code()).status_code == 500

    def test_takes_a_recovery_code_once_however_it_is_written(self, ann: Holder) -> None:
        _, codes = ann.with_totp()
        written = codes[0].upper().replace("-", " ").replace("0", "O")
        assert ann.complete(ann.ticket(), recovery_code=written).status_code == 200
        assert ann.complete(ann.ticket(), recovery_code=codes[0]).status_code == 401
        assert ann.overview()["recovery_codes"] == 9

    def test_offers_no_recovery_code_when_all_are_used(self, ann: Holder, home: Home) -> None:
        ann.with_totp()
        execute(home.url, "UPDATE recovery_code SET used_at = now() WHERE user_id = $1", ann.person.id)
        assert ann.ticket()["methods"] == ["totp"]

    def test_takes_a_ticket_once(self, ann: Holder) -> None:
        app, codes = ann.with_totp()
        ticket = ann.ticket()
        assert ann.complete(ticket, totp=app.next_code()).status_code == 200
        answer = ann.complete(ticket, recovery_code=codes[0])
        assert (answer.status_code, answer.json()["error"]) == (401, "ticket_over")
        assert ann.overview()["recovery_codes"] == 10

    def test_ends_a_ticket_after_five_wrong_codes(self, ann: Holder) -> None:
        app, _ = ann.with_totp()
        ticket = ann.ticket()
        wrong = [ann.complete(ticket, totp=app.wrong_code()).json()["error"] for _ in range(5)]
        assert wrong == ["wrong_second_factor"] * 5
        assert ann.complete(ticket, totp=app.next_code()).json()["error"] == "ticket_over"
        assert ann.complete(ann.ticket(), totp=app.next_code()).status_code == 200

    @pytest.mark.promise("K20")
    def test_stops_guessing_however_many_tickets(self, ann: Holder) -> None:
        app, _ = ann.with_totp()
        for _ in range(2):
            ticket = ann.ticket()
            for _ in range(5):
                assert ann.complete(ticket, totp=app.wrong_code()).status_code == 401
        answer = ann.complete(ann.ticket(), totp=app.next_code())
        assert answer.status_code == 429
        assert 0 < int(answer.headers["Retry-After"]) <= 900

    def test_a_right_code_counts_as_no_attempt(self, ann: Holder, home: Home) -> None:
        app, _ = ann.with_totp()
        assert ann.complete(ann.ticket(), totp=app.wrong_code()).status_code == 401
        assert ann.complete(ann.ticket(), totp=app.next_code()).status_code == 200
        counted = rows(
            home.url,
            "SELECT count FROM attempt WHERE kind = 'second_factor' AND subject = $1",
            ann.person.id,
        )
        assert counted == [{"count": 1}]

    def test_ends_a_ticket_after_five_minutes(self, ann: Holder, home: Home) -> None:
        app, _ = ann.with_totp()
        ticket = ann.ticket()
        execute(
            home.url,
            "UPDATE sign_in_ticket SET expires_at = expires_at - interval '5 minutes' WHERE user_id = $1",
            ann.person.id,
        )
        assert ann.complete(ticket, totp=app.next_code()).json()["error"] == "ticket_over"

    def test_ends_a_ticket_with_the_password_that_it_is_for(self, ann: Holder, home: Home) -> None:
        app, _ = ann.with_totp()
        ticket = ann.ticket()
        execute(
            home.url,
            "UPDATE account SET password_hash = password_hash || ' ' WHERE id = $1",
            ann.person.id,
        )
        assert ann.complete(ticket, totp=app.next_code()).json()["error"] == "ticket_over"

    def test_ends_a_ticket_with_the_account(self, ann: Holder, home: Home) -> None:
        app, _ = ann.with_totp()
        ticket = ann.ticket()
        home.admin.run("user", "disable", "--user", ann.person.email)
        assert ann.complete(ticket, totp=app.next_code()).json()["error"] == "ticket_over"

    def test_takes_no_ticket_that_was_never_given(self, ann: Holder) -> None:
        app, _ = ann.with_totp()
        ticket = ann.ticket()["ticket"]
        for made_up in ("x", ticket[:-1] + ("0" if ticket[-1] != "0" else "1")):
            answer = ann.complete({"ticket": made_up}, totp=app.next_code())
            assert (answer.status_code, answer.json()["error"]) == (401, "ticket_over")

    def test_takes_exactly_one_factor(self, ann: Holder) -> None:
        app, codes = ann.with_totp()
        ticket = ann.ticket()
        assert ann.complete(ticket).status_code == 400
        assert ann.complete(ticket, totp=app.next_code(), recovery_code=codes[0]).status_code == 400

    def test_takes_nothing_from_a_page_of_another_site(self, ann: Holder, home: Home) -> None:
        app, _ = ann.with_totp()
        answer = home.client.post(
            "/api/v1/account/sign-in/complete",
            json={"ticket": ann.ticket()["ticket"], "totp": app.next_code()},
            headers={"Origin": "https://evil.example"},
        )
        assert (answer.status_code, answer.json()["error"]) == (403, "origin_refused")


class TestResetSecondFactor:
    @pytest.fixture
    def locked_out(self, ann: Holder) -> Holder:
        ann.with_totp()
        ann.with_passkey()
        return ann

    def test_lets_a_person_in_who_has_lost_everything(self, locked_out: Holder, home: Home) -> None:
        ticket = locked_out.ticket()
        done = home.admin.run("user", "reset-second-factor", "--user", locked_out.person.email)
        assert (done["totp"], done["passkeys"]) == (True, 1)
        Browser.sign_in(home.client, locked_out.person.email, PASSWORD)
        assert locked_out.overview()["recovery_codes"] == 0
        assert locked_out.complete(ticket, totp="000000").json()["error"] == "ticket_over"

    def test_says_so_when_there_is_none(self, home: Home) -> None:
        person: Person = home.person("dan").person
        done = home.admin.attempt("user", "reset-second-factor", "--user", person.email)
        assert done.returncode == 1
        assert "no second factor" in done.stderr


class TestApp:
    def test_shows_what_rfc_6238_says(self) -> None:
        secret = base64.b32encode(b"12345678901234567890").decode()
        moment = datetime.fromtimestamp(1111111109, UTC)  # appendix B
        assert App(secret).code(now=moment) == "081804"
