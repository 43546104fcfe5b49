"""The part of an address that stands for one household or office: a whole IPv4 address, the first 64 bits
of an IPv6 address.
"""

from __future__ import annotations

from ipaddress import IPv6Address, IPv6Network, ip_address


def prefix(address: str | None) -> str:
    """The counting subject for an address in its canonical form; addresses that cannot be told share one."""
    if address is None:
        return "unknown"
    parsed = ip_address(address)
    return str(IPv6Network((parsed, 64), strict=False)) if isinstance(parsed, IPv6Address) else address
