"""The models that people may choose: data that the operator keeps, held against what it must be."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from handlers.display_name import cleaned
from handlers.errors import ApiError, NotFound
from handlers.providers.endpoints import find
from persistence import models
from persistence.unit_of_work import UnitOfWork

DEAREST: Final = 1_000_000
"""Credits for one token: twice what a plan grants in a month."""
LARGEST: Final = 100_000_000
_ID: Final = re.compile(r"[a-z0-9][a-z0-9._:-]{0,63}")
_UPSTREAM: Final = re.compile(r"[!-~]{1,128}")


class UnusableModel(ApiError):
    """400: something about the model cannot be so; the message says what."""

    error = "invalid_model"


class ModelExists(ApiError):
    """409: there is a model of that id."""

    status = 409
    error = "model_exists"
    message = "There is a model of this id: disable it and add the other under another one."


class UnknownModel(NotFound):
    """404: no model of that id is in the state that it would be taken out of."""

    error = "unknown_model"


@dataclass(frozen=True, slots=True)
class NewModel:
    """A model as the operator describes it. `context` and `max_output` are tokens."""

    id: str
    name: str
    provider: str
    upstream: str
    token_credit: int
    context: int
    max_output: int

    def complaint(self) -> str | None:
        """One sentence about what cannot be so; None when all can."""
        if not _ID.fullmatch(self.id):
            return (
                "A model's id has 1 to 64 lower-case letters, digits, dots, colons, dashes or underscores,"
                " and begins with one of the first two."
            )
        if not _UPSTREAM.fullmatch(self.upstream):
            return "The provider's name for a model has 1 to 128 visible ASCII characters."
        if not 0 <= self.token_credit <= DEAREST:
            return f"A token costs 0 to {DEAREST} credits."
        if not 0 < self.max_output < self.context <= LARGEST:
            return f"A context has {LARGEST} tokens at most, and the longest answer fewer than the context."
        return None


async def add(model: NewModel, *, store: UnitOfWork, now: datetime) -> None:
    """Let people choose a model from now on. Raises UnusableModel, UnusableName, UnknownProvider,
    ModelExists."""
    if (complaint := model.complaint()) is not None:
        raise UnusableModel(complaint)
    await find(model.provider, store=store)
    added = await models.add(
        store,
        id=model.id,
        name=cleaned(model.name),
        provider=model.provider,
        upstream=model.upstream,
        token_credit=model.token_credit,
        context=model.context,
        max_output=model.max_output,
        now=now,
    )
    if not added:
        raise ModelExists


async def disable(id: str, *, store: UnitOfWork, now: datetime) -> None:
    """Let nobody choose it any more; what was used of it stays in the books. Raises UnknownModel."""
    if not await models.disable(store, id=id, now=now):
        raise UnknownModel("No model that people can choose has this id.")


async def enable(id: str, *, store: UnitOfWork) -> None:
    """Let people choose it again. Raises UnknownModel."""
    if not await models.enable(store, id=id):
        raise UnknownModel("No model that was disabled has this id.")
