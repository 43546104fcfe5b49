"""E-mail addresses: one form for each, so that nobody has two accounts by writing the same address in two
ways.

The whole address is lower case. RFC 5321 lets a host tell `Ann@` from `ann@`, and hosts that do are not
known; people who type their address in other capitals are. What mail providers do with dots and tags is
theirs, so both stay.
"""

from __future__ import annotations

import re

from handlers.errors import ApiError

_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")  # RFC 5322 dot-atom
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")  # RFC 1123 section 2.1
_LOCAL_MOST = 64  # RFC 5321 section 4.5.3.1
_DOMAIN_MOST = 253
_MOST = 254


class UnusableEmail(ApiError):
    """400: not an e-mail address that mail could be sent to."""

    error = "invalid_email"
    message = "This is not an e-mail address."


def normal(typed: str) -> str:
    """The address in its one form, an international domain in its ASCII form. Raises UnusableEmail."""
    local, at, domain = typed.strip().rpartition("@")
    local, domain = local.lower(), _ascii(domain)
    usable = (
        at
        and len(local) <= _LOCAL_MOST
        and len(domain) <= _DOMAIN_MOST
        and len(local) + 1 + len(domain) <= _MOST
        and _LOCAL.fullmatch(local)
        and all(_LABEL.fullmatch(label) for label in domain.split("."))
    )
    if not usable:
        raise UnusableEmail
    return f"{local}@{domain}"


def _ascii(domain: str) -> str:
    if domain.isascii():
        return domain.lower()
    try:
        return domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise UnusableEmail from None
