"""A server that breaks one promise at each address, for the fuzzer's checks to find."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REQUEST_ID = "01KAJ3S9QWXJ0V0B4R1YH8N2CD"
PROBLEM = "application/problem+json"


@dataclass(frozen=True)
class Misdeed:
    """An answer: status, body, and header fields."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def problem(status: int, **members: object) -> Misdeed:
    """A failure in its proper shape, with what a misdeed adds to it."""
    said = {
        "type": "about:blank", "title": "No", "status": status, "code": status, "error": "no",
        "message": "No.", "request_id": REQUEST_ID, **members,
    }  # fmt: skip
    headers = {"Content-Type": PROBLEM, "X-Request-Id": REQUEST_ID}
    return Misdeed(status, json.dumps(said).encode(), headers)


GOOD = Misdeed(200, b"", {"X-Request-Id": REQUEST_ID})
NOT_ALLOWED = problem(405)
ALLOWED = Misdeed(405, NOT_ALLOWED.body, {**NOT_ALLOWED.headers, "Allow": "GET"})

MISDEEDS: dict[str, Callable[[str, str], Misdeed]] = {
    "problem_json": lambda method, sent: Misdeed(400, b"no", {"Content-Type": "text/plain"}),
    "challenge_on_401": lambda method, sent: problem(401),
    "no_undeclared_redirect": lambda method, sent: Misdeed(307, b"", {"Location": "/behaves"}),
    "no_python_leak": lambda method, sent: problem(400, detail="KeyError: 'x' in handlers/operations.py:12"),
    "exact_allow": lambda method, sent: (
        GOOD
        if method == "GET"
        else Misdeed(405, NOT_ALLOWED.body, {**NOT_ALLOWED.headers, "Allow": "GET, PUT"})
    ),
    "refusal_has_a_reason": lambda method, sent: problem(400, errors=[{"pointer": "", "code": "type"}]),
    "repeats_a_secret": lambda method, sent: problem(400, detail=f"Unknown: {sent}"),
    "behaves": lambda method, sent: GOOD if method == "GET" else ALLOWED,
}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode("latin-1")
        misdeed = MISDEEDS.get(self.path.partition("?")[0].strip("/"))
        answer = misdeed(self.command, sent) if misdeed else problem(404)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def __getattr__(self, name: str) -> Callable[[], None]:
        """`do_GET` and the others: every method is answered."""
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing: pytest shows what matters."""


@contextmanager
def misbehaving_server() -> Iterator[str]:
    """Its address, as long as it runs."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
