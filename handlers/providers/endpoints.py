"""Where language models are asked: endpoints that speak OpenAI's protocol, and the server's own."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from handlers.errors import ApiError, NotFound
from persistence import providers
from persistence.unit_of_work import Record, UnitOfWork

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
LONGEST_URL: Final = 256


class UnknownProvider(NotFound):
    """404: there is no provider of that name."""

    error = "unknown_provider"
    message = "There is no provider of this name."


class UnusableProvider(ApiError):
    """400: a provider cannot be called so, or be there."""

    error = "invalid_provider"
    message = (
        "A provider's name has 1 to 32 lower-case letters, digits or dashes and begins with no dash;"
        f" its URL has {LONGEST_URL} characters at most."
    )


class ProviderExists(ApiError):
    """409: there is a provider of that name."""

    status = 409
    error = "provider_exists"
    message = "There is a provider of this name."


async def find(name: str, *, store: UnitOfWork) -> Record:
    """The provider of that name: name and base_url. Raises UnknownProvider."""
    found = await providers.named(store, name=name)
    if found is None:
        raise UnknownProvider
    return found


async def add(name: str, *, base_url: str, store: UnitOfWork, now: datetime) -> None:
    """Let models of that provider be added. `base_url` is one to which a secret may go. Raises
    UnusableProvider, ProviderExists."""
    if not _NAME.fullmatch(name) or len(base_url) > LONGEST_URL:
        raise UnusableProvider
    if not await providers.add(store, name=name, base_url=base_url, now=now):
        raise ProviderExists
