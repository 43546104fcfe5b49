"""Methods: of another path, of nobody, in other letters."""

from contract_tests.wire.cases import NO_SUCH_METHOD, NOT_FOUND, NOT_HTTP, OK, case, status
from contract_tests.wire.http_server import MORE_SPACES, ONLY_KNOWN_METHODS
from contract_tests.wire.requests import get, post

CASES = [
    case("HEAD", get(method=b"HEAD"), OK),
    case("HEAD where nothing is", get(b"/nothing", method=b"HEAD"), status(404, outside=True)),
    case("HEAD of a POST", get(b"/oauth2/token", method=b"HEAD"), status(405, outside=True)),
    case("OPTIONS", get(method=b"OPTIONS"), status(204, outside=True)),
    case("OPTIONS where nothing is", get(b"/nothing", method=b"OPTIONS"), NOT_FOUND),
    *(
        case(f"{method.decode()} of a GET", get(method=method), NO_SUCH_METHOD)
        for method in (b"DELETE", b"PUT", b"PATCH", b"TRACE", b"PROPFIND", b"MKCOL", b"LOCK", b"PURGE")
    ),
    case("POST of a GET", post(b"/health", b"{}", b"Content-Length: 2"), NO_SUCH_METHOD),
    case("GET of a POST", get(b"/oauth2/token"), NO_SUCH_METHOD),
    case("CONNECT of a path", get(method=b"CONNECT"), NOT_HTTP),
    *(
        case(f"{what} as method", get(method=method), NOT_HTTP, by_http_server=ONLY_KNOWN_METHODS)
        for what, method in (
            ("an unknown word", b"BREW"),
            ("get", b"get"),
            ("Get", b"Get"),
            ("GET and more", b"GETX"),
            ("a letter above ASCII", b"G\xc3\x89T"),
            ("1,000 letters", b"A" * 1000),
        )
    ),
    case("no method", get(method=b""), NOT_HTTP),
    case("a NUL in the method", get(method=b"G\x00T"), NOT_HTTP),
    case("a space before the method", get(method=b" GET"), NOT_HTTP),
    case("two spaces behind the method", get(b" /health", path="/health"), OK, by_http_server=MORE_SPACES),
    case("another method in a field", post(b"/health", b"", b"X-HTTP-Method-Override: GET"), NO_SUCH_METHOD),
]
