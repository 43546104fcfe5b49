"""Failures into the error bodies that the contract declares: the one place where an exception becomes
public words.

Operations below `/oauth2/` answer as RFC 6749 section 5.2 says, everything else with a problem document
(RFC 9457) that also carries the members of the published `ErrorResponse`. A failure that nobody declared says
nothing but its request id.
"""

from __future__ import annotations

from http import HTTPStatus

from handlers.answers import Answer
from handlers.errors import ApiError, InsufficientScope, InvalidClient, InvalidToken, OAuthError
from persistence.availability import OutcomeUnknown, StoreUnavailable

PROBLEM = "application/problem+json"
_JSON = "application/json"
_REALM = 'realm="candor"'

_SENTENCES = {
    "additional_property": "This member is not declared.",
    "const": "This is not the declared value.",
    "contains": "No item is of the kind that must be among them.",
    "depth": "The value is nested too deeply.",
    "duplicate_member": "An object has the same member twice.",
    "encoding": "The text is not percent-encoded UTF-8.",
    "enum": "This is not one of the declared values.",
    "form": "The body is not a urlencoded form in UTF-8.",
    "format": "The value does not have its declared format.",
    "integer_range": "An integer does not fit into 64 bits.",
    "json": "The body is not JSON in UTF-8.",
    "max_items": "There are too many items.",
    "max_length": "The text is too long.",
    "maximum": "The number is too large.",
    "min_items": "There are too few items.",
    "min_length": "The text is too short.",
    "minimum": "The number is too small.",
    "not_allowed": "This member is not taken in requests.",
    "nul": "The text has a NUL character.",
    "one_of": "The value matches none, or more than one, of the declared alternatives.",
    "pattern": "The text does not have its declared form.",
    "repeated": "It is given more than once.",
    "required": "It is missing.",
    "too_many": "There are too many of them.",
    "type": "The value is of another type.",
    "unique_items": "The items are not all different.",
    "unknown_parameter": "A query parameter is not declared.",
}
_ANY_OTHER = "The value does not match the contract."


class InternalError(ApiError):
    """500: whatever happened inside stays inside."""

    status = 500
    error = "internal_error"
    message = "The server failed to answer. Nothing was changed."


class Unavailable(ApiError):
    """503: the store cannot serve this call now."""

    status = 503
    error = "store_unavailable"
    message = "The store cannot be reached right now. Nothing was changed."


class OutcomeNotKnown(Unavailable):
    """503: the store went away while a change was being made final."""

    message = (
        "The store was lost while it made the change final. Look whether it was made before repeating it."
    )


_OAUTH_WORDS = {"internal_error": "server_error", "store_unavailable": "temporarily_unavailable"}


def render(failure: BaseException, *, request_id: str, path: str) -> Answer:
    """The declared answer to a failure of the operation at `path` (the contract's path; empty for no
    operation)."""
    public = _public(failure)
    headers = {**public.headers, **_challenge(public)}
    errors = [
        {"pointer": each.pointer, "code": each.code, "detail": _SENTENCES.get(each.code, _ANY_OTHER)}
        for each in public.pointers
    ]
    extra: dict[str, object] = {"errors": errors} if errors else {}
    if path.startswith("/oauth2/"):
        oauth = {
            "error": _OAUTH_WORDS.get(public.error, public.error),
            "error_description": public.public_message,
            "request_id": request_id,
            **extra,
        }
        return Answer(public.status, oauth, {"Cache-Control": "no-store", **headers}, _JSON)
    problem = {
        "type": "about:blank",
        "title": _title(public.status),
        "status": public.status,
        "detail": public.public_message,
        "code": public.status,
        "error": public.error,
        "message": public.public_message,
        "request_id": request_id,
        **extra,
        **public.members,
    }
    return Answer(public.status, problem, headers, PROBLEM)


def _public(failure: BaseException) -> ApiError:
    if isinstance(failure, ApiError):
        return failure
    if isinstance(failure, StoreUnavailable):
        kind = OutcomeNotKnown if isinstance(failure, OutcomeUnknown) else Unavailable
        return kind(headers={"Retry-After": "1"})
    return InternalError()


def _challenge(failure: ApiError) -> dict[str, str]:
    """`WWW-Authenticate` where RFC 9110 and RFC 6750 ask for it, unless the failure brings its own."""
    if any(name.lower() == "www-authenticate" for name in failure.headers):
        return {}
    if isinstance(failure, InsufficientScope):
        scope = f', scope="{" ".join(failure.scopes)}"' if failure.scopes else ""
        return {"WWW-Authenticate": f'Bearer {_REALM}, error="insufficient_scope"{scope}'}
    if failure.status != 401:
        return {}
    if isinstance(failure, InvalidClient) or (
        isinstance(failure, OAuthError) and not isinstance(failure, InvalidToken)
    ):
        return {"WWW-Authenticate": f"Basic {_REALM}"}
    error = ', error="invalid_token"' if isinstance(failure, InvalidToken) else ""
    return {"WWW-Authenticate": f"Bearer {_REALM}{error}"}


def _title(status: int) -> str:
    # RFC 9110's names; Python 3.11 still has the older ones for these two.
    renamed = {413: "Content Too Large", 422: "Unprocessable Content"}
    return renamed.get(status) or HTTPStatus(status).phrase
