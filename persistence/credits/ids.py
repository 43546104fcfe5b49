"""Where the ledger's new ids come from."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Ids(Protocol):
    """Where new ids come from."""

    def id(self, now: datetime) -> str:
        """A new ULID of that moment."""
        ...
