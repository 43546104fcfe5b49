"""Whether an archive is the one that its publisher signed: Ed25519 (RFC 8032) over the archive's bytes."""

from __future__ import annotations

import base64
import binascii

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

_SIGNATURE_BYTES = 64


class Unsigned(Exception):
    """The archive cannot be taken for its publisher's. The text says why, as the end of a sentence."""


def verify(archive: bytes, *, signature: str, public_key: str) -> None:
    """Compare `signature` (base64) with `archive` under `public_key` (base64 of the DER form, RFC 8410).

    Raises Unsigned.
    """
    key = _key(public_key)
    signed = _decoded(signature)
    if signed is None or len(signed) != _SIGNATURE_BYTES:
        raise Unsigned("its signature is not the base64 of an Ed25519 signature")
    try:
        key.verify(signed, archive)
    except InvalidSignature:
        raise Unsigned("its signature does not fit the archive and the public key") from None


def _key(public_key: str) -> Ed25519PublicKey:
    der = _decoded(public_key)
    try:
        key = load_der_public_key(der) if der is not None else None
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise Unsigned("its public key is not the base64 of an Ed25519 key's DER form")
    return key


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
