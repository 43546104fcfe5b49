"""Whether a password is among the first that somebody would try: judged by zxcvbn, from the lists of common
passwords, names and words that it carries, with what others know of the person added to them.
"""

from __future__ import annotations

import re
from typing import Final

from handlers.user.password import GuessablePassword

_ENOUGH: Final = 3  # of 4: more than 10^8 guesses
_LOOKED_AT: Final = (
    40  # characters; the work grows with their square, and more of them only add to the guesses
)
_KNOWN_MOST: Final = 32  # words about the person
_SERVICE: Final = "candor"
_PART = re.compile(r"[^\W_]{3,}")


def refuse_guessable(password: str, *, about: tuple[str, ...]) -> None:
    """Raise GuessablePassword for one that is too easily guessed. Takes some milliseconds of CPU."""
    from zxcvbn import zxcvbn  # its lists take 14 MiB, which a process that only verifies does without

    if zxcvbn(password[:_LOOKED_AT], user_inputs=_known(about))["score"] < _ENOUGH:
        raise GuessablePassword


def _known(about: tuple[str, ...]) -> list[str]:
    """What was given, the words in it, and those in one."""
    words = [_SERVICE]
    for each in about:
        parts = _PART.findall(each)
        words += [each, *parts, "".join(parts)]
    return [word[:_LOOKED_AT] for word in words[:_KNOWN_MOST]]
