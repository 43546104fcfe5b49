"""Passkeys (WebAuthn level 3): what a browser is asked for, and whether what it answers is good.

The answer must be to our challenge, from a page of our origin, for our relying party, made with the user
present and signed by the credential's key. Attestation is not asked for: which make an authenticator is of
does not matter here, and would tell something about its owner.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from handlers.account.relying_party import RelyingParty
from handlers.ports import Randomness

AT_MOST: Final = 20  # passkeys of an account
SETUP_LIFE: Final = timedelta(minutes=5)
TRANSPORTS: Final = ("ble", "cable", "hybrid", "internal", "nfc", "smart-card", "usb")

_BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_CHALLENGE_LENGTH = 44  # characters: 264 bits, a whole number of bytes
_ES256, _EDDSA, _RS256 = -7, -8, -257


class PasskeyRefused(Exception):
    """What a browser answered does not prove that it holds the credential, for us, now."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A new credential: its id (base64url), public key (COSE) and count of uses."""

    credential_id: str
    public_key: bytes
    sign_count: int


def new_challenge(randomness: Randomness) -> str:
    """An unguessable challenge, base64url."""
    return randomness.letters(_BASE64URL, _CHALLENGE_LENGTH)


def creation_options(
    *, party: RelyingParty, user_id: str, account: str, name: str, challenge: str, known: Sequence[Any]
) -> dict[str, object]:
    """What `navigator.credentials.create` is called with, as `parseCreationOptionsFromJSON` takes it.

    `known` are the passkeys that the account has, which an authenticator does not make twice.
    """
    return {
        "rp": {"id": party.id, "name": party.id},
        "user": {"id": _base64url(user_id.encode()), "name": account, "displayName": name},
        "challenge": challenge,
        "pubKeyCredParams": [{"type": "public-key", "alg": alg} for alg in (_ES256, _EDDSA, _RS256)],
        "timeout": _milliseconds(SETUP_LIFE),
        "excludeCredentials": [_descriptor(each) for each in known],
        "authenticatorSelection": {"residentKey": "preferred", "userVerification": "preferred"},
        "attestation": "none",
    }


def request_options(
    *, party: RelyingParty, challenge: str, known: Sequence[Any], life: timedelta
) -> dict[str, object]:
    """What `navigator.credentials.get` is called with, as `parseRequestOptionsFromJSON` takes it."""
    return {
        "rpId": party.id,
        "challenge": challenge,
        "timeout": _milliseconds(life),
        "allowCredentials": [_descriptor(each) for each in known],
        "userVerification": "preferred",
    }


def registered(credential: Mapping[str, Any], *, party: RelyingParty, challenge: str) -> Registered:
    """Verify a new credential (section 7.1). Raises PasskeyRefused. Takes milliseconds of CPU."""
    from webauthn import verify_registration_response  # memory and time that most workers never need
    from webauthn.helpers.cose import COSEAlgorithmIdentifier

    try:
        found = verify_registration_response(
            credential=dict(credential),
            expected_challenge=_bytes(challenge),
            expected_rp_id=party.id,
            expected_origin=party.origin,
            supported_pub_key_algs=[COSEAlgorithmIdentifier(alg) for alg in (_ES256, _EDDSA, _RS256)],
        )
    except Exception:  # noqa: BLE001 (what parsers of several libraries make of hostile bytes is no list)
        raise PasskeyRefused from None
    return Registered(_base64url(found.credential_id), found.credential_public_key, found.sign_count)


def asserted(
    credential: Mapping[str, Any],
    *,
    party: RelyingParty,
    challenge: str,
    public_key: bytes,
    user_id: str,
) -> int:
    """Verify that the credential was used just now (section 7.2); its count of uses, which the caller holds
    against the one before. Raises PasskeyRefused. Takes milliseconds of CPU.
    """
    from webauthn import verify_authentication_response

    handle = credential["response"].get("userHandle")
    if handle and not hmac.compare_digest(handle.rstrip("=").encode(), _base64url(user_id.encode()).encode()):
        raise PasskeyRefused
    try:
        found = verify_authentication_response(
            credential=dict(credential),
            expected_challenge=_bytes(challenge),
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=public_key,
            credential_current_sign_count=0,  # the count is decided in the database, in one statement
        )
    except Exception:  # noqa: BLE001 (as above)
        raise PasskeyRefused from None
    return found.new_sign_count


def transports_of(credential: Mapping[str, Any]) -> list[str]:
    """How the authenticator can be reached, of the ways that are known; a hint for later sign-ins."""
    said = credential["response"].get("transports") or []
    return [each for each in TRANSPORTS if each in said]


def _descriptor(passkey: Any) -> dict[str, object]:
    return {
        "type": "public-key",
        "id": passkey["credential_id"],
        "transports": list(passkey["transports"]),
    }


def _milliseconds(life: timedelta) -> int:
    return life // timedelta(milliseconds=1)


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(challenge: str) -> bytes:
    return base64.urlsafe_b64decode(challenge)
