"""Requests as bytes: right in every place but those that a case changes."""

from __future__ import annotations

from dataclasses import dataclass

FORM = b"application/x-www-form-urlencoded"
JSON = b"application/json"
HOST = b"Host: candor.test"
CLOSE = b"Connection: close"

A_FORM = b"token=cat_no_such_token"
AN_OBJECT = b'{"grant_types":["client_credentials"],"scope":"profile:read"}'


@dataclass(frozen=True, slots=True)
class Request:
    """Bytes, and which method and path of the contract they ask for."""

    method: str
    path: str
    sent: bytes

    def then(self, *others: Request) -> tuple[Request, ...]:
        """This one and others, on one connection."""
        return self, *others


def head(line: bytes, *fields: bytes) -> bytes:
    """A request line and header fields, each without its line end."""
    return b"\r\n".join((line, *fields, b"", b""))


def get(
    target: bytes = b"/health",
    *fields: bytes,
    method: bytes = b"GET",
    version: bytes = b"HTTP/1.1",
    path: str | None = None,
    common: tuple[bytes, ...] = (HOST, CLOSE),
) -> Request:
    """A request without a body. `path` is the contract's, when the target does not say it plainly."""
    line = method + b" " + target + b" " + version
    plain = target.partition(b"?")[0].decode("latin-1")
    return Request(method.decode("latin-1"), path or plain, head(line, *common, *fields))


def post(path: bytes, body: bytes, *fields: bytes, common: tuple[bytes, ...] = (HOST, CLOSE)) -> Request:
    """A request with a body of exactly these fields: no length and no media type but those given."""
    return Request("POST", path.decode(), head(b"POST " + path + b" HTTP/1.1", *common, *fields) + body)


def form(
    body: bytes = A_FORM, *fields: bytes, media_type: bytes = FORM, path: bytes = b"/oauth2/introspect"
) -> Request:
    """A form to an operation that takes forms (a token that does not exist: 200, not active)."""
    return post(path, body, b"Content-Type: " + media_type, b"Content-Length: %d" % len(body), *fields)


def json(body: bytes = AN_OBJECT, *fields: bytes, media_type: bytes = JSON) -> Request:
    """A JSON text to an operation that takes JSON (a registration: 201)."""
    typed = b"Content-Type: " + media_type
    return post(b"/oauth2/register", body, typed, b"Content-Length: %d" % len(body), *fields)


def framed(body: bytes, *fields: bytes, common: tuple[bytes, ...] = (HOST, CLOSE)) -> Request:
    """A form whose length or coding the case says itself."""
    return post(b"/oauth2/introspect", body, b"Content-Type: " + FORM, *fields, common=common)


def chunk(data: bytes) -> bytes:
    """One chunk of a chunked body."""
    return b"%x\r\n%s\r\n" % (len(data), data)


def raw(sent: bytes) -> Request:
    """Bytes that are no request to anything."""
    return Request("GET", "/no/such/path", sent)
