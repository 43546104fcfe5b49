"""A publisher of packages: a key pair, archives on disk, and entries whose signatures fit them."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class Publisher:
    """Writes archives into one directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self._key = Ed25519PrivateKey.generate()

    @property
    def public_key(self) -> str:
        """Base64 of the DER form."""
        der = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(der).decode()

    def sign(self, archive: bytes) -> str:
        """Base64 of the signature."""
        return base64.b64encode(self._key.sign(archive)).decode()

    def package(self, package_id: str, **members: Any) -> dict[str, Any]:
        """An entry with its archive on disk; `members` replace what it would hold."""
        archive = f"the archive of {package_id}".encode()
        name = f"{package_id}.zip"
        (self.directory / name).write_bytes(archive)
        entry = {
            "archive": name,
            "downloads": 12,
            "id": package_id,
            "kind": "community",
            "license": "MIT",
            "public_key": self.public_key,
            "quality": "silver",
            "repository": "https://code.example/plugin",
            "signature": self.sign(archive),
            "version": "1.2.0",
        }
        return {**entry, **members}


def written(path: Path, content: object) -> str:
    """The path of a file that holds `content` as JSON."""
    path.write_text(json.dumps(content))
    return str(path)
