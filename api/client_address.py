"""Whose address a request comes from: the peer's, or what a trusted proxy says it is.

`X-Forwarded-For` is read from the right: every proxy appends the address that it saw, so the first entry from
the right that is not a trusted proxy is the last one that somebody we trust has seen. What stands further
left is whatever the client wrote. `CF-Connecting-IP` counts only when there is no `X-Forwarded-For`, because
proxies other than Cloudflare pass a forged one through. Headers of a peer that is not trusted are not read
at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

_MAX_HOPS = 32


def client_address(
    peer: str | None, headers: Mapping[bytes, bytes], trusted: Sequence[Network]
) -> str | None:
    """The client's address in canonical form; None when the peer has none (a Unix socket)."""
    address = _parsed(peer) if peer is not None else None
    if address is None:
        return None
    if not trusted or not _is_trusted(address, trusted):
        return str(address)
    forwarded = headers.get(b"x-forwarded-for")
    if forwarded is None:
        connecting = headers.get(b"cf-connecting-ip")
        claimed = _parsed(connecting.decode("latin-1").strip()) if connecting is not None else None
        return str(claimed or address)
    for entry in reversed(forwarded.decode("latin-1").split(",")[-_MAX_HOPS:]):
        hop = _parsed(_without_port(entry.strip()))
        if hop is None:
            break
        address = hop
        if not _is_trusted(hop, trusted):
            break
    return str(address)


def _parsed(text: str) -> Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    if mapped is not None:
        return mapped
    # A zone is about our own interfaces, and no part of the client's address.
    return IPv6Address(int(address)) if isinstance(address, IPv6Address) and address.scope_id else address


def _is_trusted(address: Address, trusted: Sequence[Network]) -> bool:
    return any(address.version == network.version and address in network for network in trusted)


def _without_port(entry: str) -> str:
    if entry.startswith("["):
        return entry[1:].partition("]")[0]
    return entry.partition(":")[0] if entry.count(":") == 1 else entry
