"""Memory that is free within the process, given back to the system.

The C library keeps what large requests and their answers needed; between them others may have it.
"""

from __future__ import annotations

import ctypes
from contextlib import suppress


def give_back() -> None:
    """Return the allocator's free memory to the system, where the C library can (glibc). Milliseconds."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
