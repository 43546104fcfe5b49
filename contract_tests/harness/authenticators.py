"""Second factors as the tests carry them: an authenticator app, and a software authenticator that makes and
uses passkeys (WebAuthn) the way a browser with a security key would, down to CBOR and COSE.

What a browser does for a page is done here, too: it puts origin and challenge into the client data. A test
that plays an attacker says what is to be different.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import cbor2
import pyotp
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256

_UP, _UV, _AT = 0x01, 0x04, 0x40  # user present, user verified, attested credential data


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unbase64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(frozen=True, slots=True)
class App:
    """An authenticator app with one secret."""

    secret: str

    def code(self, *, steps_ahead: int = 0, now: datetime | None = None) -> str:
        """What the app shows, or will show that many steps of 30 s later."""
        moment = (now or datetime.now().astimezone()) + timedelta(seconds=30 * steps_ahead)
        return str(pyotp.TOTP(self.secret).at(moment))

    def next_code(self) -> str:
        """What it shows next, which is taken already, and still is should the present step end meanwhile."""
        return self.code(steps_ahead=1)

    def wrong_code(self) -> str:
        """One that it does not show, nor does so soon or did so lately."""
        near = {self.code(steps_ahead=steps) for steps in range(-3, 4)}
        return next(code for code in (f"{number:06d}" for number in range(10)) if code not in near)


@dataclass
class Passkey:
    """A credential in a software authenticator. `counts`: whether it counts its uses."""

    rp_id: str
    user_handle: bytes
    key: PrivateKeyTypes
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    counts: bool = True
    uses: int = 0

    @classmethod
    def create(cls, options: Mapping[str, Any], *, algorithm: int = -7, counts: bool = True) -> Passkey:
        """Make a credential for creation options."""
        assert algorithm in [each["alg"] for each in options["pubKeyCredParams"]]
        return cls(
            options["rp"]["id"], unbase64url(options["user"]["id"]), _new_key(algorithm), counts=counts
        )

    def registration(
        self,
        options: Mapping[str, Any],
        origin: str,
        *,
        challenge: str | None = None,
        kind: str = "webauthn.create",
        flags: int = _UP | _UV,
    ) -> dict[str, Any]:
        """What `navigator.credentials.create` answers, as JSON."""
        client_data = _client_data(kind, challenge or options["challenge"], origin)
        attested = bytes(16) + struct.pack(">H", len(self.id)) + self.id + cbor2.dumps(_cose(self.key))
        statement = {"fmt": "none", "attStmt": {}, "authData": self._data(flags | _AT) + attested}
        return {
            "id": base64url(self.id),
            "rawId": base64url(self.id),
            "type": "public-key",
            "authenticatorAttachment": "cross-platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": base64url(client_data),
                "attestationObject": base64url(cbor2.dumps(statement)),
                "transports": ["usb", "nfc", "telepathy"],
            },
        }

    def assertion(
        self,
        options: Mapping[str, Any],
        origin: str,
        *,
        challenge: str | None = None,
        kind: str = "webauthn.get",
        rp_id: str | None = None,
        flags: int = _UP | _UV,
        key: PrivateKeyTypes | None = None,
    ) -> dict[str, Any]:
        """What `navigator.credentials.get` answers, as JSON; one more use."""
        self.uses += self.counts
        client_data = _client_data(kind, challenge or options["challenge"], origin)
        data = self._data(flags, rp_id=rp_id)
        signature = _signed(key or self.key, data + hashlib.sha256(client_data).digest())
        return {
            "id": base64url(self.id),
            "rawId": base64url(self.id),
            "type": "public-key",
            "authenticatorAttachment": "cross-platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": base64url(client_data),
                "authenticatorData": base64url(data),
                "signature": base64url(signature),
                "userHandle": base64url(self.user_handle),
            },
        }

    def _data(self, flags: int, *, rp_id: str | None = None) -> bytes:
        party = hashlib.sha256((rp_id or self.rp_id).encode()).digest()
        return party + struct.pack(">BI", flags, self.uses)


def localhost(url: str) -> str:
    """The same server by the name for which browsers make passkeys on this machine."""
    return f"http://localhost:{urlsplit(url).port}"


def _client_data(kind: str, challenge: str, origin: str) -> bytes:
    return json.dumps({"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": False}).encode()


def _new_key(algorithm: int) -> PrivateKeyTypes:
    if algorithm == -8:
        return ed25519.Ed25519PrivateKey.generate()
    if algorithm == -257:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ec.generate_private_key(ec.SECP256R1())


def _cose(key: PrivateKeyTypes) -> dict[int, object]:
    """The public key as RFC 9053 and RFC 8230 write it."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return {1: 1, 3: -8, -1: 6, -2: key.public_key().public_bytes_raw()}
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = key.public_key().public_numbers()
        return {1: 3, 3: -257, -1: numbers.n.to_bytes(256), -2: numbers.e.to_bytes(3)}
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    point = key.public_key().public_numbers()
    return {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32), -3: point.y.to_bytes(32)}


def _signed(key: PrivateKeyTypes, data: bytes) -> bytes:
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(data)
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), SHA256())
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key.sign(data, ec.ECDSA(SHA256()))
