"""How the text of one setting becomes a value, or one sentence saying why it cannot.

Each reader takes the name that the person typed (a variable or a flag) and the text. A database URL may hold
a password, so its sentence never repeats the text.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

Reader = Callable[[str, str], object]


class BadSetting(Exception):
    """A setting cannot be used. The text is one sentence that names it."""


def integer(least: int, most: int) -> Reader:
    """A whole number within bounds, both included."""

    def read(name: str, text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,18}", text) or not least <= int(text) <= most:
            raise BadSetting(f"{name} must be a whole number from {least} to {most}, not {text!r}.")
        return int(text)

    return read


def host(name: str, text: str) -> str:
    """A host name or address to listen at; brackets around an IPv6 address are taken off."""
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if not re.fullmatch(r"[0-9A-Za-z.:_%-]{1,255}", bare):
        raise BadSetting(f"{name} must be a host name or an address, not {text!r}.")
    return bare


def is_loopback(name: str) -> bool:
    """Whether a host, as it stands in a URL, is this machine itself (RFC 6761 section 6.3 for the name)."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def directory(name: str, text: str) -> Path:
    """A directory, made absolute against the working directory. It need not exist yet."""
    path = Path(text).expanduser().absolute()
    if path.exists() and not path.is_dir():
        raise BadSetting(f"{name} must be a directory, and {text!r} is not one.")
    return path


def file(name: str, text: str) -> Path:
    """A file that this user can read, its path made absolute against the working directory."""
    path = Path(text).expanduser().absolute()
    if not path.is_file() or not os.access(path, os.R_OK):
        raise BadSetting(f"{name} must be a file that this user can read, and {text!r} is not one.")
    return path


def file_or_none_yet(name: str, text: str) -> Path:
    """A file that may yet have to be made, its path made absolute against the working directory."""
    path = Path(text).expanduser().absolute()
    if path.is_dir():
        raise BadSetting(f"{name} must be a file, and {text!r} is a directory.")
    return path


def database_url(name: str, text: str) -> str:
    """The URL of a PostgreSQL server, or of an embedded one that another process keeps running."""
    if not text.startswith(("postgresql://", "postgres://", "candor-embedded://")):
        raise BadSetting(f"{name} must be a URL that begins with postgresql:// or postgres://.")
    return text


def public_url(name: str, text: str) -> str:
    """The origin at which clients reach the server: scheme, host, port and nothing after them."""
    if not _is_origin(text):
        raise BadSetting(f"{name} must be an origin such as https://cloud.example.org, not {text!r}.")
    return text.rstrip("/")


def _is_origin(text: str) -> bool:
    if not re.fullmatch(r"(?i:https?)://(\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z._-]+)(:[0-9]{1,5})?/?", text):
        return False
    try:
        return urlsplit(text).port != 0  # raises what is no port, and brackets around no address
    except ValueError:
        return False


def mailbox(name: str, text: str) -> str:
    """Whom mails come from: an address, or `Name <address>`."""
    address = parseaddr(text)[1]
    usable = re.fullmatch(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]{1,253}", address)
    if not usable or not text.isprintable() or len(text) > 320 or ".." in address:
        raise BadSetting(
            f"{name} must be an address such as candor@example.org or Candor <candor@example.org>,"
            f" not {text!r}."
        )
    return text


def one_of(*words: str) -> Reader:
    """One of these words."""

    def read(name: str, text: str) -> str:
        if text not in words:
            raise BadSetting(f"{name} must be one of {', '.join(words)}, not {text!r}.")
        return text

    return read


def hidden(name: str, text: str) -> str:
    """A password: one line, which no sentence repeats."""
    if len(text) > 1_000 or not text.isprintable():
        raise BadSetting(f"{name} must be one line of 1,000 characters at most.")
    return text


def service_url(name: str, text: str) -> str:
    """Where an outside service is, without a slash at its end. Plain HTTP only on this machine: a secret goes
    there.
    """
    parts = re.fullmatch(r"(https?://[^/]+)(?:/[0-9A-Za-z._~/-]*)?", text)
    usable = parts is not None and _is_origin(parts[1])
    if not usable or not (text.startswith("https:") or is_loopback(urlsplit(text).hostname or "")):
        raise BadSetting(
            f"{name} must be a URL without a query that begins with https://; http:// is for this machine."
        )
    return text.rstrip("/")


def key(name: str, text: str) -> str:
    """A key that an outside service gave. It may be a secret, so the sentence does not repeat it."""
    if not re.fullmatch(r"[0-9A-Za-z_.-]{1,128}", text):
        raise BadSetting(f"{name} must be 1 to 128 letters, digits, dots, dashes or underscores.")
    return text


def networks(name: str, text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """A comma-separated list of addresses and CIDR ranges."""
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError:
        raise BadSetting(
            f"{name} must be a comma-separated list of CIDR ranges such as 10.0.0.0/8, not {text!r}."
        ) from None


def contact(name: str, text: str) -> str:
    """A contact URI for RFC 9116; a bare e-mail address becomes a `mailto:` one."""
    uri = f"mailto:{text}" if re.fullmatch(r"[^\s:/@]+@[^\s:/@]+", text) else text
    if not re.fullmatch(r"(mailto:[^\s@]+@\S+|https://\S+|tel:\S+)", uri):
        raise BadSetting(f"{name} must be an e-mail address or a mailto:, https: or tel: URI, not {text!r}.")
    return uri


def line(name: str, text: str) -> str:
    """One line of text, 200 characters at most."""
    if len(text) > 200 or not text.isprintable():
        raise BadSetting(f"{name} must be one line of 200 characters at most.")
    return text


def prefix(name: str, text: str) -> str:
    """The readable beginning of a secret: lower-case letters and digits, closed by an underscore."""
    if not re.fullmatch(r"[a-z][a-z0-9]{1,14}_", text):
        raise BadSetting(
            f"{name} must be 2 to 15 lower-case letters or digits and an underscore, not {text!r}."
        )
    return text
