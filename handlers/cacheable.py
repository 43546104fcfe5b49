"""Answers that a client may keep: a strong entity tag, and 304 when the client's copy is current (RFC 9110
section 13).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from handlers.answers import Answer
from handlers.conditional import matches
from handlers.content_coding import takes_gzip
from handlers.ports import StaticFile

_YEAR_S = 31_536_000


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
    file: StaticFile,
    *,
    if_none_match: str | None,
    accept_encoding: str | None,
    max_age_s: int,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """A file's exact bytes, or its compressed copy when there is one that the client takes."""
    negotiated = {} if file.gzip is None else {"Vary": "Accept-Encoding"}
    copy = file.gzip if takes_gzip(accept_encoding) else None
    coding = {} if copy is None else {"Content-Encoding": "gzip"}
    return conditional(
        file.etag if copy is None else copy.etag,
        if_none_match=if_none_match,
        max_age_s=max_age_s,
        body=file.body if copy is None else copy.body,
        media_type=file.media_type,
        immutable=file.unchanging,
        headers={**coding, **(headers or {})},
        negotiated=negotiated,
    )


def conditional(
    etag: str,
    *,
    if_none_match: str | None,
    max_age_s: int,
    body: object,
    media_type: str | None = None,
    immutable: bool = False,
    headers: Mapping[str, str] | None = None,
    negotiated: Mapping[str, str] | None = None,
) -> Answer:
    """200 with the body, or 304 without one when `if_none_match` names the entity tag.

    `max_age_s` is in seconds; what is `immutable` is kept for a year and not asked for again (RFC 8246).
    `negotiated` goes with both answers, `headers` with the whole one.
    """
    freshness = f"max-age={_YEAR_S}, immutable" if immutable else f"max-age={max_age_s}"
    caching = {"ETag": etag, "Cache-Control": f"public, {freshness}", **(negotiated or {})}
    if matches(if_none_match, etag):
        return Answer(status=304, headers=caching)
    return Answer(body=body, media_type=media_type, headers={**caching, **(headers or {})})
