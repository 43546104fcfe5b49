"""`doctor`: fit servers pass, and each kind of trouble is one line that says what to do."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from api.cli.doctor import host, store
from contract_tests.admin.typed import typed
from contract_tests.harness.stored import execute, rows
from contract_tests.storage.cluster import SharedCluster
from persistence.embedded import EmbeddedPostgres
from persistence.migrations import migrate

CHECKS = [
    "contract",
    "handlers",
    "permissions",
    "disk",
    "database",
    "migrations",
    "records",
    "grants",
    "credits",
    "key",
    "providers",
    "clock",
]


@pytest.fixture
def migrated(cluster: SharedCluster, migrated: str) -> str:
    """A database of the test's own, at the newest revision."""
    return cluster.create_database("doctor", like=migrated)


@pytest.fixture(scope="module")
def cluster_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with a migrated embedded database that nobody runs."""
    data_dir = tmp_path_factory.mktemp("doctor") / "data"
    with EmbeddedPostgres(data_dir) as running:
        migrate(running.start(lambda _: None), report=lambda _: None)
    return data_dir


def examined(*options: str) -> tuple[int, dict[str, tuple[str, str]]]:
    """The exit code, and state and detail by check, after the shape of the one JSON object was looked at."""
    ended = typed("doctor", "--json", *options)
    assert ended.stderr == ""
    answer: dict[str, Any] = json.loads(ended.stdout)
    assert answer.keys() == {"ok", "checks"}
    assert answer["ok"] is (ended.code == 0)
    assert [each["check"] for each in answer["checks"]] == CHECKS
    return ended.code, {each["check"]: (each["state"], each["detail"]) for each in answer["checks"]}


class TestDoctor:
    def test_an_embedded_server_that_is_fit(self, cluster_dir: Path) -> None:
        code, found = examined(f"--data-dir={cluster_dir}")
        assert code == 0
        assert {state for state, _ in found.values()} == {"ok"}, found

    def test_tells_a_person_in_one_line_each(self, migrated: str, tmp_path: Path) -> None:
        ended = typed("doctor", f"--database-url={migrated}", f"--data-dir={tmp_path}")
        lines = ended.stdout.splitlines()
        assert [line.split()[1] for line in lines] == CHECKS
        assert {line.split()[0] for line in lines} <= {"ok", "warn"}
        assert ended.code == 0

    def test_an_empty_directory_stays_empty(self, tmp_path: Path) -> None:
        code, found = examined(f"--data-dir={tmp_path / 'none'}")
        assert code == 1
        assert found["database"][0] == "fail"
        assert "scripts/serve" in found["database"][1]
        assert found["migrations"] == ("fail", "Not checked: no database.")
        assert not (tmp_path / "none").exists()

    def test_a_database_that_is_away(self, tmp_path: Path) -> None:
        url = "postgresql://someone:hidden@127.0.0.1:1/candor"
        code, found = examined(f"--database-url={url}", f"--data-dir={tmp_path}")
        assert code == 1
        assert found["database"] == (
            "fail",
            "The database at 127.0.0.1:1/candor cannot be reached: nothing accepts connections there.",
        )

    def test_a_database_that_is_not_migrated(self, cluster: SharedCluster, tmp_path: Path) -> None:
        url = cluster.create_database("doctor")
        code, found = examined(f"--database-url={url}", f"--data-dir={tmp_path}")
        assert code == 1
        assert found["migrations"][0] == "fail"
        assert "scripts/serve migrates it" in found["migrations"][1]
        assert found["records"][0] == "fail"
        assert not rows(url, "SELECT 1 FROM pg_tables WHERE schemaname = 'public'")

    def test_a_database_that_is_newer(self, migrated: str, tmp_path: Path) -> None:
        execute(migrated, "UPDATE alembic_version SET version_num = '9999'")
        _, found = examined(f"--database-url={migrated}", f"--data-dir={tmp_path}")
        assert found["migrations"][0] == "fail"
        assert "newer than this program" in found["migrations"][1]

    def test_a_database_with_something_undeclared(self, migrated: str, tmp_path: Path) -> None:
        execute(migrated, "ALTER TABLE account ADD COLUMN shoe_size integer")
        code, found = examined(f"--database-url={migrated}", f"--data-dir={tmp_path}")
        assert code == 1
        assert found["records"] == ("fail", "the column account.shoe_size is not declared.")

    @pytest.mark.parametrize(
        ("name", "mode", "advice"),
        [
            ("postgres/candor.password", 0o644, "chmod 600"),
            ("postgres/administrator.password", 0o640, "chmod 600"),
            ("postgres/socket", 0o755, "chmod 700"),
            ("postgres", 0o711, "chmod 700"),
            (".", 0o707, "chmod o-w"),
            ("mail", 0o750, "chmod 700"),
        ],
    )
    def test_a_place_that_others_can_enter(
        self, cluster_dir: Path, name: str, mode: int, advice: str
    ) -> None:
        place = cluster_dir / name
        if name == "mail":
            place.mkdir(0o700, exist_ok=True)
        before = place.stat().st_mode
        place.chmod(mode)
        try:
            found = host.permissions(cluster_dir)
        finally:
            place.chmod(before)
        assert found.state == "fail"
        assert advice in found.detail


class TestClock:
    """The finding about the clock, for moments that no test can bring about."""

    @pytest.mark.parametrize(
        ("off_s", "state"), [(0, "ok"), (4, "ok"), (30, "warn"), (-30, "warn"), (90, "fail")]
    )
    def test_says_how_far_the_clocks_differ(self, off_s: int, state: str) -> None:
        asked = datetime(2026, 11, 22, 12, tzinfo=UTC)
        answered = asked + timedelta(milliseconds=100)
        found = store.clock(asked + timedelta(seconds=off_s), asked, answered)
        assert found.state == state

    def test_a_slow_answer_is_no_difference(self) -> None:
        asked = datetime(2026, 11, 22, 12, tzinfo=UTC)
        found = store.clock(asked + timedelta(seconds=20), asked, asked + timedelta(seconds=40))
        assert found.detail.endswith("differ by 0.0 s.")
