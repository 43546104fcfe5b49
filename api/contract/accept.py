"""Who wants a page and who wants a document: what a client says that it takes (RFC 9110 section 12.5.1)."""

from __future__ import annotations

import re
from typing import Final

_MEMBER: Final = re.compile(r"[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+/[!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*(;.*)?")
_WEIGHT: Final = re.compile(r";[ \t]*q=([01](?:\.[0-9]{0,3})?)[ \t]*(?:;|$)", re.IGNORECASE)
_PAGE: Final = "text/html"
_LONGEST: Final = 1024


def wants_page(accept: bytes | None) -> bool:
    """Whether an `Accept` value names `text/html`, and no kind of JSON as much.

    A browser that goes somewhere does. Programs, and scripts in pages, take anything or name JSON: they get
    the document, as everybody does whose field cannot be read.
    """
    if accept is None or len(accept) > _LONGEST:
        return False
    page = document = 0.0
    for member in accept.decode("latin-1").split(","):
        found = _MEMBER.fullmatch(member)
        if found is None:
            continue
        weight = _WEIGHT.search(found[2] or "")
        how_much = float(weight[1]) if weight is not None else 1.0
        name = found[1].lower()
        if name == _PAGE:
            page = max(page, how_much)
        elif name == "application/json" or name.endswith("+json"):
            document = max(document, how_much)
    return page > document
