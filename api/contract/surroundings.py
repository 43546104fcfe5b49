"""What the engine is given from outside, as protocols: the real ones are chosen in `api/wiring.py`, tests
pass small ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network
from typing import Any, Protocol

from api.logs import Event
from handlers.answers import Answer
from handlers.caller import Caller

OUTSIDE = "outside"  # what metrics and logs call the operation of a request that belongs to none


class UnitOfWork(Protocol):
    """One request's work on the store. Only the engine ends it."""

    async def commit(self) -> None:
        """Make everything final. Raises `StoreUnavailable`, or what a deferred statement asked for."""
        ...

    async def rollback(self) -> None:
        """Drop everything. May be called after `commit`, and twice."""
        ...


class Authenticator(Protocol):
    """Turns presented credentials into a caller, with at most one look-up."""

    async def bearer(self, token: str, *, store: Any, now: datetime, operation_id: str) -> Caller:
        """The caller behind a bearer token. Raises `InvalidToken`; `StoreUnavailable` passes through."""
        ...

    async def cookie(self, kind: str, value: str, *, store: Any, now: datetime) -> Caller | None:
        """The caller behind a cookie of the scheme `kind`; None when it opens nothing. `StoreUnavailable`
        passes through."""
        ...

    def basic(self, client_id: str, client_secret: str) -> Caller:
        """The caller that claims a client id; the handler verifies the secret."""
        ...


class Recorder(Protocol):
    """Writes what the contract says is collected about a call."""

    def record(
        self, operation_id: str, *, caller: Caller, store: Any, client_ip: str | None, now: datetime
    ) -> None:
        """Defer the record of a successful call of an operation that declares `x-collect`."""
        ...


class Metrics(Protocol):
    """Counts requests and violations."""

    def request(self, operation_id: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        ...

    def violation(self, operation_id: str) -> None:
        """Count one withheld answer."""
        ...


class Logs(Protocol):
    """The closed list of log events."""

    def emit(self, event: Event, **fields: object) -> None:
        """Write one line."""
        ...


class Surroundings(Protocol):
    """Everything the engine uses and did not make itself."""

    @property
    def unit_of_work(self) -> Callable[[], Any]:
        """Makes a request's `UnitOfWork`; cheap, touches no connection."""
        ...

    @property
    def ports(self) -> Any:
        """What handlers may be given of the outside world."""
        ...

    @property
    def authenticator(self) -> Authenticator:
        """Who is behind a credential."""
        ...

    @property
    def recorder(self) -> Recorder:
        """The only writer of collected data."""
        ...

    @property
    def metrics(self) -> Metrics:
        """Counters."""
        ...

    @property
    def logs(self) -> Logs:
        """Events."""
        ...

    @property
    def problem_page(self) -> Callable[[Answer], Answer]:
        """Makes a page for people of an error document, where the contract declares one."""
        ...

    @property
    def trusted_proxies(self) -> Sequence[IPv4Network | IPv6Network]:
        """Peers whose forwarding headers are believed."""
        ...

    @property
    def origin(self) -> str:
        """The server's own origin: pages of others may change nothing."""
        ...

    @property
    def clock(self) -> Callable[[], datetime]:
        """Now, aware, UTC."""
        ...

    @property
    def max_body_bytes(self) -> int:
        """The largest request body of operations that declare no `x-max-body-bytes`."""
        ...

    async def startup(self) -> None:
        """Open what the operations need, before the first request."""
        ...

    async def shutdown(self) -> None:
        """Close it, after the last one."""
        ...
