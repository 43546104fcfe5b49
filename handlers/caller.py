"""Who is calling: the result of a look-up of the presented credential, as a frozen value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Kind = Literal["anonymous", "pat", "access_token", "instance_token", "client", "session", "session_refresh"]


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """A person's session on an instance, as the token look-up found it."""

    id: str
    created_at: datetime
    expires_at: datetime
    generation: int


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """An OAuth client's id and secret as presented, not yet verified (RFC 6749 section 2.3.1)."""

    client_id: str
    client_secret: str


@dataclass(frozen=True, slots=True)
class Caller:
    """The party behind a request. Fields that do not apply to its kind are None.

    `ephemeral` says that its instance goes with its last session, which was decided at its registration.
    `record_due` says whether this call is to be recorded under its operation's cadence, as far as the look-up
    could tell; the statement that records decides again, in the database. `sign_in_id` is the browser's
    sign-in behind a cookie, and `presented` the refresh token that a `session_refresh` is about to use up.
    """

    kind: Kind
    scopes: frozenset[str] = frozenset()
    user_id: str | None = None
    instance_id: str | None = None
    client_id: str | None = None
    workspace_id: str | None = None
    ephemeral: bool = False
    session: SessionFacts | None = None
    credentials: ClientCredentials | None = None
    record_due: bool = False
    sign_in_id: str | None = None
    presented: str | None = None

    @property
    def person(self) -> str:
        """The id of the person who calls, where the contract asks for a person's credential."""
        assert self.user_id is not None, "the contract asks for a person's credential here"
        return self.user_id


ANONYMOUS = Caller(kind="anonymous")
