"""Stopping: what is being answered is answered, PostgreSQL is stopped cleanly, and a crash leaves nothing
in the way."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from api.serve.supervisor import Stopped, means_stopped
from contract_tests.conftest import StartServer
from contract_tests.harness.instances import Instance
from contract_tests.harness.server import ServerProcess

SOON_S = 30.0


def eventually(condition: Callable[[], bool], what: str) -> None:
    """Wait until something that must come true has come true."""
    until = time.monotonic() + SOON_S
    while not condition():
        assert time.monotonic() < until, f"not within {SOON_S:.0f} s: {what}"
        time.sleep(0.05)  # another process's state: there is nothing else to wait on


def has_logged(server: ServerProcess, event: str) -> Callable[[], bool]:
    return lambda: any(each["event"] == event for each in server.events)


def postgres_runs(data_dir: Path) -> bool:
    """Whether a PostgreSQL server has left its pid in the directory."""
    return any(data_dir.rglob("postmaster.pid"))


def workers_of(data_dir: Path) -> list[int]:
    """The worker processes of the server of a data directory."""
    mark = f"PROMETHEUS_MULTIPROC_DIR={data_dir / 'metrics'}\0".encode()
    found = []
    for environment in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):  # it has ended meanwhile, or is not ours to look at
            if mark in environment.read_bytes():
                found.append(int(environment.parent.name))
    return found


class HalfSentRequest:
    """A registration of which the server has the head and half the body: it is being answered, and cannot
    be yet."""

    def __init__(self, server: ServerProcess) -> None:
        host, port = server.url.removeprefix("http://").split(":")
        body = json.dumps({"grant_types": ["client_credentials"], "scope": "profile:read"}).encode()
        self._rest = body[10:]
        self._connection = socket.create_connection((host, int(port)), timeout=30)
        head = (
            f"POST /oauth2/register HTTP/1.1\r\nHost: {host}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._connection.sendall(head.encode() + body[:10])
        with server.client() as client:
            client.get("/health")  # answered after it, so the server has read what came before

    def leave(self) -> None:
        """Go without an answer."""
        self._connection.close()

    def finish(self) -> bytes:
        """Send the rest; the whole answer, up to the close of the connection."""
        with self._connection:
            self._connection.sendall(self._rest)
            pieces = iter(lambda: self._connection.recv(65536), b"")
            return b"".join(pieces)


@pytest.mark.parametrize("workers", [1, 2])
class TestDraining:
    def test_answers_what_it_has_begun_and_takes_nothing_new(
        self, start_server: StartServer, workers: int
    ) -> None:
        server = start_server(workers=workers)
        begun = HalfSentRequest(server)
        server.process.send_signal(signal.SIGTERM)
        eventually(lambda: not accepts(server), "connections are refused")
        with pytest.raises(subprocess.TimeoutExpired):  # it waits for what it has begun
            server.ended(within_s=1.5)
        answer = begun.finish()
        assert answer.startswith(b"HTTP/1.1 201 ")
        assert b"connection: close" in answer.lower()
        assert server.ended() == 0
        assert has_logged(server, "server_stopped")()
        assert cut_short(server) == []

    def test_does_not_wait_for_ever(self, start_server: StartServer, workers: int) -> None:
        server = start_server(workers=workers, variables={"CANDOR_DRAIN_S": "1"})
        begun = HalfSentRequest(server)
        assert server.stop() == 0
        assert cut_short(server) == [1]
        begun.leave()

    def test_is_cut_short_by_a_second_signal(self, start_server: StartServer, workers: int) -> None:
        server = start_server(workers=workers, variables={"CANDOR_DRAIN_S": "600"})
        begun = HalfSentRequest(server)
        server.process.send_signal(signal.SIGTERM)
        eventually(has_logged(server, "server_draining"), "the server drains")
        assert server.stop() == 0
        assert cut_short(server) == [1]
        begun.leave()


def cut_short(server: ServerProcess) -> list[object]:
    """How many requests each worker says that it left without an answer."""
    return [each["requests"] for each in server.events if each["event"] == "drain_cut_short"]


def accepts(server: ServerProcess) -> bool:
    host, port = server.url.removeprefix("http://").split(":")
    return accepts_at((host, int(port)))


def accepts_at(address: tuple[str, int]) -> bool:
    """Whether anything takes a connection there."""
    try:
        socket.create_connection(address, timeout=5).close()
    except OSError:
        return False
    return True


def assert_stops(server: ServerProcess, number: signal.Signals) -> None:
    """It exits with 0 when it is told so, its PostgreSQL stopped and its description gone."""
    assert postgres_runs(server.data_dir)
    assert server.stop(number) == 0
    assert not postgres_runs(server.data_dir)
    assert not (server.data_dir / "server.json").exists()


class TestStopping:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
    def test_exits_0_with_postgres_stopped(
        self, start_server: StartServer, used_data_dir: Path, number: signal.Signals
    ) -> None:
        assert_stops(start_server(database_url=None, data_dir=used_data_dir), number)

    @pytest.mark.parametrize("workers", [1, 2])
    def test_stops_while_it_starts(self, start_server: StartServer, workers: int) -> None:
        server = start_server(database_url=None, workers=workers, wait=False)
        eventually(lambda: "PostgreSQL" in server.stderr, "it has begun to start PostgreSQL")
        assert server.stop() == 0
        assert not postgres_runs(server.data_dir)
        assert not workers_of(server.data_dir)
        assert "Traceback" not in server.stderr

    def test_is_told_from_a_defect_wherever_it_comes(self) -> None:
        class ToldToStop:
            def __set_name__(self, owner: object, name: str) -> None:
                raise Stopped

        with pytest.raises((Stopped, RuntimeError)) as while_loading:
            type("Loaded", (), {"attribute": ToldToStop()})
        assert means_stopped(while_loading.value)
        assert means_stopped(Stopped())
        assert not means_stopped(RuntimeError("a defect"))


@pytest.mark.parametrize("workers", [1, 2])
class TestKilled:
    def test_starts_again_with_all_that_was_stored_and_stops(
        self, start_server: StartServer, used_data_dir: Path, workers: int
    ) -> None:
        killed = start_server(database_url=None, data_dir=used_data_dir, workers=workers)
        with killed.client() as client:
            instance = Instance.register(client)
        killed.process.kill()
        killed.ended()
        eventually(lambda: not accepts(killed), "no worker is left behind")

        again = start_server(database_url=None, workers=workers, data_dir=killed.data_dir)
        with again.client() as client:
            kept = Instance(client, instance.client_id, instance.client_secret)
            assert kept.own_token()
        assert_stops(again, signal.SIGTERM)


class TestWorkers:
    def test_load_while_the_database_starts(self, start_server: StartServer) -> None:
        server = start_server(database_url=None, workers=2, wait=False)
        eventually(lambda: len(workers_of(server.data_dir)) == 2, "both are there")
        assert "starting the workers" not in server.stderr
        server.until_ready()
        assert server.stop() == 0

    def test_do_not_outlive_a_server_that_is_killed_while_it_starts(self, start_server: StartServer) -> None:
        server = start_server(database_url=None, workers=2, wait=False)
        eventually(lambda: len(workers_of(server.data_dir)) == 2, "both are there")
        server.process.kill()
        server.ended()
        eventually(lambda: not workers_of(server.data_dir), "they end")
        start_server(database_url=None, data_dir=server.data_dir)  # which stops PostgreSQL at its end

    def test_are_counted_as_one_and_one_that_dies_is_replaced_while_the_other_answers(
        self, start_server: StartServer
    ) -> None:
        server = start_server(workers=2)
        for _ in range(20):
            with server.client() as client:
                client.get("/health")
        metrics = httpx.get(f"{server.private_url}/metrics").text
        assert 'candor_requests_total{operation="health",status="200"} 20.0' in metrics
        first = next(each for each in server.events if each["event"] == "worker_started")
        os.kill(int(str(first["pid"])), signal.SIGKILL)
        eventually(has_logged(server, "worker_died"), "the death is noticed")
        with server.client() as client:
            assert client.get("/health").status_code == 200
        eventually(lambda: workers_started(server) == 3, "another is started")
        assert server.stop() == 0


def workers_started(server: ServerProcess) -> int:
    return sum(each["event"] == "worker_started" for each in server.events)
