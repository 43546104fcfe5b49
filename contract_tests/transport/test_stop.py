"""Stopping over TLS: what was begun is answered, and nobody who only holds a connection holds up the stop."""

from __future__ import annotations

import json
import signal
import socket
import ssl
from contextlib import suppress

from contract_tests.conftest import StartServer
from contract_tests.serve.test_stop import accepts_at, eventually
from contract_tests.transport.authority import Authority
from contract_tests.transport.stalling import address_of

DRAIN_S = 90
SOON_S = 30.0  # far below the time for draining, and far beyond what a busy machine needs
BODY = json.dumps({"grant_types": ["client_credentials"], "scope": "profile:read"}).encode()
BEGUN = (
    b"POST /oauth2/register HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n" % len(BODY)
)


def test_only_who_waits_for_an_answer_is_waited_for(start_server: StartServer, authority: Authority) -> None:
    pair = authority.issue("stopped")
    server = start_server(workers=2, variables={"CANDOR_DRAIN_S": str(DRAIN_S)}, **pair.flags)
    address, context = address_of(server), authority.client_context()

    def plain() -> socket.socket:
        return socket.create_connection(address, timeout=SOON_S)

    def secured(connection: socket.socket) -> ssl.SSLSocket:
        return context.wrap_socket(connection, server_hostname="localhost")

    begun, idle, late, silent = secured(plain()), secured(plain()), plain(), plain()
    with begun, idle, late, silent:
        begun.sendall(BEGUN + BODY[:10])
        idle.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert idle.recv(65_536).startswith(b"HTTP/1.1 200 ")  # and from now on it reads nothing
        server.process.send_signal(signal.SIGTERM)
        eventually(lambda: not accepts_at(address), "connections are refused")
        with suppress(OSError):  # its worker had nobody else, and has ended
            assert secured(late).recv(65_536) == b""
        begun.sendall(BODY[10:])
        assert begun.recv(65_536).startswith(b"HTTP/1.1 201 ")
        assert server.ended(SOON_S) == 0
