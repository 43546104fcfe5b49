"""Answers, held to the contract before anything is committed or sent: status, media type, headers and body.

A handler's value is validated as a Python object and then serialised by `orjson`, which together accept only
what is JSON. Anything undeclared is a `Violation`: the client gets an opaque 500, nothing is stored. Error
bodies go through the same check as successes.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import jsonschema_rs
import orjson

from api.contract import media_type, strict_yaml
from api.contract.document import ContractError
from api.contract.place import Place
from api.contract.validation import Schemas, is_valid
from api.fixed_headers import FIXED_NAMES
from handlers.answers import Answer, Stream

REQUEST_ID = "x-request-id"
_STATUS = re.compile(r"[1-5][0-9]{2}")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_ENGINE_MADE = frozenset({"content-type", "content-length", REQUEST_ID}) | FIXED_NAMES
_NOT_KEPT = ((b"cache-control", b"no-store"),)
_JSON_OPTIONS = (
    orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_SUBCLASS
)
_MAX_KNOWN_BODIES = 256


class Violation(Exception):
    """An answer differs from the contract. `reason` is one word for the log; the answer itself goes
    nowhere."""

    def __init__(self, reason: str, status: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


class Outgoing(NamedTuple):
    """An answer that conforms: ready for the wire but for its request id. A stream has chunks and no
    length."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    chunks: AsyncIterator[bytes] | None = None


@dataclass(frozen=True, slots=True)
class _Content:
    """One declared media type of one status. `known` remembers immutable bodies that were checked before."""

    header: bytes
    named: media_type.MediaType
    validator: jsonschema_rs.Draft202012Validator | None
    known: dict[int, bytes]


@dataclass(frozen=True, slots=True)
class _Header:
    required: bool
    validator: jsonschema_rs.Draft202012Validator


class StatusPlan:
    """What the contract declares for one status of an operation."""

    def __init__(self, status: int, contents: tuple[_Content, ...], headers: Mapping[str, _Header]) -> None:
        self.status = status
        self.contents = contents
        self.headers = headers
        self._required = frozenset(name for name, header in headers.items() if header.required) - _ENGINE_MADE
        # What says nothing of caching may be about somebody: nobody keeps it.
        self._unsaid = () if "cache-control" in headers else _NOT_KEPT
        self._json = next((each for each in contents if each.named.is_json), None)
        self.has_page = any(each.named.essence == "text/html" for each in contents)
        self._plain = (
            ((b"content-type", self._json.header), *self._unsaid)
            if self._json is not None and not self._required
            else None
        )

    def of_value(self, body: object) -> Outgoing:
        """The answer with a JSON value and nothing else, which is most of them. Raises `Violation`."""
        content = self._json
        if content is None:
            outgoing = self._empty(body, self._unsaid)
            if self._required:
                raise Violation("header_missing", self.status)
            return outgoing
        raw = _serialised(content, body, self.status)
        if self._plain is None:
            raise Violation("header_missing", self.status)
        return Outgoing(self.status, (*self._plain, (b"content-length", b"%d" % len(raw))), raw)

    def of_answer(self, answer: Answer) -> Outgoing:
        """A whole answer. Raises `Violation`."""
        headers = self._headers(answer.headers)
        if answer.media_type is None and (answer.body is None or not isinstance(answer.body, bytes)):
            content = self._json
            if content is None:
                return self._empty(answer.body, headers)
            header = content.header
        else:
            content, header = self._content(answer.media_type)
        if isinstance(answer.body, bytes):
            raw = answer.body
            coding = answer.headers.get("Content-Encoding")
            self._check_bytes(content, raw, coding if isinstance(coding, str) else None)
        elif content.named.is_json:
            raw = _serialised(content, answer.body, self.status)
        else:
            raise Violation("body_type", self.status)
        return Outgoing(
            self.status, ((b"content-type", header), (b"content-length", b"%d" % len(raw)), *headers), raw
        )

    def of_stream(self, stream: Stream) -> Outgoing:
        """An answer whose body is made while it is sent: status, media type and headers are checked. Raises
        `Violation`."""
        headers = self._headers(stream.headers)
        _, header = self._content(stream.media_type)
        return Outgoing(self.status, ((b"content-type", header), *headers), b"", stream.chunks)

    def _content(self, said: str | None) -> tuple[_Content, bytes]:
        named = media_type.parse(said) if said is not None else None
        for each in self.contents:
            if named == each.named or (
                named is not None and not each.named.parameters and named.essence == each.named.essence
            ):
                return each, (said or "").encode("latin-1")
        raise Violation("media_type_undeclared", self.status)

    def _empty(self, body: object, headers: tuple[tuple[bytes, bytes], ...]) -> Outgoing:
        if body is not None:
            raise Violation("body_undeclared", self.status)
        if self.contents:
            raise Violation("body_missing", self.status)
        if self.status in (204, 304) or self.status < 200:
            return Outgoing(self.status, headers, b"")
        return Outgoing(self.status, (*headers, (b"content-length", b"0")), b"")

    def _headers(self, given: Mapping[str, str | tuple[str, ...]]) -> tuple[tuple[bytes, bytes], ...]:
        names = {name.lower() for name in given}
        if not names >= self._required:
            raise Violation("header_missing", self.status)
        encoded = []
        for name, value in _one_by_one(given):
            declared = self.headers.get(name.lower())
            if declared is None or name.lower() in _ENGINE_MADE:
                raise Violation("header_undeclared", self.status)
            if (
                not _HEADER_NAME.fullmatch(name)
                or not isinstance(value, str)
                or not _HEADER_VALUE.fullmatch(value)
            ):
                raise Violation("header_malformed", self.status)
            if not is_valid(declared.validator, value) and not _is_valid_number(declared.validator, value):
                raise Violation("header_value", self.status)
            encoded.append((name.lower().encode("ascii"), value.encode("latin-1")))
        return (*encoded, *self._unsaid)

    def _check_bytes(self, content: _Content, raw: bytes, coding: str | None) -> None:
        """Bytes are immutable, so a published file that was checked once is not read again at every
        request."""
        validator = content.validator
        if validator is None or content.known.get(id(raw)) is raw:
            return
        try:
            value = _meant(content.named, raw if coding is None else _decoded(raw, coding))
        except ValueError as failure:
            raise Violation("body_encoding", self.status) from failure
        if not is_valid(validator, value):
            raise Violation("body_schema", self.status)
        if len(content.known) < _MAX_KNOWN_BODIES and len(raw) > 1024:
            content.known[id(raw)] = raw


def _decoded(raw: bytes, coding: str) -> bytes:
    if coding != "gzip":
        raise ValueError(f"no answer is coded as {coding}")
    try:
        return gzip.decompress(raw)
    except (OSError, EOFError, zlib.error) as failure:
        raise ValueError("the body is not gzip") from failure


def _one_by_one(given: Mapping[str, str | tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    for name, value in given.items():
        for each in value if isinstance(value, tuple) else (value,):
            yield name, each


def _meant(named: media_type.MediaType, raw: bytes) -> Any:
    """What a schema is about: the value of JSON and YAML, the text of everything else."""
    if named.is_json:
        return orjson.loads(raw)
    return strict_yaml.read(raw) if named.is_yaml else raw.decode("utf-8")


def _serialised(content: _Content, body: object, status: int) -> bytes:
    if content.validator is not None and not is_valid(content.validator, body):
        raise Violation("body_schema", status)
    try:
        return orjson.dumps(body, option=_JSON_OPTIONS)
    except (orjson.JSONEncodeError, RecursionError) as failure:
        raise Violation("body_not_json", status) from failure


def _is_valid_number(validator: jsonschema_rs.Draft202012Validator, value: str) -> bool:
    return len(value) <= 18 and value.isascii() and value.isdigit() and is_valid(validator, int(value))


class ResponsePlan:
    """Every answer that an operation may give, by status."""

    def __init__(self, statuses: Mapping[int, StatusPlan]) -> None:
        self.statuses = statuses
        successes = [plan for status, plan in statuses.items() if 200 <= status < 300]
        self._success = successes[0] if len(successes) == 1 else None

    def check(self, result: object) -> Outgoing:
        """What a handler returned, as an answer that conforms. Raises `Violation`."""
        if isinstance(result, Answer):
            return self._plan(result.status).of_answer(result)
        if isinstance(result, Stream):
            return self._plan(result.status).of_stream(result)
        if self._success is None:
            raise Violation("status_ambiguous", 200)
        return self._success.of_value(result)

    def has_page(self, status: int) -> bool:
        """Whether an answer with this status may be a page."""
        plan = self.statuses.get(status)
        return plan is not None and plan.has_page

    def _plan(self, status: int) -> StatusPlan:
        plan = self.statuses.get(status)
        if plan is None:
            raise Violation("status_undeclared", status)
        return plan


def compile_responses(responses: Mapping[str, Place], schemas: Schemas, owner: str) -> ResponsePlan:
    """The plan of declared responses. `owner` is the subject of a refusal's sentence: `The operation X`.

    Raises `ContractError` for `default`, for status ranges, and for answers without `X-Request-Id`.
    """
    statuses: dict[int, StatusPlan] = {}
    for key, response in responses.items():
        if key == "default":
            raise ContractError(
                f"{owner} declares a `default` response, which would let any status through; name each"
                " status."
            )
        if not _STATUS.fullmatch(key):
            raise ContractError(f"{owner} declares the response {key!r}, which is not a single status.")
        statuses[int(key)] = _compile_status(int(key), response, schemas, owner)
    return ResponsePlan(statuses)


def _compile_status(status: int, response: Place, schemas: Schemas, owner: str) -> StatusPlan:
    headers = {}
    for name, header in response.children("headers"):
        headers[name.lower()] = _Header(
            required=header.get("required", False) is True,
            validator=schemas.response(header.schema("schema").pointer),
        )
    if REQUEST_ID not in headers:
        raise ContractError(
            f"{owner} declares the response {status} without the header X-Request-Id, which every answer has."
        )
    contents = tuple(
        _compile_content(key, content, schemas, owner) for key, content in response.children("content")
    )
    return StatusPlan(status, contents, headers)


def _compile_content(key: str, content: Place, schemas: Schemas, owner: str) -> _Content:
    named = media_type.parse(key)
    if named is None or "*" in key:
        raise ContractError(f"{owner} answers with {key!r}, which is not one exact media type.")
    schema = content.schema("schema")
    binary = schema.get("format") == "binary" or (not named.is_json and not schema.node)
    return _Content(
        header=key.encode("latin-1"),
        named=named,
        validator=None if binary else schemas.response(schema.pointer),
        known={},
    )
