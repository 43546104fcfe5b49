"""The key file: the keys under which the server seals what lies in the database and must be read again.

One key to a line, 32 bytes in base64; the first seals, the others only open what was sealed under them, so
that a key can be replaced by putting a new line before it. Lines that begin with `#` are for people. The file
is made once, for its owner only, and never written again by the server.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

KEY_LENGTH: Final = 32  # bytes: AES-256
ID_LENGTH: Final = 4

_FOR_PEOPLE = (
    "# What the server has sealed in its database opens with this key and with nothing else.\n"
    "# Back it up, apart from the database. Keep it to yourself.\n"
)


class UnusableKeyFile(Exception):
    """There is no key in the file, or it cannot be read. The text is one sentence, without any key."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of a file by their ids, and the id of the one that seals."""

    first: bytes
    by_id: Mapping[bytes, bytes]


def read(path: Path) -> Keys | None:
    """The keys; None when there is no file. Raises UnusableKeyFile."""
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return None
    except OSError as failure:
        raise UnusableKeyFile(f"The key file {path} cannot be read ({failure.strerror}).") from None
    keys = [_key(line, path, number) for number, line in enumerate(lines, start=1) if _is_key(line)]
    if not keys:
        raise UnusableKeyFile(f"The key file {path} holds no key.")
    return Keys(_id(keys[0]), {_id(key): key for key in keys})


def make(path: Path) -> Keys:
    """The keys of the file, which is made with a new key, mode 0600, if it is not there.

    Of several that make it at the same time one does, and all get its key. Raises UnusableKeyFile.
    """
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        _write(unfinished, _FOR_PEOPLE.encode() + base64.b64encode(secrets.token_bytes(KEY_LENGTH)) + b"\n")
        try:
            path.hardlink_to(unfinished)  # which, unlike a rename, never takes the place of another
        except FileExistsError:
            pass
        finally:
            unfinished.unlink()
        _keep_the_name(path.parent)
    except OSError as failure:
        raise UnusableKeyFile(f"The key file {path} cannot be made ({failure.strerror}).") from None
    keys = read(path)
    if keys is None:
        raise UnusableKeyFile(f"The key file {path} was taken away.")
    return keys


def _write(path: Path, content: bytes) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(file, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())


def _keep_the_name(directory: Path) -> None:
    """Values may be sealed under the key from now on: the file must outlast a power cut."""
    opened = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _is_key(line: bytes) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith(b"#")


def _key(line: bytes, path: Path, number: int) -> bytes:
    try:
        key = base64.b64decode(line.strip(), validate=True)
    except binascii.Error:
        key = b""
    if len(key) != KEY_LENGTH:
        raise UnusableKeyFile(f"Line {number} of the key file {path} is not {KEY_LENGTH} bytes in base64.")
    return key


def _id(key: bytes) -> bytes:
    """Made from the key, so that whoever has the id's key has the right one."""
    return hashlib.sha256(b"candor key id\0" + key).digest()[:ID_LENGTH]
