"""PostgreSQL is killed under the running server: it says 503 for a moment, and goes on as if nothing was."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from contract_tests.conftest import StartServer
from contract_tests.harness.instances import Instance, bearer
from contract_tests.harness.server import ServerProcess
from contract_tests.serve.test_stop import eventually, has_logged
from contract_tests.storage.embedded_users import postmaster
from persistence.embedded.layout import Layout
from persistence.embedded.process import ServerProcess as Postgres

CALLERS = 3
PAUSE_S = 0.02  # so that some of the machine is left for the database that starts


class Load:
    """Several callers, each with reads and writes of one instance, who note what they are answered."""

    def __init__(self, server: ServerProcess, instance: Instance, token: str) -> None:
        self._server = server
        self._instance = instance
        self._token = token
        self._over = threading.Event()
        self._latest: list[httpx.Response] = []
        self.answers: Counter[int] = Counter()
        self.without_retry_after = 0

    def call(self) -> None:
        with self._server.client() as client:
            instance = Instance(client, self._instance.client_id, self._instance.client_secret)
            while not self._over.wait(PAUSE_S):
                self._note(client.post("/instance/alive", headers=bearer(self._token)))
                self._note(instance.ask_token(grant_type="client_credentials"))

    def saw(self, status: int) -> bool:
        """Whether an answer of the status came since `forget`."""
        return any(answer.status_code == status for answer in self._latest)

    def forget(self) -> None:
        self._latest.clear()

    def end(self) -> None:
        self._over.set()

    def _note(self, answer: httpx.Response) -> None:
        self._latest.append(answer)
        self.answers[answer.status_code] += 1
        if answer.status_code == 503 and not answer.headers.get("retry-after", "").isdecimal():
            self.without_retry_after += 1


@contextmanager
def under_load(server: ServerProcess, instance: Instance, token: str) -> Iterator[Load]:
    load = Load(server, instance, token)
    with ThreadPoolExecutor(CALLERS) as callers:
        calls = [callers.submit(load.call) for _ in range(CALLERS)]
        try:
            yield load
        finally:
            load.end()
        for call in calls:
            call.result()


def kill_postgres(data_dir: Path) -> int:
    """SIGKILL to PostgreSQL's first process, the others notice by themselves; which one it was."""
    process = postmaster(data_dir)
    os.kill(process, signal.SIGKILL)
    return process


def deaths(server: ServerProcess) -> list[object]:
    return [each["event"] for each in server.events if str(each["event"]).startswith("database_")]


@pytest.mark.parametrize("workers", [1, 2])
class TestDatabaseDeath:
    def test_is_survived_under_load_and_changes_nothing_while_the_server_stops(
        self, start_server: StartServer, used_data_dir: Path, workers: int
    ) -> None:
        server = start_server(database_url=None, data_dir=used_data_dir, workers=workers)
        with server.client() as client:
            instance = Instance.register(client)
            token = instance.own_token()
            with under_load(server, instance, token) as load:
                eventually(lambda: load.saw(200), "requests are answered")
                killed = kill_postgres(server.data_dir)
                eventually(lambda: load.saw(503), "the death is felt")
                eventually(has_logged(server, "database_restarted"), "PostgreSQL is started again")
                load.forget()
                eventually(lambda: load.saw(200), "requests are answered again")
            assert load.answers.keys() == {200, 503}, load.answers
            assert not load.without_retry_after
            assert postmaster(server.data_dir) != killed
            assert client.post("/instance/alive", headers=bearer(token)).status_code == 200
            assert httpx.get(f"{server.private_url}/readyz").status_code == 200
        assert deaths(server) == ["database_died", "database_restarted"]
        kill_postgres(server.data_dir)
        assert server.stop() == 0
        assert not Postgres(Layout(server.data_dir)).is_alive()


class TestDatabaseThatCannotLive:
    def test_is_tried_again_until_it_can_and_does_not_keep_the_server_from_stopping(
        self, start_server: StartServer, used_data_dir: Path
    ) -> None:
        server = start_server(database_url=None, data_dir=used_data_dir)
        version = Layout(server.data_dir).cluster / "PG_VERSION"
        made_by = version.read_text()
        version.write_text("12\n")
        kill_postgres(server.data_dir)
        eventually(lambda: deaths(server).count("database_not_restarted") >= 3, "it is tried more than once")
        version.write_text(made_by)
        eventually(has_logged(server, "database_restarted"), "the next attempt succeeds")
        with server.client() as client:
            assert Instance.register(client).own_token()
        tried = deaths(server).count("database_not_restarted")
        version.write_text("12\n")
        kill_postgres(server.data_dir)
        eventually(lambda: deaths(server).count("database_not_restarted") > tried, "it cannot be started")
        assert server.stop() == 0
        assert not Postgres(Layout(server.data_dir)).is_alive()
