"""What a case is: bytes, and the answers that they must get."""

from __future__ import annotations

from dataclasses import dataclass

from contract_tests.wire.requests import Request


@dataclass(frozen=True, slots=True)
class Expected:
    """One answer. `error` and `places` (pointer and code) are compared when given; `outside` means that the
    answer belongs to no operation, whatever the request asked for."""

    statuses: frozenset[int]
    error: str = ""
    places: tuple[tuple[str, str], ...] = ()
    outside: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """Bytes on one connection, and all answers that come back before it closes; none means that it only
    closes.

    `half_close`: the client says that it has sent everything. `by_http_server`: the answer is that of the
    HTTP server below, which this program cannot change; the sentence says in which way. `or_only_closes`:
    which of the two comes first is a race, and an answer that does come is held to what is said here.
    """

    name: str
    requests: tuple[Request, ...]
    answers: tuple[Expected, ...]
    half_close: bool = False
    by_http_server: str = ""
    or_only_closes: bool = False


def case(
    name: str,
    requests: Request | tuple[Request, ...],
    *answers: Expected,
    half_close: bool = False,
    by_http_server: str = "",
    or_only_closes: bool = False,
) -> Case:
    """A case; one request may stand alone."""
    several = (requests,) if isinstance(requests, Request) else requests
    return Case(name, several, answers, half_close, by_http_server, or_only_closes)


def status(*statuses: int, error: str = "", outside: bool = False) -> Expected:
    """An answer with one of these statuses."""
    return Expected(frozenset(statuses), error, (), outside)


def refused(pointer: str, code: str) -> Expected:
    """400 by the contract engine, with the place and the code."""
    return Expected(frozenset((400,)), "invalid_request", ((pointer, code),))


OK = status(200)
CREATED = status(201)
CONTINUE = status(100)
NOT_HTTP = status(400, error="bad_request", outside=True)
NOT_FOUND = status(404, error="not_found", outside=True)
NO_SUCH_METHOD = status(405, error="method_not_allowed", outside=True)
TOO_LARGE = status(413, error="content_too_large")
OTHER_MEDIA_TYPE = status(415, error="unsupported_media_type")
CLOSED: tuple[Expected, ...] = ()
