"""Compressed copies of what is published, made once at start: nothing is compressed while a client waits.

Answers that hold anybody's data are never compressed: their length would tell of secrets beside chosen text.
"""

from __future__ import annotations

import gzip
from hashlib import sha256

from handlers.ports import CodedCopy

_LEAST = 256  # bytes; a smaller file gains nothing


def gzip_copy(body: bytes) -> CodedCopy | None:
    """The bytes in the coding `gzip`, with an entity tag of its own, or None if that is no gain."""
    if len(body) < _LEAST:
        return None
    coded = gzip.compress(body, compresslevel=6, mtime=0)
    if len(coded) >= len(body):
        return None
    return CodedCopy(body=coded, etag=f'"{sha256(coded).hexdigest()}"')
