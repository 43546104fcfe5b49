"""The two entries of a transaction between a person and one account of the house: they sum to zero because
the second is made from the first.
"""

from __future__ import annotations

from sqlalchemy import CTE, ColumnElement, insert, literal, select, union_all

from persistence.tables import metadata

_entry = metadata.tables["credit_entry"]


def entered(booked: CTE, *, user: ColumnElement[int], against: str) -> CTE:
    """Enter `user` for the person and its opposite for the house's account, for each transaction (`id`) of
    `booked`."""
    lines = union_all(
        select(literal("user").label("account"), user.label("amount")),
        select(literal(against), -user),
    ).subquery("lines")
    return (
        insert(_entry)
        .from_select(
            ["transaction_id", "account", "amount"],
            select(booked.c.id, lines.c.account, lines.c.amount).select_from(
                booked.join(lines, literal(True))
            ),
        )
        .returning(_entry.c.account)
        .cte("entered")
    )
