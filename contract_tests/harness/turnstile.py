"""Cloudflare Turnstile, played on a socket of this machine: `siteverify`, the widget's script, and outages.

It keeps the rules that Cloudflare publishes: a token belongs to a site key, is good for 300 s and for one
question, and a question that is repeated under its idempotency key gets the same answer. The keys of
Cloudflare's table for tests do here what they do there. Everything that was received is kept as it came.
"""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, parse_qsl, urlsplit

from contract_tests.harness.turnstile_widget import FRAME, SCRIPT

SITE_KEY, SECRET = "0x4AAAAAAAcandorSiteKey", "0x4AAAAAAAcandor-Secret_of_the_tests"
TEST_PASSES = "1x0000000000000000000000000000000AA"
TEST_FAILS = "2x0000000000000000000000000000000AA"
TEST_SPENT = "3x0000000000000000000000000000000AA"
TEST_TOKEN = "XXXX.DUMMY.TOKEN.XXXX"
TEST_SITE_KEYS = {
    "1x00000000000000000000AA": True,
    "1x00000000000000000000BB": True,
    "2x00000000000000000000AB": False,
    "2x00000000000000000000BB": False,
    "3x00000000000000000000FF": True,
}
"""Whether the widget gives a token."""

_LIFE = timedelta(seconds=300)
_PATH = "/turnstile/v0"
_LONGEST = 2048
_HANG_S = 60.0  # nobody waits for it: the one who asks gives up, or the outage ends


class Outage(Enum):
    """How the service can fail. The question has been dealt with when it does: the token is spent."""

    SERVER_ERROR = auto()
    INTERNAL_ERROR = auto()  # an answer with that code
    HANG = auto()
    CUT = auto()  # in the middle of the answer
    GARBAGE = auto()
    NO_OBJECT = auto()
    ENDLESS = auto()  # an answer that is far too long
    REDIRECT = auto()
    YES_WITH_400 = auto()


@dataclass(frozen=True, slots=True)
class Question:
    """One POST to `siteverify`, as it came."""

    head: Mapping[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        """Its fields. Raises AssertionError if one comes twice."""
        pairs = parse_qsl(self.body.decode(), keep_blank_values=True, strict_parsing=True)
        assert len(dict(pairs)) == len(pairs)
        return dict(pairs)


@dataclass(slots=True)
class _Token:
    hostname: str
    action: str
    made_at: datetime
    spent_under: str | None = None
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)


class TurnstileService:
    """The service with one customer. A context manager: it answers inside of the block."""

    def __init__(self) -> None:
        self.questions: list[Question] = []
        self._tokens: dict[str, _Token] = {}
        self._numbers = itertools.count(1)
        self._passed = timedelta()
        self._lock = threading.Lock()
        self._outages: Iterator[Outage] = iter(())
        self._over = threading.Event()
        service = self

        class Handler(_Handler):
            turnstile = service

        self._server = _Server(("127.0.0.1", 0), Handler)

    @property
    def origin(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def url(self) -> str:
        """What CANDOR_TURNSTILE_URL is set to."""
        return f"{self.origin}{_PATH}"

    @property
    def variables(self) -> dict[str, str]:
        """The settings of a server that uses it."""
        return {
            "CANDOR_TURNSTILE_SITE_KEY": SITE_KEY,
            "CANDOR_TURNSTILE_SECRET": SECRET,
            "CANDOR_TURNSTILE_URL": self.url,
        }

    def token(self, action: str, *, hostname: str = "127.0.0.1") -> str:
        """What the widget gives to a page of that host once somebody has solved it."""
        token = f"0.token-{next(self._numbers)}.of-the_tests"
        self._tokens[token] = _Token(hostname, action, datetime.now(UTC) + self._passed)
        return token

    def let_pass(self, seconds: float) -> None:
        """Time goes by, here."""
        self._passed += timedelta(seconds=seconds)

    @contextmanager
    def failing(self, outage: Outage, *, times: int | None = None) -> Iterator[None]:
        """It fails that way, always or so many times, until the end of the block."""
        self._over.clear()
        self._outages = itertools.repeat(outage) if times is None else itertools.repeat(outage, times)
        try:
            yield
        finally:
            self._outages = iter(())
            self._over.set()

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()

    def take(self, question: Question) -> tuple[dict[str, Any], Outage | None]:
        """Deal with a question: the answer, and what becomes of it."""
        with self._lock:
            self.questions.append(question)
            return self._answer(_fields(question)), next(self._outages, None)

    def wait_until_over(self) -> None:
        """Return when the outage has ended."""
        self._over.wait(_HANG_S)

    def _answer(self, fields: Mapping[str, str] | None) -> dict[str, Any]:
        if fields is None:
            return _no("bad-request")
        secret, response = fields.get("secret", ""), fields.get("response", "")
        if not secret:
            return _no("missing-input-secret")
        if secret in (TEST_PASSES, TEST_FAILS, TEST_SPENT):
            return _answer_of_table(secret)
        if secret != SECRET:
            return _no("invalid-input-secret")
        if not response:
            return _no("missing-input-response")
        token = self._tokens.get(response)
        if token is None or len(response) > _LONGEST:
            return _no("invalid-input-response")
        return self._answer_about(token, fields.get("idempotency_key", ""))

    def _answer_about(self, token: _Token, key: str) -> dict[str, Any]:
        if key and key in token.answers:
            return token.answers[key]
        now = datetime.now(UTC) + self._passed
        if token.spent_under is not None or now >= token.made_at + _LIFE:
            return _no("timeout-or-duplicate")
        token.spent_under = key
        answer: dict[str, Any] = {
            "success": True,
            "error-codes": [],
            "challenge_ts": token.made_at.isoformat(),
            "hostname": token.hostname,
            "action": token.action,
            "cdata": "",
        }
        token.answers[key] = answer
        return answer


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *request: object) -> None:
        """Whoever asked has gone away; that is nothing to tell."""


class _Handler(BaseHTTPRequestHandler):
    turnstile: TurnstileService
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """`siteverify`."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if urlsplit(self.path).path != f"{_PATH}/siteverify":
            return self._send(404, b"", "text/plain")
        answer, outage = self.turnstile.take(Question(dict(self.headers.items()), body))
        status = 400 if "invalid-input-secret" in answer["error-codes"] else 200
        if outage is None:
            return self._send(status, json.dumps(answer).encode())
        return self._fail(outage, answer)

    def do_GET(self) -> None:
        """The widget: its script, and the frame that the script opens."""
        parts = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == f"{_PATH}/api.js":
            return self._send(200, SCRIPT.encode(), "text/javascript")
        if parts.path == f"{_PATH}/widget":
            solvable = TEST_SITE_KEYS.get(asked["sitekey"], asked["sitekey"] == SITE_KEY)
            token = self.turnstile.token(asked["action"], hostname=asked["hostname"]) if solvable else None
            return self._send(200, FRAME.replace("TOKEN", json.dumps(token)).encode(), "text/html")
        return self._send(404, b"", "text/plain")

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""

    def _fail(self, outage: Outage, answer: Mapping[str, Any]) -> None:
        whole = json.dumps(answer).encode()
        match outage:
            case Outage.SERVER_ERROR:
                self._send(502, b"<html>Bad gateway</html>", "text/html")
            case Outage.INTERNAL_ERROR:
                self._send(200, json.dumps(_no("internal-error")).encode())
            case Outage.HANG:
                self.turnstile.wait_until_over()
                self.close_connection = True
            case Outage.CUT:
                self._send(200, whole[: len(whole) // 2], length=len(whole))
                self.close_connection = True
            case Outage.GARBAGE:
                self._send(200, b'{"success": true, "action": "sign_up", "hostname": ')
            case Outage.NO_OBJECT:
                self._send(200, b"[true]")
            case Outage.ENDLESS:
                self._send(200, whole[:-1] + b', "more": "' + b"x" * 1_000_000 + b'"}')
            case Outage.REDIRECT:
                self._send(307, b"", location=f"{self.turnstile.url}/siteverify")
            case Outage.YES_WITH_400:
                self._send(400, whole)

    def _send(
        self,
        status: int,
        body: bytes,
        media_type: str = "application/json",
        *,
        length: int | None = None,
        location: str = "",
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.send_header("Set-Cookie", "__cf_bm=follows-you-around; Path=/")
        if location:
            self.send_header("Location", location)
        self.end_headers()
        try:
            self.wfile.write(body)
        except ConnectionError:
            self.close_connection = True  # the one who asked has heard enough


def _fields(question: Question) -> Mapping[str, str] | None:
    """The fields of a form or of a JSON object; None for anything else."""
    try:
        if "json" in question.head.get("Content-Type", ""):
            fields = json.loads(question.body)
            return fields if isinstance(fields, dict) else None
        return question.form
    except (ValueError, AssertionError):
        return None


def _answer_of_table(secret: str) -> dict[str, Any]:
    if secret == TEST_PASSES:
        return {"success": True, "error-codes": [], "hostname": "example.com", "challenge_ts": ""}
    return _no("timeout-or-duplicate" if secret == TEST_SPENT else "invalid-input-response")


def _no(code: str) -> dict[str, Any]:
    return {"success": False, "error-codes": [code], "messages": []}
