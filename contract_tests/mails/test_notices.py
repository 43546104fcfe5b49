"""Mails that tell somebody what has happened to what is theirs, from the call on to the text."""

from __future__ import annotations

import pytest

from contract_tests.harness.administration import Administration
from contract_tests.harness.browsers import Browser
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.instances import Instance
from contract_tests.harness.mailbox import Mailbox
from contract_tests.harness.people import PASSWORD, Person
from contract_tests.harness.server import ServerProcess
from handlers.account import browser

NEW_SIGN_IN = "New sign-in to your account"
CLAIMED = "An instance has come into your workspace"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/18.0 Mobile/15E148 Safari/604.1"
)


@pytest.mark.promise("K9")
def test_a_sign_in_with_another_browser_is_described_to_its_owner(
    server: ServerProcess, client: CheckedClient, admin: Administration
) -> None:
    person = Person.with_password(admin, "ada")
    for user_agent in (FIREFOX, SAFARI):
        Browser.sign_in(client, person.email, PASSWORD, user_agent=user_agent)
    mail = Mailbox.of(server).arrives(person.email, NEW_SIGN_IN)
    for said in (mail.text, mail.html):
        assert "Safari on iOS" in said
        assert "127.0.0.1" in said
        assert f"{server.description['public_url']}/settings#sign-ins" in said
    assert "version" not in mail.text.lower()


@pytest.mark.promise("K9")
def test_an_instance_that_comes_into_a_workspace_is_described_to_its_owner(
    server: ServerProcess, client: CheckedClient, admin: Administration
) -> None:
    person = Person.create(admin, "ada")
    waiting = Instance.register(client)
    hostile = "<b>lab</b> & co"
    admin.run(
        "instance", "claim", "--client-id", waiting.client_id, "--user", person.email, "--name", hostile
    )
    mail = Mailbox.of(server).arrives(person.email, CLAIMED)
    assert hostile in mail.text
    assert "&lt;b&gt;lab&lt;/b&gt; &amp; co" in mail.html
    assert hostile not in mail.html


@pytest.mark.parametrize(
    ("family", "platform", "words"),
    [
        ("firefox", "linux", "Firefox on Linux"),
        ("safari", "ios", "Safari on iOS"),
        ("samsung", "android", "Samsung Internet on Android"),
        ("other", "windows", "A browser on Windows"),
        ("chrome", "other", "Chrome"),
        ("other", "other", "Not known"),
    ],
)
def test_browsers_are_called_as_people_call_them(family: str, platform: str, words: str) -> None:
    assert browser.in_words(browser.Browser(family, platform)) == words
