"""What the engine itself refuses, before or instead of a handler, as failures with the stable words that
clients see.

They are declared by the contract like any handler's errors; `completeness.py` checks that at start.
"""

from __future__ import annotations

from handlers.errors import ApiError, FieldError


class RequestRefused(ApiError):
    """400: the request does not match the contract. `pointers` say where and in which way, never with a
    value."""

    status = 400
    error = "invalid_request"
    message = "The request does not match the contract."

    def __init__(self, *pointers: FieldError, error: str | None = None) -> None:
        super().__init__(pointers=pointers)
        if error is not None:
            self.error = error  # type: ignore[misc]  # the contract's own word for this place of this operation


class PathUnknown(ApiError):
    """404: no operation has this path."""

    status = 404
    error = "not_found"
    message = "There is nothing here."


class MethodNotAllowed(ApiError):
    """405 with the exact `Allow` of the path (RFC 9110 section 15.5.6)."""

    status = 405
    error = "method_not_allowed"
    message = "This path does not have this method."

    def __init__(self, allow: str) -> None:
        super().__init__(headers={"Allow": allow})


class ContentTooLarge(ApiError):
    """413: the body is larger than the operation takes, by its Content-Length or while it was read."""

    status = 413
    error = "content_too_large"
    message = "The body is larger than this operation takes."


class UnsupportedMediaType(ApiError):
    """415: the body's media type, charset or content coding is not declared, or there is a body without a
    type."""

    status = 415
    error = "unsupported_media_type"
    message = "This operation does not take this media type."


def refused(pointer: str, code: str) -> RequestRefused:
    """A refusal with one place."""
    return RequestRefused(FieldError(pointer, code))
