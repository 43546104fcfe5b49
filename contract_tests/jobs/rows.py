"""One row of every record that expires, whose time a test moves to where it wants it.

The rows are written straight into the database, because a test about time needs them as they are left
behind months later; that real calls leave such rows is for the tests of operations.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

from contract_tests.harness.contract import contract

ACCOUNT, WORKSPACE, INSTANCE, SESSION, SIGN_IN = (letter * 26 for letter in "AWNSB")
_NOW = datetime.now(UTC).replace(microsecond=0)
_numbers = itertools.count()


@dataclass(frozen=True, slots=True)
class Declared:
    """What the contract declares to expire: rows of `table`, `after` this long, counted from `column`."""

    table: str
    column: str
    after: timedelta
    unclaimed: bool = False

    def __str__(self) -> str:
        return self.table


def declared() -> Iterator[Declared]:
    """Everything that the contract declares to expire, read without the engine's own reader."""
    records: dict[str, dict[str, Any]] = contract().document["components"]["x-records"]
    for table, record in records.items():
        retention = record["retention"]
        if "delete-after" in retention:
            yield Declared(table, retention["from"], _length(retention["delete-after"]))
        if "unclaimed" in retention:
            unclaimed = retention["unclaimed"]
            yield Declared(table, unclaimed["from"], _length(unclaimed["delete-after"]), unclaimed=True)


def _length(text: str) -> timedelta:
    """The two forms that the contract uses: `P90D` and `PT24H`."""
    if text.startswith("PT"):
        return timedelta(hours=int(text.removeprefix("PT").removesuffix("H")))
    return timedelta(days=int(text.removeprefix("P").removesuffix("D")))


class Rows:
    """Writes rows into one database and says which are left."""

    def __init__(self, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        self._connection = connection

    async def begin(self) -> None:
        """A person, a sign-in, a workspace, an instance in it and a session, none of them about to expire."""
        now = _NOW
        await self._insert("account", **_account(ACCOUNT))
        await self._insert(
            "workspace",
            id=WORKSPACE,
            name="lab",
            owner_id=ACCOUNT,
            generation=1,
            created_at=now,
            updated_at=now,
        )
        await self._insert("instance", **_instance(INSTANCE), workspace_id=WORKSPACE, claimed_at=now)
        await self._insert("session", **_session(SESSION))
        await self._insert("sign_in", **_sign_in(SIGN_IN), expires_at=now)

    async def add(self, what: Declared, at: datetime) -> str:
        """One more row of the table with its time at `at`; the row as PostgreSQL writes it."""
        values = {**_EXAMPLES[what.table](next(_numbers)), what.column: at}
        if what.table in _ONE_OF_A_PERSON:
            await self._insert("account", **_account(str(values["user_id"])))
        return await self._insert(what.table, **values)

    async def left(self, table: str) -> set[str]:
        """Every row of the table as PostgreSQL writes it."""
        return {row["row"] for row in await self._connection.fetch(f'SELECT t::text AS row FROM "{table}" t')}

    async def change(self, command: str, *values: object) -> None:
        """What an operation would do meanwhile."""
        await self._connection.execute(command, *values)

    async def database(self) -> str:
        """The database's name, quoted."""
        return str(await self._connection.fetchval("SELECT quote_ident(current_database())"))

    async def _insert(self, table: str, **values: object) -> str:
        names = ", ".join(f'"{name}"' for name in values)
        places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
        written = await self._connection.fetchval(
            f'INSERT INTO "{table}" AS t ({names}) VALUES ({places}) RETURNING t::text', *values.values()
        )
        return str(written)


def _ulid(number: int) -> str:
    return f"{number:026d}"


def _digest(number: int) -> bytes:
    return number.to_bytes(32)


def _account(id: str) -> dict[str, object]:
    return {
        "id": id,
        "username": id.lower(),
        "email": f"{id.lower()}@example.org",
        "name": "Ada",
        "plan": "basic",
        "created_at": _NOW,
        "updated_at": _NOW,
    }


def _instance(id: str) -> dict[str, object]:
    return {
        "id": id,
        "client_id": id,
        "client_secret_hash": _digest(0),
        "scopes": [],
        "grant_types": [],
        "token_endpoint_auth_method": "client_secret_post",
        "redirect_uris": [],
        "ephemeral": False,
        "registered_at": _NOW,
    }


def _session(id: str) -> dict[str, object]:
    return {
        "id": id,
        "instance_id": INSTANCE,
        "user_id": ACCOUNT,
        "workspace_id": WORKSPACE,
        "scopes": [],
        "generation": 1,
        "created_at": _NOW,
        "expires_at": _NOW,
    }


def _device_grant(number: int) -> dict[str, object]:
    return {
        "device_code_hash": _digest(number),
        "user_code_hash": _digest(number),
        "instance_id": INSTANCE,
        "scopes": [],
        "state": "pending",
        "granted_scopes": [],
        "interval_s": 5,
        "created_at": _NOW,
    }


def _authorization_request(number: int) -> dict[str, object]:
    return {
        "handle_hash": _digest(number),
        "instance_id": INSTANCE,
        "redirect_uri": "https://tool.example/callback",
        "scopes": [],
        "code_challenge": _digest(number),
        "state": "pending",
        "granted_scopes": [],
        "created_at": _NOW,
    }


def _access_token(number: int) -> dict[str, object]:
    return {"token_hash": _digest(number), "instance_id": INSTANCE, "scopes": [], "created_at": _NOW}


def _refresh_token(number: int) -> dict[str, object]:
    return {"token_hash": _digest(number), "session_id": SESSION, "created_at": _NOW}


def _interaction(number: int) -> dict[str, object]:
    return {"id": _ulid(number), "instance_id": INSTANCE, "operation": f"operation_{number}"}


def _attempt(number: int) -> dict[str, object]:
    return {"kind": "user_code", "subject": str(number), "count": 1}


def _mail(number: int) -> dict[str, object]:
    return {
        "id": _ulid(number),
        "kind": "verify_email",
        "to_address": f"{number}@example.org",
        "subject_id": _ulid(0),
        "state": "sent",
        "attempts": 1,
        "due_at": _NOW,
    }


def _totp_setup(number: int) -> dict[str, object]:
    return {"user_id": _ulid(number), "secret_sealed": _digest(number)}


def _passkey_setup(number: int) -> dict[str, object]:
    return {"user_id": _ulid(number), "challenge": str(number)}


def _sign_in_ticket(number: int) -> dict[str, object]:
    return {
        "ticket_hash": _digest(number),
        "user_id": ACCOUNT,
        "password_digest": _digest(number),
        "challenge": str(number),
        "attempts": 0,
        "created_at": _NOW,
    }


def _sign_in(id: str) -> dict[str, object]:
    return {
        "id": id,
        "user_id": ACCOUNT,
        "browser": "firefox",
        "platform": "linux",
        "created_at": _NOW,
        "refreshed_at": _NOW,
    }


def _sign_in_token(number: int) -> dict[str, object]:
    return {
        "refresh_hash": _digest(number),
        "access_hash": _digest(number),
        "sign_in_id": SIGN_IN,
        "created_at": _NOW,
        "access_expires_at": _NOW,
    }


def _sign_up(number: int) -> dict[str, object]:
    return {
        "id": _ulid(number),
        "username": f"waiting-{number}",
        "email": f"{number}@example.org",
        "name": "Waiting",
        "password_hash": "",
        "fingerprint": "other/other/other",
        "expires_at": _NOW,
    }


def _account_token(number: int) -> dict[str, object]:
    return {
        "token_hash": _digest(number),
        "kind": "password_reset",
        "user_id": ACCOUNT,
        "created_at": _NOW,
    }


def _registration(number: int) -> dict[str, object]:
    return {"id": _ulid(number), "user_id": ACCOUNT, "fingerprint": "other/other/other"}


def _log_entry(number: int) -> dict[str, object]:
    return {"job_id": number, "status": "successful", "priority": 0, "entrypoint": "nothing"}


def _assistant_call(number: int) -> dict[str, object]:
    counts = ("token_credit", "prompt_tokens", "completion_tokens", "credits", "absorbed", "latency_ms")
    return {
        "id": _ulid(number),
        "user_id": ACCOUNT,
        "model": "demo",
        **dict.fromkeys(counts, 0),
        "estimated": False,
    }


def _assistant_key(number: int) -> dict[str, object]:
    return {
        "user_id": ACCOUNT,
        "key_hash": _digest(number),
        "fingerprint": _digest(number),
        "call_id": _ulid(number),
    }


_EXAMPLES = {
    "instance": lambda number: _instance(_ulid(number)),
    "session": lambda number: _session(_ulid(number)),
    "device_grant": _device_grant,
    "authorization_request": _authorization_request,
    "access_token": _access_token,
    "refresh_token": _refresh_token,
    "interaction": _interaction,
    "interaction_clock": _interaction,
    "attempt": _attempt,
    "mail": _mail,
    "sign_in": lambda number: _sign_in(_ulid(number)),
    "sign_in_token": _sign_in_token,
    "sign_up": _sign_up,
    "account_token": _account_token,
    "registration": _registration,
    "pgqueuer_log": _log_entry,
    "totp_setup": _totp_setup,
    "passkey_setup": _passkey_setup,
    "sign_in_ticket": _sign_in_ticket,
    "assistant_call": _assistant_call,
    "assistant_key": _assistant_key,
}
"""A record that the contract begins to let expire belongs here; the sweep fails by name until it does."""

_ONE_OF_A_PERSON = {"totp_setup", "passkey_setup"}
"""Records of which a person has one at most: each row is another person's."""
