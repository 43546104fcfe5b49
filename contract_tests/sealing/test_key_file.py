"""The key file: made once, whole and for its owner only; refused, by its place, when it cannot be used."""

from __future__ import annotations

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from api.gateways import key_file

KEY = base64.b64encode(b"k" * key_file.KEY_LENGTH)


class TestMake:
    def test_is_for_its_owner_only(self, tmp_path: Path) -> None:
        key_file.make(tmp_path / "candor.key")
        assert stat.S_IMODE((tmp_path / "candor.key").stat().st_mode) == 0o600

    def test_leaves_nothing_else(self, tmp_path: Path) -> None:
        key_file.make(tmp_path / "candor.key")
        assert [each.name for each in tmp_path.iterdir()] == ["candor.key"]

    def test_leaves_one_that_is_there(self, tmp_path: Path) -> None:
        (tmp_path / "candor.key").write_bytes(KEY)
        keys = key_file.make(tmp_path / "candor.key")
        assert list(keys.by_id.values()) == [b"k" * key_file.KEY_LENGTH]
        assert (tmp_path / "candor.key").read_bytes() == KEY

    def test_fifty_at_once_get_the_same_key(self, tmp_path: Path) -> None:
        with ThreadPoolExecutor(50) as crowd:
            made = list(crowd.map(lambda _: key_file.make(tmp_path / "candor.key"), range(50)))
        assert len({each.first for each in made}) == 1

    def test_says_where_it_cannot_be_made(self, tmp_path: Path) -> None:
        with pytest.raises(key_file.UnusableKeyFile, match=r"none/candor\.key cannot be made"):
            key_file.make(tmp_path / "none" / "candor.key")


class TestRead:
    def test_is_none_when_there_is_none(self, tmp_path: Path) -> None:
        assert key_file.read(tmp_path / "candor.key") is None

    def test_the_first_key_seals(self, tmp_path: Path) -> None:
        second = base64.b64encode(b"j" * key_file.KEY_LENGTH)
        (tmp_path / "candor.key").write_bytes(b"# new\n\n" + KEY + b"\r\n  " + second)
        keys = key_file.read(tmp_path / "candor.key")
        assert keys is not None
        assert keys.by_id[keys.first] == b"k" * key_file.KEY_LENGTH
        assert len(keys.by_id) == 2

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            (b"", "holds no key"),
            (b"# nothing but words\n", "holds no key"),
            (KEY[:-4], "Line 1"),
            (KEY + b"\n" + KEY[1:], "Line 2"),
            (b"\xff" * 32, "Line 1"),
        ],
    )
    def test_says_what_is_wrong_and_no_key(self, tmp_path: Path, content: bytes, sentence: str) -> None:
        (tmp_path / "candor.key").write_bytes(content)
        with pytest.raises(key_file.UnusableKeyFile, match=sentence) as refused:
            key_file.read(tmp_path / "candor.key")
        assert KEY[4:20].decode() not in str(refused.value)
