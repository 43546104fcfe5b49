"""People as the tests play them: an account, its personal access token, and a registration key of its
workspace.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from contract_tests.harness.administration import Administration


@dataclass(frozen=True, slots=True)
class Person:
    """An account with what it needs to use the cloud."""

    id: str
    email: str
    pat: str
    key: str
    workspace_id: str

    @classmethod
    def create(cls, admin: Administration, name: str) -> Person:
        """Make one through the operator's command line. The registration key is reusable."""
        username = f"{name}-{secrets.token_hex(4)}"
        email = f"{username}@example.org"
        user_id = admin.run(
            "user", "create", "--email", email, "--username", username, "--name", name.title()
        )["id"]
        pat = admin.run("pat", "create", "--user", email, "--name", "tests")["token"]
        key = admin.run("registration-key", "create", "--user", email, "--prefix", "lab-", "--reusable")
        return cls(id=user_id, email=email, pat=pat, key=key["key"], workspace_id=key["workspace_id"])
