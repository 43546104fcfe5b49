"""Mails as files: what a server without an SMTP server does, so that its operator can read them.

Each is `<id>.eml` in a directory that only the server's user can enter, there in whole or not at all. They
hold links that open something, so they are kept no longer than the contract keeps a mail, and no more than so
many.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from math import inf
from pathlib import Path
from typing import Final

from handlers.ports import Delivery, Fate

DIRECTORY: Final = "mail"
ENDING: Final = ".eml"
KEPT: Final = 1_000
KEPT_FOR: Final = timedelta(days=7)
_UNFINISHED: Final = ".new"
_UNFINISHED_FOR: Final = timedelta(hours=1)


def read(data_dir: Path, id: str) -> str | None:
    """A mail that was written into a data directory, as it is there; None when there is none."""
    try:
        return (data_dir / DIRECTORY / f"{id}{ENDING}").read_bytes().decode()
    except FileNotFoundError:
        return None


class MailFiles:
    """Puts mails into a directory, which is made when the first one comes."""

    def __init__(
        self,
        directory: Path,
        *,
        clock: Callable[[], datetime],
        kept: int = KEPT,
        kept_for: timedelta = KEPT_FOR,
    ) -> None:
        self._directory = directory
        self._clock = clock
        self._kept = kept
        self._kept_for = kept_for

    async def deliver(
        self, id: str, to: str, message: bytes, *, before_the_end: Callable[[], Awaitable[None]]
    ) -> Delivery:
        """Write the message to a file of its own. See `handlers.ports.MailGateway`."""
        unfinished = self._directory / f"{id}{_UNFINISHED}"
        try:
            await asyncio.to_thread(self._write, unfinished, message)
        except OSError:
            return Delivery(Fate.PUT_OFF, "not_written")
        try:
            await before_the_end()
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
        try:
            unfinished.replace(unfinished.with_suffix(ENDING))
        except OSError:
            return Delivery(Fate.PUT_OFF, "not_written")
        await asyncio.to_thread(self._prune)
        return Delivery(Fate.SENT, "written")

    def _write(self, path: Path, message: bytes) -> None:
        self._directory.mkdir(mode=0o700, exist_ok=True)
        path.unlink(missing_ok=True)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(file, "wb") as out:
            out.write(message)
            out.flush()
            os.fsync(out.fileno())

    def _prune(self) -> None:
        """Remove what is too old or too much, and what a death left unfinished. The names are in the order of
        time."""
        now = self._clock().astimezone(UTC)
        whole = sorted(self._directory.glob(f"*{ENDING}"), reverse=True)
        self._remove(whole[: self._kept], (now - self._kept_for).timestamp())
        self._remove(whole[self._kept :], inf)
        self._remove(self._directory.glob(f"*{_UNFINISHED}"), (now - _UNFINISHED_FOR).timestamp())

    def _remove(self, paths: Iterable[Path], before: float) -> None:
        for path in paths:
            with suppress(OSError):
                if path.stat().st_mtime < before:
                    path.unlink()
