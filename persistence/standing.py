"""May this person act on that instance? The one condition behind every token: an enabled account that is a
member of the workspace to which the instance belongs now.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, exists, literal, select

from persistence.tables import metadata

_account = metadata.tables["account"]
_member = metadata.tables["workspace_member"]


def in_good_standing(*, user_id: ColumnElement[Any], workspace_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """The condition, for a statement that has both ids. False while the workspace's id is null."""
    return exists(
        select(literal(1))
        .select_from(_account.join(_member, _member.c.user_id == _account.c.id))
        .where(
            _account.c.id == user_id,
            _account.c.disabled_at.is_(None),
            _member.c.workspace_id == workspace_id,
        )
    )
