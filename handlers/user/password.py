"""Passwords: which are accepted, and in which form they are hashed and compared."""

from __future__ import annotations

import unicodedata

from handlers.errors import ApiError

LEAST = 12  # characters
MOST = 128


class UnusablePassword(ApiError):
    """400: too short, too long, or not text."""

    error = "invalid_password"
    message = f"A password has {LEAST} to {MOST} characters."


class GuessablePassword(UnusablePassword):
    """400: among the passwords that are tried first: common ones, keyboard rows, dates, the person's own
    name.
    """

    error = "guessable_password"
    message = "This password is among the first that somebody would try. Choose a longer or less common one."


class PasswordsBusy(ApiError):
    """503 with `Retry-After`: as many passwords as may wait for their turn are waiting. Nothing was changed.

    Hashing is costly on purpose, so a flood of it is cut here, before it takes anything from other calls.
    """

    status = 503
    error = "passwords_busy"
    message = "Too many passwords are being checked right now. Nothing was changed."

    def __init__(self, retry_after_s: int = 2) -> None:
        super().__init__(headers={"Retry-After": str(retry_after_s)})


class PasswordsInterrupted(PasswordsBusy):
    """503: the process that hashes ended while it was about this password; the next call starts another."""

    error = "passwords_interrupted"
    message = "The password could not be checked. Nothing was changed."
    told = "passwords_interrupted"


def normal(typed: str) -> str:
    """The password as it is hashed and verified: the same whichever keyboard composed its characters (NFKC).

    No kinds of characters are asked for (NIST SP 800-63B section 5.1.1.2). Raises UnusablePassword.
    """
    password = unicodedata.normalize("NFKC", typed)
    if not LEAST <= len(password) <= MOST or any(unicodedata.category(each) == "Cs" for each in password):
        raise UnusablePassword
    return password
