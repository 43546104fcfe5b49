"""The name of a request: a ULID (48 bits of milliseconds, 80 random bits), in every answer and every log
line about it."""

from __future__ import annotations

import os
import time

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford base 32
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]


def new_request_id() -> str:
    """26 characters that sort by time. Unguessable enough to be unique, not a secret."""
    number = ((time.time_ns() // 1_000_000) << 80) | int.from_bytes(os.urandom(10), "big")
    return "".join([_PAIRS[(number >> shift) & 1023] for shift in range(120, -10, -10)])
