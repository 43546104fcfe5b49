"""Signing in with a browser: a password becomes a sign-in, a sign-in a pair of tokens, a pair its successor.

The rules of rotation are those of instances (BCP 9700 section 4.14): a refresh token works once, a retry
within the grace window is given the very same successor, and a replay ends the sign-in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from handlers import secret, successor
from handlers.account import browser, cookies, password_guessing
from handlers.account.password_guessing import Guess
from handlers.caller import Caller
from handlers.errors import ApiError, SignInInvalid
from handlers.ports import Ports
from persistence import accounts, mails, sign_ins
from persistence.unit_of_work import Record, UnitOfWork


class WrongPassword(ApiError):
    """401: no account is called so, or its password is another, or its address is not verified. One answer,
    so that nobody learns which. It counts.
    """

    keep = True
    status = 401
    error = "wrong_password"
    message = "Name or password is wrong, or the e-mail address is not verified yet."

    def __init__(self) -> None:
        super().__init__(headers={"WWW-Authenticate": 'Cookie realm="candor", cookie-name="candor_session"'})


class AccountDisabled(ApiError):
    """403: the password is right, and the operator has disabled the account."""

    status = 403
    error = "account_disabled"
    message = "This account is disabled. Ask whoever runs this server."


class ReplayedSignIn(SignInInvalid):
    """401: a refresh token came back after its successor was used, so two hold it. The sign-in has ended, and
    that is kept.
    """

    keep = True
    told = "grant_replayed"


@dataclass(frozen=True, slots=True)
class Pair:
    """What a browser is given: the token that opens operations, and the one that renews it."""

    access_token: str
    refresh_token: str

    def set_cookies(self, ports: Ports) -> tuple[str, ...]:
        """The `Set-Cookie` values that hand it over."""
        return cookies.given(
            access_token=self.access_token, refresh_token=self.refresh_token, policy=ports.policy
        )


@dataclass(frozen=True, slots=True)
class Proven:
    """A person whose password was right a moment ago. `password_hash` is the one that was verified."""

    user_id: str
    password_hash: str


async def proven(guess: Guess, *, password: str, store: UnitOfWork, ports: Ports, now: datetime) -> Proven:
    """Whoever has this e-mail address or username and this password.

    Unknown names take as long as wrong passwords, and count like them. Raises WrongPassword, AccountDisabled,
    TooManyRequests.
    """
    row = await sign_ins.person(store, called=guess.name)
    stored = row["password_hash"] if row is not None else None
    verdict = await ports.passwords.verify(password, stored)
    await password_guessing.count(guess, store=store, policy=ports.policy, now=now)
    if row is None or stored is None or not verdict.matches:
        raise WrongPassword
    await store.rollback()  # a right one counts for nothing
    if row["disabled_at"] is not None:
        raise AccountDisabled
    if verdict.rehashed is not None and await accounts.rehash(
        store, user_id=row["id"], was=stored, password_hash=verdict.rehashed
    ):
        stored = verdict.rehashed
    return Proven(user_id=row["id"], password_hash=stored)


async def begin(
    who: Proven,
    *,
    client_ip: str | None,
    user_agent: str | None,
    store: UnitOfWork,
    ports: Ports,
    now: datetime,
) -> Pair:
    """Sign the person in. A browser and platform, or a network, that the account has not been signed in to
    with lately is mailed to its owner.

    Raises WrongPassword when the password was changed or the account disabled at this very moment.
    """
    seen = browser.described(user_agent)
    pair, sign_in_id = _new_pair(ports), ports.randomness.id(now)
    row = await sign_ins.begin(
        store,
        id=sign_in_id,
        user_id=who.user_id,
        password_hash=who.password_hash,
        ip=client_ip,
        browser=seen.family,
        platform=seen.platform,
        refresh_hash=secret.digest(pair.refresh_token),
        access_hash=secret.digest(pair.access_token),
        now=now,
        access_expires_at=now + ports.policy.sign_in_access_life,
        refresh_expires_at=now + ports.policy.sign_in_life,
    )
    if row is None:
        raise WrongPassword
    if not row["known"] and not row["first"]:
        await _mail_its_owner(who.user_id, sign_in_id, store=store, ports=ports, now=now)
    return pair


async def renew(caller: Caller, *, store: UnitOfWork, ports: Ports, now: datetime) -> Pair:
    """The successor of the presented refresh token. Raises SignInInvalid, and ReplayedSignIn after ending a
    sign-in whose token came back.
    """
    assert caller.presented is not None
    assert caller.sign_in_id is not None
    token_hash = secret.digest(caller.presented)
    pair = _new_pair(ports)
    rotated = await sign_ins.rotate(
        store,
        sign_in_id=caller.sign_in_id,
        used_hash=token_hash,
        refresh_hash=secret.digest(pair.refresh_token),
        access_hash=secret.digest(pair.access_token),
        successor_sealed=successor.seal([pair.access_token, pair.refresh_token], under=caller.presented),
        now=now,
        access_expires_at=now + ports.policy.sign_in_access_life,
        refresh_expires_at=now + ports.policy.sign_in_life,
    )
    if rotated:
        return pair
    await store.rollback()  # another call was first, or the token was used long ago: see what there is
    row = await sign_ins.by_refresh(store, token_hash=token_hash, now=now)
    return await _repeated(caller, row, store=store, ports=ports, now=now)


async def _repeated(
    caller: Caller, row: Record | None, *, store: UnitOfWork, ports: Ports, now: datetime
) -> Pair:
    assert caller.presented is not None
    if row is None or row["consumed_at"] is None:
        raise SignInInvalid(cookies.REFRESH)
    same = successor.again(row, presented=caller.presented, grace=ports.policy.refresh_grace, now=now)
    if same is not None:
        return Pair(*same)
    await sign_ins.end(store, sign_in_id=row["id"], user_id=row["user_id"], now=now)
    raise ReplayedSignIn(cookies.REFRESH)


async def _mail_its_owner(
    user_id: str, sign_in_id: str, *, store: UnitOfWork, ports: Ports, now: datetime
) -> None:
    account = await accounts.account(store, user_id=user_id)
    if account is not None:
        mails.queue_mail(
            store,
            id=ports.randomness.id(now),
            kind="new_sign_in",
            to=account["email"],
            subject_id=sign_in_id,
            now=now,
        )


def _new_pair(ports: Ports) -> Pair:
    return Pair(
        access_token=ports.randomness.secret(secret.SIGN_IN_ACCESS),
        refresh_token=ports.randomness.secret(secret.SIGN_IN_REFRESH),
    )
