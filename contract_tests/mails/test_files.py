"""Mails as files: for their owner only, whole or not at all, and not for ever."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.gateways.mail.files import MailFiles
from handlers.ports import Delivery, Fate

NOW = datetime.now(UTC)
WRITTEN = Delivery(Fate.SENT, "written")


async def nothing() -> None:
    return


def id_of(number: int) -> str:
    return f"{number:026d}"


async def write(files: MailFiles, number: int = 0, content: bytes = b"Subject: hello\r\n\r\n") -> Delivery:
    return await files.deliver(id_of(number), "ada@example.org", content, before_the_end=nothing)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "mail"


async def test_are_for_the_owner_only(directory: Path) -> None:
    umask = os.umask(0)
    try:
        assert await write(MailFiles(directory, clock=lambda: NOW)) == WRITTEN
    finally:
        os.umask(umask)
    file = directory / f"{id_of(0)}.eml"
    assert names(directory) == [file.name]
    assert (mode(directory), mode(file)) == (0o700, 0o600)
    assert file.read_bytes() == b"Subject: hello\r\n\r\n"


async def test_are_there_from_the_moment_on_that_was_announced(directory: Path) -> None:
    seen: list[list[str]] = []

    async def look() -> None:
        seen.append([name for name in names(directory) if name.endswith(".eml")])

    files = MailFiles(directory, clock=lambda: NOW)
    await files.deliver(id_of(0), "ada@example.org", b"hello", before_the_end=look)
    assert seen == [[]]
    assert names(directory) == [f"{id_of(0)}.eml"]


async def test_leave_nothing_when_they_are_not_to_be_sent(directory: Path) -> None:
    class NotOurs(Exception):
        pass

    async def refuse() -> None:
        raise NotOurs

    with pytest.raises(NotOurs):
        await MailFiles(directory, clock=lambda: NOW).deliver(
            id_of(0), "ada@example.org", b"hello", before_the_end=refuse
        )
    assert names(directory) == []


async def test_go_once_there_are_too_many(directory: Path) -> None:
    files = MailFiles(directory, clock=lambda: NOW, kept=3)
    for number in range(5):
        await write(files, number)
    assert names(directory) == [f"{id_of(number)}.eml" for number in (2, 3, 4)]


async def test_go_once_they_are_too_old(directory: Path) -> None:
    await write(MailFiles(directory, clock=lambda: NOW), 0)
    await write(MailFiles(directory, clock=lambda: NOW + timedelta(days=6)), 1)
    assert len(names(directory)) == 2
    later = MailFiles(directory, clock=lambda: NOW + timedelta(days=8))
    await write(later, 2)
    assert names(directory) == []  # the files' own time is today's


async def test_that_a_death_left_half_go_too(directory: Path) -> None:
    await write(MailFiles(directory, clock=lambda: NOW), 0)
    half = directory / f"{id_of(1)}.new"
    half.write_bytes(b"hal")
    await write(MailFiles(directory, clock=lambda: NOW), 2)
    assert half.exists()
    await write(MailFiles(directory, clock=lambda: NOW + timedelta(hours=2)), 3)
    assert not half.exists()


async def test_that_cannot_be_written_are_put_off(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("not a directory")
    files = MailFiles(tmp_path / "mail", clock=lambda: NOW)
    assert await write(files) == Delivery(Fate.PUT_OFF, "not_written")


async def test_begin_anew_over_what_a_death_left_half(directory: Path) -> None:
    await write(MailFiles(directory, clock=lambda: NOW), 1)
    (directory / f"{id_of(0)}.new").write_bytes(b"hal")
    assert await write(MailFiles(directory, clock=lambda: NOW)) == WRITTEN
    assert names(directory) == [f"{id_of(number)}.eml" for number in (0, 1)]
