"""Which models can be asked now: those of providers whose key is there, the server's own local one where it
was set up, and the demonstration where there is nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Final

from persistence import assistant
from persistence.unit_of_work import Record, UnitOfWork

MOST: Final = 1_000
_LOCAL: Final = "local"
_DEMO: Final = "demo"
_KINDS: Final[Mapping[str, str]] = {_LOCAL: "local", _DEMO: "demo"}


def offered(rows: Sequence[Record], *, own: Set[str]) -> list[Record]:
    """Those of the models that can be asked, in their order."""
    usable = [row for row in rows if _is_usable(row["provider"], row["has_key"], own)]
    serious = [row for row in usable if row["provider"] != _DEMO]
    return serious or usable


async def is_offered(standing: Record, *, own: Set[str], store: UnitOfWork) -> bool:
    """Whether the model of a standing is among them."""
    if standing["id"] is None:
        return False
    if not _is_usable(standing["provider"], standing["key_sealed"] is not None, own):
        return False
    if standing["provider"] != _DEMO:
        return True
    there = offered(await assistant.models(store, at_most=MOST), own=own)
    return any(row["id"] == standing["id"] for row in there)


def kind(provider: str) -> str:
    """What a provider's models are: `local`, `demo`, or else `remote`."""
    return _KINDS.get(provider, "remote")


def _is_usable(provider: str, has_key: bool, own: Set[str]) -> bool:
    return provider in own if provider in _KINDS else has_key
