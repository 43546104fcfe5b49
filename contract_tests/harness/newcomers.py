"""People who have no account yet, as the tests play them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any, Self

import httpx

from contract_tests.harness.mailbox import Mailbox
from contract_tests.harness.server import ServerProcess

SIGN_UP = "/api/v1/account/sign-up"
RESEND = "/api/v1/account/verification"
VERIFY = "/api/v1/account/verify"
FORGOTTEN = "/api/v1/account/password-reset"
RESET = "/api/v1/account/password"
ACCOUNT = "/api/v1/account"
CONFIRM = "/api/v1/account/email"
FIRST = "/api/v1/account/first"

CONFIRM_SUBJECT = "Confirm your e-mail address"
EXISTS_SUBJECT = "You have an account already"
RESET_SUBJECT = "Choose a new password"
CHANGE_SUBJECT = "Confirm your new e-mail address"


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What somebody types who signs up."""

    username: str
    email: str
    name: str
    password: str = "seven herons over still lakes"

    @classmethod
    def invented(cls, name: str = "nell") -> Self:
        """One whose names nobody has."""
        username = f"{name}-{secrets.token_hex(4)}"
        return cls(username, f"{username}@example.org", name.title())

    @property
    def body(self) -> dict[str, Any]:
        """The body of `sign_up`."""
        return {
            "username": self.username,
            "email": self.email,
            "name": self.name,
            "password": self.password,
            "of_age": True,
        }

    def sign_up(self, http: httpx.Client, **headers: str) -> Self:
        """Sign up. Raises AssertionError if that is refused."""
        answer = http.post(SIGN_UP, json=self.body, headers=headers)
        assert answer.status_code == 202, answer.text
        return self

    def token(self, server: ServerProcess) -> str:
        """The secret of the link in the newest mail about the sign-up."""
        return Mailbox.of(server).arrives(self.email, CONFIRM_SUBJECT).token

    def settled(self, http: httpx.Client, server: ServerProcess) -> Self:
        """Sign up and follow the link."""
        self.sign_up(http)
        answer = http.post(VERIFY, json={"token": self.token(server)})
        assert answer.status_code == 200, answer.text
        return self
