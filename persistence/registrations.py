"""What was seen when an account signed up."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, insert

from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import UnitOfWork

_registration = metadata.tables["registration"]

_KEEP = Statement(
    insert(_registration)
    .values(
        id=bindparam("id"),
        user_id=bindparam("user_id"),
        ip=bindparam("ip"),
        user_agent=bindparam("user_agent"),
        fingerprint=bindparam("fingerprint"),
        at=bindparam("at"),
    )
    .returning(_registration.c.id)
)


def keep(
    store: UnitOfWork,
    *,
    id: str,
    user_id: str,
    ip: object,
    user_agent: str | None,
    fingerprint: str,
    at: datetime,
) -> None:
    """At commit, store from where an account signed up, and with what kind of browser."""
    store.defer(_KEEP, id=id, user_id=user_id, ip=ip, user_agent=user_agent, fingerprint=fingerprint, at=at)
