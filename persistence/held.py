"""Holding an instance, or a person, while something is stored for it.

What belongs to an instance refers to it, and PostgreSQL looks at the end of a statement whether it is still
there: a call that races the instance's deletion would fail there, or lock the two against each other. So a
statement that stores something takes the same lock itself and first, as deleting does. It then waits for a
deletion under way and finds nothing, or is waited for. The same goes for whoever decides about a request.
Whoever locks several takes the instance, then what belongs to it, then the account (`persistence.deletion`);
a decision begins with the account, and locks no instance.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import CTE, Select, bindparam, select

from persistence.tables import metadata

_instance = metadata.tables["instance"]
_account = metadata.tables["account"]


def held(instances: Select[Any]) -> Select[Any]:
    """The same rows of `instance`, which nobody deletes before the transaction ends."""
    return instances.with_for_update(read=True, key_share=True)


def held_instance() -> CTE:
    """`id` and `workspace_id` of the instance `instance_id`, held; empty when it is gone."""
    found = select(_instance.c.id, _instance.c.workspace_id).where(_instance.c.id == bindparam("instance_id"))
    return held(found).cte("held")


def held_person() -> CTE:
    """`id` of the account `user_id`, held; empty when it is gone."""
    found = select(_account.c.id).where(_account.c.id == bindparam("user_id"))
    return found.with_for_update(read=True, key_share=True).cte("person")
