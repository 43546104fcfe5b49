"""What succeeds a single-use secret, sealed under that secret itself (AES-256-GCM).

A client whose answer was lost presents the used secret again and can be given the very same successor, while
the database alone reveals nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from persistence.unit_of_work import Record

_NONCE_LENGTH = 12


def seal(successor: object, *, under: str) -> bytes:
    """A JSON value, readable only with the secret that it succeeds."""
    nonce = os.urandom(_NONCE_LENGTH)
    return nonce + AESGCM(_key(under)).encrypt(nonce, json.dumps(successor).encode(), None)


def unseal(sealed: bytes, *, under: str) -> Any:
    """The value that `seal` was given. Raises cryptography's InvalidTag for any other secret."""
    return json.loads(AESGCM(_key(under)).decrypt(sealed[:_NONCE_LENGTH], sealed[_NONCE_LENGTH:], None))


def again(used: Record, *, presented: str, grace: timedelta, now: datetime) -> Any:
    """What succeeded a secret that was used, for whoever presents it once more and is taken for a retry; None
    for a replay: after the grace window, or within it when the successor was used already. Then two hold it.
    """
    in_grace = now - used["consumed_at"] <= grace
    if in_grace and used["successor_consumed_at"] is None and used["successor_sealed"] is not None:
        return unseal(used["successor_sealed"], under=presented)
    return None


def _key(secret: str) -> bytes:
    return hashlib.sha256(b"candor refresh successor\0" + secret.encode()).digest()
