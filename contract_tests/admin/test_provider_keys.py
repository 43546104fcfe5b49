"""`provider-key …`: read from a file or standard input, kept sealed, never shown, and old one day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.cli.doctor import provider_keys
from api.gateways import key_file
from api.gateways.sealing import FileSealing
from contract_tests.admin.typed import Desk, Ended, typed
from contract_tests.conftest import StartServer
from contract_tests.harness.stored import everything_stored, execute, rows
from contract_tests.metrics.reading import Reading
from contract_tests.serve.test_stop import eventually, has_logged
from contract_tests.storage.cluster import SharedCluster
from handlers.ports import CannotOpen
from handlers.providers.keys import OVERDUE_AFTER, WARN_FROM, KeyAge, context_of

KEY, NEXT = "sk-MARKED-first-2f9b7c1e", "sk-MARKED-next-8d03aa54"


class KeyDesk(Desk):
    """A desk with a key file, on a database of its own."""

    def attempt(self, *arguments: str, stdin: str | bytes | None = None) -> Ended:
        where = [f"--database-url={self.database_url}", f"--data-dir={DIRECTORIES[self.database_url]}"]
        return typed(*arguments, *where, stdin=stdin)


DIRECTORIES: dict[str, Path] = {}


@pytest.fixture
def keys(cluster: SharedCluster, migrated: str, tmp_path: Path) -> KeyDesk:
    desk = KeyDesk(cluster.create_database("keys", like=migrated))
    DIRECTORIES[desk.database_url] = tmp_path
    key_file.make(tmp_path / "candor.key")
    return desk


def kept(desk: KeyDesk, provider: str = "openai") -> str:
    """What is stored, opened as the server will."""
    (row,) = rows(desk.database_url, "SELECT key_sealed FROM provider_key WHERE provider = $1", provider)
    sealing = FileSealing(DIRECTORIES[desk.database_url] / "candor.key")
    return sealing.open(row["key_sealed"], context=context_of(provider)).decode()


def aged(desk: KeyDesk, days: float, provider: str = "openai") -> None:
    """As if the key had been set so long ago."""
    execute(
        desk.database_url,
        "UPDATE provider_key SET set_at = $1 WHERE provider = $2",
        datetime.now(UTC) - timedelta(days=days),
        provider,
    )


@pytest.mark.promise("K21")
class TestProviderKeySet:
    def test_reads_standard_input_and_seals(self, keys: KeyDesk) -> None:
        told = keys.run("provider-key", "set", "openai", stdin=f"{KEY}\n")
        assert told == {"provider": "openai"}
        assert kept(keys) == KEY

    def test_or_a_file(self, keys: KeyDesk, tmp_path: Path) -> None:
        (tmp_path / "key").write_text(f"{KEY}\r\n")
        keys.run("provider-key", "set", "anthropic", f"--file={tmp_path / 'key'}")
        assert kept(keys, "anthropic") == KEY

    def test_shows_it_to_nobody(self, keys: KeyDesk) -> None:
        said = [keys.attempt("provider-key", "set", "openai", stdin=KEY)]
        said.append(keys.attempt("provider-key", "set", "openai", stdin=KEY))
        said.append(keys.attempt("provider-key", "rotate", "openai", stdin=f"{NEXT} {NEXT}"))
        said.append(keys.attempt("provider-key", "list"))
        said.append(keys.attempt("provider-key", "list", "--json"))
        said.append(keys.attempt("provider", "list", "--json"))
        assert [each.code for each in said] == [0, 1, 1, 0, 0, 0]
        assert "MARKED" not in "".join(each.stdout + each.stderr for each in said)
        assert "MARKED" not in everything_stored(keys.database_url)

    def test_takes_none_as_an_argument(self, keys: KeyDesk) -> None:
        assert keys.attempt("provider-key", "set", "openai", KEY).code == 2
        assert keys.attempt("provider-key", "set", "openai", f"--key={KEY}").code == 2

    def test_belongs_to_its_provider(self, keys: KeyDesk) -> None:
        keys.run("provider-key", "set", "openai", stdin=KEY)
        execute(keys.database_url, "UPDATE provider_key SET provider = 'moonshot'")
        with pytest.raises(CannotOpen):
            kept(keys, "moonshot")

    @pytest.mark.parametrize("provider", ["local", "demo", "nobody"])
    def test_is_for_those_who_have_one(self, keys: KeyDesk, provider: str) -> None:
        keys.refusal("provider-key", "set", provider, stdin=KEY)

    @pytest.mark.parametrize(
        "typed_key", ["", "\n", "two words", f"{KEY}\n{NEXT}", "k" * 513, "k" * 100_000, "schl\u00fcssel"]
    )
    def test_refuses_what_is_no_key(self, keys: KeyDesk, typed_key: str) -> None:
        said = keys.refusal("provider-key", "set", "openai", stdin=typed_key)
        assert said == "A key is one line of 1 to 512 visible ASCII characters."

    def test_says_so_when_there_is_no_file(self, keys: KeyDesk, tmp_path: Path) -> None:
        said = keys.refusal("provider-key", "set", "openai", f"--file={tmp_path / 'none'}")
        assert said == "The key cannot be read (No such file or directory)."

    def test_needs_the_key_file(self, keys: KeyDesk, tmp_path: Path) -> None:
        (tmp_path / "candor.key").unlink()
        said = keys.refusal("provider-key", "set", "openai", stdin=KEY)
        assert said.startswith("There is no key file")


@pytest.mark.promise("K21")
class TestProviderKeyRotate:
    def test_takes_the_place_of_the_one_before_and_is_new(self, keys: KeyDesk) -> None:
        keys.run("provider-key", "set", "openai", stdin=KEY)
        aged(keys, 60)
        assert "rotate" in keys.refusal("provider-key", "set", "openai", stdin=NEXT)
        assert kept(keys) == KEY
        keys.run("provider-key", "rotate", "openai", stdin=NEXT)
        assert kept(keys) == NEXT
        (listed,) = keys.run("provider-key", "list")["provider_keys"]
        assert (listed["provider"], listed["days"]) == ("openai", 0)

    def test_needs_one_before(self, keys: KeyDesk) -> None:
        said = keys.refusal("provider-key", "rotate", "openai", stdin=NEXT)
        assert said == "This provider has no key yet: set one."


@pytest.mark.promise("K21")
class TestAge:
    def test_is_listed_in_days(self, keys: KeyDesk) -> None:
        for provider, days in (("openai", 0.9), ("moonshot", 41.9)):
            keys.run("provider-key", "set", provider, stdin=KEY)
            aged(keys, days, provider)
        listed = keys.run("provider-key", "list")["provider_keys"]
        assert [(each["provider"], each["days"]) for each in listed] == [("moonshot", 41), ("openai", 0)]
        assert "moonshot  41" in keys.attempt("provider-key", "list").stdout

    @pytest.mark.parametrize(
        ("days", "state"),
        [(0, "ok"), (82, "ok"), (83, "warn"), (92, "warn"), (93, "fail"), (400, "fail")],
    )
    def test_is_what_doctor_looks_at(self, days: int, state: str) -> None:
        at = datetime(2026, 1, 1, tzinfo=UTC)
        found = provider_keys.finding([KeyAge("moonshot", at, 1), KeyAge("openai", at, days)])
        assert found.state == state
        assert ("openai" in found.detail) is (state != "ok")
        assert "moonshot" not in found.detail

    def test_fails_a_doctor_past_a_quarter_of_a_year(self, keys: KeyDesk) -> None:
        keys.run("provider-key", "set", "openai", stdin=KEY)
        assert keys.attempt("doctor").code == 0
        aged(keys, OVERDUE_AFTER + 1.1)
        ended = keys.attempt("doctor")
        assert ended.code == 1
        assert "provider-key rotate" in ended.stdout
        keys.run("provider-key", "rotate", "openai", stdin=NEXT)
        assert keys.attempt("doctor").code == 0

    def test_is_said_by_a_server_day_by_day(self, keys: KeyDesk, start_server: StartServer) -> None:
        """In its metrics always, in its log from day 83."""
        for provider, days in (("openai", WARN_FROM + 0.5), ("moonshot", WARN_FROM - 0.5)):
            keys.run("provider-key", "set", provider, stdin=KEY)
            aged(keys, days, provider)
        server = start_server(
            database_url=keys.database_url,
            variables={"CANDOR_KEY_FILE": str(DIRECTORIES[keys.database_url] / "candor.key")},
        )
        eventually(has_logged(server, "provider_key_due"), "the server says that a key is old")
        (event,) = [each for each in server.events if each["event"] == "provider_key_due"]
        assert (event["level"], event["provider"], event["days"]) == ("warning", "openai", WARN_FROM)
        reading = Reading.of(server)
        assert reading.value("candor_provider_key_age_days", provider="openai") == WARN_FROM
        assert reading.value("candor_provider_key_age_days", provider="moonshot") == WARN_FROM - 1
        assert "MARKED" not in server.stderr + reading.text
        keys.run("provider-key", "rotate", "openai", stdin=NEXT)
        eventually(
            lambda: Reading.of(server).value("candor_provider_key_age_days", provider="openai") == 0,
            "the new key is new",
        )
        assert server.stop() == 0
