"""Doubles of what surrounds the engine: a store in memory that counts its commits, and an authenticator
with known tokens."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, ClassVar

from api.logs import Logs
from handlers.answers import Answer
from handlers.caller import Caller, ClientCredentials
from handlers.errors import ApiError, InvalidToken
from persistence.availability import StoreUnavailable


class Lost(ApiError):
    """What a deferred statement asks for when somebody else was first."""

    status = 409
    error = "conflict"
    message = "Somebody was first."


class MemoryStore:
    """A unit of work over a list: what was put is in `Surroundings.stored` once it was committed."""

    def __init__(self, stored: list[object]) -> None:
        self._stored = stored
        self._pending: list[object] = []
        self._failure: Exception | None = None

    def put(self, value: object) -> None:
        self._pending.append(value)

    def defer_loss(self) -> None:
        self._failure = Lost()

    def defer_outage(self) -> None:
        self._failure = StoreUnavailable("The connection was lost.")

    async def commit(self) -> None:
        if self._failure is not None:
            raise self._failure
        self._stored.extend(self._pending)
        self._pending = []

    async def rollback(self) -> None:
        self._pending = []
        self._failure = None


class KnownTokens:
    """Tokens by name; counts its look-ups, and can be down."""

    CALLERS: ClassVar = {
        "pat-token": Caller(kind="pat"),
        "reader": Caller(kind="access_token", scopes=frozenset({"read", "other"})),
        "writer": Caller(kind="access_token", scopes=frozenset({"write"})),
        "instance": Caller(kind="instance_token"),
    }

    def __init__(self) -> None:
        self.lookups = 0

    async def bearer(self, token: Any, *, store: Any, now: Any, operation_id: Any) -> Any:
        self.lookups += 1
        if token == "down":
            raise StoreUnavailable("down")
        if token not in self.CALLERS:
            raise InvalidToken
        return self.CALLERS[token]

    async def cookie(self, kind: Any, value: Any, *, store: Any, now: Any) -> Any:
        self.lookups += 1
        if value == "down":
            raise StoreUnavailable("down")
        return Caller(kind=kind, user_id="somebody") if value == "signed-in" else None

    def basic(self, client_id: Any, client_secret: Any) -> Any:
        return Caller(kind="client", credentials=ClientCredentials(client_id, client_secret))


class Recordings:
    """Writes each collected call into the store, so that it shares the fate of its request."""

    def record(self, operation_id: Any, *, caller: Any, store: Any, client_ip: Any, now: Any) -> None:
        store.put(("call", operation_id, client_ip))


class Counts:
    """Counts requests and violations."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, int]] = []
        self.violations: list[str] = []

    def request(self, operation_id: Any, status: Any, seconds: Any) -> None:
        assert seconds >= 0
        self.requests.append((operation_id, status))

    def violation(self, operation_id: Any) -> None:
        self.violations.append(operation_id)


@dataclass
class SampleSurroundings:
    """Everything the engine is given, in memory."""

    stored: list[object] = field(default_factory=list)
    authenticator: KnownTokens = field(default_factory=KnownTokens)
    recorder: Recordings = field(default_factory=Recordings)
    metrics: Counts = field(default_factory=Counts)
    log: io.BytesIO = field(default_factory=io.BytesIO)
    ports: object = None
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = (ip_network("127.0.0.2/32"),)
    max_body_bytes: int = 50_000
    origin: str = "https://sample.example"
    started: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.logs = Logs(self.log)

    def unit_of_work(self) -> MemoryStore:
        return MemoryStore(self.stored)

    def clock(self) -> datetime:
        return datetime.now(UTC)

    def problem_page(self, document: Answer) -> Answer:
        return Answer(document.status, b"<h1>Not answered</h1>", media_type="text/html")

    async def startup(self) -> None:
        self.started.append("startup")

    async def shutdown(self) -> None:
        self.started.append("shutdown")
