"""The database: whether it answers, keeps what it confirms, is migrated, holds what is declared and holds it
whole, can be read where it is sealed, and knows the time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from api.cli.desk import database
from api.cli.doctor import key, provider_keys
from api.cli.doctor.finding import Finding, State
from api.cli.failures import sentence_for
from api.settings import Settings
from handlers.providers import keys
from handlers.providers.keys import KeyAge
from persistence import examination, sealed, soundness
from persistence.credits import books
from persistence.credits.books import Difference
from persistence.database import Database
from persistence.embedded.layout import Layout
from persistence.unit_of_work import Record

_AFTER_THE_FIRST = ("migrations", "records", "grants", "credits", "key", provider_keys.CHECK, "clock")
_SHOWN_DIFFERENCES = 5
_LONGEST_LOOK_S = 900  # whole tables are read, and nobody waits for it but a person
CLOCK_NOTICEABLE = timedelta(seconds=5)
CLOCK_WRONG = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class _Held:
    """What is in the database by half, what does not balance, the beginnings of the sealed values, and how
    old the keys of providers are.
    """

    halves: Mapping[str, int]
    differences: Sequence[Difference]
    sealed: frozenset[bytes]
    key_ages: Sequence[KeyAge]


def findings(settings: Settings, contract: Mapping[str, Any] | None) -> list[Finding]:
    """The checks of the database. Our own is started if need be, never created and never migrated."""
    if settings.database_url is None and not _exists(Layout(settings.data_dir)):
        return _unreachable(
            f"There is no database in {settings.data_dir} yet; the first start of scripts/serve makes one."
        )
    try:
        with database(settings) as url:
            return _examined(url, contract, settings)
    except Exception as failure:  # noqa: BLE001 (whatever keeps the database away is the finding)
        return _unreachable(sentence_for(failure))


def _exists(layout: Layout) -> bool:
    try:
        return layout.cluster.exists()
    except PermissionError:
        return True  # starting it will say who may not do what


def _unreachable(reason: str) -> list[Finding]:
    rest = [Finding(each, "fail", "Not checked: no database.") for each in _AFTER_THE_FIRST]
    return [Finding("database", "fail", reason), *rest]


def _examined(url: str, contract: Mapping[str, Any] | None, settings: Settings) -> list[Finding]:
    from persistence.migrations import current, head

    facts, asked, answered, differing, held = asyncio.run(_asked(url, contract))
    return [
        _fitness(facts, answered - asked),
        _migrations(current(url), head()),
        _records(differing),
        _grants(held.halves if held is not None else None),
        _credits(held.differences if held is not None else None),
        key.finding(settings.key_path, held.sealed if held is not None else None),
        provider_keys.finding(held.key_ages if held is not None else None),
        clock(facts["now"], asked, answered),
    ]


async def _asked(
    url: str, contract: Mapping[str, Any] | None
) -> tuple[Record, datetime, datetime, list[str] | None, _Held | None]:
    """The database's facts, when they were asked for and answered, its differences from the contract, and
    what it holds, which only a database without differences can be asked.
    """
    from api.serve.store import declared_records
    from persistence.declared import differences

    opened = await Database.connect(url, pool_size=1, statement_timeout_s=_LONGEST_LOOK_S)
    try:
        store = opened.unit_of_work()
        await examination.facts(store)  # prepares the statement, so that the second answer tells the clock
        asked = datetime.now(UTC)
        facts = await examination.facts(store)
        answered = datetime.now(UTC)
        differing = await differences(opened, declared_records(contract)) if contract is not None else None
        held = None
        if differing == []:
            held = _Held(
                await soundness.halves(store),
                await books.verify(store),
                await sealed.headers(store),
                await keys.ages(store=store, now=answered),
            )
        return facts, asked, answered, differing, held
    finally:
        await opened.close()


def _fitness(facts: Record, took: timedelta) -> Finding:
    answers = (
        f"PostgreSQL {facts['version'].split()[0]} answers in {took / timedelta(milliseconds=1):.1f} ms."
    )
    if facts["is_standby"]:
        return Finding("database", "fail", f"{answers} It is a standby and stores nothing; name its primary.")
    careless = [name for name in ("fsync", "full_page_writes", "synchronous_commit") if facts[name] == "off"]
    if careless:
        return Finding(
            "database", "warn", f"{answers} A power cut may lose data: {', '.join(careless)} is off."
        )
    return Finding("database", "ok", answers)


def _migrations(at: str | None, wanted: str | None) -> Finding:
    if at == wanted:
        return Finding("migrations", "ok", f"The database is at revision {at}, the newest.")
    if at is not None and wanted is not None and at > wanted:
        return Finding(
            "migrations", "fail", f"The database is at revision {at}, newer than this program's {wanted}."
        )
    return Finding(
        "migrations",
        "fail",
        f"The database is at revision {at or 'none'} and the program at {wanted}; scripts/serve migrates it.",
    )


def _records(differing: list[str] | None) -> Finding:
    if differing is None:
        return Finding("records", "fail", "Not checked: no valid contract.")
    if not differing:
        return Finding("records", "ok", "The database holds the declared records and nothing else.")
    shown = "; ".join(differing[:_SHOWN_DIFFERENCES])
    more = len(differing) - _SHOWN_DIFFERENCES
    return Finding("records", "fail", f"{shown}{f'; and {more} more' if more > 0 else ''}.")


def _grants(halves: Mapping[str, int] | None) -> Finding:
    if halves is None:
        return Finding("grants", "fail", "Not checked: the database does not hold the declared records.")
    if not halves:
        return Finding("grants", "ok", f"Nothing is there by half, by all {len(soundness.RULES)} rules.")
    found = "; ".join(f"{count} {what}" for what, count in halves.items())
    advice = "Each was to be stored as a whole or not at all: bring back a backup, and report a defect."
    return Finding("grants", "fail", f"Found: {found}. {advice}")


def _credits(differences: Sequence[Difference] | None) -> Finding:
    if differences is None:
        return Finding("credits", "fail", "Not checked: the database does not hold the declared records.")
    if not differences:
        return Finding("credits", "ok", f"The books balance, by all {len(books.RULES)} rules.")
    accounts = len({each.user_id for each in differences})
    found = ", ".join(sorted({each.what for each in differences}))
    return Finding(
        "credits",
        "fail",
        f"The books of {accounts} accounts do not balance: {found}. `scripts/admin credits verify` says"
        " whose. Bring back a backup, and report a defect.",
    )


def clock(theirs: datetime, asked: datetime, answered: datetime) -> Finding:
    """Their clock was read at some moment between asking and the answer: only what lies outside is a
    difference.
    """
    off = max(asked - theirs, theirs - answered, timedelta(0))
    state: State = "fail" if off > CLOCK_WRONG else "warn" if off > CLOCK_NOTICEABLE else "ok"
    return Finding(
        "clock", state, f"This host's clock and the database's differ by {off.total_seconds():.1f} s."
    )
