"""Encryption at rest: AES-256-GCM under the keys of the key file.

A sealed value is: one byte that names this form (1), the id of its key (4 bytes), a random nonce (12 bytes),
and ciphertext with its tag. Form, key id and context are authenticated with it, so that nothing of it can be
changed and a value cannot be put in another's place.
"""

from __future__ import annotations

import hmac
import os
from pathlib import Path
from typing import Final

from api.gateways import key_file
from handlers.ports import CannotOpen
from persistence.sealed import HEADER_LENGTH

_FORM: Final = b"\x01"
_NONCE_LENGTH: Final = 12


class FileSealing:
    """Seals and opens under the keys of a file, which is read when the first value asks for it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._keys: key_file.Keys | None = None

    def seal(self, plain: bytes, *, context: str) -> bytes:
        """The value sealed under the file's first key. Raises UnusableKeyFile."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        keys = self._read()
        header, nonce = header_of(keys.first), os.urandom(_NONCE_LENGTH)
        sealed = AESGCM(keys.by_id[keys.first]).encrypt(nonce, plain, header + context.encode())
        return header + nonce + sealed

    def open(self, sealed: bytes, *, context: str) -> bytes:
        """The value again. Raises CannotOpen, UnusableKeyFile."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        header, rest = sealed[:HEADER_LENGTH], sealed[HEADER_LENGTH:]
        key = self._read().by_id.get(header[1:])
        if header[:1] != _FORM or key is None or len(rest) < _NONCE_LENGTH:
            raise CannotOpen
        nonce, ciphertext = rest[:_NONCE_LENGTH], rest[_NONCE_LENGTH:]
        try:
            return AESGCM(key).decrypt(nonce, ciphertext, header + context.encode())
        except InvalidTag:
            raise CannotOpen from None

    def fingerprints(self, plain: bytes, *, context: str) -> tuple[bytes, ...]:
        """HMAC-SHA256 under a key made from each of the file's, the first one's first. Raises
        UnusableKeyFile."""
        keys = self._read()
        ordered = [keys.by_id[keys.first], *(key for id, key in keys.by_id.items() if id != keys.first)]
        purpose = b"candor fingerprint\0" + context.encode()
        return tuple(hmac.digest(hmac.digest(key, purpose, "sha256"), plain, "sha256") for key in ordered)

    def _read(self) -> key_file.Keys:
        if self._keys is None:
            self._keys = key_file.read(self._path)
        if self._keys is None:
            raise key_file.UnusableKeyFile(f"There is no key file {self._path}.")
        return self._keys


def header_of(key_id: bytes) -> bytes:
    """What every value sealed under this key begins with."""
    return _FORM + key_id
