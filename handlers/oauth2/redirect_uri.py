"""Redirect addresses: which ones a client may register, which one a request may name, what is shown of it,
and how an answer is put on it.

Addresses are compared as text, so that no two readings of the same text can disagree about where it leads.
Only the port of an address on the person's own machine may differ, because a program there learns its port
when it starts (RFC 8252 section 7.3). What may be registered is written in the characters of RFC 3986 alone:
nothing that a browser would correct, and nothing in front of the host that looks like one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Literal
from urllib.parse import quote, urlencode

Kind = Literal["web", "loopback", "app"]

# RFC 3986 appendix A, without a fragment: RFC 6749 section 3.1.2 has none.
_WRITTEN = re.compile(r"(?:[A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+")
_HTTP = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<rest>(?:[/?].*)?)"
)
# RFC 8252 section 7.1: a domain name of the app's maker, backwards, and no authority. One without a dot could
# be anybody's, or the browser's own.
_PRIVATE_USE = re.compile(r"(?P<scheme>[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+):/(?!/).*")
_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62})")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")  # in the last place it makes an IPv4 address of a host
_HIGHEST_PORT = 65_535


@dataclass(frozen=True, slots=True)
class Target:
    """Where an answer goes, in words that a person can judge: a web site's host, a program on this machine,
    the scheme that an app has to itself.
    """

    kind: Kind
    host: str


@dataclass(frozen=True, slots=True)
class _Http:
    scheme: str
    host: str
    port: str | None
    rest: str

    @property
    def is_loopback(self) -> bool:
        return self.scheme == "http" and _is_this_machine(self.host)


def is_registrable(uri: str) -> bool:
    """https anywhere, http on a loopback address, or a private-use scheme (RFC 8252 section 7)."""
    if _WRITTEN.fullmatch(uri) is None:
        return False
    http = _as_http(uri)
    if http is None:
        return _PRIVATE_USE.fullmatch(uri) is not None
    return http.scheme == "https" or http.is_loopback


def is_registered(uri: str, registered: Iterable[str]) -> bool:
    """Whether a request may name this address: it is one of the registered, or differs from one on a loopback
    address by its port alone.
    """
    known = tuple(registered)
    asked = _portless(uri)
    return uri in known or (asked is not None and asked in {_portless(each) for each in known})


def target(uri: str) -> Target:
    """What to show of a registered address."""
    http = _as_http(uri)
    if http is None:
        return Target("app", uri.partition(":")[0])
    host = http.host.lower()
    return Target(
        "loopback" if http.is_loopback else "web", host if http.port is None else f"{host}:{http.port}"
    )


def answered(uri: str, **members: str | None) -> str:
    """The address with the members of an answer in its query, behind what is there (RFC 6749 section 3.1.2);
    None for none.
    """
    added = urlencode({name: value for name, value in members.items() if value is not None}, quote_via=quote)
    joint = "?" if "?" not in uri else "" if uri[-1] in "?&" else "&"
    return uri + joint + added


def _as_http(uri: str) -> _Http | None:
    found = _HTTP.fullmatch(uri)
    if found is None or not _is_host(found["host"]) or int(found["port"] or 0) > _HIGHEST_PORT:
        return None
    return _Http(**found.groupdict())


def _portless(uri: str) -> tuple[str, str] | None:
    http = _as_http(uri)
    return (http.host, http.rest) if http is not None and http.is_loopback else None


def _is_host(host: str) -> bool:
    """Whether every reader takes it for the same: a name, or an IP address written out."""
    if host.startswith("[") or _NUMBER.fullmatch(host.rpartition(".")[2]):
        return _as_address(host) is not None
    return all(_LABEL.fullmatch(label) for label in host.split("."))


def _as_address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return IPv6Address(host[1:-1]) if host.startswith("[") else IPv4Address(host)
    except ValueError:
        return None


def _is_this_machine(host: str) -> bool:
    address = _as_address(host)
    return host == "localhost" or (address is not None and address.is_loopback)
