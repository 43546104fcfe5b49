"""Where the server's own model is, and the key that it asks for: said in a file while it can be asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import orjson

FILE: Final = "local-model.json"


@dataclass(frozen=True, slots=True)
class LocalServer:
    """An address and a key, until it dies."""

    base_url: str
    key: str = field(repr=False)


class LocalFile:
    """Looks into the file for each question: what died has another address and key when it is back."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / FILE

    def __call__(self) -> LocalServer | None:
        """None while there is none to ask."""
        try:
            said = orjson.loads(self._path.read_bytes())
            return LocalServer(base_url=said["base_url"], key=said["key"])
        except (OSError, ValueError, KeyError):
            return None
