"""Answers that a client may keep: a strong entity tag, and 304 when the client's copy is current (RFC 9110
section 13).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from handlers.answers import Answer
from handlers.conditional import matches
from handlers.ports import StaticFile


def json_answer(payload: object, *, if_none_match: str | None, max_age_s: int) -> Answer:
    """A JSON answer whose entity tag is the SHA-256 of its content."""
    canonical = json.dumps(payload, sort_keys=True, separators=(",", ":")).encode()
    return conditional(
        f'"{hashlib.sha256(canonical).hexdigest()}"',
        if_none_match=if_none_match,
        max_age_s=max_age_s,
        body=payload,
    )


def file_answer(
    file: StaticFile, *, if_none_match: str | None, max_age_s: int, headers: Mapping[str, str] | None = None
) -> Answer:
    """A file's exact bytes."""
    return conditional(
        file.etag,
        if_none_match=if_none_match,
        max_age_s=max_age_s,
        body=file.body,
        media_type=file.media_type,
        headers=headers,
    )


def conditional(
    etag: str,
    *,
    if_none_match: str | None,
    max_age_s: int,
    body: object,
    media_type: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """200 with the body, or 304 without one when `if_none_match` names the entity tag. `max_age_s` is in
    seconds.
    """
    caching = {"ETag": etag, "Cache-Control": f"public, max-age={max_age_s}"}
    if matches(if_none_match, etag):
        return Answer(status=304, headers=caching)
    return Answer(body=body, media_type=media_type, headers={**caching, **(headers or {})})
