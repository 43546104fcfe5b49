"""Handlers that echo what they were given, answer oddly, fail in every way, and stream."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from connexion.context import operation

from api.contract.document import strong_etag
from contract_tests.engine.store import MemoryStore
from handlers.answers import Answer, Stream
from handlers.conditional import matches
from handlers.errors import ApiError, NotFound, TooManyRequests
from persistence.availability import StoreUnavailable

DOCUMENT = b"openapi: 3.1.0\n" + b"# a comment that makes it longer\n" * 200


class Conflict(ApiError):
    status = 409
    error = "conflict"
    message = "It exists."


class Teapot(ApiError):
    status = 418
    error = "teapot"


async def list_things(
    *, kind: Any, limit: Any, exact: Any, tag: Any, ids: Any, x_colour: Any, flavour: Any
) -> Any:
    return {
        "kind": kind,
        "limit": limit,
        "exact": exact,
        "tag": tag,
        "ids": ids,
        "x_colour": x_colour,
        "flavour": flavour,
    }


async def create_thing(*, body: Any, store: Any, client_ip: Any) -> Any:
    store.put(("thing", body["name"]))
    answer = {"id": "1", "name": body["name"], "got": {**body, "client_ip": client_ip}}
    if body["name"] == "Clash":
        raise Conflict
    if body["name"] == "Headless":
        return Answer(201, answer)
    if body["name"] == "Leaky":
        return Answer(201, {**answer, "password": "seen"}, {"Location": "/things/1"})
    if body["name"] == "Lost":
        store.defer_loss()
    if body["name"] == "Down":
        store.defer_outage()
    return Answer(201, answer, {"Location": "/things/1", "X-Optional": "5"})


async def get_thing(*, thing_id: Any) -> Any:
    return {"thing_id": thing_id}


async def delete_thing(*, thing_id: Any) -> Any:
    return None


async def special_thing() -> Any:
    return {"special": True}


async def get_number(*, number: Any) -> Any:
    return {"number": number, "type": type(number).__name__, "operation": operation.operation_id}


async def check_keywords(*, body: Any) -> Any:
    return {"body": body}


async def take_anything(*, body: Any) -> Any:
    return {"body": body}


async def maybe_thing(*, body: Any) -> Any:
    return {"body": body}


async def answer_oddly(*, thing_id: Any, store: Any, now: Any) -> Any:
    assert isinstance(now, datetime)
    store.put(thing_id)
    if thing_id in FAILURES:
        raise FAILURES[thing_id]
    return ANSWERS[thing_id]


class Counted(NotFound):
    keep = True


class CountedUndeclared(Teapot):
    keep = True


SECRET = "the-secret-of-the-handler"

FAILURES = {
    "not-found": NotFound(),
    "counted": Counted(),
    "counted-undeclared": CountedUndeclared(),
    "too-many": TooManyRequests(30),
    "teapot": Teapot(),
    "crash": RuntimeError(SECRET),
    "outage": StoreUnavailable(SECRET),
    "group": ExceptionGroup(SECRET, [ValueError(SECRET)]),
}


async def _nothing() -> AsyncIterator[bytes]:
    yield b""


ANSWERS = {
    "fine": {"answer": 1},
    "null": {"answer": None},
    "text": Answer(200, b"hallo", media_type="text/plain; charset=utf-8"),
    "text-capitals": Answer(200, b"hallo", media_type="TEXT/plain; Charset=UTF-8"),
    "header": Answer(200, {"answer": 1}, {"X-Optional": "3"}),
    "wrong-type": {"answer": SECRET},
    "extra-member": {"answer": 1, "secret": SECRET},
    "missing-member": {},
    "too-big": {"answer": 2**31},
    "nothing": None,
    "date": {"answer": datetime(2026, 1, 1)},  # noqa: DTZ001 - what must not get out is anything that is not JSON
    "bytes": {"answer": b"1"},
    "text-too-long": Answer(200, b"hallo hallo", media_type="text/plain; charset=utf-8"),
    "text-not-utf8": Answer(200, b"\xff", media_type="text/plain; charset=utf-8"),
    "undeclared-status": Answer(202, {"answer": 1}),
    "undeclared-type": Answer(200, b"<p>", media_type="text/html"),
    "other-charset": Answer(200, b"hallo", media_type="text/plain; charset=latin-1"),
    "undeclared-header": Answer(200, {"answer": 1}, {"X-Secret": SECRET}),
    "bad-header-value": Answer(200, {"answer": 1}, {"X-Optional": "many"}),
    "split-header": Answer(200, {"answer": 1}, {"X-Optional": "3\r\nSet-Cookie: a=b"}),
    "own-request-id": Answer(200, {"answer": 1}, {"X-Request-Id": "0" * 26}),
    "surrogate": {"answer": "\ud800"},
    "undeclared-stream": Stream("application/x-ndjson", _nothing()),
}


class Gate:
    """Lets a test decide when a stream goes on, and tells when it was closed."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.closed = asyncio.Event()


GATES: dict[str, Gate] = {}


async def stream_things(*, how: Any, store: Any) -> Any:
    return Stream("text/html" if how == "undeclared" else "text/event-stream", _events(how, store))


async def _events(how: str, store: MemoryStore) -> Any:
    gate = GATES.setdefault(how, Gate())
    try:
        yield b"data: first\n\n"
        await gate.go_on.wait()
        store.put(how)
        if how == "breaks":
            raise RuntimeError(SECRET)
        yield b"data: second\n\n"
    finally:
        gate.closed.set()


async def published_thing(*, if_none_match: Any) -> Any:
    etag = strong_etag(DOCUMENT)
    if matches(if_none_match, etag):
        return Answer(304, headers={"ETag": etag})
    return Answer(200, DOCUMENT, {"ETag": etag}, "application/yaml")
