"""Asking for a captcha: which failure each verdict is. Without one nothing is asked; with one, every doubt
refuses.
"""

from __future__ import annotations

from handlers.errors import ApiError
from handlers.ports import Captcha, CaptchaAction

_RETRY_AFTER_S = 10


class CaptchaRequired(ApiError):
    """403: the operation wants a captcha's token and was given none."""

    status = 403
    error = "captcha_required"
    message = "Solve the captcha first: this needs its token."


class CaptchaFailed(ApiError):
    """403: the token is unknown, used, too old, or was made for another page."""

    status = 403
    error = "captcha_failed"
    message = "The captcha was not accepted. Solve a new one."


class CaptchaUnavailable(ApiError):
    """503 with `Retry-After`: nobody can tell now, so nobody is let through. The operator hears of it."""

    status = 503
    error = "captcha_unavailable"
    message = "The captcha cannot be checked right now. Nothing was changed. Try again later."
    told = "captcha_unavailable"

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": str(_RETRY_AFTER_S)})


class CaptchaMisconfigured(CaptchaUnavailable):
    """The same to the caller; the operator hears that the service refuses the secret."""

    told = "captcha_misconfigured"


async def demand(
    captcha: Captcha | None, *, token: str | None, action: CaptchaAction, client_ip: str | None
) -> None:
    """Return once the token is found good, which it is only once. It may take 5 s: before any transaction.

    Raises CaptchaRequired, CaptchaFailed, CaptchaUnavailable.
    """
    if captcha is None:
        return
    if not token:
        raise CaptchaRequired
    match await captcha.judge(token, action=action, client_ip=client_ip):
        case "passed":
            return
        case "refused":
            raise CaptchaFailed
        case "misconfigured":
            raise CaptchaMisconfigured
        case "unavailable":
            raise CaptchaUnavailable
