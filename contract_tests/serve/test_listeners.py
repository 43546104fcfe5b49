"""The two listeners: what is not HTTP gets the contract's answer, and what is private is not public."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
from pathlib import Path

import httpx
import pytest

from contract_tests.conftest import StartServer
from contract_tests.harness.checking import CheckedClient, check
from contract_tests.harness.server import ServerProcess
from contract_tests.serve.test_stop import eventually

REGISTRATION = {"grant_types": ["client_credentials"], "scope": "profile:read"}


def answer_to(server: ServerProcess, *pieces: bytes) -> httpx.Response:
    """What the server answers to bytes, checked against the contract as an answer that belongs to no
    operation."""
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        received = b""
        try:
            for piece in pieces:
                connection.sendall(piece)
            while chunk := connection.recv(65536):
                received += chunk
        except ConnectionError:
            pass  # it closed while we were still talking, which it may
    head, _, body = received.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    response = httpx.Response(
        int(status.split()[1]),
        headers=[(line.partition(": ")[0], line.partition(": ")[2]) for line in lines],
        content=body,
        request=httpx.Request("GET", "http://server/no/such/path"),
    )
    check(response)
    return response


class TestWhatIsNotHttp:
    @pytest.mark.parametrize(
        "sent",
        [
            b"GET / HTTQ/1.1\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS greeting\r\n\r\n",
            b"GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: ten\r\n\r\n",
            b"GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"GET /health HTTP/1.1\r\nHost: x\r\nBad Name: 1\r\n\r\n",
            b"GET \xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        ],
    )
    def test_is_answered_400_in_the_contracts_form(self, server: ServerProcess, sent: bytes) -> None:
        answer = answer_to(server, sent)
        assert answer.status_code == 400
        assert answer.headers["connection"].lower() == "close"
        assert answer.json()["request_id"] == answer.headers["x-request-id"]

    def test_a_head_without_end_is_cut_off(self, server: ServerProcess) -> None:
        pieces = [b"GET /health HTTP/1.1\r\nHost: x\r\nX-Long: ", *[b"a" * 8192] * 200]
        assert answer_to(server, *pieces).status_code == 400

    def test_a_large_head_that_ends_is_refused_too(self, server: ServerProcess) -> None:
        lines = b"".join(b"X-%d: %s\r\n" % (number, b"a" * 1000) for number in range(100))
        assert answer_to(server, b"GET /health HTTP/1.1\r\nHost: x\r\n" + lines + b"\r\n").status_code == 400

    def test_a_wish_to_change_protocols_is_passed_over(self, client: CheckedClient) -> None:
        wish = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
        assert client.get("/health", headers=wish).status_code == 200

    def test_leaves_the_server_as_it_was(self, client: CheckedClient) -> None:
        assert client.get("/health").status_code == 200


class TestPipelining:
    def test_requests_sent_at_once_are_answered_in_order(self, server: ServerProcess) -> None:
        host, port = server.url.removeprefix("http://").split(":")
        one = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
        last = b"GET /no/such/path HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        with socket.create_connection((host, int(port)), timeout=30) as connection:
            connection.sendall(one + one + last)
            received = b"".join(iter(lambda: connection.recv(65536), b""))
        assert re.findall(rb"HTTP/1\.1 (\d{3}) ", received) == [b"200", b"200", b"404"]


class TestPrivateListener:
    def test_counts_requests_by_operation(self, server: ServerProcess, client: CheckedClient) -> None:
        client.get("/health")
        metrics = httpx.get(f"{server.private_url}/metrics")
        assert metrics.headers["content-type"].startswith("text/plain")
        assert 'candor_requests_total{operation="health",status="200"}' in metrics.text

    def test_says_whether_the_server_is_ready(self, start_server: StartServer, used_data_dir: Path) -> None:
        server = start_server(database_url=None, data_dir=used_data_dir)
        assert httpx.get(f"{server.private_url}/readyz").status_code == 200
        (pid_file,) = server.data_dir.rglob("postmaster.pid")
        os.kill(int(pid_file.read_text().splitlines()[0]), signal.SIGINT)  # PostgreSQL's fast shutdown
        eventually(lambda: httpx.get(f"{server.private_url}/readyz").status_code == 503, "it says so")
        with server.client() as client:
            assert client.post("/oauth2/register", json=REGISTRATION).status_code == 503

    @pytest.mark.promise("C18")
    def test_is_no_part_of_the_public_one(self, client: CheckedClient) -> None:
        for path in ("/metrics", "/readyz"):
            assert client.get(path).status_code == 404

    @pytest.mark.promise("C18")
    def test_listens_on_loopback(self, server: ServerProcess) -> None:
        assert server.private_url.startswith("http://127.0.0.1:")
        assert json.loads((server.data_dir / "server.json").read_bytes())["private_url"] == server.private_url
