"""Whether whoever asked is still there. Only what takes long and costs something looks."""

from __future__ import annotations

from typing import Protocol


class ClientGone(Exception):
    """The client closed the connection before it was answered. Nobody is there to be told anything."""


class Presence(Protocol):
    """The client of one request, whose body has been read."""

    async def gone(self) -> None:
        """Return once the client has closed its connection."""
        ...
