"""Statements of the outbox.

A mail is put into it by whatever it is about, in the same transaction, so that there is never one without the
other. The transaction's end also tells the servers that attend to the jobs.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, func, insert, literal, select

from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import UnitOfWork

CHANNEL: Final = "candor_mail"
"""Where PostgreSQL tells of mails that were put into the outbox."""

_mail = metadata.tables["mail"]

_queued = (
    insert(_mail)
    .values(
        id=bindparam("id"),
        kind=bindparam("kind"),
        to_address=bindparam("to"),
        subject_id=bindparam("subject_id"),
        state="queued",
        attempts=0,
        created_at=bindparam("now"),
        due_at=bindparam("now"),
    )
    .returning(literal(1).label("one"))
    .cte("queued")
)
_QUEUE = Statement(select(func.pg_notify(CHANNEL, "")).select_from(_queued))


def queue_mail(store: UnitOfWork, *, id: str, kind: str, to: str, subject_id: str, now: datetime) -> None:
    """Have a mail sent once this unit of work is committed.

    `kind` is one that `handlers.account.mailing` can compose, from the row `subject_id` as it is when the
    mail is sent: what is secret in it is made then, and whether it is to be sent at all is decided then.
    """
    store.defer(_QUEUE, id=id, kind=kind, to=to, subject_id=subject_id, now=now)
