"""Conditional reads: whether the client already holds what would be sent (RFC 9110 section 13.1.2)."""

from __future__ import annotations

import re

_MEMBER = re.compile(r'[ \t]*(?:(?:W/)?("[\x21\x23-\x7e\x80-\xff]*"))?[ \t]*(?:,|$)')


def matches(if_none_match: str | None, etag: str) -> bool:
    """Whether an `If-None-Match` value names `etag` (quoted), so that the answer is 304.

    The comparison is weak: a `W/` in front is ignored on both sides. `*` matches anything that exists. A
    value that is not a list of entity tags matches nothing: the whole answer is sent, which is always
    right.
    """
    if if_none_match is None:
        return False
    if if_none_match.strip(" \t") == "*":
        return True
    wanted = etag.removeprefix("W/")
    position = 0
    found = False
    while position < len(if_none_match):
        member = _MEMBER.match(if_none_match, position)
        if member is None:
            return False
        found = found or member.group(1) == wanted
        position = member.end()
    return found
