"""The keys of providers: whether any is older than a quarter of a year."""

from __future__ import annotations

from collections.abc import Sequence

from api.cli.doctor.finding import Finding
from handlers.providers.keys import OVERDUE_AFTER, KeyAge

CHECK = "providers"


def finding(ages: Sequence[KeyAge] | None) -> Finding:
    """`ages` of all keys, None if the database could not be asked."""
    if ages is None:
        return Finding(CHECK, "fail", "Not checked: the database does not hold the declared records.")
    if overdue := [each for each in ages if each.is_overdue]:
        return Finding(CHECK, "fail", f"Older than {OVERDUE_AFTER} days: {_named(overdue)}. {_ROTATE}")
    if due := [each for each in ages if each.is_due]:
        return Finding(CHECK, "warn", f"Soon older than {OVERDUE_AFTER} days: {_named(due)}. {_ROTATE}")
    return Finding(CHECK, "ok", f"No provider has a key that is older than {OVERDUE_AFTER} days.")


_ROTATE = "Get another from the provider and run: scripts/admin provider-key rotate PROVIDER."


def _named(ages: Sequence[KeyAge]) -> str:
    return ", ".join(f"that of {each.provider} ({each.days})" for each in ages)
