"""People as the tests play them: an account, its personal access token, and a registration key of its
workspace.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx

from contract_tests.harness.browsers import Browser

if TYPE_CHECKING:  # loads the operator's program, which a process that only fuzzes for a person does without
    from contract_tests.harness.administration import Administration

PASSWORD = "a heron over seven still lakes"


@dataclass(frozen=True, slots=True)
class Person:
    """An account with what it needs to use the cloud."""

    id: str
    email: str
    pat: str
    key: str
    workspace_id: str
    password: str | None = None

    @classmethod
    def create(cls, admin: Administration, name: str, *, password: str | None = None) -> Person:
        """Make one through the operator's command line. The registration key is reusable. Without a password
        the person cannot sign in with a browser.
        """
        username = f"{name}-{secrets.token_hex(4)}"
        email = f"{username}@example.org"
        given = ["--password-stdin"] if password is not None else []
        user_id = admin.run(
            *(
                "user",
                "create",
                "--email",
                email,
                "--username",
                username,
                "--name",
                name.title(),
                "--verified",
            ),
            *given,
            stdin=password or "",
        )["id"]
        pat = admin.run("pat", "create", "--user", email, "--name", "tests")["token"]
        key = admin.run("registration-key", "create", "--user", email, "--prefix", "lab-", "--reusable")
        return cls(
            id=user_id,
            email=email,
            pat=pat,
            key=key["key"],
            workspace_id=key["workspace_id"],
            password=password,
        )

    @classmethod
    def with_password(cls, admin: Administration, name: str) -> Person:
        """One who can sign in with a browser."""
        return cls.create(admin, name, password=PASSWORD)

    def browser(self, http: httpx.Client) -> Browser:
        """A browser that this person has just signed in with."""
        assert self.password is not None, "Make the person with a password."
        return Browser.sign_in(http, self.email, self.password)
