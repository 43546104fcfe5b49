"""Who a passkey is for: the host of the public URL, as browsers see it (WebAuthn section 5.1.3).

Browsers make passkeys for host names only, not for addresses, and only where the connection can be trusted:
over TLS, or on this very machine under the name `localhost`.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """The id, which is the host, and the origin that browsers name."""

    id: str
    origin: str


def of(public_url: str) -> RelyingParty | None:
    """None where browsers make no passkeys."""
    parts = urlsplit(public_url.lower())
    host = parts.hostname or ""
    if _is_address(host) or not (parts.scheme == "https" or _is_local(host)):
        return None
    port = "" if parts.port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f":{parts.port}"
    return RelyingParty(id=host, origin=f"{parts.scheme}://{host}{port}")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_local(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost")
