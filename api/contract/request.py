"""A request as the engine sees it: the ASGI scope with its headers indexed once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.contract.request_id import new_request_id

_NONE: frozenset[bytes] = frozenset()


class Request:
    """One HTTP request. `headers` has lower-case names; a name that came twice is joined with commas and in
    `repeated`."""

    __slots__ = ("headers", "id", "path_values", "receive", "repeated", "scope", "send")

    def __init__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scope = scope
        self.receive = receive
        self.send = send
        self.id = new_request_id()
        self.path_values: Mapping[str, str] = {}
        self.repeated = _NONE
        raw: list[tuple[bytes, bytes]] = scope["headers"]
        headers = dict(raw)
        if len(headers) != len(raw):
            headers, self.repeated = _joined(raw)
        self.headers: Mapping[bytes, bytes] = headers

    @property
    def peer(self) -> str | None:
        """The address of the other end of the connection; None on a Unix socket."""
        client = self.scope.get("client")
        return client[0] if client else None

    async def gone(self) -> None:
        """Return once the client has closed its connection. For after the body was read."""
        while (await self.receive())["type"] != "http.disconnect":
            pass


def _joined(raw: list[tuple[bytes, bytes]]) -> tuple[dict[bytes, bytes], frozenset[bytes]]:
    headers: dict[bytes, bytes] = {}
    repeated = set()
    for name, value in raw:
        if name in headers:
            repeated.add(name)
            headers[name] += (b"; " if name == b"cookie" else b", ") + value
        else:
            headers[name] = value
    return headers, frozenset(repeated)
