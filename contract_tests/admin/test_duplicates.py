"""`user duplicates`: the accounts that one person may have made, and no others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from contract_tests.admin.conftest import Somebody
from contract_tests.admin.typed import Desk
from contract_tests.harness.stored import execute

# Registrations are kept for 90 days.
DAY = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=2)


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """Without registrations of other tests."""
    execute(desk.database_url, "DELETE FROM registration")
    return desk


def registered(desk: Desk, person: Somebody, ip: str | None, fingerprint: str, *, hours: int) -> None:
    """Signed up for from there, so many hours into the day."""
    execute(
        desk.database_url,
        "INSERT INTO registration (id, user_id, ip, user_agent, fingerprint, at)"
        " VALUES ($1, $1, $2, 'a browser', $3, $4)",
        person.id,
        ip,
        fingerprint,
        DAY + timedelta(hours=hours),
    )


@pytest.mark.promise("K7")
def test_lists_accounts_of_the_same_browser_and_prefix_together(
    desk: Desk, new_user: Callable[[], Somebody]
) -> None:
    one, two, three, four, alone, other_browser, nowhere, nowhere_else = (new_user() for _ in range(8))
    registered(desk, one, "203.0.113.7", "firefox/linux/de", hours=1)
    registered(desk, two, "203.0.113.7", "firefox/linux/de", hours=2)
    registered(desk, other_browser, "203.0.113.7", "chrome/linux/de", hours=3)
    registered(desk, alone, "203.0.113.8", "firefox/linux/de", hours=4)
    registered(desk, three, "2001:db8:1:2::5", "safari/ios/fr", hours=5)
    registered(desk, four, "2001:db8:1:2:ffff::6", "safari/ios/fr", hours=6)
    registered(desk, nowhere, None, "firefox/linux/de", hours=7)
    registered(desk, nowhere_else, None, "firefox/linux/de", hours=8)
    found = desk.run("user", "duplicates")["duplicates"]
    assert [(each["id"], each["prefix"], each["fingerprint"], each["accounts"]) for each in found] == [
        (three.id, "2001:db8:1:2::/64", "safari/ios/fr", 2),
        (four.id, "2001:db8:1:2::/64", "safari/ios/fr", 2),
        (one.id, "203.0.113.7", "firefox/linux/de", 2),
        (two.id, "203.0.113.7", "firefox/linux/de", 2),
    ]
    assert found[2] == {
        "id": one.id,
        "username": one.username,
        "email": one.email,
        "disabled_at": None,
        "registered_at": f"{DAY:%Y-%m-%d}T13:00:00Z",
        "fingerprint": "firefox/linux/de",
        "prefix": "203.0.113.7",
        "accounts": 2,
    }


def test_shows_them_to_a_person_as_a_table(desk: Desk, new_user: Callable[[], Somebody]) -> None:
    assert desk.attempt("user", "duplicates").stdout == "None.\n"
    people = [new_user() for _ in range(3)]
    for hours, person in enumerate(people):
        registered(desk, person, "203.0.113.7", "firefox/linux/de", hours=hours)
    header, *lines = desk.attempt("user", "duplicates", "--limit", "2").stdout.splitlines()
    assert header.split() == ["prefix", "fingerprint", "registered", "username", "email", "disabled"]
    assert [line.split()[:4] for line in lines] == [
        ["203.0.113.7", "firefox/linux/de", f"{DAY:%Y-%m-%d}T{12 + hours}:00:00Z", person.username]
        for hours, person in enumerate(people[:2])
    ]
