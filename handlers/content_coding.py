"""Which coding of a content a client takes (RFC 9110 section 12.5.3)."""

from __future__ import annotations

import re

_MEMBER = re.compile(
    r"[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*(?:;[ \t]*q=([01](?:\.[0-9]{0,3})?)[ \t]*)?", re.IGNORECASE
)


def takes_gzip(accept_encoding: str | None) -> bool:
    """Whether an `Accept-Encoding` value asks for `gzip`.

    Without the field, and with one that is not of its form, the answer is no: what is sent as it is can be
    read by everybody.
    """
    if accept_encoding is None:
        return False
    weights: dict[str, float] = {}
    for member in accept_encoding.split(","):
        if not member.strip(" \t"):
            continue
        read = _MEMBER.fullmatch(member)
        if read is None:
            return False
        weights[read[1].lower()] = float(read[2] or 1)
    named = weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0)))
    return 0 < named <= 1
