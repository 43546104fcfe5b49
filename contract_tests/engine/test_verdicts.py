"""A document that was found valid is not judged again, and nothing else is taken for valid."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import orjson
import pytest

from api.contract.document import ContractError, parse, strong_etag
from api.contract.validity import first_failure
from api.contract.verdicts import KEPT, Verdicts
from contract_tests.harness.contract import REPOSITORY

SOUND: dict[str, Any] = {"openapi": "3.1.0", "info": {"title": "Small", "version": "1"}, "paths": {}}
# Judged, it is found out: a document that is taken for valid was not judged.
INVALID: dict[str, Any] = {"openapi": "3.1.0", "info": {"title": "Nothing else"}, "paths": {}}


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """Where the packages are installed that judge."""
    installed = tmp_path / "packages"
    (installed / "openapi_spec_validator-0.9.0.dist-info").mkdir(parents=True)
    return installed


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "valid.txt"


@pytest.fixture
def verdicts(file: Path, packages: Path) -> Verdicts:
    return Verdicts(file, packages=packages)


@pytest.fixture
def taken_for_valid(verdicts: Verdicts) -> Verdicts:
    """Among which somebody who owns the environment has put one that is not."""
    verdicts.keep(orjson.dumps(INVALID))
    return verdicts


class TestFirstFailure:
    def test_remembers_what_is_valid(self, verdicts: Verdicts) -> None:
        assert not verdicts.has(orjson.dumps(SOUND))
        assert first_failure(SOUND, verdicts) is None
        assert verdicts.has(orjson.dumps(SOUND))

    def test_does_not_judge_it_again(self, taken_for_valid: Verdicts) -> None:
        assert first_failure(INVALID, taken_for_valid) is None

    def test_finds_out_anew_what_is_wrong(self, verdicts: Verdicts, file: Path) -> None:
        for _ in range(2):
            failure = first_failure(INVALID, verdicts)
            assert failure is not None
            assert "is a required property" in failure.message
        assert not file.exists()

    def test_judges_a_document_that_differs_in_anything(self, taken_for_valid: Verdicts) -> None:
        other = {**INVALID, "info": {"title": "Nothing  else"}}
        assert first_failure(other, taken_for_valid) is not None

    def test_judges_again_with_other_packages(self, taken_for_valid: Verdicts, packages: Path) -> None:
        (packages / "openapi_spec_validator-0.9.0.dist-info").rename(
            packages / "openapi_spec_validator-0.9.1.dist-info"
        )
        assert first_failure(INVALID, taken_for_valid) is not None


class TestVerdicts:
    @pytest.mark.parametrize("mode", [0o664, 0o646, 0o666])
    def test_that_others_could_have_written_are_not_believed(
        self, taken_for_valid: Verdicts, file: Path, mode: int
    ) -> None:
        file.chmod(mode)
        assert not taken_for_valid.has(orjson.dumps(INVALID))

    def test_of_somebody_else_are_not_believed(self, taken_for_valid: Verdicts, file: Path) -> None:
        if os.geteuid() != 0:
            pytest.skip("only root can give a file to somebody else")
        os.chown(file, 65534, 65534)
        assert not taken_for_valid.has(orjson.dumps(INVALID))

    def test_elsewhere_are_not_believed(self, taken_for_valid: Verdicts, file: Path) -> None:
        file.rename(file.with_name("elsewhere"))
        file.symlink_to("elsewhere")
        assert not taken_for_valid.has(orjson.dumps(INVALID))

    def test_are_readable_and_written_by_their_owner_only(
        self, taken_for_valid: Verdicts, file: Path
    ) -> None:
        assert file.stat().st_mode & 0o777 == 0o644
        assert [each.name for each in file.parent.glob(".valid*")] == []

    def test_are_done_without_where_they_cannot_be_kept(self, tmp_path: Path, packages: Path) -> None:
        for nowhere in (None, tmp_path / "missing" / "valid.txt"):
            verdicts = Verdicts(nowhere, packages=packages)
            assert first_failure(SOUND, verdicts) is None
            assert not verdicts.has(orjson.dumps(SOUND))

    def test_are_as_many_as_there_is_room_for_the_latest_first(self, verdicts: Verdicts) -> None:
        for number in range(KEPT + 1):
            verdicts.keep(b"%d" % number)
        assert not verdicts.has(b"0")
        assert verdicts.has(b"1")
        assert verdicts.has(b"%d" % KEPT)

    def test_are_kept_in_the_environment(self) -> None:
        kept = REPOSITORY / ".venv" / "candor-valid-contracts.txt"
        parse(b"openapi: 3.1.0\ninfo: {title: Kept, version: '1'}\npaths: {}\n")
        assert kept.stat().st_uid == os.geteuid()


class TestParse:
    RAW = orjson.dumps(INVALID)

    def test_believes_whoever_started_the_process(self) -> None:
        assert parse(self.RAW, judged=strong_etag(self.RAW)).tree == INVALID

    def test_judges_when_they_have_seen_another_document(self) -> None:
        with pytest.raises(ContractError, match="is a required property"):
            parse(self.RAW, judged=strong_etag(b"another"))
