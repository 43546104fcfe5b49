"""Where a browser's request comes from: what keeps other sites from using a person's cookies (RFC 6454).

Browsers say with `Origin` which page made a request that changes something. One from another page is refused
before its credential is looked at, and so is one that carries a cookie and does not say. The server's own
origin is the public URL's, or the address that the request itself was sent to: another site's page cannot
choose that one.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from handlers.errors import OriginRefused

_SAFE = frozenset({"GET", "HEAD"})
_SCHEMES = ("http://", "https://")


def changes_something(method: str) -> bool:
    """Whether requests with this method may change anything (RFC 9110 section 9.2.1)."""
    return method.upper() not in _SAFE


def origin_of(url: str) -> str:
    """The origin of a URL: scheme, host and port as a browser writes them."""
    parts = urlsplit(url)
    return f"{parts.scheme.lower()}://{parts.netloc.lower()}"


def refuse_foreign(headers: Mapping[bytes, bytes], own: str, *, required: bool) -> None:
    """Raise OriginRefused for a request that another page made; with `required` also for one that does not
    say.
    """
    said = headers.get(b"origin")
    if said is None:
        if required:
            raise OriginRefused
        return
    origin = said.decode("latin-1").lower()
    if origin == own:
        return
    host = headers.get(b"host", b"").decode("latin-1").lower()
    if not host or origin not in (f"{scheme}{host}" for scheme in _SCHEMES):
        raise OriginRefused
