"""The shape of every secret that the server makes: a readable prefix, 256 random bits, a checksum; and its
digest for storage.

The checksum lets a mistyped or truncated secret be refused without asking the database; it is no protection
in itself.
"""

from __future__ import annotations

import hashlib
import hmac
import zlib

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
RANDOM_LENGTH = 43
CHECKSUM_LENGTH = 6

ACCESS_TOKEN = "cat_"  # noqa: S105 (a prefix)
REFRESH_TOKEN = "crt_"  # noqa: S105 (a prefix)
DEVICE_CODE = "cdc_"
CLIENT_SECRET = "ccs_"  # noqa: S105 (a prefix)
SIGN_IN_ACCESS = "csa_"
SIGN_IN_REFRESH = "csr_"
AUTHORIZATION_CODE = "cac_"
REQUEST_HANDLE = "crh_"
TICKET = "cst_"
VERIFY_EMAIL = "cve_"
PASSWORD_RESET = "cpr_"  # noqa: S105 (a prefix)
EMAIL_CHANGE = "cec_"
FIRST_ACCOUNT = "cfa_"

_NO_DIGEST = bytes(32)
_PAIRS = tuple(first + second for first in BASE62 for second in BASE62)  # two digits for one division


def base62(number: int, length: int) -> str:
    """A whole number in base 62, most significant digit first, padded with zeros to `length`."""
    pairs = []
    for _ in range((length + 1) // 2):
        number, pair = divmod(number, len(_PAIRS))
        pairs.append(_PAIRS[pair])
    pairs.reverse()
    return "".join(pairs)[-length:]


def compose(prefix: str, entropy: bytes) -> str:
    """The secret made of a prefix and 32 random bytes."""
    body = prefix + base62(int.from_bytes(entropy, "big"), RANDOM_LENGTH)
    return body + _checksum(body)


def well_formed(secret: str, prefix: str) -> bool:
    """Whether this could be a secret of ours with that prefix: length and checksum fit."""
    body, checksum = secret[:-CHECKSUM_LENGTH], secret[-CHECKSUM_LENGTH:]
    return (
        secret.startswith(prefix)
        and len(secret) == len(prefix) + RANDOM_LENGTH + CHECKSUM_LENGTH
        and secret.isascii()
        and _checksum(body) == checksum
    )


def digest(secret: str) -> bytes:
    """SHA-256, the only form in which a secret is stored."""
    return hashlib.sha256(secret.encode()).digest()


def matches(secret: str, stored: bytes | None) -> bool:
    """Compare a presented secret with a stored digest in constant time; nothing stored takes as long as a
    mismatch.
    """
    return (
        hmac.compare_digest(digest(secret), stored if stored is not None else _NO_DIGEST)
        and stored is not None
    )


def _checksum(body: str) -> str:
    return base62(zlib.crc32(body.encode()), CHECKSUM_LENGTH)
