"""The contract over TLS: the same answers, addresses that say https, and the word to stay with it."""

from __future__ import annotations

import re
import socket
import ssl
import time
from urllib.parse import urlsplit

import httpx
import pytest

from contract_tests.conftest import StartServer
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.instances import SCOPE, Instance, approve
from contract_tests.harness.people import Person
from contract_tests.harness.server import ServerProcess
from contract_tests.transport.authority import Authority
from contract_tests.transport.stalling import address_of

HSTS = "max-age=31536000"
NONSENSE = b"NONSENSE\r\n\r\n"


@pytest.mark.promise("C17", "K22")
class TestDeviceFlow:
    def test_runs_from_registration_to_revocation(
        self, secured: ServerProcess, secured_client: CheckedClient, someone: Person
    ) -> None:
        instance = Instance.register(secured_client, key=someone.key)
        started = secured_client.post(
            "/oauth2/device/authorize", data={**instance.credentials, "scope": SCOPE}
        ).json()
        for name in ("verification_uri", "verification_uri_complete"):
            assert started[name].startswith(f"{secured.url}/device")
            assert urlsplit(started[name]).scheme == "https"
            assert secured_client.get(started[name]).status_code == 200
        assert approve(secured_client, someone.pat, started["user_code"]).status_code == 200
        granted = instance.ask_token(
            grant_type="urn:ietf:params:oauth:grant-type:device_code", device_code=started["device_code"]
        ).json()
        renewed = instance.refresh(granted["refresh_token"]).json()
        bearer = {"Authorization": f"Bearer {renewed['access_token']}"}
        assert secured_client.get("/instance/user/session", headers=bearer).status_code == 200
        assert instance.revoke(renewed["refresh_token"]).status_code == 200
        assert secured_client.get("/instance/user/session", headers=bearer).status_code == 401


@pytest.mark.promise("K22")
class TestAddresses:
    @pytest.mark.parametrize("name", ["oauth-authorization-server", "openid-configuration"])
    def test_of_the_metadata_say_https(
        self, secured: ServerProcess, secured_client: CheckedClient, name: str
    ) -> None:
        found = secured_client.get(f"/.well-known/{name}").json()
        assert found["issuer"] == secured.url
        addresses = [value for key, value in found.items() if key.endswith(("_endpoint", "_documentation"))]
        assert len(addresses) >= 6
        assert all(each.startswith(f"{secured.url}/") for each in addresses)
        assert "http://" not in str(found)

    def test_of_the_security_contact_say_https(
        self, secured: ServerProcess, secured_client: CheckedClient
    ) -> None:
        assert f"Canonical: {secured.url}/" in secured_client.get("/.well-known/security.txt").text

    def test_of_the_server_itself_say_https(self, secured: ServerProcess) -> None:
        assert secured.description["listening_url"] == secured.description["public_url"] == secured.url
        (started,) = [each for each in secured.events if each["event"] == "server_started"]
        assert started["public_url"] == secured.url

    def test_of_the_private_listener_stay_plain_and_here(self, secured: ServerProcess) -> None:
        assert secured.private_url.startswith("http://127.0.0.1:")
        metrics = httpx.get(f"{secured.private_url}/metrics").text
        (line,) = [each for each in metrics.splitlines() if each.startswith("candor_certificate_expires")]
        assert 9 * 86_400 < float(line.split()[-1]) - time.time() < 10 * 86_400


@pytest.mark.promise("K22")
class TestStrictTransportSecurity:
    @pytest.mark.parametrize("path", ["/health", "/docs", "/no/such/path", "/instance/user/session"])
    def test_is_on_every_answer(self, secured_client: CheckedClient, path: str) -> None:
        assert secured_client.get(path).headers.get_list("strict-transport-security") == [HSTS]

    def test_is_on_the_answer_to_what_is_not_http(self, secured: ServerProcess, authority: Authority) -> None:
        answer = exchange(secured, authority.client_context(), NONSENSE).split(b"\r\n\r\n")[0]
        assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
        assert f"strict-transport-security: {HSTS}".encode() in answer

    def test_is_not_said_where_it_does_not_count(self, client: CheckedClient) -> None:
        assert "strict-transport-security" not in client.get("/health").headers  # RFC 6797 section 7.2


@pytest.mark.promise("K22")
class TestPlainHttp:
    def test_that_others_could_hear_is_pointed_out(
        self, start_server: StartServer, server: ServerProcess
    ) -> None:
        assert "this is plain HTTP" in start_server(host="0.0.0.0").stderr
        assert "this is plain HTTP" not in server.stderr


class TestAnswers:
    def test_to_a_body_that_is_too_large_arrive(self, secured_client: CheckedClient) -> None:
        answer = secured_client.post("/oauth2/register", content=b" " * 8_000_000)
        assert answer.status_code == 413

    def test_to_slow_readers_arrive_whole(self, secured: ServerProcess, authority: Authority) -> None:
        one = b"GET /assets/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n"
        # So many fill the system's buffers: the last is still in the server's memory when it closes.
        sent = (one + b"\r\n") * 5 + one + b"Connection: close\r\n\r\n"
        received = exchange(secured, authority.client_context(), sent, slowly=range(4_000_000, 8_000_000))
        assert received.count(b"HTTP/1.1 200 OK") == 6
        lengths = [int(each) for each in re.findall(rb"\r\ncontent-length: (\d+)\r\n", received)]
        heads = sum(len(each) + 4 for each in re.findall(rb"HTTP/1\.1 200 OK.*?(?=\r\n\r\n)", received, re.S))
        assert len(received) == sum(lengths) + heads

    def test_come_in_the_order_of_the_requests(self, secured: ServerProcess, authority: Authority) -> None:
        one = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
        last = b"GET /no/such/path HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        received = exchange(secured, authority.client_context(), one + one + last)
        assert [received.count(each) for each in (b"HTTP/1.1 200", b"HTTP/1.1 404")] == [2, 1]


class TestStopping:
    def test_does_not_wait_for_clients_that_stay(
        self, start_server: StartServer, authority: Authority
    ) -> None:
        server = start_server(host="0.0.0.0", **authority.issue("stopping").flags)
        context = authority.client_context()
        with socket.create_connection(address_of(server)) as stalled:
            stalled.sendall(b"\x16\x03\x01")
            with socket.create_connection(address_of(server)) as idle:
                context.wrap_socket(idle, server_hostname="localhost", suppress_ragged_eofs=False)
                began = time.monotonic()
                assert server.stop() == 0
                assert time.monotonic() - began < 20  # the drain would give them 30 s
        assert "library_complained" not in server.stderr
        assert "plain HTTP" not in server.stderr


def exchange(
    server: ServerProcess, client: ssl.SSLContext, sent: bytes, *, slowly: range = range(0)
) -> bytes:
    """Everything that the server says to some bytes, some of them read slowly."""
    received = bytearray()
    with (
        socket.create_connection(address_of(server), timeout=30) as connection,
        client.wrap_socket(connection, server_hostname="localhost") as secured,
    ):
        secured.sendall(sent)
        while chunk := secured.recv(65536):
            received += chunk
            if len(received) in slowly:
                time.sleep(0.02)
    return bytes(received)
