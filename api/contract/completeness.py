"""Whether the contract declares what the engine itself can answer, tried out at start with one sample of
each.

A missing 413 would otherwise be found by the first client that sends too much, as a 500.
"""

from __future__ import annotations

from collections.abc import Iterator

from api.contract.document import ContractError
from api.contract.operation import Operation
from api.contract.refusals import (
    ContentTooLarge,
    MethodNotAllowed,
    PathUnknown,
    RequestRefused,
    UnsupportedMediaType,
)
from api.contract.response import ResponsePlan, Violation
from api.problems import render
from handlers.answers import Answer
from handlers.errors import (
    CredentialsMissing,
    FieldError,
    InsufficientScope,
    InvalidClient,
    InvalidToken,
    OriginRefused,
    SignInInvalid,
)
from persistence.availability import StoreUnavailable

_REQUEST_ID = "01KAJ3S9QWXJ0V0B4R1YH8N2CD"


def refuse_incomplete(operation: Operation) -> None:
    """Raise `ContractError`, one line for each answer of the engine that the operation does not declare."""
    lines = []
    for failure in _failures(operation):
        answer = render(failure, request_id=_REQUEST_ID, path=operation.path)
        reason = _reason(operation.responses, answer)
        if reason:
            lines.append(
                f"The operation {operation.id} can answer {answer.status} and does not declare it so"
                f" ({reason})."
            )
    if lines:
        raise ContractError("\n".join(lines))


def refuse_incomplete_outside(outside: ResponsePlan) -> None:
    """The same for the answers that belong to no operation."""
    failures: list[Exception] = [PathUnknown(), MethodNotAllowed("GET"), RequestRefused(), RuntimeError()]
    answers = [render(failure, request_id=_REQUEST_ID, path="") for failure in failures]
    for answer in (Answer(204, headers={"Allow": "GET"}), *answers):
        reason = _reason(outside, answer)
        if reason:
            raise ContractError(
                f"x-outside-operations: no operation answers {answer.status}, which is not declared so"
                f" ({reason})."
            )


def _reason(responses: ResponsePlan, answer: Answer) -> str | None:
    try:
        responses.check(answer)
    except Violation as violation:
        return violation.reason
    return None


def _failures(operation: Operation) -> Iterator[Exception]:
    yield RequestRefused(FieldError("/query", "unknown_parameter"))
    yield RuntimeError()
    if operation.reaches_store:
        yield StoreUnavailable("a sample")
    if operation.body is not None:
        yield ContentTooLarge()
        yield UnsupportedMediaType()
    security = operation.security
    if security.bearer:
        yield InvalidToken()
        yield InsufficientScope(("scope",))
    if not security.public and not security.anonymous:
        yield CredentialsMissing(headers={"WWW-Authenticate": security.challenge})
    if security.basic:
        yield InvalidClient()
    for each in security.cookies:
        yield SignInInvalid(each.cookie)
    if security.own_pages or (security.cookies and security.changes):
        yield OriginRefused()
