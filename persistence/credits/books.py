"""Whether the books balance, and making again what can be made from them.

A transaction's entries sum to zero. A wallet is the sum of a person's entries, of what remains of the lots,
and holds what the holds say. Which lot a spending burned is not written down: that the lots together are the
balance is proven for everybody, at any moment; what remains of each follows from the order in which things
happened, which is known as well as clocks tell it, so it is made again (`rebuild`) and not held against them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select, text

from persistence.credits.lots import burned_first
from persistence.credits.wallets import LOCK, make
from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import Record, UnitOfWork

_account = metadata.tables["account"]
_lot = metadata.tables["credit_lot"]

# Each yields a person, what is recorded and what it should be by everything else. They see the same moment.
_RULES: Final[Mapping[str, str]] = {
    "transaction": """
        SELECT t.user_id, coalesce(sum(e.amount), 0) AS recorded, 0 AS computed
          FROM credit_transaction AS t LEFT JOIN credit_entry AS e ON e.transaction_id = t.id
         WHERE t.user_id = ANY (:people)
         GROUP BY t.id HAVING count(e.account) < 2 OR sum(e.amount) <> 0
    """,
    "balance": """
        SELECT person, coalesce(w.posted, 0), coalesce(made.sum, 0)
          FROM unnest(:people) AS person
          LEFT JOIN credit_wallet AS w ON w.user_id = person
          LEFT JOIN LATERAL (
               SELECT sum(e.amount)::bigint AS sum FROM credit_transaction AS t
                 JOIN credit_entry AS e ON e.transaction_id = t.id AND e.account = 'user'
                WHERE t.user_id = person) AS made ON true
         WHERE coalesce(w.posted, 0) <> coalesce(made.sum, 0)
    """,
    "lots": """
        SELECT person, coalesce(w.posted, 0), coalesce(made.sum, 0)
          FROM unnest(:people) AS person
          LEFT JOIN credit_wallet AS w ON w.user_id = person
          LEFT JOIN LATERAL (
               SELECT sum(remaining)::bigint AS sum FROM credit_lot WHERE user_id = person) AS made ON true
         WHERE coalesce(w.posted, 0) <> coalesce(made.sum, 0)
    """,
    "held": """
        SELECT person, coalesce(w.held, 0), coalesce(made.sum, 0)
          FROM unnest(:people) AS person
          LEFT JOIN credit_wallet AS w ON w.user_id = person
          LEFT JOIN LATERAL (
               SELECT sum(amount)::bigint AS sum FROM credit_hold WHERE user_id = person) AS made ON true
         WHERE coalesce(w.held, 0) <> coalesce(made.sum, 0)
    """,
    "open_holds": """
        SELECT person, coalesce(w.open_holds, 0), made.count
          FROM unnest(:people) AS person
          LEFT JOIN credit_wallet AS w ON w.user_id = person
          CROSS JOIN LATERAL (SELECT count(*) AS count FROM credit_hold WHERE user_id = person) AS made
         WHERE coalesce(w.open_holds, 0) <> made.count
    """,
    "next_expiry": """
        SELECT w.user_id, coalesce(extract(epoch FROM w.next_expiry)::bigint, 0),
               coalesce(extract(epoch FROM made.at)::bigint, 0)
          FROM credit_wallet AS w
          LEFT JOIN LATERAL (SELECT min(expires_at) AS at FROM credit_lot
                              WHERE user_id = w.user_id AND remaining > 0) AS made ON true
         WHERE w.user_id = ANY (:people) AND w.next_expiry IS DISTINCT FROM made.at
    """,
    # A lot is what its transaction brought; and what has expired of it is gone.
    "lot": """
        SELECT l.user_id, l.amount, coalesce(e.amount, 0)
          FROM credit_lot AS l
          LEFT JOIN credit_transaction AS t ON t.key = l.source AND t.user_id = l.user_id
          LEFT JOIN credit_entry AS e ON e.transaction_id = t.id AND e.account = 'user'
         WHERE l.user_id = ANY (:people) AND l.amount <> coalesce(e.amount, 0)
    """,
    "lot_remaining": """
        SELECT l.user_id, l.remaining, l.amount - gone.sum
          FROM (SELECT t.user_id, split_part(t.key, ':', 2) AS lot, sum(e.amount)::bigint AS sum
                  FROM credit_transaction AS t
                  JOIN credit_entry AS e ON e.transaction_id = t.id AND e.account = 'expired'
                 WHERE t.user_id = ANY (:people) AND t.kind = 'expire' GROUP BY 1, 2) AS gone
          JOIN credit_lot AS l ON l.id = gone.lot AND l.user_id = gone.user_id
         WHERE l.remaining > l.amount - gone.sum
    """,
    "call": """
        SELECT c.user_id, c.credits, coalesce(-e.amount, 0)
          FROM assistant_call AS c
          LEFT JOIN credit_transaction AS t ON t.key = 'call:' || c.id
          LEFT JOIN credit_entry AS e ON e.transaction_id = t.id AND e.account = 'user'
         WHERE c.user_id = ANY (:people) AND c.credits <> coalesce(-e.amount, 0)
    """,
}
RULES: Final = tuple(_RULES)
"""What is compared, by a word each."""

_PEOPLE = Statement(
    select(_account.c.id)
    .where(_account.c.id > bindparam("after", type_=_account.c.id.type))
    .order_by(_account.c.id)
    .limit(bindparam("at_most"))
)
# Made of the rules above: nothing that anybody sends gets into it.
_ASKED = " UNION ALL ".join(
    f"SELECT '{word}'::text AS what, rule.* FROM ({query}) AS rule (user_id, recorded, computed)"  # noqa: S608
    for word, query in _RULES.items()
).replace(":people", "CAST(:people AS varchar[])")
_DIFFERENCES = Statement(
    text(f"SELECT what, user_id, recorded::bigint, computed::bigint FROM ({_ASKED}) AS found")  # noqa: S608
)
AT_ONCE: Final = 50
"""People whose books one look holds against themselves."""

_LOTS = Statement(
    select(_lot.c.id, _lot.c.source, _lot.c.amount)
    .where(_lot.c.user_id == bindparam("user_id"))
    .order_by(*burned_first(_lot.c))
)
_HISTORY = Statement(
    text(
        "SELECT t.kind, t.key, coalesce(e.amount, 0) AS amount FROM credit_transaction AS t"
        " LEFT JOIN credit_entry AS e ON e.transaction_id = t.id AND e.account = 'user'"
        ' WHERE t.user_id = :user_id ORDER BY t.created_at, t.id COLLATE "C"'
    )
)
_FILL = Statement(
    text(
        "UPDATE credit_lot SET remaining = made.remaining"
        " FROM unnest(CAST(:ids AS varchar[]), CAST(:remaining AS bigint[])) AS made (id, remaining)"
        " WHERE credit_lot.id = made.id RETURNING credit_lot.id"
    )
)
_MAKE_AGAIN = Statement(
    text(
        """
        UPDATE credit_wallet SET
            posted = coalesce((SELECT sum(e.amount) FROM credit_transaction AS t
                                 JOIN credit_entry AS e ON e.transaction_id = t.id AND e.account = 'user'
                                WHERE t.user_id = :user_id), 0),
            held = coalesce((SELECT sum(amount) FROM credit_hold WHERE user_id = :user_id), 0),
            open_holds = (SELECT count(*) FROM credit_hold WHERE user_id = :user_id),
            next_expiry = (SELECT min(expires_at) FROM credit_lot WHERE user_id = :user_id AND remaining > 0),
            granted_for = (SELECT max(split_part(key, ':', 3)) FROM credit_transaction
                            WHERE user_id = :user_id AND key LIKE 'plan:%'),
            updated_at = :now
         WHERE user_id = :user_id RETURNING user_id
        """
    )
)


@dataclass(frozen=True, slots=True)
class Difference:
    """Of one person: `what` is recorded (a word of RULES), and what it should be. Credits, a count, or a time
    in Unix seconds.
    """

    user_id: str
    what: str
    recorded: int
    computed: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many people were looked at, the last of them (None at the end), and what does not balance."""

    people: int
    last: str | None
    differences: tuple[Difference, ...]


async def look(store: UnitOfWork, *, after: str, at_most: int) -> Verdict:
    """Hold the books of the next people, by id, against themselves, as they are at one moment."""
    found = await store.rows(_PEOPLE, after=after, at_most=at_most)
    people = [row["id"] for row in found]
    differences = await look_at(store, people=people) if people else ()
    return Verdict(len(people), people[-1] if len(people) == at_most else None, differences)


async def look_at(store: UnitOfWork, *, people: Sequence[str]) -> tuple[Difference, ...]:
    """Hold the books of these people against themselves, as they are at one moment."""
    rows = await store.rows(_DIFFERENCES, people=people)
    return tuple(Difference(row["user_id"], row["what"], row["recorded"], row["computed"]) for row in rows)


async def verify(store: UnitOfWork) -> Sequence[Difference]:
    """Everything in everybody's books that does not balance. Reads all of them, some people at a time."""
    differences: list[Difference] = []
    after: str | None = ""
    while after is not None:
        verdict = await look(store, after=after, at_most=AT_ONCE)
        differences += verdict.differences
        after = verdict.last
    return differences


def replay(lots: Sequence[Record], history: Sequence[Record]) -> dict[str, int]:
    """What remains of each lot, by id, after a person's history. `lots` are in the order in which they are
    burned. What expired of a lot is known by its key, whenever that was.
    """
    by_source = {lot["source"]: lot["id"] for lot in lots}
    to_come = {lot["id"]: lot["amount"] for lot in lots}
    for each in history:
        if each["kind"] == "expire":
            to_come[each["key"].split(":")[1]] += each["amount"]
    remaining = dict.fromkeys(to_come, 0)
    for each in history:
        if each["kind"] in ("grant", "purchase"):
            lot = by_source[each["key"]]
            remaining[lot] = to_come[lot]
        elif each["kind"] == "spend":
            to_burn = -each["amount"]
            for lot in (lot["id"] for lot in lots):
                share = min(to_burn, remaining[lot])
                remaining[lot] -= share
                to_burn -= share
    return remaining


async def rebuild(store: UnitOfWork, *, user_id: str, now: datetime) -> None:
    """Make the person's wallet, and what remains of each lot, again from transactions, entries and holds.

    To be called before anything else is written. Nothing happens when there is no such person.
    """
    await make(store, user_id=user_id, now=now)
    if await store.write(LOCK, user_id=user_id) is None:
        return
    lots = await store.rows(_LOTS, user_id=user_id)
    remaining = replay(lots, await store.rows(_HISTORY, user_id=user_id))
    await store.write_rows(_FILL, ids=list(remaining), remaining=list(remaining.values()))
    await store.write(_MAKE_AGAIN, user_id=user_id, now=now)
