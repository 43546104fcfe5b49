"""Percent-decoding that refuses instead of guessing: whole escapes only, UTF-8 only.

`%ff`, `%2`, raw bytes above ASCII and overlong encodings have no text that client and server agree on.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from api.contract.refusals import refused

_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_MAX_PAIRS = 128


class Undecodable(ValueError):
    """The text is not percent-encoded UTF-8."""


def decoded(text: str) -> str:
    """The text behind the escapes. Raises `Undecodable`."""
    if "%" not in text:
        return text
    if _BROKEN_ESCAPE.search(text):
        raise Undecodable(text)
    try:
        return unquote_to_bytes(text).decode("utf-8")
    except UnicodeDecodeError as failure:
        raise Undecodable(text) from failure


def pairs(raw: bytes, place: str, code: str) -> list[tuple[str, str]]:
    """The names and values of a query string or urlencoded body, in order, repeats included.

    Raises `RequestRefused` (400) at `place` with `code` for what cannot be decoded, and with `too_many` for
    more than 128 pairs.
    """
    if not raw:
        return []
    try:
        text = raw.decode("ascii")
    except UnicodeDecodeError as failure:
        raise refused(place, code) from failure
    if "\x00" in text:
        raise refused(place, code)
    parts = text.split("&")
    if len(parts) > _MAX_PAIRS:
        raise refused(place, "too_many")
    found = []
    for part in parts:
        if not part:
            continue
        name, _, value = part.replace("+", " ").partition("=")
        try:
            found.append((decoded(name), decoded(value)))
        except Undecodable as failure:
            raise refused(place, code) from failure
    return found
