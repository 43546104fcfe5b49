"""Clients that begin a handshake and never finish it, each in its own way."""

from __future__ import annotations

import selectors
import socket
import ssl
import threading
import time

from contract_tests.harness.server import ServerProcess

MANY = 50
DRIP_S = 0.5


def address_of(server: ServerProcess) -> tuple[str, int]:
    host, _, port = server.url.partition("://")[2].rpartition(":")
    return host, int(port)


def greeting() -> bytes:
    """What a client says first, whole."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="localhost")
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        return outgoing.read()
    raise AssertionError("nobody answered, and the handshake is done")


class StalledHandshakes:
    """They connect when this is made. How long the server bore with each is known once it has closed all."""

    def __init__(self, server: ServerProcess) -> None:
        hello = greeting()
        beginnings = {
            "silent": b"",
            "half a greeting": hello[: len(hello) // 2],
            "greeting only": hello,
            "drips": hello[:1],
        }
        self._open: dict[socket.socket, tuple[str, float]] = {}
        self._drip = hello[1:]
        self.lasted: dict[str, list[float]] = {name: [] for name in beginnings}
        for name, beginning in beginnings.items():
            for _ in range(MANY):
                connection = socket.create_connection(address_of(server), timeout=30)
                connection.sendall(beginning)
                self._open[connection] = (name, time.monotonic())
        self._leaving = threading.Event()
        self._watch = threading.Thread(target=self._until_closed)
        self._watch.start()

    def ended(self, within_s: float) -> bool:
        """Wait until the server has closed every one of them; whether it did in time."""
        self._watch.join(within_s)
        return not self._open

    def leave(self) -> None:
        """Close what is still open."""
        self._leaving.set()
        self._watch.join()
        for connection in self._open:
            connection.close()

    def _until_closed(self) -> None:
        with selectors.DefaultSelector() as waiting:
            for connection in self._open:
                waiting.register(connection, selectors.EVENT_READ)
            sent = 0
            while self._open and not self._leaving.is_set():
                for key, _ in waiting.select(DRIP_S):
                    assert isinstance(key.fileobj, socket.socket)
                    if not _still_open(key.fileobj):
                        waiting.unregister(key.fileobj)
                        self._closed(key.fileobj)
                self._drip_on(sent)
                sent += 1

    def _drip_on(self, sent: int) -> None:
        for connection, (name, _) in self._open.items():
            if name == "drips":
                try:
                    connection.sendall(self._drip[sent : sent + 1])
                except OSError:
                    continue  # closed by the server, which the next look finds

    def _closed(self, connection: socket.socket) -> None:
        name, since = self._open.pop(connection)
        self.lasted[name].append(time.monotonic() - since)
        connection.close()


def _still_open(connection: socket.socket) -> bool:
    try:
        return connection.recv(65536) != b""
    except ConnectionError:
        return False
