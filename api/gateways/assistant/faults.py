"""What a provider's refusal means, read from its status, `Retry-After` and the code in its body.

Nothing of the body is kept: it may repeat what it was asked.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import orjson

from handlers.ports import UpstreamFailed, UpstreamFault

_LATEST_S: Final = 3_600  # a provider that wants to be left alone for longer is asked again after that
_SPEAKS_OF_LENGTH: Final = frozenset({400, 413, 422})
_TOO_LONG_CODES: Final = frozenset(
    {"context_length_exceeded", "exceed_context_size_error", "request_too_large"}
)
_TOO_LONG_WORDS: Final = (
    "context length", "context size", "context window", "prompt is too long", "token limit", "token length",
)  # fmt: skip
_OVERLOADED_CODES: Final = frozenset({"rate_limit_exceeded", "rate_limit_error", "overloaded_error"})


def says_more(status: int) -> bool:
    """Whether the body of an answer with that status tells one fault from another."""
    return status in _SPEAKS_OF_LENGTH


def refusal(status: int, retry_after: str | None, body: bytes, *, now: datetime) -> UpstreamFailed:
    """What an answer other than 200 means. `retry_after` is the header; of the body a beginning will do."""
    pause = _seconds(retry_after, now=now)
    if status == 429 or (status == 503 and pause is not None):
        return UpstreamFailed("overloaded", retry_after_s=pause)
    return UpstreamFailed(_fault(status, body))


def error_event(error: object) -> UpstreamFailed:
    """What an error in place of a piece of the answer means."""
    if _is_too_long(error):
        return UpstreamFailed("too_long")
    said = _words(error, "code", "type")
    return UpstreamFailed("overloaded" if said & (_OVERLOADED_CODES | {"429"}) else "failed")


def _fault(status: int, body: bytes) -> UpstreamFault:
    if status >= 500:
        return "failed"
    if status < 400:
        return "invalid"  # a redirect, or a success that is none
    if status in (401, 403):
        return "key_refused"
    if status == 404:
        return "unknown_model"
    too_long = status == 413 or (says_more(status) and _is_too_long(_error_of(body)))
    return "too_long" if too_long else "refused"


def _error_of(body: bytes) -> object:
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return answer.get("error") if isinstance(answer, dict) else None


def _is_too_long(error: object) -> bool:
    if _words(error, "code", "type") & _TOO_LONG_CODES:
        return True
    return any(phrase in text for text in _words(error, "message") for phrase in _TOO_LONG_WORDS)


def _words(error: object, *names: str) -> set[str]:
    members: Mapping[str, Any] = error if isinstance(error, dict) else {}
    return {str(members[name]).lower() for name in names if isinstance(members.get(name), (str, int))}


def _seconds(text: str | None, *, now: datetime) -> int | None:
    """`Retry-After` in seconds from now, whichever way it is said (RFC 9110, section 10.2.3)."""
    if text is None:
        return None
    if text.strip().isascii() and text.strip().isdigit():
        return min(int(text.strip()[:9]), _LATEST_S)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max(math.ceil((moment - now).total_seconds()), 0), _LATEST_S)
