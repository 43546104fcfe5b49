"""Request bodies: the declared media type or 415, read to a limit or 413, parsed strictly and validated or
400.

The reader trusts the stream and not `Content-Length`, which only allows to refuse early. A declared type in
any capitals is the same type; a type that is not declared never reaches a parser. Members that the schema
does not declare are dropped before the handler sees the body, so that they cannot be stored by accident.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import jsonschema_rs

from api.contract import form, media_type, strict_json
from api.contract.document import ContractError
from api.contract.nul import refuse_nul
from api.contract.place import Place
from api.contract.refusals import ContentTooLarge, RequestRefused, UnsupportedMediaType, refused
from api.contract.validation import Schemas, field_errors, is_valid
from handlers.presence import ClientGone

FORM = "application/x-www-form-urlencoded"
_DEEPEST = 16
_EXPLAINED = 65_536  # bytes; of a larger body only the first failure is told


@dataclass(frozen=True, slots=True)
class BodyKind:
    """How one declared media type is read. With `declared` None (a free map) no member is dropped."""

    parse: Callable[[bytes], Any]
    validator: jsonschema_rs.Draft202012Validator
    declared: frozenset[str] | None
    empty_is_absent: bool
    escaped_nul: bytes


@dataclass(frozen=True, slots=True)
class BodyPlan:
    """An operation's request body. `limit` is in bytes; `error_words` maps pointers to OAuth's own error
    words."""

    kinds: Mapping[str, BodyKind]
    required: bool
    limit: int | None
    error_words: Mapping[str, str]

    async def read(self, receive: Any, headers: Mapping[bytes, bytes], default_limit: int) -> Any:
        """The body as a handler gets it, None when there is none.

        Raises `UnsupportedMediaType`, `ContentTooLarge`, `RequestRefused` and `ClientGone`.
        """
        kind = self._kind(headers)
        raw = await _read_bytes(receive, headers, self.limit or default_limit)
        if kind is None:
            if raw:
                raise UnsupportedMediaType
            return self._absent()
        if not raw and kind.empty_is_absent:
            return self._absent()
        value = kind.parse(raw)
        if not is_valid(kind.validator, value):
            raise self._refusal(kind, value, len(raw))
        if kind.declared is not None and type(value) is dict:
            value = {name: member for name, member in value.items() if name in kind.declared}
        if kind.escaped_nul in raw:
            refuse_nul(value)
        return value

    def _kind(self, headers: Mapping[bytes, bytes]) -> BodyKind | None:
        coding = headers.get(b"content-encoding")
        if coding is not None and coding.strip().lower() not in (b"", b"identity"):
            raise UnsupportedMediaType
        header = headers.get(b"content-type")
        if header is None:
            return None
        named = media_type.parse(header.decode("latin-1"))
        if named is None or named.charset not in (None, "utf-8", "utf8"):
            raise UnsupportedMediaType
        kind = self.kinds.get(named.essence)
        if kind is None:
            raise UnsupportedMediaType
        return kind

    def _absent(self) -> None:
        if self.required:
            raise refused("", "required")

    def _refusal(self, kind: BodyKind, value: Any, size: int) -> RequestRefused:
        # Telling all that is wrong in 1 MiB of wrong items takes seconds, in which nobody else is answered.
        errors = field_errors(kind.validator, value, "", first_only=size > _EXPLAINED)
        words = (self.error_words.get(each.pointer) for each in errors if each.code != "required")
        return RequestRefused(*errors, error=next((word for word in words if word), None))


async def _read_bytes(receive: Any, headers: Mapping[bytes, bytes], limit: int) -> bytes:
    length = headers.get(b"content-length")
    if length is not None and length.isdigit() and (len(length) > 18 or int(length) > limit):
        raise ContentTooLarge
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise ContentTooLarge
        if not message.get("more_body", False):
            return b"".join((*chunks, chunk)) if chunks else chunk
        chunks.append(chunk)


def compile_body(operation: Place, schemas: Schemas, operation_id: str) -> BodyPlan | None:
    """The plan of an operation's request body, None when it has none. Raises `ContractError`."""
    if "requestBody" not in operation:
        return None
    body = operation.at("requestBody")
    kinds: dict[str, BodyKind] = {}
    for key, content in body.children("content"):
        named = media_type.parse(key)
        if named is None or named.parameters or not (named.is_json or named.essence == FORM):
            raise ContractError(
                f"The operation {operation_id}: its request body {key!r} is not a type that this server"
                " reads."
            )
        schema = content.schema("schema")
        declared = _declared_members(schema)
        as_form = partial(form.parse, declared=declared or frozenset())
        kinds[named.essence] = BodyKind(
            parse=as_form if named.essence == FORM else strict_json.parse,
            validator=schemas.request(schema.pointer),
            declared=declared,
            escaped_nul=b"%00" if named.essence == FORM else b"\\u0000",
            empty_is_absent=named.essence != FORM or body.get("required", False) is not True,
        )
    return BodyPlan(
        kinds=kinds,
        required=body.get("required", False) is True,
        limit=operation.get("x-max-body-bytes"),
        error_words=dict(operation.get("x-error-words", {})),
    )


def _declared_members(schema: Place) -> frozenset[str] | None:
    names = _member_names(schema, 0)
    return frozenset(names) if names else None


def _member_names(schema: Place, depth: int) -> set[str]:
    """The members that a schema names anywhere at its top level, alternatives and conditions included."""
    if depth > _DEEPEST or not isinstance(schema.node, dict):
        return set()
    names = set(schema.get("properties", ()))
    for keyword in ("allOf", "oneOf", "anyOf"):
        if keyword in schema:
            for _, child in schema.schemas(keyword):
                names |= _member_names(child, depth + 1)
    for keyword in ("if", "then", "else"):
        if keyword in schema:
            names |= _member_names(schema.schema(keyword), depth + 1)
    if "$ref" in schema:
        names |= _member_names(schema.followed(), depth + 1)
    return names
