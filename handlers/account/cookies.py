"""The two cookies of a browser's sign-in (RFC 6265): neither is readable by scripts, neither is sent with
requests that other sites make in the background, and the one that renews goes to one place only.
"""

from __future__ import annotations

from datetime import timedelta

from handlers.policy import Policy

SESSION = "candor_session"
REFRESH = "candor_refresh"
_EVERYWHERE = "/"
REFRESH_PATH = "/api/v1/account/sign-in"


def given(*, access_token: str, refresh_token: str, policy: Policy) -> tuple[str, ...]:
    """The `Set-Cookie` values of a sign-in or its renewal."""
    return (
        _cookie(SESSION, access_token, path=_EVERYWHERE, life=policy.sign_in_access_life, policy=policy),
        _cookie(REFRESH, refresh_token, path=REFRESH_PATH, life=policy.sign_in_life, policy=policy),
    )


def taken_back(policy: Policy) -> tuple[str, ...]:
    """The `Set-Cookie` values that make a browser forget both."""
    nothing = timedelta(0)
    return (
        _cookie(SESSION, "", path=_EVERYWHERE, life=nothing, policy=policy),
        _cookie(REFRESH, "", path=REFRESH_PATH, life=nothing, policy=policy),
    )


def _cookie(name: str, value: str, *, path: str, life: timedelta, policy: Policy) -> str:
    secure = "; Secure" if policy.secure_cookies else ""
    return f"{name}={value}; Path={path}; Max-Age={int(life.total_seconds())}; HttpOnly; SameSite=Lax{secure}"
