"""No test talks to another machine: a connection or a name look-up that would leave this one raises.

An audit hook sees every socket of the interpreter, whoever opens it, and cannot be taken off again.
Programs that the tests start are held to it by what they are given to talk to.
"""

from __future__ import annotations

import ipaddress
import sys


class LeftTheMachine(AssertionError):
    """A test tried to reach another machine."""


def stay_on_this_machine() -> None:
    """Forbid it from now on, in this process."""
    sys.addaudithook(_watch)


def is_here(host: object) -> bool:
    """Whether a host, as Python's socket functions take it, is this machine."""
    if host is None or isinstance(host, bytes):
        return True
    if not isinstance(host, str) or host in ("", "localhost"):
        return host in ("", "localhost")
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        if isinstance(address, tuple) and not is_here(address[0]):
            raise LeftTheMachine(f"a connection to {address[0]}")
    elif event == "socket.getaddrinfo" and not is_here(arguments[0]):
        raise LeftTheMachine(f"a look-up of {arguments[0]}")
