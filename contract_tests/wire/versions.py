"""Versions of HTTP, and what is no HTTP."""

from contract_tests.wire.cases import CLOSED, NOT_HTTP, OK, case
from contract_tests.wire.http_server import (
    EMPTY_LINES,
    MORE_SPACES,
    NO_KEEP_ALIVE_IN_1_0,
    OTHER_PROTOCOL_NAMES,
)
from contract_tests.wire.requests import A_FORM, CLOSE, FORM, HOST, Request, chunk, get, head, raw

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"
TLS = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256))


def form_in_1_0(body: bytes, *fields: bytes) -> Request:
    """A form in HTTP/1.0."""
    line = b"POST /oauth2/introspect HTTP/1.0"
    return Request("POST", "/oauth2/introspect", head(line, b"Content-Type: " + FORM, *fields) + body)


CASES = [
    case("HTTP/1.0", get(version=b"HTTP/1.0", common=()), OK),
    case("HTTP/1.0 with a Host", get(version=b"HTTP/1.0", common=(HOST,)), OK),
    case(
        "HTTP/1.0 that would stay",
        get(version=b"HTTP/1.0", common=(b"Connection: keep-alive",)).then(get()),
        OK,
        by_http_server=NO_KEEP_ALIVE_IN_1_0,
    ),
    case(
        "HTTP/1.0 that stays without saying so",
        get(version=b"HTTP/1.0", common=()).then(get()),
        OK,
        by_http_server=NO_KEEP_ALIVE_IN_1_0,
    ),
    case("a form in HTTP/1.0", form_in_1_0(A_FORM, b"Content-Length: %d" % len(A_FORM)), OK),
    case(
        "chunks in HTTP/1.0",
        form_in_1_0(chunk(A_FORM) + b"0\r\n\r\n", b"Transfer-Encoding: chunked"),
        NOT_HTTP,
    ),
    case("HTTP/0.9", raw(b"GET /health\r\n\r\n"), NOT_HTTP),
    case("HTTP/0.9 that says so", get(version=b"HTTP/0.9", common=()), NOT_HTTP),
    case("HTTP/2.0 in a request line", get(version=b"HTTP/2.0"), NOT_HTTP),
    case("HTTP/2.0 without a Host", get(version=b"HTTP/2.0", common=(CLOSE,)), NOT_HTTP),
    case("the preface of HTTP/2", raw(PREFACE), NOT_HTTP),
    case("HTTP/1.2", get(version=b"HTTP/1.2"), NOT_HTTP),
    case("HTTP/3", get(version=b"HTTP/3"), NOT_HTTP),
    case("HTTP/11", get(version=b"HTTP/11"), NOT_HTTP),
    case("HTTP/01.1", get(version=b"HTTP/01.1"), NOT_HTTP),
    case("http/1.1", get(version=b"http/1.1"), NOT_HTTP),
    case("HTTQ/1.1", get(version=b"HTTQ/1.1"), NOT_HTTP),
    case("no number", get(version=b"HTTP/"), NOT_HTTP),
    case("two spaces before the version", get(version=b" HTTP/1.1"), OK, by_http_server=MORE_SPACES),
    case("a space behind the version", get(version=b"HTTP/1.1 "), NOT_HTTP),
    case("RTSP", get(version=b"RTSP/1.0"), OK, by_http_server=OTHER_PROTOCOL_NAMES),
    case("a TLS greeting", raw(TLS), NOT_HTTP),
    case("an SSH greeting", raw(b"SSH-2.0-OpenSSH_10.0\r\n"), NOT_HTTP),
    case("a mail greeting", raw(b"EHLO candor.test\r\n"), NOT_HTTP),
    case("bytes of every kind", raw(bytes(range(255, -1, -1)) * 16), NOT_HTTP),
    case("an answer", raw(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), NOT_HTTP),
    case(
        "empty lines before a request",
        Request("GET", "/health", b"\r\n" * 100 + get().sent),
        OK,
        by_http_server=EMPTY_LINES,
    ),
    case("only empty lines", raw(b"\r\n" * 100), *CLOSED, half_close=True),
    case("a NUL before a request", raw(b"\x00").then(get()), NOT_HTTP),
]
