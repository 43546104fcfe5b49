"""The name of a request: a ULID (48 bits of milliseconds, 80 random bits), in its answer and its log."""

from __future__ import annotations

import os
import time

_ALPHABET = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford base 32
_BYTE_TO_CHARACTER = _ALPHABET * 8  # every character stands for 8 of the 256 bytes, so each is equally likely


def new_request_id() -> str:
    """26 characters that sort by time. Unguessable enough to be unique, not a secret."""
    return _moment(time.time_ns() // 1_000_000) + os.urandom(16).translate(_BYTE_TO_CHARACTER).decode("ascii")


def _moment(milliseconds: int) -> str:
    global _last  # many requests share a millisecond; a stale value is only computed again
    if _last[0] != milliseconds:
        digits = bytes([_ALPHABET[(milliseconds >> shift) & 31] for shift in range(45, -5, -5)])
        _last = (milliseconds, digits.decode("ascii"))
    return _last[1]


_last = (-1, "")
