"""Failures, as classes that name their contract response: a status, a stable machine-readable word and one
public sentence.

`api/problems.py` is the only place that turns them into bytes. What is said here reaches clients, so no
class takes a submitted value into its sentence. Classes below `OAuthError` carry the words of RFC 6749
section 5.2 and RFC 8628 section 3.5.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Self


@dataclass(frozen=True, slots=True)
class FieldError:
    """One place of a request that is wrong: a JSON pointer (RFC 6901) into it and a stable code, never the
    value.
    """

    pointer: str
    code: str


class ApiError(Exception):
    """A failure that the contract declares.

    `keep` tells the boundary to commit what the unit of work has done although the answer is an error
    (attempt counters). `told` is the word of the log's event with which the operator hears of it; most of
    what the contract declares is no event. `members` are numbers that its answer carries besides (not those
    of OAuth).
    """

    status: ClassVar[int] = 400
    error: ClassVar[str] = "bad_request"
    message: ClassVar[str] = "The request cannot be answered."
    keep: ClassVar[bool] = False
    told: ClassVar[str | None] = None

    def __init__(
        self,
        message: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        pointers: tuple[FieldError, ...] = (),
        members: Mapping[str, int] | None = None,
    ) -> None:
        super().__init__(self.error)
        self.public_message = message or self.message
        self.headers: dict[str, str] = dict(headers or {})
        self.pointers = pointers
        self.members: dict[str, int] = dict(members or {})


class NotFound(ApiError):
    """404: nothing with that id that the caller may see."""

    status = 404
    error = "not_found"
    message = "There is nothing here that you can see."


class Forbidden(ApiError):
    """403: the caller is known and may not do this."""

    status = 403
    error = "forbidden"
    message = "You may not do this."


class InvalidToken(ApiError):
    """401: a bearer credential was presented and does not open anything (RFC 6750 section 3.1)."""

    status = 401
    error = "invalid_token"
    message = "The access token is unknown, expired or revoked."


class CredentialsMissing(ApiError):
    """401: the operation needs a credential and none was presented (RFC 6750 section 3)."""

    status = 401
    error = "unauthorized"
    message = "This operation needs a credential."


class SignInInvalid(ApiError):
    """401: the cookie of a browser's sign-in is unknown, expired or revoked, or somebody used it after it was
    replaced.
    """

    status = 401
    error = "invalid_sign_in"
    message = "You are not signed in, or no longer. Sign in again."

    def __init__(self, cookie: str) -> None:
        super().__init__(headers={"WWW-Authenticate": f'Cookie realm="candor", cookie-name="{cookie}"'})


class OriginRefused(ApiError):
    """403: a page of another site made this request, or it carries a cookie and does not say which page did
    (RFC 6454).
    """

    status = 403
    error = "origin_refused"
    message = "This request does not come from a page of this server."


class InsufficientScope(ApiError):
    """403: the credential is good, and does not carry what the operation asks for (RFC 6750 section 3.1)."""

    status = 403
    error = "insufficient_scope"
    message = "The credential does not carry what this operation asks for."

    def __init__(self, scopes: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.scopes = scopes


class TooManyRequests(ApiError):
    """429 with `Retry-After`, in whole seconds (RFC 6585 section 4)."""

    status = 429
    error = "too_many_requests"
    message = "Too many attempts. Try again later."
    keep = True

    def __init__(self, retry_after_s: int, message: str | None = None) -> None:
        super().__init__(message, headers={"Retry-After": str(max(1, retry_after_s))})

    @classmethod
    def until_window_ends(cls, started: datetime, *, window: timedelta, now: datetime, message: str) -> Self:
        """For what is counted in windows of this length: to be tried again when the one that began then ends.

        Of two at the same moment the one may count into the window that the other opened a little later.
        """
        wait = min(started + window - now, window)
        return cls(math.ceil(wait.total_seconds()), message)


class OAuthError(ApiError):
    """An error of the token, device, registration, revocation and introspection endpoints."""

    error = "invalid_request"
    message = "The request is missing a parameter or carries one that cannot be used."


class InvalidRequest(OAuthError):
    """400 `invalid_request` (RFC 6749 section 5.2)."""


class StaleDate(OAuthError):
    """400: the caller's clock is more than five minutes off, so its idea of every lifetime is wrong."""

    error = "invalid_request"
    message = (
        "stale_date: the Date header differs from the server's clock by more than 5 minutes; "
        "set the clock and try again."
    )


class InvalidClient(OAuthError):
    """401 `invalid_client`: unknown client and wrong secret give this one answer (RFC 6749 section 5.2)."""

    status = 401
    error = "invalid_client"
    message = "Client authentication failed."


class InvalidGrant(OAuthError):
    """400 `invalid_grant`: unknown, used, revoked, or issued to another client (RFC 6749 section 5.2)."""

    error = "invalid_grant"
    message = "The grant is unknown, already used, revoked, or was issued to another client."


class ReplayedGrant(InvalidGrant):
    """`invalid_grant` for a refresh token or a code that was used before: that the family is revoked is kept
    (RFC 6749 section 4.1.2, BCP 9700 section 4.14.2).
    """

    keep = True
    told = "grant_replayed"


class UnauthorizedClient(OAuthError):
    """400 `unauthorized_client`: the client did not register this grant type (RFC 6749 section 5.2)."""

    error = "unauthorized_client"
    message = "The client is not registered for this grant type."


class UnusableClient(OAuthError):
    """400: unknown clients and addresses that a client did not register give this one answer, and nobody is
    sent anywhere (RFC 6749 section 4.1.2.1).
    """

    message = "The client is unknown, or did not register this address to return to."


class UnsupportedResponseType(OAuthError):
    """400 `unsupported_response_type` (RFC 6749 section 4.1.2.1)."""

    error = "unsupported_response_type"
    message = "The server gives authorization codes and nothing else: `response_type` is `code`."


class UnsupportedGrantType(OAuthError):
    """400 `unsupported_grant_type` (RFC 6749 section 5.2)."""

    error = "unsupported_grant_type"
    message = "The server does not support this grant type."


class InvalidScope(OAuthError):
    """400 `invalid_scope` (RFC 6749 section 5.2)."""

    error = "invalid_scope"
    message = "A requested scope is unknown, or wider than what was registered or requested before."


class InvalidClientMetadata(OAuthError):
    """400 `invalid_client_metadata` (RFC 7591 section 3.2.2)."""

    error = "invalid_client_metadata"
    message = "A member of the registration cannot be used."


class InvalidRedirectUri(OAuthError):
    """400 `invalid_redirect_uri` (RFC 7591 section 3.2.2)."""

    error = "invalid_redirect_uri"
    message = (
        "A redirect URI is neither https, nor a loopback address, nor of a private-use scheme such as"
        " com.example.app:/callback, or carries a fragment or user information."
    )


class AuthorizationPending(OAuthError):
    """400 `authorization_pending`: nobody has decided yet (RFC 8628 section 3.5)."""

    error = "authorization_pending"
    message = "The authorization request is still pending."
    keep = True


class SlowDown(OAuthError):
    """400 `slow_down`: polled early; the interval grew by five seconds (RFC 8628 section 3.5)."""

    error = "slow_down"
    message = "Polled too early: wait 5 seconds longer between polls."
    keep = True


class AccessDenied(OAuthError):
    """400 `access_denied`: the person refused (RFC 8628 section 3.5)."""

    error = "access_denied"
    message = "The person denied the authorization request."


class ExpiredToken(OAuthError):
    """400 `expired_token`: the device code is past its life (RFC 8628 section 3.5)."""

    error = "expired_token"
    message = "The device code has expired; start the device flow again."


class UserCodeUnusable(OAuthError):
    """404: unknown, expired, decided or not yours: one answer, so that a code cannot be probed. The attempt
    counts.
    """

    status = 404
    error = "invalid_user_code"
    message = "No pending request with this code can be decided by you."
    keep = True


class AuthorizationRequestUnusable(OAuthError):
    """404: unknown, expired, decided or not yours: one answer, so that a request cannot be probed."""

    status = 404
    error = "invalid_authorization_request"
    message = "No pending request with this handle can be decided by you. Begin again where you came from."


class InstanceUnclaimed(OAuthError):
    """409: the instance has no workspace yet, so nobody can sign in to it."""

    status = 409
    error = "instance_unclaimed"
    message = "This instance is unclaimed: claim it into a workspace first, then approve."


class InvalidRegistrationKey(OAuthError):
    """403: unknown, used up, expired and revoked registration keys give this one answer."""

    status = 403
    error = "invalid_registration_key"
    message = "The registration key is unknown, used up, expired or revoked."


class OAuthTooManyRequests(TooManyRequests, OAuthError):
    """429 on the OAuth endpoints."""

    error = "too_many_requests"


class RegistrationsFull(OAuthError):
    """503: the hard cap of unclaimed instances is reached; claimed registrations still work. That they were
    counted is kept.
    """

    status = 503
    keep = True
    error = "temporarily_unavailable"
    message = (
        "Too many instances are waiting to be claimed. Register with a registration key, or try again later."
    )

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(headers={"Retry-After": str(max(1, retry_after_s))})
