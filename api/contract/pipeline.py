"""The way of one request through the compiled contract, in one order for every operation.

Route, method, security, parameters, body, handler, check of the answer, record, commit, send. The answer is
checked before the commit, so that a handler which answers outside of its contract changes nothing; and it is
sent after the commit, so that nobody is told of something that did not happen.
"""

from __future__ import annotations

import re
from contextlib import suppress
from time import perf_counter
from typing import Any

from api.client_address import client_address
from api.contract.accept import wants_page
from api.contract.compilation import Contract
from api.contract.connexion_context import enter
from api.contract.operation import Operation
from api.contract.refusals import MethodNotAllowed, PathUnknown, refused
from api.contract.request import Request
from api.contract.response import Outgoing, ResponsePlan, Violation
from api.contract.sending import send
from api.contract.surroundings import OUTSIDE, Surroundings, UnitOfWork
from api.logs import Event, frames_of
from api.problems import InternalError, render
from handlers.answers import Answer
from handlers.errors import ApiError
from handlers.presence import ClientGone
from persistence.availability import StoreUnavailable

# RFC 3986 section 3.2.2
_HOST = re.compile(rb"(?:[A-Za-z0-9\-._~!$&'()*+,;=%]*|\[[0-9A-Za-z:.]+\])(?::[0-9]*)?[ \t]*")
_TOLD = {event.word: event for event in Event}
_CLIENT_GONE = 499  # never sent: what metrics say of a request whose client left


class Engine:
    """Answers every HTTP request. One per process."""

    def __init__(self, contract: Contract, surroundings: Surroundings) -> None:
        self._table = contract.table
        self._outside = contract.outside
        self._unit_of_work = surroundings.unit_of_work
        self._authenticator = surroundings.authenticator
        self._recorder = surroundings.recorder
        self._metrics = surroundings.metrics
        self._logs = surroundings.logs
        self._ports = surroundings.ports
        self._clock = surroundings.clock
        self._problem_page = surroundings.problem_page
        self._origin = surroundings.origin
        self._trusted = tuple(surroundings.trusted_proxies)
        self._max_body_bytes = surroundings.max_body_bytes

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        started = perf_counter()
        request = Request(scope, receive, send)
        route, request.path_values = self._table.find(scope["raw_path"])
        operation = route.operation(scope["method"]) if route is not None else None
        if operation is not None:
            status = await self._operate(operation, request)
        elif route is None:
            status = await self._answer_outside(request, PathUnknown())
        elif scope["method"] == "OPTIONS":
            status = await self._send_outside(request, Answer(204, headers={"Allow": route.allow}))
        else:
            status = await self._answer_outside(request, MethodNotAllowed(route.allow))
        self._metrics.request(
            operation.id if operation is not None else OUTSIDE, status, perf_counter() - started
        )

    async def _operate(self, operation: Operation, request: Request) -> int:
        store = self._unit_of_work()
        try:
            outgoing = await self._perform(operation, request, store)
        except ClientGone:
            await _rolled_back(store)
            return _CLIENT_GONE
        except Exception as failure:  # noqa: BLE001 - the boundary: every failure becomes a declared answer
            outgoing = await self._refuse(operation, request, store, failure)
        except BaseException:  # the server is going down
            await _rolled_back(store)
            raise
        if outgoing.chunks is None:
            await send(request, outgoing)
        else:
            await self._deliver_stream(operation, request, store, outgoing)
        return outgoing.status

    async def _perform(self, operation: Operation, request: Request, store: UnitOfWork) -> Outgoing:
        now = self._clock()
        _refuse_host(request)
        caller = await operation.security.caller(
            request.headers,
            request.repeated,
            self._authenticator,
            store=store,
            now=now,
            origin=self._origin,
        )
        arguments = await self._arguments(operation, request)
        client_ip = None
        if operation.wants_address or (operation.collects and caller.record_due):
            client_ip = client_address(request.peer, request.headers, self._trusted)
        if operation.injected:
            offered = (caller, store, self._ports, now, client_ip, self._unit_of_work, request)
            for name, position in operation.injected:
                arguments[name] = offered[position]
        enter(operation.connexion, request.scope, request.receive)
        outgoing = operation.responses.check(await operation.handler(**arguments))
        if operation.collects and 200 <= outgoing.status < 300:
            self._recorder.record(operation.id, caller=caller, store=store, client_ip=client_ip, now=now)
        await store.commit()
        return outgoing

    async def _arguments(self, operation: Operation, request: Request) -> dict[str, object]:
        arguments: dict[str, object] = {}
        operation.parameters.read(
            request.path_values, request.scope["query_string"], request.headers, arguments
        )
        if operation.body is not None:
            if b"content-type" in request.repeated:
                raise refused("/header/Content-Type", "repeated")
            arguments["body"] = await operation.body.read(
                request.receive, request.headers, self._max_body_bytes
            )
        return arguments

    async def _refuse(
        self, operation: Operation, request: Request, store: UnitOfWork, failure: Exception
    ) -> Outgoing:
        """The declared answer to a failure, after its work was dropped, or kept where the failure says so."""
        outgoing, sound = self._rendered(operation, request, failure)
        if sound and isinstance(failure, ApiError) and failure.keep:
            try:
                await store.commit()
            except Exception as second:  # noqa: BLE001 - this commit can fail like any other
                outgoing, _ = self._rendered(operation, request, second)
            else:
                return outgoing
        await _rolled_back(store)
        return outgoing

    def _rendered(self, operation: Operation, request: Request, failure: Exception) -> tuple[Outgoing, bool]:
        """The answer to a failure and whether it conforms; an opaque 500 in its place when it does not."""
        responses = operation.responses
        try:
            if isinstance(failure, Violation):
                raise failure
            outgoing = responses.check(self._words(failure, request, responses, path=operation.path))
        except Violation as violation:
            self._violated(operation.id, request, violation)
            return responses.check(render(InternalError(), request_id=request.id, path=operation.path)), False
        self._tell(operation, request, failure)
        return outgoing, True

    async def _deliver_stream(
        self, operation: Operation, request: Request, store: UnitOfWork, outgoing: Outgoing
    ) -> None:
        """Send the answer. What a stream does to the store while it is sent becomes final when it has
        ended."""
        try:
            if await send(request, outgoing):
                await store.commit()
            else:
                await _rolled_back(store)
        except Exception as failure:  # noqa: BLE001 - the head is out: a stream's failure can only cut it short
            await _rolled_back(store)
            self._tell(operation, request, failure)

    async def _answer_outside(self, request: Request, failure: ApiError) -> int:
        return await self._send_outside(request, self._words(failure, request, self._outside, path=""))

    def _words(self, failure: Exception, request: Request, responses: ResponsePlan, *, path: str) -> Answer:
        """What is said of a failure: a document, or a page where one is declared and the client wants it."""
        document = render(failure, request_id=request.id, path=path)
        if responses.has_page(document.status) and wants_page(request.headers.get(b"accept")):
            return self._problem_page(document)
        return document

    async def _send_outside(self, request: Request, answer: Answer) -> int:
        try:
            outgoing = self._outside.check(answer)
        except Violation as violation:
            self._violated(OUTSIDE, request, violation)
            outgoing = self._outside.check(render(InternalError(), request_id=request.id, path=""))
        await send(request, outgoing)
        return outgoing.status

    def _violated(self, operation_id: str, request: Request, violation: Violation) -> None:
        self._metrics.violation(operation_id)
        self._logs.emit(
            Event.CONTRACT_VIOLATION,
            operation_id=operation_id,
            request_id=request.id,
            violation=violation.reason,
            status=violation.status,
        )

    def _tell(self, operation: Operation, request: Request, failure: Exception) -> None:
        """Log a failure that is nobody's answer, and a declared one that says so (`ApiError.told`)."""
        if isinstance(failure, ApiError):
            if failure.told is not None:
                self._logs.emit(_TOLD[failure.told], operation_id=operation.id, request_id=request.id)
        elif isinstance(failure, StoreUnavailable):
            self._logs.emit(Event.STORE_UNAVAILABLE, operation_id=operation.id, request_id=request.id)
        else:
            self._logs.emit(
                Event.UNHANDLED_EXCEPTION,
                operation_id=operation.id,
                request_id=request.id,
                exception=type(failure).__name__,
                frames=frames_of(failure),
            )


def _refuse_host(request: Request) -> None:
    """HTTP/1.1 has exactly one Host, with a host in it or nothing (RFC 9112 section 3.2).

    The HTTP server below lets anything through.
    """
    if b"host" in request.repeated:
        raise refused("/header/Host", "repeated")
    if b"host" not in request.headers and request.scope["http_version"] == "1.1":
        raise refused("/header/Host", "required")
    if _HOST.fullmatch(request.headers.get(b"host", b"")) is None:
        raise refused("/header/Host", "format")


async def _rolled_back(store: UnitOfWork) -> None:
    """Drop the work. A store that cannot even do that has dropped it already: the connection is gone."""
    with suppress(Exception):
        await store.rollback()
