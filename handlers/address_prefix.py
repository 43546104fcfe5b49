"""The part of an address that stands for one household or office: a whole IPv4 address, the first 64 bits of an IPv6 address."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network


def prefix(address: IPv4Address | IPv6Address | None) -> str:
    """The counting subject for an address; addresses that cannot be told share one."""
    if address is None:
        return "unknown"
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(IPv6Network((address, 64), strict=False))
    return str(address)
