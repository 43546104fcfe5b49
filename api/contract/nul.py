"""The NUL character, which JSON and forms can carry and PostgreSQL's text cannot: no handler ever sees it.

Only what reaches a handler is looked at. What an open object carries besides is ignored, NUL or not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from api.contract.refusals import RequestRefused
from api.contract.validation import MAX_ERRORS, sayable_pointer
from handlers.errors import FieldError


def refuse_nul(value: Any) -> None:
    """Raise `RequestRefused` (400, code `nul`) with a pointer to every text or name with a NUL."""
    places = {sayable_pointer("", path): None for path in _places(value, [])}
    if places:
        raise RequestRefused(*[FieldError(pointer, "nul") for pointer in list(places)[:MAX_ERRORS]])


def _places(value: Any, path: list[str | int]) -> Iterator[list[str | int]]:
    if isinstance(value, str):
        if "\x00" in value:
            yield path
    elif isinstance(value, (dict, list)):
        entries = value.items() if isinstance(value, dict) else enumerate(value)
        for key, child in entries:
            if isinstance(key, str) and "\x00" in key:
                yield path
            yield from _places(child, [*path, key])
