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
from datetime import datetime
from types import MappingProxyType
from typing import Final

from handlers import secret
from handlers.account import links, notices
from handlers.account.browser import Browser, in_words
from handlers.account.letters import Composer, Letter, Wanted, moment
from handlers.policy import Policy
from handlers.ports import Randomness
from persistence import account_tokens, accounts, announced_sign_ins, claims, sign_ups
from persistence.unit_of_work import UnitOfWork


def link(policy: Policy, path: str, token: str) -> str:
    """Where a person goes with a secret. It stands behind `#`, which browsers send to no server: not to ours,
    whose proxy may log addresses, and not to another as the page that somebody came from."""
    return f"{policy.public_url}{path}#token={token}"


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
            "link": f"{policy.public_url}/settings#sign-ins",
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


async def verify_email(
    wanted: Wanted, *, store: UnitOfWork, randomness: Randomness, policy: Policy, now: datetime
) -> Letter | None:
    """To whoever signs up (the subject, or else the newest sign-up under the address): the link that makes
    the account. An address that has an account is told so instead.
    """
    sign_up = await sign_ups.live(store, id=wanted.subject_id, now=now)
    if sign_up is None:
        sign_up = await sign_ups.newest(store, email=wanted.to, now=now)
    if sign_up is None:
        return None
    if await accounts.account_id(store, name=wanted.to) is not None:
        return Letter(
            "account_exists",
            {
                "cloud": policy.public_url,
                "sign_in": f"{policy.public_url}{links.SIGN_IN_PAGE}",
                "forgotten": f"{policy.public_url}{links.RESET_PAGE}",
            },
        )
    token, until = randomness.secret(secret.VERIFY_EMAIL), sign_up["expires_at"]
    account_tokens.keep(
        store,
        kind="verify_email",
        token_hash=secret.digest(token),
        sign_up_id=sign_up["id"],
        now=now,
        expires_at=until,
    )
    return _with_link("verify_email", links.VERIFY_PAGE, token, until=until, policy=policy)


async def password_reset(
    wanted: Wanted, *, store: UnitOfWork, randomness: Randomness, policy: Policy, now: datetime
) -> Letter | None:
    """To the owner of the account with this address, if there is one that is not disabled."""
    account = await account_tokens.account_of(store, email=wanted.to)
    if account is None:
        return None
    token, until = randomness.secret(secret.PASSWORD_RESET), now + links.RESET_LIFE
    account_tokens.keep(
        store,
        kind="password_reset",
        token_hash=secret.digest(token),
        user_id=account,
        now=now,
        expires_at=until,
    )
    return _with_link("password_reset", links.RESET_PAGE, token, until=until, policy=policy)


async def email_change(
    wanted: Wanted, *, store: UnitOfWork, randomness: Randomness, policy: Policy, now: datetime
) -> Letter | None:
    """To the address that an account (the subject) is to have, unless it has become an account's."""
    account = await accounts.account(store, user_id=wanted.subject_id)
    if account is None or account["disabled_at"] is not None:
        return None
    if await accounts.account_id(store, name=wanted.to) is not None:
        return None
    token, until = randomness.secret(secret.EMAIL_CHANGE), now + links.EMAIL_CHANGE_LIFE
    account_tokens.keep(
        store,
        kind="email_change",
        token_hash=secret.digest(token),
        user_id=account["id"],
        email=wanted.to,
        now=now,
        expires_at=until,
    )
    return _with_link("email_change", links.EMAIL_CHANGE_PAGE, token, until=until, policy=policy)


def _with_link(folder: str, page: str, token: str, *, until: datetime, policy: Policy) -> Letter:
    return Letter(
        folder,
        {"cloud": policy.public_url, "link": link(policy, page, token), "until": moment(until)},
    )


COMPOSERS: Final[Mapping[str, Composer]] = MappingProxyType(
    {
        "verify_email": verify_email,
        "password_reset": password_reset,
        "email_change": email_change,
        "instance_claimed": instance_claimed,
        "new_sign_in": new_sign_in,
        **notices.COMPOSERS,
    }
)
"""Every kind of mail. One that stands here no longer, or not yet, waits in the outbox for a server that
knows it."""
