"""The links that are mailed: what each is called, how long it lasts, and where in the dashboard it leads."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from handlers import secret
from handlers.errors import ApiError

SIGN_UP_LIFE: Final = timedelta(hours=24)
"""How long a sign-up waits for its address, and the links that were mailed for it with it."""
RESET_LIFE: Final = timedelta(hours=1)
EMAIL_CHANGE_LIFE: Final = timedelta(hours=24)
FIRST_ACCOUNT_LIFE: Final = timedelta(hours=24)

VERIFY_PAGE: Final = "/verify"
RESET_PAGE: Final = "/reset"
EMAIL_CHANGE_PAGE: Final = "/confirm-email"
FIRST_ACCOUNT_PAGE: Final = "/first-account"
SIGN_IN_PAGE: Final = "/sign-in"


class LinkUnusable(ApiError):
    """410: unknown, used, expired, replaced, or overtaken by what happened since. One answer for all."""

    status = 410
    error = "link_unusable"
    message = "This link was used already, has expired, or was replaced by a newer one."


def digest(token: str, prefix: str) -> bytes:
    """What is stored of a link. Raises LinkUnusable for a token that was not made by this server."""
    if not secret.well_formed(token, prefix):
        raise LinkUnusable
    return secret.digest(token)
