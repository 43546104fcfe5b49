"""Which handshakes succeed, how the others end, and that those which never end hold nobody up. The head of a
request that never ends is waited for at the same time.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
import warnings
from collections.abc import Iterator

import pytest

from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.server import ServerProcess
from contract_tests.transport.authority import Authority
from contract_tests.transport.slow_heads import HABITS, HEAD_S, SlowClients
from contract_tests.transport.stalling import StalledHandshakes, address_of

OLD_AND_WEAK = [
    "AES128-SHA",  # no forward secrecy
    "AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
    "ECDHE-RSA-AES128-SHA",  # no authenticated encryption
    "ECDHE-RSA-AES128-SHA256",
    "ECDHE-RSA-AES256-SHA384",
    "DHE-RSA-AES128-GCM-SHA256",  # a group that the client cannot choose
    "NULL-SHA256",  # no encryption
    "ECDHE-RSA-NULL-SHA",
    "ADH-AES128-SHA256",  # no certificate
]
STRONG = [
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-RSA-CHACHA20-POLY1305",
]


def offering(
    authority: Authority, *, version: ssl.TLSVersion, ciphers: str = "ALL:COMPLEMENTOFALL"
) -> ssl.SSLContext:
    """A client that offers one version, and what its library refuses by itself as well."""
    context = authority.client_context()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that it is old is the point
        context.minimum_version = context.maximum_version = version
    context.set_ciphers(f"{ciphers}:@SECLEVEL=0")
    return context


def handshake(server: ServerProcess, client: ssl.SSLContext, **options: object) -> ssl.SSLSocket:
    """Connect and shake hands. Raises ssl.SSLError."""
    connection = socket.create_connection(address_of(server), timeout=30)
    return client.wrap_socket(connection, server_hostname="localhost", **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module", autouse=True)
def slow_clients(server: ServerProcess) -> Iterator[SlowClients]:
    """They begin with the first test, and leave the server without a complaint."""
    said = len(server.events)
    clients = SlowClients(server)
    yield clients
    clients.leave()
    with server.client() as client:
        assert client.get("/health").json()["status"] == "ok"
    assert [each for each in server.events[said:] if each["level"] != "info"] == []


@pytest.mark.promise("C17", "K22")
class TestVersions:
    @pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2])
    def test_takes_those_from_1_2_on(
        self, secured: ServerProcess, authority: Authority, version: ssl.TLSVersion
    ) -> None:
        with handshake(secured, offering(authority, version=version)) as connection:
            assert connection.version() == version.name.replace("_", ".")
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK")

    @pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1])
    def test_refuses_older_ones_and_says_so(
        self, secured: ServerProcess, authority: Authority, version: ssl.TLSVersion
    ) -> None:
        with pytest.raises(ssl.SSLError) as refused:
            handshake(secured, offering(authority, version=version))
        # The word for the server's alert; a client that refuses by itself has another one.
        assert refused.value.reason == "TLSV1_ALERT_PROTOCOL_VERSION"


@pytest.mark.promise("C17")
class TestCiphers:
    @pytest.mark.parametrize("cipher", STRONG)
    def test_takes_strong_ones(self, secured: ServerProcess, authority: Authority, cipher: str) -> None:
        client = offering(authority, version=ssl.TLSVersion.TLSv1_2, ciphers=cipher)
        with handshake(secured, client) as connection:
            used = connection.cipher()
            assert used is not None
            assert used[0] == cipher

    @pytest.mark.parametrize("cipher", OLD_AND_WEAK)
    def test_refuses_weak_ones_and_says_so(
        self, secured: ServerProcess, authority: Authority, cipher: str
    ) -> None:
        client = offering(authority, version=ssl.TLSVersion.TLSv1_2, ciphers=cipher)
        with pytest.raises(ssl.SSLError) as refused:
            handshake(secured, client)
        assert refused.value.reason == "SSLV3_ALERT_HANDSHAKE_FAILURE"

    def test_the_server_chooses_no_compression(self, secured: ServerProcess, authority: Authority) -> None:
        with handshake(secured, authority.client_context()) as connection:
            assert connection.compression() is None


class TestClients:
    def test_agree_on_http_1_1(self, secured: ServerProcess, authority: Authority) -> None:
        client = authority.client_context()
        client.set_alpn_protocols(["h2", "http/1.1"])
        with handshake(secured, client) as connection:
            assert connection.selected_alpn_protocol() == "http/1.1"

    @pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2])
    def test_come_back_to_a_session(
        self, secured: ServerProcess, authority: Authority, version: ssl.TLSVersion
    ) -> None:
        client = offering(authority, version=version, ciphers="ECDHE+AESGCM")
        with handshake(secured, client) as first:
            first.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
            first.recv(65536)  # TLS 1.3 hands out its tickets after the handshake
            session = first.session
        with handshake(secured, client, session=session) as again:
            assert again.session_reused

    def test_that_do_not_trust_the_authority_do_not_connect(self, secured: ServerProcess) -> None:
        with pytest.raises(ssl.SSLCertVerificationError):
            handshake(secured, ssl.create_default_context())

    def test_that_speak_plain_http_are_let_go_at_once(self, secured: ServerProcess) -> None:
        began = time.monotonic()
        with socket.create_connection(address_of(secured), timeout=30) as connection:
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
            assert re.search(rb"HTTP|candor|health", _all_of(connection)) is None
        assert time.monotonic() - began < 5

    def test_that_break_off_harm_nobody(
        self, secured: ServerProcess, authority: Authority, secured_client: CheckedClient
    ) -> None:
        for sent in (b"\x16\x03\x01\x00\x05nothe", b"\x15\x03\x01\x00\x02\x02\x28", b"\x80" * 300, b"\x00"):
            with socket.create_connection(address_of(secured), timeout=30) as connection:
                connection.sendall(sent)
        with handshake(secured, authority.client_context()) as connection:
            connection.sendall(b"POST /oauth2/token HTTP/1.1\r\nContent-Length: 1000\r\n\r\nhalf")
        assert secured_client.get("/health").status_code == 200


class TestStalledHandshakes:
    def test_hold_nobody_up(self, secured: ServerProcess, authority: Authority) -> None:
        began = time.monotonic()
        for _ in range(20):
            handshake(secured, authority.client_context()).close()
        assert time.monotonic() - began < 8  # less than one of them lasts

    def test_are_cut_off(self, stalled: StalledHandshakes) -> None:
        assert stalled.ended(within_s=25), "the server still bears with some of them"
        for name, lasted in stalled.lasted.items():
            assert 9 < min(lasted) <= max(lasted) < 20, name


class TestSlowClient:
    """A head has a deadline, however busy its sender looks."""

    @pytest.mark.parametrize("habit", HABITS)
    def test_is_let_go_at_the_deadline(self, slow_clients: SlowClients, habit: str) -> None:
        assert HEAD_S - 2 < slow_clients.seconds(habit) < HEAD_S + 10


def _all_of(connection: socket.socket) -> bytes:
    received = b""
    try:
        while chunk := connection.recv(65536):
            received += chunk
    except ConnectionError:
        pass
    return received
