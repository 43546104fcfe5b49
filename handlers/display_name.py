"""Names that people give to themselves and to their things: one line, bounded, with nothing in it that a
screen cannot show.
"""

from __future__ import annotations

import unicodedata

from handlers.errors import ApiError

MOST = 128  # characters, as the tables hold them

_UNSHOWABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})  # control characters, halves of surrogate pairs, line ends
_DIRECTIONS = frozenset(
    "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)  # would reorder what surrounds them


class UnusableName(ApiError):
    """400: a name is empty, too long, or holds characters that cannot be shown."""

    error = "invalid_name"
    message = f"A name has 1 to {MOST} characters on one line, without control characters."


def cleaned(text: str) -> str:
    """The name without spaces around it, in Unicode's composed form. Raises UnusableName."""
    name = unicodedata.normalize("NFC", text.strip())
    if not 1 <= len(name) <= MOST or not is_showable(name):
        raise UnusableName
    return name


def shown(text: str) -> str | None:
    """What of a name that a program gave itself can stand in a line of text; None when nothing is left."""
    return "".join(each for each in text if is_showable(each)).strip() or None


def is_showable(text: str) -> bool:
    """Whether every character may stand in a line of text. Joiners, which some scripts need, may."""
    return not any(unicodedata.category(each) in _UNSHOWABLE or each in _DIRECTIONS for each in text)
