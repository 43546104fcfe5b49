"""What mails say: for each kind that can be put into the outbox a composer, which is asked when the mail is
sent.

A composer looks at the row that the mail is about as it is now. It makes the secret of a link and stores its
digest, so that the link itself is never at rest; when there is nothing to be said any more, or nobody to be
told, it returns None, and the mail is forgotten. An attempt that fails is composed anew.

To add a kind: its composer here (or beside its subject), its line in `COMPOSERS`, and the folder of its text
in `api/mail`. What other people may have typed, such as a name, has no place in a mail to somebody who need
not know them: it would let anybody send words of theirs to any address.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final, Protocol

from handlers.account.browser import Browser, in_words
from handlers.policy import Policy
from handlers.ports import Randomness
from persistence import announced_sign_ins, claims
from persistence.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Wanted:
    """A mail out of the outbox: to whom, about which row, and since when it waits."""

    to: str
    subject_id: str
    queued_at: datetime


@dataclass(frozen=True, slots=True)
class Letter:
    """A text, by the name of its folder in `api/mail`, and the values that it has places for."""

    folder: str
    values: Mapping[str, str]


class Composer(Protocol):
    """How one kind of mail is composed, or None when it is not to be sent. Raises StoreUnavailable."""

    async def __call__(
        self, wanted: Wanted, *, store: UnitOfWork, randomness: Randomness, policy: Policy, now: datetime
    ) -> Letter | None:
        """Read and write what is needed; the caller commits before the mail leaves."""
        ...


def link(policy: Policy, path: str, token: str) -> str:
    """Where a person goes with a secret. It stands behind `#`, which browsers send to no server: not to ours,
    whose proxy may log addresses, and not to another as the page that somebody came from."""
    return f"{policy.public_url}{path}#token={token}"


def moment(at: datetime) -> str:
    """A point in time for people: 26 November 2026, 14:05 UTC."""
    at = at.astimezone(UTC)
    return f"{at.day} {at:%B %Y, %H:%M} UTC"


async def new_sign_in(
    wanted: Wanted, *, store: UnitOfWork, randomness: Randomness, policy: Policy, now: datetime
) -> Letter | None:
    """To the owner of an account that was signed in to (the subject) with a kind of browser that is new."""
    sign_in = await announced_sign_ins.announced(store, sign_in_id=wanted.subject_id)
    if sign_in is None:
        return None
    return Letter(
        "new_sign_in",
        {
            "at": moment(sign_in["created_at"]),
            "browser": in_words(Browser(sign_in["browser"], sign_in["platform"])),
            "address": str(sign_in["ip"] or "Not known"),
            "link": f"{policy.public_url}/settings",
        },
    )


async def instance_claimed(
    wanted: Wanted, *, store: UnitOfWork, randomness: Randomness, policy: Policy, now: datetime
) -> Letter | None:
    """To the owner of a workspace that an instance (the subject) has come into."""
    claim = await claims.claim(store, wanted.subject_id)
    if claim is None:
        return None
    return Letter(
        "instance_claimed",
        {
            "instance": claim.instance,
            "workspace": claim.workspace,
            "at": moment(claim.at),
            "link": f"{policy.public_url}/instances",
        },
    )


COMPOSERS: Final[Mapping[str, Composer]] = MappingProxyType(
    {
        "instance_claimed": instance_claimed,
        "new_sign_in": new_sign_in,
    }
)
"""Every kind of mail. One that stands here no longer, or not yet, waits in the outbox for a server that
knows it."""
