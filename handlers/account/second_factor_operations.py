"""Second factors of a person's account, in contract order; `operations.py` lists them among the others."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from handlers.account import current_password, factors, qr, relying_party, second_step, signing_in, totp
from handlers.answers import Answer
from handlers.caller import Caller
from handlers.moments import seconds
from handlers.ports import Ports
from persistence import passkeys, second_factors
from persistence.unit_of_work import Record, UnitOfWork

_NO_STORE = {"Cache-Control": "no-store"}


async def complete_sign_in(
    *,
    body: Mapping[str, Any],
    user_agent: str | None,
    store: UnitOfWork,
    ports: Ports,
    now: datetime,
    client_ip: str | None,
) -> Answer:
    """The second step of signing in; the browser is handed two cookies."""
    who = await second_step.passed(body, store=store, ports=ports, now=now)
    pair = await signing_in.begin(
        who, client_ip=client_ip, user_agent=user_agent, store=store, ports=ports, now=now
    )
    return Answer(body={"signed_in": True}, headers={**_NO_STORE, "Set-Cookie": pair.set_cookies(ports)})


async def get_second_factor(*, caller: Caller, store: UnitOfWork, ports: Ports) -> Answer:
    """What the account has besides its password."""
    user_id = caller.user_id or ""
    has = await second_factors.overview(store, user_id=user_id)
    held = await passkeys.of_account(store, user_id=user_id)
    confirmed_at = has["totp_confirmed_at"] if has is not None else None
    payload = {
        "totp": {"confirmed_at": seconds(confirmed_at)} if confirmed_at is not None else None,
        "passkeys": [_passkey(each) for each in held],
        "recovery_codes": has["recovery_codes"] if has is not None else 0,
        "passkeys_available": relying_party.of(ports.policy.public_url) is not None,
    }
    return Answer(body=payload, headers=_NO_STORE)


async def start_totp(
    *, body: Mapping[str, Any], caller: Caller, store: UnitOfWork, ports: Ports, now: datetime
) -> Answer:
    """A secret for an authenticator app, in force once a code of it is typed."""
    account = await current_password.confirmed(caller, body["password"], store=store, ports=ports, now=now)
    secret = await factors.start_totp(account, store=store, ports=ports, now=now)
    uri = totp.uri(secret, account=account["email"], issuer=_issuer(ports))
    payload = {
        "secret": secret,
        "uri": uri,
        "qr": qr.path_of(uri),
        "expires_in": int(totp.SETUP_LIFE.total_seconds()),
    }
    return Answer(body=payload, headers=_NO_STORE)


async def confirm_totp(
    *, body: Mapping[str, Any], caller: Caller, store: UnitOfWork, ports: Ports, now: datetime
) -> Answer:
    """Put the authenticator app in force."""
    codes = await factors.confirm_totp(caller.user_id or "", body["code"], store=store, ports=ports, now=now)
    return Answer(body={"recovery_codes": codes}, headers=_NO_STORE)


async def remove_totp(
    *, body: Mapping[str, Any], caller: Caller, store: UnitOfWork, ports: Ports, now: datetime
) -> Answer:
    """Remove the authenticator app."""
    await current_password.confirmed(caller, body["password"], store=store, ports=ports, now=now)
    await factors.remove_totp(caller.user_id or "", store=store, ports=ports, now=now)
    return Answer(204, headers=_NO_STORE)


async def create_recovery_codes(
    *, body: Mapping[str, Any], caller: Caller, store: UnitOfWork, ports: Ports, now: datetime
) -> Answer:
    """New recovery codes in place of the old."""
    await current_password.confirmed(caller, body["password"], store=store, ports=ports, now=now)
    codes = await factors.new_codes(caller.user_id or "", store=store, ports=ports, now=now)
    return Answer(body={"recovery_codes": codes}, headers=_NO_STORE)


async def start_passkey(
    *, body: Mapping[str, Any], caller: Caller, store: UnitOfWork, ports: Ports, now: datetime
) -> Answer:
    """What to call the browser with for a new passkey."""
    account = await current_password.confirmed(caller, body["password"], store=store, ports=ports, now=now)
    options = await factors.start_passkey(account, store=store, ports=ports, now=now)
    return Answer(body={"options": options}, headers=_NO_STORE)


async def finish_passkey(
    *, body: Mapping[str, Any], caller: Caller, store: UnitOfWork, ports: Ports, now: datetime
) -> Answer:
    """Keep the passkey that the browser made."""
    passkey, codes = await factors.finish_passkey(
        caller.user_id or "",
        name=body["name"],
        credential=body["credential"],
        store=store,
        ports=ports,
        now=now,
    )
    return Answer(201, body={"passkey": _passkey(passkey), "recovery_codes": codes}, headers=_NO_STORE)


async def rename_passkey(
    *, passkey_id: str, body: Mapping[str, Any], caller: Caller, store: UnitOfWork
) -> Answer:
    """Call a passkey something else."""
    renamed = await factors.rename_passkey(
        passkey_id, body["name"], user_id=caller.user_id or "", store=store
    )
    return Answer(body=_passkey(renamed), headers=_NO_STORE)


async def remove_passkey(
    *,
    passkey_id: str,
    body: Mapping[str, Any],
    caller: Caller,
    store: UnitOfWork,
    ports: Ports,
    now: datetime,
) -> Answer:
    """Remove a passkey."""
    await current_password.confirmed(caller, body["password"], store=store, ports=ports, now=now)
    await factors.remove_passkey(passkey_id, user_id=caller.user_id or "", store=store, ports=ports, now=now)
    return Answer(204, headers=_NO_STORE)


def _passkey(row: Record | Mapping[str, Any]) -> dict[str, object]:
    used = row["last_used_at"]
    return {
        "id": row["id"],
        "name": row["name"],
        "created_at": seconds(row["created_at"]),
        "last_used_at": seconds(used) if used is not None else None,
    }


def _issuer(ports: Ports) -> str:
    """What the app shows above the code: the server, by its host."""
    return urlsplit(ports.policy.public_url).hostname or "Candor"
