"""The keys under which providers are asked: kept sealed, never shown again, and not for ever."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from handlers.errors import ApiError, NotFound
from handlers.ports import Sealing
from handlers.providers.endpoints import find
from persistence import providers
from persistence.unit_of_work import UnitOfWork

WARN_FROM: Final = 83
"""Days after which the server says each day that a key is to be rotated."""
OVERDUE_AFTER: Final = 92
"""Days after which a key should have been: a quarter of a year."""
_KEY: Final = re.compile(r"[!-~]{1,512}")


class UnusableKey(ApiError):
    """400: that is no key."""

    error = "invalid_key"
    message = "A key is one line of 1 to 512 visible ASCII characters."


class NeedsNoKey(ApiError):
    """409: the provider is the server's own."""

    status = 409
    error = "needs_no_key"
    message = "This provider is the server's own and has no key."


class KeyExists(ApiError):
    """409: the provider has a key."""

    status = 409
    error = "key_exists"
    message = "This provider has a key: rotate it."


class NoKeyYet(NotFound):
    """404: the provider has no key that another could take the place of."""

    error = "no_key"
    message = "This provider has no key yet: set one."


@dataclass(frozen=True, slots=True)
class KeyAge:
    """How old a provider's key is, in whole days."""

    provider: str
    set_at: datetime
    days: int

    @property
    def is_due(self) -> bool:
        """Whether it is time to rotate it."""
        return self.days >= WARN_FROM

    @property
    def is_overdue(self) -> bool:
        """Whether it should have been rotated."""
        return self.days > OVERDUE_AFTER


def context_of(provider: str) -> str:
    """What a provider's key is sealed for."""
    return f"provider-key:{provider}"


async def put(
    key: str, *, provider: str, rotates: bool, store: UnitOfWork, sealing: Sealing, now: datetime
) -> None:
    """Keep a provider's key: its first, or with `rotates` in place of the one before. Raises UnknownProvider,
    NeedsNoKey, UnusableKey, KeyExists, NoKeyYet."""
    if (await find(provider, store=store))["base_url"] is None:
        raise NeedsNoKey
    if not _KEY.fullmatch(key):
        raise UnusableKey
    sealed = sealing.seal(key.encode(), context=context_of(provider))
    if rotates:
        if not await providers.rotate_key(store, provider=provider, key_sealed=sealed, now=now):
            raise NoKeyYet
    elif not await providers.set_key(store, provider=provider, key_sealed=sealed, now=now):
        raise KeyExists


async def ages(*, store: UnitOfWork, now: datetime) -> Sequence[KeyAge]:
    """How old each key is, by provider."""
    return [
        KeyAge(each["provider"], each["set_at"], (now - each["set_at"]) // timedelta(days=1))
        for each in await providers.keys(store)
    ]
