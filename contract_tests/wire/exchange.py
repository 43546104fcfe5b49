"""One connection to the running server: bytes out, complete answers back, and never longer than a limit."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from contract_tests.harness.checking import check
from contract_tests.harness.server import ServerProcess
from contract_tests.wire.cases import Expected
from contract_tests.wire.requests import Request

LIMIT_S = 10.0  # for one read; what takes longer hangs
OUTSIDE = "/no/such/path"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came."""

    status: int
    fields: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def places(self) -> tuple[tuple[str, str], ...]:
        """Pointer and code of every named error."""
        return tuple((each["pointer"], each["code"]) for each in self._json.get("errors", ()))

    @property
    def error(self) -> str:
        """The stable word."""
        return str(self._json.get("error", ""))

    @property
    def _json(self) -> Any:
        named = dict(self.fields).get("content-type", "")
        return json.loads(self.body) if self.status >= 400 and named.endswith("json") and self.body else {}


class Connection:
    """A socket to a server, and what came back on it."""

    def __init__(self, connected: socket.socket) -> None:
        self.socket = connected
        self._received = b""
        self.ended = False
        self.reset = False

    def send(self, data: bytes) -> None:
        """Send. That the server has stopped listening is no error: it may have answered already."""
        try:
            self.socket.sendall(data)
        except ConnectionError:
            self.reset = True

    def answer(self, *, to_head: bool = False, or_cut_off: bool = False) -> Answer | None:
        """The next answer, None when the connection ended first.

        With `or_cut_off` half an answer counts as none: when a server closes before it has read everything,
        TCP resets the connection and drops what was on its way (RFC 9112 section 9.6). Whether it was `reset`
        is known when sending and reading have both ended, because only the first of them hears of it.
        Raises AssertionError for a hang, and for half an answer otherwise.
        """
        while (found := _parsed(self._received, to_head=to_head)) is None:
            if not self._more():
                assert not self._received or or_cut_off, f"cut off: {self._received!r}"
                return None
        answer, self._received = found
        return answer

    def rest(self) -> bytes:
        """All that still comes until the connection ends."""
        while self._more():
            pass
        return self._received

    def _more(self) -> bool:
        try:
            data = self.socket.recv(65_536)
        except TimeoutError:
            raise AssertionError(f"a hang after {self._received!r}") from None
        except ConnectionError:
            data, self.reset = b"", True
        self._received += data
        self.ended = not data
        return bool(data)


@contextmanager
def connected(server: ServerProcess, limit_s: float = LIMIT_S) -> Iterator[Connection]:
    """A fresh connection."""
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=limit_s) as opened:
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield Connection(opened)


def held_against(expected: Expected, answer: Answer, request: Request) -> None:
    """Compare an answer with what is expected of it, and with the contract. Raises AssertionError."""
    seen = (answer.status, answer.error, answer.places)
    assert answer.status in expected.statuses, seen
    if expected.error:
        assert answer.error == expected.error, seen
    if expected.places:
        assert answer.places == expected.places, seen
    if answer.status >= 200:
        against_contract(answer, request.method, OUTSIDE if expected.outside else request.path)


def against_contract(answer: Answer, method: str, path: str) -> None:
    """Hold an answer against what the contract declares. Raises ContractBroken."""
    url = httpx.URL(scheme="http", host="server", path=path)
    asked = httpx.Request(method, url)
    check(httpx.Response(answer.status, headers=list(answer.fields), content=answer.body, request=asked))


def _parsed(received: bytes, *, to_head: bool) -> tuple[Answer, bytes] | None:
    """The first answer of these bytes and what follows it; None while it is not complete."""
    top, ended, rest = received.partition(b"\r\n\r\n")
    if not ended:
        return None
    line, *lines = top.decode("latin-1").split("\r\n")
    version, code, _ = line.split(" ", 2)
    assert version == "HTTP/1.1", line
    fields = tuple((each.partition(":")[0].lower(), each.partition(":")[2].strip()) for each in lines)
    named = dict(fields)
    assert "transfer-encoding" not in named, "an answer of unknown length"
    bodiless = to_head or int(code) in (100, 204, 304)
    length = 0 if bodiless else int(named["content-length"])
    if len(rest) < length:
        return None
    return Answer(int(code), fields, rest[:length]), rest[length:]
