"""The second step of signing in: the password was right, and the account has a second factor.

Between the steps the browser holds a ticket, good for five minutes, five attempts and one sign-in. An attempt
is counted, by ticket and by account, before anybody looks whether it is right; a right one takes its counts
back. What it used up is decided in one statement each: the ticket, the TOTP step, the recovery code, the
passkey's count. Whatever is locked meanwhile is locked after the account, as its deletion does it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from handlers import secret
from handlers.account import notices, passkeys, recovery_codes, relying_party, totp
from handlers.account.signing_in import Proven, WrongPassword
from handlers.errors import ApiError, TooManyRequests
from handlers.policy import Policy
from handlers.ports import Ports
from persistence import attempts, second_factors, sign_in_tickets
from persistence import passkeys as stored_passkeys
from persistence.unit_of_work import Record, UnitOfWork

LIFE: Final = timedelta(minutes=5)
ATTEMPTS: Final = 5  # of a ticket

_KIND = "second_factor"
_CHALLENGE = {"WWW-Authenticate": 'Cookie realm="candor", cookie-name="candor_session"'}

_Spend = Callable[[], Awaitable[bool]]


class TicketOver(ApiError):
    """401: the ticket is unknown, used, expired, or had too many attempts."""

    status = 401
    error = "ticket_over"
    message = "This sign-in is over. Start again with your password."

    def __init__(self) -> None:
        super().__init__(headers=_CHALLENGE)


class WrongSecondFactor(ApiError):
    """401: the code or passkey is not the account's, or was used before. The attempt counts."""

    status = 401
    error = "wrong_second_factor"
    message = "This second factor is wrong, or was used before."
    keep = True

    def __init__(self) -> None:
        super().__init__(headers=_CHALLENGE)


class PasskeyCloned(WrongSecondFactor):
    """401: the passkey's authenticator shows a count that was seen before, so there may be two of it
    (WebAuthn section 6.1.1). The operator hears of it.
    """

    told = "passkey_count_repeated"


async def asked(who: Proven, *, store: UnitOfWork, ports: Ports, now: datetime) -> dict[str, object] | None:
    """What whoever typed the right password must still do; None if nothing."""
    has = await second_factors.overview(store, user_id=who.user_id)
    if has is None or not (has["totp_confirmed_at"] or has["has_passkey"]):
        return None
    ticket, challenge = ports.randomness.secret(secret.TICKET), passkeys.new_challenge(ports.randomness)
    party = relying_party.of(ports.policy.public_url) if has["has_passkey"] else None
    answer: dict[str, object] = {
        "signed_in": False,
        "next": "second_factor",
        "ticket": ticket,
        "expires_in": int(LIFE.total_seconds()),
        "methods": [
            *(["passkey"] if party is not None else []),
            *(["totp"] if has["totp_confirmed_at"] else []),
            *(["recovery_code"] if has["recovery_codes"] else []),
        ],
    }
    if party is not None:
        known = await stored_passkeys.of_account(store, user_id=who.user_id)
        answer["passkey"] = passkeys.request_options(party=party, challenge=challenge, known=known, life=LIFE)
    if not await second_factors.hold(store, user_id=who.user_id):
        raise WrongPassword
    await sign_in_tickets.store_ticket(
        store,
        ticket_hash=secret.digest(ticket),
        user_id=who.user_id,
        password_digest=secret.digest(who.password_hash),
        challenge=challenge,
        now=now,
        expires_at=now + LIFE,
    )
    return answer


async def passed(body: Mapping[str, Any], *, store: UnitOfWork, ports: Ports, now: datetime) -> Proven:
    """The person who has a ticket and its account's second factor, both of which are used up. A recovery code
    is mailed about: it is what somebody finds who is not its owner.

    Raises TicketOver, WrongSecondFactor, PasskeyCloned, TooManyRequests.
    """
    ticket_hash = secret.digest(body["ticket"])
    ticket = await _usable(body["ticket"], ticket_hash, store=store, now=now)
    await _count(ticket_hash, ticket["user_id"], store=store, policy=ports.policy, now=now)
    attempt = _Attempt(ticket, store, ports, now)
    spend = await attempt.right(body)
    await store.rollback()  # a right one does not count, and who is first decides below
    email = await second_factors.hold(store, user_id=ticket["user_id"])
    if not await sign_in_tickets.use(store, ticket_hash=ticket_hash, now=now):
        await store.rollback()
        raise TicketOver
    if not await spend():
        await store.rollback()
        raise WrongSecondFactor
    if "recovery_code" in body and email is not None:
        notices.tell(
            store,
            notices.RECOVERY_CODE_USED,
            to=email,
            user_id=ticket["user_id"],
            randomness=ports.randomness,
            now=now,
        )
    return Proven(user_id=ticket["user_id"], password_hash=ticket["password_hash"])


async def _usable(ticket: str, ticket_hash: bytes, *, store: UnitOfWork, now: datetime) -> Record:
    if not secret.well_formed(ticket, secret.TICKET):
        raise TicketOver
    row = await sign_in_tickets.usable(store, ticket_hash=ticket_hash, attempts=ATTEMPTS, now=now)
    if row is None or not secret.matches(row["password_hash"] or "", row["password_digest"]):
        raise TicketOver
    return row


async def _count(
    ticket_hash: bytes, user_id: str, *, store: UnitOfWork, policy: Policy, now: datetime
) -> None:
    await second_factors.hold(store, user_id=user_id)
    if not await sign_in_tickets.count_attempt(store, ticket_hash=ticket_hash, attempts=ATTEMPTS, now=now):
        raise TicketOver
    window = policy.account_window
    count, started = await attempts.count_attempt(
        store, kind=_KIND, subject=user_id, now=now, window_before=now - window
    )
    if count > policy.account_attempts:
        raise TooManyRequests.until_window_ends(
            started, window=window, now=now, message="Too many wrong codes. Try again later."
        )


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One attempt with a counted ticket."""

    ticket: Record
    store: UnitOfWork
    ports: Ports
    now: datetime

    async def right(self, body: Mapping[str, Any]) -> _Spend:
        """How to use up what was presented, if it is right. Raises WrongSecondFactor."""
        if "totp" in body:
            return self._totp(body["totp"])
        if "recovery_code" in body:
            return await self._recovery_code(body["recovery_code"])
        return await self._passkey(body["passkey"])

    def _totp(self, code: str) -> _Spend:
        user_id, sealed = self.ticket["user_id"], self.ticket["secret_sealed"]
        if sealed is None:
            raise WrongSecondFactor
        found = totp.step_of(
            code,
            secret=totp.opened(sealed, user_id=user_id, sealing=self.ports.sealing),
            after=self.ticket["last_step"],
            now=self.now,
        )
        if found is None:
            raise WrongSecondFactor
        return lambda: second_factors.use_step(self.store, user_id=user_id, step=found)

    async def _recovery_code(self, code: str) -> _Spend:
        user_id = self.ticket["user_id"]
        code_hash = recovery_codes.digest(code, user_id=user_id)
        if not await second_factors.is_usable_code(self.store, user_id=user_id, code_hash=code_hash):
            raise WrongSecondFactor
        return lambda: second_factors.use_code(self.store, user_id=user_id, code_hash=code_hash, now=self.now)

    async def _passkey(self, credential: Mapping[str, Any]) -> _Spend:
        user_id, party = self.ticket["user_id"], relying_party.of(self.ports.policy.public_url)
        known = await stored_passkeys.by_credential(
            self.store, user_id=user_id, credential_id=credential["id"]
        )
        if known is None or party is None:
            raise WrongSecondFactor
        try:
            count = await asyncio.to_thread(
                passkeys.asserted,
                credential,
                party=party,
                challenge=self.ticket["challenge"],
                public_key=known["public_key"],
                user_id=user_id,
            )
        except passkeys.PasskeyRefused:
            raise WrongSecondFactor from None
        if count <= known["sign_count"] and (count or known["sign_count"]):
            raise PasskeyCloned
        return lambda: stored_passkeys.use(self.store, id=known["id"], sign_count=count, now=self.now)
