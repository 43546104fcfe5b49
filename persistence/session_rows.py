"""A person's session and its first tokens, as part of the statement that uses up the grant for them."""

from __future__ import annotations

from sqlalchemy import CTE, ColumnElement, bindparam, case, func, literal, select
from sqlalchemy.dialects.postgresql import insert

from persistence.statement import Statement
from persistence.tables import metadata
from persistence.token_rows import new_access, new_refresh

_session = metadata.tables["session"]
_access = metadata.tables["access_token"]
_refresh = metadata.tables["refresh_token"]
_NOW = bindparam("now", type_=_session.c.created_at.type)
_ACCESS_EXPIRES = bindparam("access_expires_at", type_=_access.c.expires_at.type)
_REFRESH_EXPIRES = bindparam("refresh_expires_at", type_=_refresh.c.expires_at.type)

SESSION_ID = bindparam("session_id", type_=_session.c.id.type)
"""The new session's id, for a grant that remembers what it gave."""


def with_offline(scopes: ColumnElement[list[str]]) -> ColumnElement[bool]:
    """Whether these scopes bring a refresh token."""
    return literal("offline") == func.any(scopes)


def opened_for(entitled: CTE) -> Statement:
    """Open a session for each row of `entitled`, which has instance, person, workspace, generation, scopes
    and `offline`. The statement returns `scopes` and `offline`.

    Its values besides those of `entitled`: `session_id`, `access_hash`, `refresh_hash`, `now`,
    `access_expires_at`, `refresh_expires_at`.
    """
    session = (
        insert(_session)
        .from_select(
            [
                "id",
                "instance_id",
                "user_id",
                "workspace_id",
                "scopes",
                "generation",
                "created_at",
                "expires_at",
            ],
            select(
                SESSION_ID,
                entitled.c.instance_id,
                entitled.c.user_id,
                entitled.c.workspace_id,
                entitled.c.scopes,
                entitled.c.generation,
                _NOW,
                case((entitled.c.offline, _REFRESH_EXPIRES), else_=_ACCESS_EXPIRES),
            ),
        )
        .returning(_session.c.id)
        .cte("new_session")
    )
    access = new_access(
        select(
            bindparam("access_hash", type_=_access.c.token_hash.type),
            entitled.c.instance_id,
            SESSION_ID,
            entitled.c.scopes,
            _NOW,
            _ACCESS_EXPIRES,
        ),
    )
    refresh = new_refresh(
        select(
            bindparam("refresh_hash", type_=_refresh.c.token_hash.type), SESSION_ID, _NOW, _REFRESH_EXPIRES
        )
        .select_from(entitled)
        .where(entitled.c.offline),
    )
    return Statement(
        select(entitled.c.scopes, entitled.c.offline).select_from(entitled).add_cte(session, access, refresh)
    )
