"""The second factors that an account has: set up, confirmed, removed, and the recovery codes that go with
them.

Whoever gets a first factor is given recovery codes with it; with the last factor they go. Each change is
mailed to the account's address.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from handlers import display_name
from handlers.account import cookies, notices, passkeys, recovery_codes, relying_party, totp
from handlers.errors import ApiError, NotFound, SignInInvalid
from handlers.ports import Ports
from persistence import passkeys as stored_passkeys
from persistence import second_factors
from persistence.unit_of_work import Record, UnitOfWork


class TotpInForce(ApiError):
    """409: the account has an authenticator app already."""

    status = 409
    error = "totp_in_force"
    message = "An authenticator app is set up already. Remove it first."


class SetupOver(ApiError):
    """409: nothing waits to be confirmed, or no longer."""

    status = 409
    error = "setup_over"
    message = "This setup is over. Start it again."


class WrongCode(ApiError):
    """400: not the code that the app shows now."""

    error = "wrong_code"
    message = "This is not the code that the app shows now. Look at its clock, too."


class NoSecondFactor(ApiError):
    """409: the account has no second factor that a recovery code could stand in for."""

    status = 409
    error = "no_second_factor"
    message = "There is no second factor that a recovery code could stand in for."


class PasskeysUnavailable(ApiError):
    """409: browsers make no passkeys for this server's address."""

    status = 409
    error = "passkeys_unavailable"
    message = "Browsers make passkeys for host names with TLS only, and for localhost."


class UnusablePasskey(ApiError):
    """400: the browser's answer does not prove a new credential for this server."""

    error = "unusable_passkey"
    message = "This passkey could not be verified. Try again."


class PasskeyKnown(ApiError):
    """409: the credential is stored already."""

    status = 409
    error = "passkey_known"
    message = "This passkey is here already."


class TooManyPasskeys(ApiError):
    """409: the account has as many passkeys as it may."""

    status = 409
    error = "too_many_passkeys"
    message = f"An account has {passkeys.AT_MOST} passkeys at most. Remove one first."


async def start_totp(account: Record, *, store: UnitOfWork, ports: Ports, now: datetime) -> str:
    """A new TOTP secret, which is in force once a code of it was typed. Raises TotpInForce."""
    secret = totp.new_secret(ports.randomness)
    sealed = totp.sealed(secret, user_id=account["id"], sealing=ports.sealing)
    await _hold(account["id"], store=store)
    if not await second_factors.start_totp(store, user_id=account["id"], secret_sealed=sealed, now=now):
        raise TotpInForce
    return secret


async def confirm_totp(
    user_id: str, code: str, *, store: UnitOfWork, ports: Ports, now: datetime
) -> list[str] | None:
    """Put the secret in force whose code this is; recovery codes if there were none.

    Raises SetupOver, WrongCode.
    """
    sealed = await second_factors.totp_setup(store, user_id=user_id, since=now - totp.SETUP_LIFE)
    if sealed is None:
        raise SetupOver
    secret = totp.opened(sealed, user_id=user_id, sealing=ports.sealing)
    step = totp.step_of(code, secret=secret, after=0, now=now)
    if step is None:
        raise WrongCode
    email = await _hold(user_id, store=store)
    if not await second_factors.confirm_totp(
        store, user_id=user_id, secret_sealed=sealed, step=step, now=now
    ):
        raise SetupOver
    _tell(notices.TOTP_ADDED, user_id, email, store=store, ports=ports, now=now)
    return await _first_codes(user_id, store=store, ports=ports, now=now)


async def remove_totp(user_id: str, *, store: UnitOfWork, ports: Ports, now: datetime) -> None:
    """Remove the authenticator app. Raises NotFound."""
    email = await _hold(user_id, store=store)
    if not await second_factors.remove_totp(store, user_id=user_id):
        raise NotFound
    await second_factors.forget_codes_without_factor(store, user_id=user_id)
    _tell(notices.TOTP_REMOVED, user_id, email, store=store, ports=ports, now=now)


async def new_codes(user_id: str, *, store: UnitOfWork, ports: Ports, now: datetime) -> list[str]:
    """Ten recovery codes; all earlier ones end. Raises NoSecondFactor."""
    codes = recovery_codes.new_set(ports.randomness)
    email = await _hold(user_id, store=store)
    if not await second_factors.replace_codes(
        store, user_id=user_id, code_hashes=_digests(codes, user_id), now=now
    ):
        raise NoSecondFactor
    _tell(notices.RECOVERY_CODES_REPLACED, user_id, email, store=store, ports=ports, now=now)
    return codes


async def start_passkey(
    account: Record, *, store: UnitOfWork, ports: Ports, now: datetime
) -> dict[str, object]:
    """What to call the browser with. Raises PasskeysUnavailable, TooManyPasskeys."""
    party = relying_party.of(ports.policy.public_url)
    if party is None:
        raise PasskeysUnavailable
    known = await stored_passkeys.of_account(store, user_id=account["id"])
    if len(known) >= passkeys.AT_MOST:
        raise TooManyPasskeys
    challenge = passkeys.new_challenge(ports.randomness)
    await _hold(account["id"], store=store)
    await stored_passkeys.start(store, user_id=account["id"], challenge=challenge, now=now)
    return passkeys.creation_options(
        party=party,
        user_id=account["id"],
        account=account["email"],
        name=account["name"],
        challenge=challenge,
        known=known,
    )


async def finish_passkey(
    user_id: str,
    *,
    name: str,
    credential: Mapping[str, Any],
    store: UnitOfWork,
    ports: Ports,
    now: datetime,
) -> tuple[dict[str, object], list[str] | None]:
    """Store the passkey that the browser made; the passkey, and recovery codes if there were none.

    Raises UnusableName, PasskeysUnavailable, SetupOver, UnusablePasskey, PasskeyKnown, TooManyPasskeys.
    """
    called, party = display_name.cleaned(name), relying_party.of(ports.policy.public_url)
    if party is None:
        raise PasskeysUnavailable
    challenge = await stored_passkeys.challenge(store, user_id=user_id, since=now - passkeys.SETUP_LIFE)
    if challenge is None:
        raise SetupOver
    try:
        new = await asyncio.to_thread(passkeys.registered, credential, party=party, challenge=challenge)
    except passkeys.PasskeyRefused:
        raise UnusablePasskey from None
    email = await _hold(user_id, store=store)
    if not await stored_passkeys.take_challenge(store, user_id=user_id, challenge=challenge):
        raise SetupOver
    id = ports.randomness.id(now)
    added = await stored_passkeys.add(
        store,
        id=id,
        user_id=user_id,
        credential_id=new.credential_id,
        public_key=new.public_key,
        sign_count=new.sign_count,
        transports=passkeys.transports_of(credential),
        name=called,
        at_most=passkeys.AT_MOST,
        now=now,
    )
    if not added:
        held = await stored_passkeys.of_account(store, user_id=user_id)
        raise TooManyPasskeys if len(held) >= passkeys.AT_MOST else PasskeyKnown
    _tell(notices.PASSKEY_ADDED, user_id, email, store=store, ports=ports, now=now)
    codes = await _first_codes(user_id, store=store, ports=ports, now=now)
    return {"id": id, "name": called, "created_at": now, "last_used_at": None}, codes


async def rename_passkey(id: str, name: str, *, user_id: str, store: UnitOfWork) -> Record:
    """Name a passkey of the account anew. Raises UnusableName, NotFound."""
    renamed = await stored_passkeys.rename(store, id=id, user_id=user_id, name=display_name.cleaned(name))
    if renamed is None:
        raise NotFound
    return renamed


async def remove_passkey(id: str, *, user_id: str, store: UnitOfWork, ports: Ports, now: datetime) -> None:
    """Remove a passkey of the account. Raises NotFound."""
    email = await _hold(user_id, store=store)
    if not await stored_passkeys.remove(store, id=id, user_id=user_id):
        raise NotFound
    await second_factors.forget_codes_without_factor(store, user_id=user_id)
    _tell(notices.PASSKEY_REMOVED, user_id, email, store=store, ports=ports, now=now)


async def _hold(user_id: str, *, store: UnitOfWork) -> str:
    email = await second_factors.hold(store, user_id=user_id)
    if email is None:
        raise SignInInvalid(cookies.SESSION)
    return email


def _tell(kind: str, user_id: str, email: str, *, store: UnitOfWork, ports: Ports, now: datetime) -> None:
    notices.tell(store, kind, to=email, user_id=user_id, randomness=ports.randomness, now=now)


async def _first_codes(user_id: str, *, store: UnitOfWork, ports: Ports, now: datetime) -> list[str] | None:
    codes = recovery_codes.new_set(ports.randomness)
    stored = await second_factors.store_first_codes(
        store, user_id=user_id, code_hashes=_digests(codes, user_id), now=now
    )
    return codes if stored else None


def _digests(codes: list[str], user_id: str) -> list[bytes]:
    return [recovery_codes.digest(code, user_id=user_id) for code in codes]
