"""Listening sockets, taken before anything else is touched so that a taken port changes nothing.

A socket is bound here but listens only once its server runs: until then a client is refused instead of kept
waiting.
"""

from __future__ import annotations

import errno
import socket
from ipaddress import ip_address

from api.serve.startup import StartFailed

BACKLOG = 2048  # connections that the kernel holds until a worker accepts them


def bind(host: str, port: int) -> socket.socket:
    """A TCP socket bound to the first address of `host`; port 0 takes any free one. Raises StartFailed."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError):
        raise StartFailed(f"The host {host} is not an address that can be listened at.") from None
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.setblocking(False)
    except OSError as failure:
        listener.close()
        raise StartFailed(_sentence(failure, host, port)) from None
    return listener


def port_of(listener: socket.socket) -> int:
    """The port that a bound socket really has."""
    port: int = listener.getsockname()[1]
    return port


def is_reachable_from_elsewhere(listener: socket.socket) -> bool:
    """Whether a bound socket takes connections that do not come from this machine."""
    return not ip_address(listener.getsockname()[0].partition("%")[0]).is_loopback


def _sentence(failure: OSError, host: str, port: int) -> str:
    if failure.errno == errno.EADDRINUSE:
        return f"Port {port} of {host} is taken by another program; choose another with --port."
    if failure.errno in (errno.EACCES, errno.EPERM):
        return f"This user may not listen at port {port} of {host}."
    if failure.errno == errno.EADDRNOTAVAIL:
        return f"The host {host} is not an address of this machine."
    return f"Port {port} of {host} cannot be listened at ({failure.strerror})."
