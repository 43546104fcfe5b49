"""Usernames: lower case, one word, never mistaken for an e-mail address."""

from __future__ import annotations

import re

from handlers.errors import ApiError

_FORM = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")


class UnusableUsername(ApiError):
    """400: not of the form of a username."""

    error = "invalid_username"
    message = (
        "A username has 1 to 64 letters a to z, digits, dots, dashes and underscores, "
        "and begins and ends with a letter or a digit."
    )


def normal(typed: str) -> str:
    """The username in lower case. Raises UnusableUsername."""
    username = typed.strip().lower()
    if not _FORM.fullmatch(username):
        raise UnusableUsername
    return username
