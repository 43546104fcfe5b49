"""What a person sees of their credits: what there is, what happened to them, and what they went for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, Date, String, and_, bindparam, case, cast, func, literal_column, select

from persistence.credits.lots import IS_NOT_EMPTY
from persistence.credits.refreshing import MONTHLY_CREDITS
from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import Record, UnitOfWork

_account = metadata.tables["account"]
_wallet = metadata.tables["credit_wallet"]
_lot = metadata.tables["credit_lot"]
_transaction = metadata.tables["credit_transaction"]
_entry = metadata.tables["credit_entry"]
_call = metadata.tables["assistant_call"]

_expiring = (
    select(cast(func.sum(_lot.c.remaining), BigInteger))
    .where(_lot.c.user_id == _account.c.id, IS_NOT_EMPTY, _lot.c.expires_at == _wallet.c.next_expiry)
    .correlate(_account, _wallet)
    .scalar_subquery()
)
_STANDING = Statement(
    select(
        func.coalesce(_wallet.c.posted, 0).label("posted"),
        func.coalesce(_wallet.c.held, 0).label("held"),
        _wallet.c.next_expiry,
        _expiring.label("expiring"),
        _account.c.plan_until,
        MONTHLY_CREDITS.label("monthly_credits"),
    )
    .select_from(_account.outerjoin(_wallet, _wallet.c.user_id == _account.c.id))
    .where(_account.c.id == bindparam("user_id"))
)

# A spending is keyed by its call.
_call_id = func.substr(_transaction.c.key, len("call:") + 1, type_=String)
_PAGE = Statement(
    select(
        _transaction.c.id,
        _transaction.c.kind,
        func.coalesce(_entry.c.amount, 0).label("amount"),
        _transaction.c.created_at,
        _call.c.model,
    )
    .select_from(
        _transaction.outerjoin(
            _entry,
            and_(
                _entry.c.transaction_id == _transaction.c.id,
                _entry.c.account == literal_column("'user'"),
            ),
        ).outerjoin(_call, _call.c.id == case((_transaction.c.kind == "spend", _call_id)))
    )
    .where(
        _transaction.c.user_id == bindparam("user_id"),
        _transaction.c.id < bindparam("before", type_=_transaction.c.id.type),
    )
    .order_by(_transaction.c.id.desc())
    .limit(bindparam("at_most"))
)

_day = cast(func.timezone("UTC", _call.c.created_at), Date).label("day")
_USAGE = Statement(
    select(
        _day,
        _call.c.model,
        func.count().label("calls"),
        *(
            cast(func.sum(_call.c[name]), BigInteger).label(name)
            for name in ("prompt_tokens", "completion_tokens", "credits")
        ),
    )
    .where(
        _call.c.user_id == bindparam("user_id"),
        _call.c.created_at >= bindparam("since", type_=_call.c.created_at.type),
    )
    .group_by(literal_column("1"), _call.c.model)
    .order_by(literal_column("1 DESC"), _call.c.model)
    .limit(bindparam("at_most"))
)


async def standing(store: UnitOfWork, *, user_id: str, now: datetime) -> Record | None:
    """What the person has (`posted`, of which `held` is set aside), when the first of it expires
    (`next_expiry`) and how much then (`expiring`), and what the plan in force gives each month; None when
    there is no such account. As stored: `refreshing.refresh` brings it up to date.
    """
    return await store.row(_STANDING, user_id=user_id, now=now)


async def transactions(store: UnitOfWork, *, user_id: str, before: str, at_most: int) -> Sequence[Record]:
    """What happened to the person's credits, the newest first, before an id. `amount` is what it changed;
    `model` that of a spending, as long as its call is kept.
    """
    return await store.rows(_PAGE, user_id=user_id, before=before, at_most=at_most)


async def usage(
    store: UnitOfWork, *, user_id: str, days: int, at_most: int, now: datetime
) -> Sequence[Record]:
    """What calls took, by day (UTC) and model, of the last `days` days with today, the newest first and no
    more than `at_most` rows.
    """
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    since = today - timedelta(days=days - 1)
    return await store.rows(_USAGE, user_id=user_id, since=since, at_most=at_most)
