"""What a person may do in a workspace: whoever is a member sees what belongs to it, and its owner decides.

A statement that changes something for a person begins with the row as this person sees it (`seen`), with
`may`: whether the person is the owner. No row means that there is nothing here for this person, which is one
answer for what does not exist and for what is somebody else's.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Table, bindparam, select
from sqlalchemy.sql.expression import CTE, FromClause

from persistence.tables import metadata

_workspace = metadata.tables["workspace"]
_member = metadata.tables["workspace_member"]

PERSON: ColumnElement[str] = bindparam("user_id", type_=_member.c.user_id.type)
MAY: ColumnElement[bool] = (_workspace.c.owner_id == PERSON).label("may")
"""Of a row of `workspace`: whether the person is its owner."""


def in_workspaces_of_person(table: Table) -> FromClause:
    """The rows of a table with `workspace_id` that the person sees, joined with their workspaces."""
    return table.join(_workspace, _workspace.c.id == table.c.workspace_id).join(_member, is_member())


def is_member() -> ColumnElement[bool]:
    """Of a row of `workspace` and one of `workspace_member`: that this is the person's membership in it."""
    return (_member.c.workspace_id == _workspace.c.id) & (_member.c.user_id == PERSON)


def seen(table: Table) -> CTE:
    """`id` and `may` of the row with the id `id`, if it is in a workspace of the person."""
    return (
        select(table.c.id, MAY)
        .select_from(in_workspaces_of_person(table))
        .where(table.c.id == bindparam("id", type_=table.c.id.type))
        .cte("seen")
    )
