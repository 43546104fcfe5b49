"""Accounts that may be one person's: signed up for with the same kind of browser from the same address
prefix, as far as the registrations are still kept.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Text, bindparam, case, cast, func, literal, select

from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import Record, UnitOfWork

_registration = metadata.tables["registration"]
_account = metadata.tables["account"]

# What `handlers.address_prefix` makes of an address: all of IPv4's, 64 bits of IPv6's.
_prefix = case(
    (func.family(_registration.c.ip) == literal(4), func.host(_registration.c.ip)),
    else_=cast(func.network(func.set_masklen(_registration.c.ip, literal(64))), Text),
)
_seen = (
    select(
        _registration.c.user_id.label("id"),
        _account.c.username,
        _account.c.email,
        _account.c.disabled_at,
        _registration.c.at.label("registered_at"),
        _registration.c.fingerprint,
        _prefix.label("prefix"),
    )
    .select_from(_registration.join(_account, _account.c.id == _registration.c.user_id))
    .where(_registration.c.ip.is_not(None))
    .subquery()
)
_together = (_seen.c.prefix, _seen.c.fingerprint)
_counted = select(
    _seen,
    func.count().over(partition_by=_together).label("accounts"),
    func.max(_seen.c.registered_at).over(partition_by=_together).label("newest"),
).subquery()
_DUPLICATES = Statement(
    select(*(each for each in _counted.c if each.key != "newest"))
    .where(_counted.c.accounts > literal(1))
    .order_by(
        _counted.c.newest.desc(),
        _counted.c.prefix,
        _counted.c.fingerprint,
        _counted.c.registered_at,
        _counted.c.id,
    )
    .limit(bindparam("at_most"))
)


async def duplicates(store: UnitOfWork, *, at_most: int) -> Sequence[Record]:
    """An account a row, those that share an origin one after the other; the newest origin first."""
    return await store.rows(_DUPLICATES, at_most=at_most)
