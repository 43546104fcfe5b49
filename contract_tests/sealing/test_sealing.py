"""What is sealed opens for its own context, with its own key, unchanged, and in no other way."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from api.gateways import key_file
from api.gateways.sealing import FileSealing
from handlers.ports import CannotOpen

PLAIN = b"a secret of twenty-four!"
CONTEXT = "totp:01KAJ3S9QWXJ0V0B4R1YH8N2CD"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    where = tmp_path / "candor.key"
    key_file.make(where)
    return where


def renewed(path: Path) -> None:
    """Put a new key before the old ones, as the README says."""
    path.write_bytes(base64.b64encode(b"n" * key_file.KEY_LENGTH) + b"\n" + path.read_bytes())


@pytest.mark.promise("C17")
class TestSealed:
    def test_opens_for_its_context(self, path: Path) -> None:
        sealed = FileSealing(path).seal(PLAIN, context=CONTEXT)
        assert PLAIN not in sealed
        assert FileSealing(path).open(sealed, context=CONTEXT) == PLAIN

    def test_is_another_one_each_time(self, path: Path) -> None:
        sealing = FileSealing(path)
        assert len({sealing.seal(PLAIN, context=CONTEXT) for _ in range(100)}) == 100

    def test_stays_shut_in_the_place_of_another(self, path: Path) -> None:
        sealing = FileSealing(path)
        with pytest.raises(CannotOpen):
            sealing.open(sealing.seal(PLAIN, context=CONTEXT), context=f"{CONTEXT}2")

    def test_stays_shut_when_any_byte_of_it_is_changed_or_missing(self, path: Path) -> None:
        sealing = FileSealing(path)
        sealed = sealing.seal(PLAIN, context=CONTEXT)
        changed = [sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :] for at in range(len(sealed))]
        for each in [*changed, *(sealed[:length] for length in range(len(sealed)))]:
            with pytest.raises(CannotOpen):
                sealing.open(each, context=CONTEXT)

    def test_stays_shut_without_its_key(self, path: Path, tmp_path: Path) -> None:
        key_file.make(tmp_path / "another.key")
        sealed = FileSealing(path).seal(PLAIN, context=CONTEXT)
        with pytest.raises(CannotOpen):
            FileSealing(tmp_path / "another.key").open(sealed, context=CONTEXT)

    def test_opens_after_the_key_was_replaced_which_seals_from_then_on(self, path: Path) -> None:
        old = FileSealing(path)
        sealed = old.seal(PLAIN, context=CONTEXT)
        renewed(path)
        new = FileSealing(path)
        assert new.open(sealed, context=CONTEXT) == PLAIN
        with pytest.raises(CannotOpen):
            old.open(new.seal(PLAIN, context=CONTEXT), context=CONTEXT)
