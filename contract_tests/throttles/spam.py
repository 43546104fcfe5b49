"""Registrations without a key as a flood of them looks: some addresses send far more than their quota, very
many send one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address

from contract_tests.harness.instances import GRANT_TYPES, SCOPE

ALL = 100_000
LOUD = 100  # addresses that send 400 each
_OF_LOUD = 2  # of every five registrations
_BODY = json.dumps({"grant_types": GRANT_TYPES, "scope": SCOPE}).encode()
_FIRST_LOUD = IPv4Address("172.16.0.0")
_FIRST_QUIET = IPv6Address("2001:db8:8000::1")


def registrations(number: int = ALL) -> Iterator[bytes]:
    """That many whole requests. Each quiet address is in a /64 of its own."""
    for turn in range(number):
        hundred, place = divmod(turn, 5)
        if place < _OF_LOUD:
            yield _request(_FIRST_LOUD + (hundred * _OF_LOUD + place) % LOUD)
        else:
            yield _request(_FIRST_QUIET + (turn << 64))


def quiet_address(turn: int) -> IPv6Address:
    """An address that none of them has."""
    return IPv6Address("2001:db8:4000::1") + (turn << 64)


def _request(address: object) -> bytes:
    head = (
        "POST /oauth2/register HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(_BODY)}\r\nX-Forwarded-For: {address}\r\n\r\n"
    )
    return head.encode() + _BODY
