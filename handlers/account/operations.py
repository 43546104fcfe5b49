"""A person's account, in contract order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from handlers.account import (
    asking_for_mail,
    captcha,
    changing,
    cookies,
    first_account,
    password_guessing,
    second_step,
    signing_in,
    signing_up,
)
from handlers.account.second_factor_operations import (  # noqa: F401 (looked for here, as the tag's)
    complete_sign_in,
    confirm_totp,
    create_recovery_codes,
    finish_passkey,
    get_second_factor,
    remove_passkey,
    remove_totp,
    rename_passkey,
    start_passkey,
    start_totp,
)
from handlers.account.signing_up import Origin
from handlers.answers import Answer
from handlers.caller import Caller
from handlers.errors import NotFound, SignInInvalid
from handlers.moments import seconds
from handlers.ports import Ports
from handlers.user import password
from persistence import plans, sign_ins
from persistence.unit_of_work import Record, UnitOfWork

_NO_STORE = {"Cache-Control": "no-store"}
_LISTED_AT_MOST = 100
_POLICY_MAX_AGE_S = 60


async def get_sign_in_policy(*, ports: Ports) -> Answer:
    """What a page needs to know before anybody is signed in."""
    wanted = ports.captcha
    payload = {
        "captcha": None
        if wanted is None
        else {"provider": "turnstile", "site_key": wanted.site_key, "script": wanted.script},
        "password": {"min_length": password.LEAST, "max_length": password.MOST},
    }
    return Answer(body=payload, headers={"Cache-Control": f"public, max-age={_POLICY_MAX_AGE_S}"})


async def sign_up(
    *,
    body: Mapping[str, Any],
    user_agent: str | None,
    accept_language: str | None,
    store: UnitOfWork,
    ports: Ports,
    now: datetime,
    client_ip: str | None,
) -> Answer:
    """Keep what was typed until its address is verified, and have the link mailed."""
    origin = Origin(client_ip, user_agent, accept_language)
    await signing_up.ask(body, origin=origin, store=store, ports=ports, now=now)
    return _accepted()


async def resend_verification(
    *, body: Mapping[str, Any], store: UnitOfWork, ports: Ports, now: datetime, client_ip: str | None
) -> Answer:
    """Mail the link of a sign-up again, if there is one."""
    await asking_for_mail.mail(
        body["email"], "verify_email", client_ip=client_ip, store=store, ports=ports, now=now
    )
    return _accepted()


async def verify_email(*, body: Mapping[str, Any], store: UnitOfWork, ports: Ports, now: datetime) -> Answer:
    """Make the account of a sign-up."""
    made = await signing_up.verify(body["token"], store=store, ports=ports, now=now)
    return Answer(body={"username": made.username, "password_set": made.password_set}, headers=_NO_STORE)


async def create_first_account(
    *, body: Mapping[str, Any], store: UnitOfWork, ports: Ports, now: datetime
) -> Answer:
    """Make the first account, through the link that the start has printed."""
    user_id = await first_account.create(body, store=store, ports=ports, now=now)
    return Answer(201, {"id": user_id}, headers=_NO_STORE)


async def request_password_reset(
    *, body: Mapping[str, Any], store: UnitOfWork, ports: Ports, now: datetime, client_ip: str | None
) -> Answer:
    """Mail a link for a new password, if the address has an account."""
    await asking_for_mail.mail(
        body["email"], "password_reset", client_ip=client_ip, store=store, ports=ports, now=now
    )
    return _accepted()


async def reset_password(
    *, body: Mapping[str, Any], store: UnitOfWork, ports: Ports, now: datetime
) -> Answer:
    """Set a new password through a mailed link."""
    await changing.reset_password(body["token"], body["password"], store=store, ports=ports, now=now)
    return Answer(204, headers=_NO_STORE)


async def sign_in(
    *,
    body: Mapping[str, Any],
    user_agent: str | None,
    store: UnitOfWork,
    ports: Ports,
    now: datetime,
    client_ip: str | None,
) -> Answer:
    """Sign in with a password; the browser is handed two cookies, or told what its second step is."""
    guess = password_guessing.Guess(body["login"].strip().lower(), client_ip)
    await password_guessing.refuse_guessers(guess, store=store, policy=ports.policy, now=now)
    await captcha.demand(
        ports.captcha, token=body.get("captcha_token"), action="sign_in", client_ip=client_ip
    )
    who = await signing_in.proven(guess, password=body["password"], store=store, ports=ports, now=now)
    second = await second_step.asked(who, store=store, ports=ports, now=now)
    if second is not None:
        return Answer(body=second, headers=_NO_STORE)
    pair = await signing_in.begin(
        who, client_ip=client_ip, user_agent=user_agent, store=store, ports=ports, now=now
    )
    return Answer(body={"signed_in": True}, headers={**_NO_STORE, "Set-Cookie": pair.set_cookies(ports)})


async def refresh_sign_in(*, caller: Caller, store: UnitOfWork, ports: Ports, now: datetime) -> Answer:
    """New cookies for the renewing one, which is used up."""
    pair = await signing_in.renew(caller, store=store, ports=ports, now=now)
    return Answer(body={"signed_in": True}, headers={**_NO_STORE, "Set-Cookie": pair.set_cookies(ports)})


async def sign_out(*, caller: Caller, store: UnitOfWork, ports: Ports, now: datetime) -> Answer:
    """End the browser's sign-in and have it forget the cookies."""
    await sign_ins.end(store, sign_in_id=caller.sign_in_id or "", user_id=caller.user_id or "", now=now)
    return Answer(204, headers={**_NO_STORE, "Set-Cookie": cookies.taken_back(ports.policy)})


async def get_account(*, caller: Caller, store: UnitOfWork, now: datetime) -> Answer:
    """The account of whoever is signed in."""
    account = await plans.of_account(store, user_id=caller.person, now=now)
    if account is None:
        raise SignInInvalid(cookies.SESSION)
    return Answer(body=_shown(account), headers=_NO_STORE)


async def update_account(
    *,
    body: Mapping[str, Any],
    caller: Caller,
    store: UnitOfWork,
    ports: Ports,
    now: datetime,
    client_ip: str | None,
) -> Answer:
    """Change username, name, password or address of whoever is signed in."""
    await changing.update(body, caller=caller, client_ip=client_ip, store=store, ports=ports, now=now)
    account = await plans.of_account(store, user_id=caller.person, now=now)
    assert account is not None
    return Answer(body=_shown(account), headers=_NO_STORE)


async def confirm_email_change(
    *, body: Mapping[str, Any], store: UnitOfWork, ports: Ports, now: datetime
) -> Answer:
    """Give an account the address to which the link was mailed."""
    email = await changing.confirm_email(body["token"], store=store, ports=ports, now=now)
    return Answer(body={"email": email}, headers=_NO_STORE)


async def list_sign_ins(*, caller: Caller, store: UnitOfWork, now: datetime) -> Answer:
    """Where the account is signed in, the most recently used first."""
    rows = await sign_ins.live(store, user_id=caller.user_id or "", at_most=_LISTED_AT_MOST, now=now)
    payload = [
        {
            "id": row["id"],
            "browser": row["browser"],
            "platform": row["platform"],
            "ip": str(row["ip"]) if row["ip"] is not None else None,
            "created_at": seconds(row["created_at"]),
            "refreshed_at": seconds(row["refreshed_at"]),
            "expires_at": seconds(row["expires_at"]),
            "current": row["id"] == caller.sign_in_id,
        }
        for row in rows
    ]
    return Answer(body=payload, headers=_NO_STORE)


async def revoke_sign_in(*, sign_in_id: str, caller: Caller, store: UnitOfWork, now: datetime) -> Answer:
    """End one of the account's sign-ins, this one or another. Raises NotFound."""
    if not await sign_ins.end(store, sign_in_id=sign_in_id, user_id=caller.user_id or "", now=now):
        raise NotFound
    return Answer(204, headers=_NO_STORE)


def _shown(account: Record) -> dict[str, object]:
    return {
        "id": account["id"],
        "username": account["username"],
        "email": account["email"],
        "name": account["name"],
        "plan": account["plan"],
        "plan_until": seconds(account["plan_until"]) if account["plan_until"] is not None else None,
        "entitlements": sorted(account["entitlements"] or ()),
        "created_at": seconds(account["created_at"]),
        "updated_at": seconds(account["updated_at"]),
    }


def _accepted() -> Answer:
    return Answer(202, {"accepted": True}, headers=_NO_STORE)
