"""Whoever has an account is told by mail when what opens it changes: second factors, password, address."""

from __future__ import annotations

import time

import pytest

from contract_tests.harness.homes import Home
from contract_tests.harness.mailbox import SOON_S, Mail, Mailbox
from contract_tests.harness.newcomers import (
    ACCOUNT,
    CHANGE_SUBJECT,
    CONFIRM,
    FORGOTTEN,
    RESET,
    RESET_SUBJECT,
    Newcomer,
)
from contract_tests.harness.people import PASSWORD
from contract_tests.harness.second_factors import Holder

FACTOR_CHANGED = "Your second factor was changed"
PASSWORD_CHANGED = "Your password was changed"
EMAIL_CHANGED = "Your account has another e-mail address"
NEW = "otters sleep in green reeds"


@pytest.fixture
def ann(home: Home) -> Holder:
    """Somebody with a password and no second factor."""
    return home.person("ann")


def told(home: Home, to: str, subject: str, count: int) -> list[Mail]:
    """All mails with this subject, once there are so many."""
    Mailbox.of(home.server).arrives(to, subject, beyond=count - 1)
    return list(Mailbox.of(home.server).all(to, subject))


def sent(home: Home, to: str) -> None:
    """Wait until nothing is on its way to an address."""
    until = time.monotonic() + SOON_S
    while any(
        each["to_address"] == to and each["state"] != "sent"
        for each in home.admin.run("mail", "list")["mails"]
    ):
        assert time.monotonic() < until


@pytest.mark.promise("K9")
def test_each_change_of_the_second_factor_is_told(home: Home, ann: Holder) -> None:
    to = ann.person.email
    app, _ = ann.with_totp()
    _, made = ann.with_passkey()
    assert ann.post("/recovery-codes").status_code == 200
    assert ann.post("/totp/remove").status_code == 204
    assert ann.post(f"/passkeys/{made['passkey']['id']}/remove").status_code == 204
    mails = told(home, to, FACTOR_CHANGED, 5)
    assert [each.text.splitlines()[0] for each in mails] == [
        "An authenticator app was set up.",
        "A passkey was added.",
        "New recovery codes were made; the earlier ones open nothing any more.",
        "The authenticator app was removed.",
        "A passkey was removed.",
    ]
    for mail in mails:
        for said in (mail.text, mail.html):
            assert f"{ann.origin}/settings#second-factor" in said
            assert app.secret not in said


@pytest.mark.promise("K9")
def test_a_reset_by_the_operator_is_told(home: Home, ann: Holder) -> None:
    ann.with_totp()
    home.admin.run("user", "reset-second-factor", "--user", ann.person.email)
    mail = told(home, ann.person.email, FACTOR_CHANGED, 2)[-1]
    assert mail.text.startswith("Whoever runs this cloud has removed every second factor.")


@pytest.mark.promise("K9")
def test_a_recovery_code_that_was_used_is_told(home: Home, ann: Holder) -> None:
    app, codes = ann.with_totp()
    assert ann.complete(ann.ticket(), totp=app.next_code()).status_code == 200
    assert ann.complete(ann.ticket(), recovery_code=codes[0]).status_code == 200
    assert ann.complete(ann.ticket(), recovery_code=codes[0]).status_code == 401
    sent(home, ann.person.email)
    mails = told(home, ann.person.email, FACTOR_CHANGED, 2)
    assert [each.text.splitlines()[0] for each in mails] == [
        "An authenticator app was set up.",
        "A recovery code was used to sign in. It opens nothing any more.",
    ]


def test_what_was_refused_is_not_told(home: Home, ann: Holder) -> None:
    ann.start_totp()
    assert ann.post("/totp/confirm", {"code": "000000"}).status_code == 400
    assert ann.post("/totp/remove").status_code == 404
    assert ann.post("/recovery-codes").status_code == 409
    assert ann.post("/totp", {"password": "something else entirely"}).status_code == 403
    change = {"password": NEW, "current_password": "something else entirely"}
    assert ann.browser.patch(ACCOUNT, json=change).status_code == 403
    sent(home, ann.person.email)
    assert Mailbox.of(home.server).all(ann.person.email) == []


@pytest.mark.promise("K9")
def test_a_new_password_is_told_however_it_was_set(home: Home, ann: Holder) -> None:
    to = ann.person.email
    changed = ann.browser.patch(ACCOUNT, json={"password": NEW, "current_password": PASSWORD})
    assert changed.status_code == 200
    assert f"{ann.origin}/reset" in told(home, to, PASSWORD_CHANGED, 1)[0].text
    home.client.post(FORGOTTEN, json={"email": to})
    token = Mailbox.of(home.server).arrives(to, RESET_SUBJECT).token
    assert home.client.post(RESET, json={"token": token, "password": PASSWORD}).status_code == 204
    mail = told(home, to, PASSWORD_CHANGED, 2)[-1]
    assert NEW not in mail.text
    assert PASSWORD not in mail.text
    assert token not in mail.text


@pytest.mark.promise("K9", "K19")
def test_another_address_is_told_to_the_one_before_and_not_named(home: Home, ann: Holder) -> None:
    new = Newcomer.invented("king").email
    ann.browser.patch(ACCOUNT, json={"email": new, "current_password": PASSWORD})
    token = Mailbox.of(home.server).arrives(new, CHANGE_SUBJECT).token
    assert Mailbox.of(home.server).all(ann.person.email) == []
    assert home.client.post(CONFIRM, json={"token": token}).status_code == 200
    (mail,) = told(home, ann.person.email, EMAIL_CHANGED, 1)
    for said in (mail.text, mail.html):
        assert "security@localhost" in said  # whom to write to, as security.txt says
        assert new not in said
    assert Mailbox.of(home.server).all(new, EMAIL_CHANGED) == []
