"""Time-based one-time codes (RFC 6238): six digits of HMAC-SHA-1 over the step, which is 30 seconds long; the
form that every authenticator app has.

A code of the step before or after is taken too, for clocks that are off and for slow typists (section 5.2).
A step is used up by its code, and with it every earlier one.
"""

from __future__ import annotations

import hmac
import re
from datetime import datetime, timedelta

from pyotp import TOTP

from handlers.ports import Randomness, Sealing

STEP = timedelta(seconds=30)
SETUP_LIFE = timedelta(hours=1)  # the contract's retention of `totp_setup`

_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_LENGTH = 32  # characters: 160 bits, as RFC 4226 section 4 recommends
_DRIFT = (0, -1, 1)
_CODE = re.compile(r"[0-9]{6}")


def new_secret(randomness: Randomness) -> str:
    """A secret in base 32, as apps take it."""
    return randomness.letters(_BASE32, _LENGTH)


def sealed(secret: str, *, user_id: str, sealing: Sealing) -> bytes:
    """The secret as it is stored."""
    return sealing.seal(secret.encode(), context=_context(user_id))


def opened(stored: bytes, *, user_id: str, sealing: Sealing) -> str:
    """The secret again. Raises CannotOpen."""
    return sealing.open(stored, context=_context(user_id)).decode()


def uri(secret: str, *, account: str, issuer: str) -> str:
    """The `otpauth` address that apps read from a QR code."""
    return TOTP(secret).provisioning_uri(name=account, issuer_name=issuer)


def step_of(typed: str, *, secret: str, after: int, now: datetime) -> int | None:
    """The step whose code this is, of those near `now` and later than `after`; None for a wrong or used
    code.
    """
    code = "".join(typed.split())
    if _CODE.fullmatch(code) is None:
        return None
    current = int(now.timestamp()) // int(STEP.total_seconds())
    found = None
    for step in (current + drift for drift in _DRIFT):
        if hmac.compare_digest(TOTP(secret).generate_otp(step), code) and step > after and found is None:
            found = step
    return found


def _context(user_id: str) -> str:
    return f"totp secret of {user_id}"
