"""The rows that a token is stored as: the only place that knows their columns in order."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CTE, Select
from sqlalchemy.dialects.postgresql import Insert, insert

from persistence.tables import metadata

_access = metadata.tables["access_token"]
_refresh = metadata.tables["refresh_token"]


def access_tokens(rows: Select[Any]) -> Insert:
    """Store access tokens: digest, instance, session (null for the instance itself), scopes, times."""
    columns = ["token_hash", "instance_id", "session_id", "scopes", "created_at", "expires_at"]
    return insert(_access).from_select(columns, rows)


def refresh_tokens(rows: Select[Any]) -> Insert:
    """Store refresh tokens: digest, session, created, expires."""
    return insert(_refresh).from_select(["token_hash", "session_id", "created_at", "expires_at"], rows)


def new_access(rows: Select[Any]) -> CTE:
    """`access_tokens` as a part of a larger statement."""
    return access_tokens(rows).returning(_access.c.session_id).cte("new_access")


def new_refresh(rows: Select[Any]) -> CTE:
    """`refresh_tokens` as a part of a larger statement."""
    return refresh_tokens(rows).returning(_refresh.c.session_id).cte("new_refresh")
