"""Mails that tell somebody that what opens their account was changed: whoever did not do it is warned, also
of a change that nothing in the account shows any more.

They carry no link that opens or undoes anything, for a mail may be read by others.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from handlers.account import links
from handlers.account.letters import Composer, Letter, Wanted, moment
from handlers.policy import Policy
from handlers.ports import Randomness
from persistence import accounts, mails
from persistence.unit_of_work import UnitOfWork

PASSWORD_CHANGED: Final = "password_changed"  # noqa: S105 (the kind of a mail)
EMAIL_CHANGED: Final = "email_changed"

TOTP_ADDED: Final = "totp_added"
TOTP_REMOVED: Final = "totp_removed"
PASSKEY_ADDED: Final = "passkey_added"
PASSKEY_REMOVED: Final = "passkey_removed"
RECOVERY_CODES_REPLACED: Final = "recovery_codes_replaced"
RECOVERY_CODE_USED: Final = "recovery_code_used"
SECOND_FACTOR_RESET: Final = "second_factor_reset"

_FACTOR_CHANGES: Final = {
    TOTP_ADDED: "An authenticator app was set up.",
    TOTP_REMOVED: "The authenticator app was removed.",
    PASSKEY_ADDED: "A passkey was added.",
    PASSKEY_REMOVED: "A passkey was removed.",
    RECOVERY_CODES_REPLACED: "New recovery codes were made; the earlier ones open nothing any more.",
    RECOVERY_CODE_USED: "A recovery code was used to sign in. It opens nothing any more.",
    SECOND_FACTOR_RESET: "Whoever runs this cloud has removed every second factor.",
}


def tell(
    store: UnitOfWork, kind: str, *, to: str, user_id: str, randomness: Randomness, now: datetime
) -> None:
    """With the change itself, put the mail about it into the outbox."""
    mails.queue_mail(store, id=randomness.id(now), kind=kind, to=to, subject_id=user_id, now=now)


async def password_changed(
    wanted: Wanted, *, store: UnitOfWork, randomness: Randomness, policy: Policy, now: datetime
) -> Letter | None:
    """To the owner of an account (the subject) that has another password."""
    if not await _is_there(wanted, store):
        return None
    link = f"{policy.public_url}{links.RESET_PAGE}"
    return Letter(
        "password_changed", {"cloud": policy.public_url, "at": moment(wanted.queued_at), "link": link}
    )


async def email_changed(
    wanted: Wanted, *, store: UnitOfWork, randomness: Randomness, policy: Policy, now: datetime
) -> Letter | None:
    """To the address that an account (the subject) had until then. The new one is not named: whoever has this
    one may be somebody else by now.
    """
    if not await _is_there(wanted, store):
        return None
    contact = policy.security_contact.removeprefix("mailto:")
    return Letter(
        "email_changed", {"cloud": policy.public_url, "at": moment(wanted.queued_at), "contact": contact}
    )


def _factor_changed(change: str) -> Composer:
    async def compose(
        wanted: Wanted, *, store: UnitOfWork, randomness: Randomness, policy: Policy, now: datetime
    ) -> Letter | None:
        if not await _is_there(wanted, store):
            return None
        link = f"{policy.public_url}/settings#second-factor"
        return Letter(
            "second_factor_changed", {"change": change, "at": moment(wanted.queued_at), "link": link}
        )

    return compose


async def _is_there(wanted: Wanted, store: UnitOfWork) -> bool:
    return await accounts.account(store, user_id=wanted.subject_id) is not None


COMPOSERS: Final[Mapping[str, Composer]] = MappingProxyType(
    {
        PASSWORD_CHANGED: password_changed,
        EMAIL_CHANGED: email_changed,
        **{kind: _factor_changed(change) for kind, change in _FACTOR_CHANGES.items()},
    }
)
"""The kinds of mail that are composed here."""
