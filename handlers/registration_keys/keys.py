"""Registration keys: what an instance brings to belong to a workspace from its first call on."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from handlers import display_name, secret
from handlers.errors import ApiError, NotFound
from handlers.ports import Randomness
from persistence import registration_keys
from persistence.unit_of_work import Record, UnitOfWork

MOST: Final = 100
"""Usable keys of one workspace, of those that people make for themselves."""

_PREFIX_MOST = 64  # characters
_DESCRIPTION_MOST = 256
_HINT_SHOWN = 4  # random characters of the key: enough to tell keys apart, 24 of 256 bits
_HINT_MOST = 16
_USES_MOST = 2**31 - 1


class UnusablePrefix(ApiError):
    """400: the beginning of the instances' names is too long or cannot be shown."""

    error = "invalid_prefix"
    message = (
        f"The prefix of instances' names has {_PREFIX_MOST} characters at most, without control characters."
    )


class UnusableDescription(ApiError):
    """400: too long, or it cannot be shown."""

    error = "invalid_description"
    message = f"A description has {_DESCRIPTION_MOST} characters at most, without control characters."


class UnusableUses(ApiError):
    """400: a number of uses that no key can have."""

    error = "invalid_max_uses"
    message = f"A key can be used 1 to {_USES_MOST} times, or without limit when it is reusable."


class UnknownKey(NotFound):
    """404: no registration key has this id."""

    error = "unknown_registration_key"
    message = "No registration key has this id."


class TooManyKeys(ApiError):
    """409: the workspace has as many keys as it may have."""

    status = 409
    error = "too_many_registration_keys"
    message = f"A workspace has {MOST} usable registration keys at most. Revoke one that is no longer needed."


@dataclass(frozen=True, slots=True)
class KeyTerms:
    """What a key is to do. `max_uses` None: as often as asked. Instances of an `ephemeral` key go with
    their last sign-in.
    """

    prefix: str = ""
    description: str = ""
    max_uses: int | None = 1
    expires_in: timedelta | None = None
    ephemeral: bool = False


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made. `key` is the secret, which is nowhere else; `stored` its other columns."""

    id: str
    key: str
    stored: Record


async def create(
    terms: KeyTerms,
    *,
    workspace_id: str,
    created_by: str,
    prefix: str,
    at_most: int | None = None,
    store: UnitOfWork,
    randomness: Randomness,
    now: datetime,
) -> NewKey:
    """Store a key of the workspace by its digest. `prefix` is that of the secret itself. With `at_most`, so
    many of the workspace may register something at a time.

    Raises UnusablePrefix, UnusableDescription, UnusableUses, TooManyKeys.
    """
    name_prefix = _name_prefix(terms.prefix)
    description = _description(terms.description)
    if terms.max_uses is not None and not 1 <= terms.max_uses <= _USES_MOST:
        raise UnusableUses
    key = randomness.secret(prefix)
    stored = await registration_keys.create(
        store,
        id=randomness.id(now),
        key_hash=secret.digest(key),
        hint=key[: min(len(prefix) + _HINT_SHOWN, _HINT_MOST)],
        workspace_id=workspace_id,
        created_by=created_by,
        description=description,
        name_prefix=name_prefix,
        ephemeral=terms.ephemeral,
        max_uses=terms.max_uses,
        expires_at=now + terms.expires_in if terms.expires_in is not None else None,
        at_most=at_most,
        now=now,
    )
    if stored is None:
        raise TooManyKeys
    return NewKey(id=stored["id"], key=key, stored=stored)


async def revoke(id: str, *, store: UnitOfWork, now: datetime) -> None:
    """Let nobody register with the key any more; instances that did stay. Raises UnknownKey."""
    if not await registration_keys.revoke(store, id=id, now=now):
        raise UnknownKey


def state(
    *, uses: int, max_uses: int | None, expires_at: datetime | None, now: datetime
) -> Literal["usable", "used_up", "expired"]:
    """What has become of a key that was not revoked."""
    if max_uses is not None and uses >= max_uses:
        return "used_up"
    return "expired" if expires_at is not None and expires_at <= now else "usable"


def _name_prefix(typed: str) -> str:
    """The prefix, with a dash between it and what will follow unless it ends with a mark of its own."""
    prefix = unicodedata.normalize("NFC", typed.strip())
    if prefix and prefix[-1].isalnum():
        prefix += "-"
    if len(prefix) > _PREFIX_MOST or not display_name.is_showable(prefix):
        raise UnusablePrefix
    return prefix


def _description(typed: str) -> str:
    description = unicodedata.normalize("NFC", typed.strip())
    if len(description) > _DESCRIPTION_MOST or not display_name.is_showable(description):
        raise UnusableDescription
    return description
