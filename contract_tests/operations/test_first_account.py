"""create_first_account, and the link that a start prints when there is nobody yet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from contract_tests.conftest import StartServer
from contract_tests.harness.administration import Administration
from contract_tests.harness.browsers import Browser
from contract_tests.harness.newcomers import FIRST, Newcomer
from contract_tests.harness.server import ServerProcess
from contract_tests.harness.stored import everything_stored, execute, rows
from contract_tests.storage.cluster import SharedCluster

TOKEN = re.compile(r"/first-account#token=(cfa_[0-9A-Za-z]{49})\n$")


def invitation(server: ServerProcess) -> str:
    """What the start printed after its first line: the secret of the link."""
    assert server.process.stdout is not None
    line = server.process.stdout.readline().decode()
    found = TOKEN.search(line)
    assert found is not None, line
    assert f" {server.url}/first-account" in line
    return found[1]


def body(token: str, who: Newcomer) -> dict[str, object]:
    return {"token": token} | {name: value for name, value in who.body.items() if name != "of_age"}


@dataclass(frozen=True, slots=True)
class Invited:
    """A server on a database in which nobody has an account, and the secret of the link that it printed."""

    server: ServerProcess
    url: str
    token: str


@pytest.fixture(scope="module")
def inviting(
    cluster: SharedCluster, migrated: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Invited]:
    url = cluster.create_database("first", like=migrated)
    server = ServerProcess(tmp_path_factory.mktemp("first") / "data", flags={"database-url": url})
    try:
        token = invitation(server.until_ready())
        execute(url, "CREATE TABLE link_as_it_was AS SELECT * FROM account_token")
        yield Invited(server, url, token)
    finally:
        code = server.stop()
    assert code == 0, server.stderr


@pytest.fixture
def invited(inviting: Invited) -> Invited:
    """As after the start: nobody has an account, and the link is good."""
    execute(inviting.url, "DELETE FROM account")
    execute(inviting.url, "DELETE FROM account_token")
    execute(inviting.url, "INSERT INTO account_token SELECT * FROM link_as_it_was")
    return inviting


class TestCreateFirstAccount:
    def test_makes_an_account_that_signs_in_at_once(self, invited: Invited) -> None:
        url, token, ada = invited.url, invited.token, Newcomer.invented("ada")
        assert token not in everything_stored(url)
        assert token not in invited.server.stderr
        with invited.server.client() as client:
            made = client.post(FIRST, json=body(token, ada))
            assert made.status_code == 201
            account = Browser.sign_in(client, ada.email, ada.password).get("/api/v1/account").json()
            assert (account["id"], account["username"]) == (made.json()["id"], ada.username)
            again = client.post(FIRST, json=body(token, Newcomer.invented()))
            assert (again.status_code, again.json()["error"]) == (410, "link_unusable")
        assert rows(url, "SELECT count(*) AS count FROM workspace_member") == [{"count": 1}]
        assert rows(url, "SELECT 1 FROM account_token") == []

    def test_ends_when_there_is_an_account_by_other_means(self, invited: Invited) -> None:
        Administration(invited.url).run("user", "create", "--email=a@b.org", "--username=a", "--name=A")
        with invited.server.client() as client:
            assert client.post(FIRST, json=body(invited.token, Newcomer.invented())).status_code == 410

    def test_ends_after_a_day(self, invited: Invited) -> None:
        url = invited.url
        (kept,) = rows(url, "SELECT expires_at - created_at = interval '24 hours' AS day FROM account_token")
        assert kept["day"]
        execute(url, "UPDATE account_token SET expires_at = now()")
        with invited.server.client() as client:
            assert client.post(FIRST, json=body(invited.token, Newcomer.invented())).status_code == 410

    def test_a_refused_password_leaves_the_link_good(self, invited: Invited) -> None:
        ada = Newcomer.invented("ada")
        with invited.server.client() as client:
            weak = client.post(FIRST, json={**body(invited.token, ada), "password": "password1234"})
            assert (weak.status_code, weak.json()["error"]) == (400, "guessable_password")
            assert client.post(FIRST, json=body(invited.token, ada)).status_code == 201


class TestStart:
    def test_of_several_servers_only_the_newest_link_is_good(
        self, start_server: StartServer, cluster: SharedCluster, migrated: str
    ) -> None:
        url = cluster.create_database("first", like=migrated)
        first, second = start_server(database_url=url), start_server(database_url=url, workers=2)
        old, new = invitation(first), invitation(second)
        with first.client() as client:
            assert client.post(FIRST, json=body(old, Newcomer.invented())).status_code == 410
            assert client.post(FIRST, json=body(new, Newcomer.invented())).status_code == 201

    def test_says_nothing_when_there_is_an_account(
        self, start_server: StartServer, cluster: SharedCluster, migrated: str
    ) -> None:
        url = cluster.create_database("first", like=migrated)
        Administration(url).run("user", "create", "--email=a@b.org", "--username=a", "--name=A")
        server = start_server(database_url=url)
        server.process.terminate()
        assert server.process.stdout is not None
        assert server.process.stdout.read() == b""
        assert rows(url, "SELECT 1 FROM account_token") == []
