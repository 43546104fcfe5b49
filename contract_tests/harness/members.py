"""People who belong together: what no operation can bring about yet."""

from __future__ import annotations

from contract_tests.harness.people import Person
from contract_tests.harness.stored import execute


def join(database_url: str, *, workspace_id: str, person: Person) -> None:
    """Make a person a member of a workspace."""
    execute(
        database_url,
        "INSERT INTO workspace_member (workspace_id, user_id, created_at) VALUES ($1, $2, now())",
        workspace_id,
        person.id,
    )
