"""A database of any size, made by PostgreSQL itself: instances with their owners, clients, sessions, tokens
and records, in the shapes that the program gives them.

The columns are those of the declared tables, so that a column that is added later gets a value that fits it.
Of every n-th instance the secrets are known: the bench can speak for it like the instance itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Boolean, Column, DateTime, LargeBinary, Numeric, Table
from sqlalchemy.dialects.postgresql import ARRAY

from handlers import secret
from persistence.tables import metadata

INSTANCES_PER_OWNER = 10
_DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"


@dataclass(frozen=True, slots=True)
class Sampled:
    """An instance whose secrets are known. `number` is its place in the order of registration, from 1."""

    number: int

    @property
    def client_id(self) -> str:
        """As SQL makes it, below."""
        return _id_of("client", self.number)

    @property
    def id(self) -> str:
        """The same."""
        return _id_of("instance", self.number)

    @property
    def client_secret(self) -> str:
        """A secret of the real shape, the same in every run."""
        return self._secret(secret.CLIENT_SECRET, "client")

    @property
    def own_token(self) -> str:
        """The instance's own access token."""
        return self._secret(secret.ACCESS_TOKEN, "own")

    @property
    def session_token(self) -> str:
        """The access token of the person who is signed in to it."""
        return self._secret(secret.ACCESS_TOKEN, "session")

    def _secret(self, prefix: str, kind: str) -> str:
        return secret.compose(prefix, hashlib.sha256(f"{kind} {self.number}".encode()).digest())


def sample(instances: int, *, count: int) -> list[Sampled]:
    """`count` instances spread evenly over that many, or all when there are no more."""
    step = max(1, instances // count)
    return [Sampled(number) for number in range(1, instances + 1, step)][:count]


SAMPLE_TABLE = "CREATE TEMPORARY TABLE sampled (n integer PRIMARY KEY, client text, own text, session text)"


def sample_rows(sampled: Sequence[Sampled]) -> list[tuple[int, str, str, str]]:
    """The rows of `SAMPLE_TABLE`."""
    return [(each.number, each.client_secret, each.own_token, each.session_token) for each in sampled]


@dataclass(frozen=True, slots=True)
class Fill:
    """One INSERT … SELECT: the table, what stands in its columns, and whether it is a row an owner or an
    instance.
    """

    table: str
    values: Mapping[str, str]
    per_owner: bool = False

    def statement(self, instances: int) -> str:
        """The statement."""
        rows = -(-instances // INSTANCES_PER_OWNER) if self.per_owner else instances
        columns = metadata.tables[self.table].columns
        _refuse_unknown(metadata.tables[self.table], self.values)
        listed = ", ".join(f'"{column.name}"' for column in columns)
        made = ", ".join(self.values.get(column.name) or _anything(column) for column in columns)
        return (
            f'INSERT INTO "{self.table}" ({listed}) SELECT {made}'
            f" FROM generate_series(1, {rows}) AS n LEFT JOIN sampled USING (n)"
        )


def fills() -> Iterator[Fill]:
    """Every table that grows with the instances, those that others refer to first."""
    yield from _OWNERS
    yield from _INSTANCES
    for number, (operation, user) in enumerate(
        (("ping_alive", "NULL"), ("get_profile", _USER), ("get_session", _USER))
    ):
        subject = {"instance_id": _INSTANCE, "user_id": user, "operation": f"'{operation}'"}
        yield Fill("interaction_clock", {"id": _id(f"clock{number}"), **subject, "at": _AGO})
        yield Fill("interaction", {"id": _id(f"call{number}"), **subject, "at": _AGO, "ip": "'192.0.2.1'"})


def tables() -> list[str]:
    """The tables of `fills`, each once."""
    return list(dict.fromkeys(fill.table for fill in fills()))


def _id_of(kind: str, number: int) -> str:
    """The shape of a ULID: ordered like the number, then what looks random. SQL makes the same in `_id`."""
    return f"01K{number:07X}" + hashlib.md5(f"{kind}{number}".encode()).hexdigest()[:16].upper()


def _id(kind: str, number: str = "n") -> str:
    ordered, random = f"upper(lpad(to_hex({number}), 7, '0'))", f"upper(left(md5('{kind}' || {number}), 16))"
    return f"'01K' || {ordered} || {random}"


def _digest(kind: str, known: str = "NULL") -> str:
    return f"sha256(convert_to(coalesce({known}, '{kind} ' || n), 'UTF8'))"


def _refuse_unknown(table: Table, values: Mapping[str, str]) -> None:
    unknown = values.keys() - table.columns.keys()
    assert not unknown, f"{table.name} has no column {', '.join(sorted(unknown))}"


def _anything(column: Column[object]) -> str:
    """A value that a column accepts about which nothing is said here."""
    if column.nullable:
        return "NULL"
    if isinstance(column.type, ARRAY):
        return "'{}'"
    if isinstance(column.type, DateTime):
        return "now()"
    if isinstance(column.type, Boolean):
        return "false"
    if isinstance(column.type, LargeBinary):
        return _digest(f"{column.table.name} {column.name}")
    return "0" if isinstance(column.type.as_generic(), Numeric) or column.type.python_type is int else "'x'"


_OWNER = f"(n + {INSTANCES_PER_OWNER - 1}) / {INSTANCES_PER_OWNER}"  # the number of an instance's owner
_INSTANCE = _id("instance")
_USER = _id("user", f"({_OWNER})")
_WORKSPACE = _id("workspace", f"({_OWNER})")
_AGO = "now() - interval '2 hours'"
_LATER = "now() + interval '6 days'"
_SCOPES = "'{profile:read,assistant,offline}'"

_OWNERS = (
    Fill(
        "account",
        {
            "id": _id("user"), "username": "'owner' || n", "email": "'owner' || n || '@example.org'",
            "name": "'Owner ' || n", "plan": "'individual'", "email_verified_at": "now()",
        },
        per_owner=True,
    ),
    Fill(
        "workspace",
        {
            "id": _id("workspace"), "name": "'Workspace ' || n", "owner_id": _id("user"), "generation": "1",
            "stale_after_s": "1209600", "archive_after_s": "5184000",
        },
        per_owner=True,
    ),
    Fill("workspace_member", {"workspace_id": _id("workspace"), "user_id": _id("user")}, per_owner=True),
    Fill(
        "personal_access_token",
        {"token_hash": _digest("pat"), "id": _id("pat"), "user_id": _id("user"), "name": "'scripts'"},
        per_owner=True,
    ),
    Fill(
        "registration_key",
        {
            "id": _id("key"), "key_hash": _digest("key"), "hint": "'ckey_…'",
            "workspace_id": _id("workspace"), "created_by": _id("user"), "description": "''",
            "name_prefix": "'lab-'",
        },
        per_owner=True,
    ),
)  # fmt: skip

_INSTANCES = (
    Fill(
        "instance",
        {
            "id": _INSTANCE, "client_id": _id("client"),
            "client_secret_hash": _digest("client", "sampled.client"), "scopes": _SCOPES,
            "grant_types": f"'{{{_DEVICE_CODE},refresh_token,client_credentials}}'",
            "token_endpoint_auth_method": "'client_secret_basic'", "workspace_id": _WORKSPACE,
            "registration_key_id": _id("key", f"({_OWNER})"), "name": "'lab-' || n", "claimed_at": "now()",
        },
    ),
    Fill(
        "session",
        {
            "id": _id("session"), "instance_id": _INSTANCE, "user_id": _USER, "workspace_id": _WORKSPACE,
            "scopes": _SCOPES, "generation": "1", "created_at": _AGO, "expires_at": _LATER,
        },
    ),
    Fill(
        "access_token",
        {
            "token_hash": _digest("own", "sampled.own"), "instance_id": _INSTANCE, "scopes": "'{instance}'",
            "created_at": _AGO, "expires_at": _LATER,
        },
    ),
    Fill(
        "access_token",
        {
            "token_hash": _digest("session", "sampled.session"), "instance_id": _INSTANCE,
            "session_id": _id("session"), "scopes": _SCOPES, "created_at": _AGO, "expires_at": _LATER,
        },
    ),
    Fill(
        "refresh_token",
        {
            "token_hash": _digest("refresh"), "session_id": _id("session"), "created_at": _AGO,
            "expires_at": _LATER,
        },
    ),
    Fill(
        "device_grant",
        {
            "device_code_hash": _digest("device"), "user_code_hash": _digest("user"),
            "instance_id": _INSTANCE, "scopes": _SCOPES, "state": "'redeemed'", "user_id": _USER,
            "granted_scopes": _SCOPES,
            "requested_from": "'192.0.2.1'", "interval_s": "5", "created_at": _AGO,
            "expires_at": "now() + (n % 1000) * interval '1 second'",
        },
    ),
    Fill(
        "authorization_request",
        {
            "handle_hash": _digest("handle"), "instance_id": _INSTANCE,
            "redirect_uri": "'http://127.0.0.1:51004/callback'", "scopes": _SCOPES, "state": "'redeemed'",
            "user_id": _USER, "granted_scopes": _SCOPES, "code_hash": _digest("code"),
            "session_id": _id("session"), "created_at": _AGO,
            "expires_at": "now() + (n % 1000) * interval '1 second'",
        },
    ),
)  # fmt: skip
