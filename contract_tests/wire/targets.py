"""Request targets: paths that only look like one of the contract's, and targets that are no path."""

from contract_tests.wire.cases import NOT_FOUND, NOT_HTTP, OK, case, refused, status
from contract_tests.wire.http_server import FRAGMENTS, NO_EMPTY_ABSOLUTE_PATH
from contract_tests.wire.requests import get

UNKNOWN = refused("/query", "unknown_parameter")
NO_NAME = status(400, error="invalid_request")
UNDECODABLE = refused("/query", "encoding")

NOWHERE = [
    case(f"the path {path.decode('latin-1')}", get(path), NOT_FOUND)
    for path in (
        b"//", b"//health", b"/health/", b"/health//", b"/Health", b"/HEALTH", b"/./health",
        b"/health/.",
        b"/x/../health", b"/%2e/health", b"/health%2f", b"/health%00", b"/%00health", b"/health%20",
        b"/health%0a", b"/health%0d%0aX-A:%20b", b"/health;a=b", b"/health%3f", b"/health%23",
        b"/%ff", b"/%C0%AF",
        b"/%", b"/%2", b"/%zz", b"/%68ealt%6", b"/%2568ealth", b"/health\\", b"/oauth2//token",
        b"/oauth2%2Ftoken",
        b"/oauth2/token/..", b"/assets/", b"/assets/a/b", b"/.env", b"/cloud_instance.yaml", b"/swagger.json",
        b"/ui/", b"/metrics", b"/readyz",
    )
]  # fmt: skip

ASSETS = [
    case(f"the asset {name.decode()[:40]}", get(b"/assets/" + name, path="/assets/a"), NO_NAME)
    for name in (
        b"..", b"%2e%2e", b"%2e%2e%2fapi%2fapp.py", b"..%2f..%2fetc%2fpasswd", b"%00", b"candor.css%00",
        b"a" * 30_000, b"%0a", b"%F0%9F%92%A9", b"+", b"~", b"..%5c..%5capi", b"candor.css%20",
    )
]  # fmt: skip

ESCAPED = [
    case("a path with an escaped letter", get(b"/%68ealth", path="/health"), OK),
    case("a path with all letters escaped", get(b"/%68%65%61%6C%74%68", path="/health"), OK),
]

BYTES = [
    case("a NUL in a path", get(b"/health\x00"), NOT_HTTP),
    case("a space in a path", get(b"/hea lth"), NOT_HTTP),
    case("a tab in a path", get(b"/hea\tlth"), NOT_HTTP),
    case("bytes above ASCII in a path", get(b"/h\xc3\xa9alth"), NOT_HTTP),
    case("bytes above ASCII in a query", get(b"/health?\xff"), NOT_HTTP),
    case("a NUL in a query", get(b"/health?\x00"), NOT_HTTP),
]

QUERIES = [
    case("an empty query", get(b"/health?"), OK),
    case("only separators", get(b"/health?&&&"), OK),
    case("an undeclared parameter", get(b"/health?a=1"), UNKNOWN),
    case("half an escape", get(b"/health?a=%4"), UNDECODABLE),
    case("an escape that is no UTF-8", get(b"/health?%ff=1"), UNDECODABLE),
    case("2,000 parameters", get(b"/health?" + b"a=1&" * 2000), refused("/query", "too_many")),
    case("a query of 60 KB", get(b"/health?a=" + b"a" * 60_000), UNKNOWN),
    case("a query of 100 KB", get(b"/health?a=" + b"a" * 100_000), NOT_HTTP),
    case("another question mark", get(b"/health??"), UNKNOWN),
    case(
        "a declared parameter twice",
        get(b"/store/packages?kind=official&kind=official"),
        refused("/query/kind", "repeated"),
    ),
    case("a declared parameter with a NUL", get(b"/store/packages?kind=%00"), refused("/query/kind", "nul")),
    case(
        "a declared parameter of another kind",
        get(b"/store/packages?kind[]=official&kind=1"),
        refused("/query/kind", "enum"),
    ),
    case("undeclared parameters where they are ignored", get(b"/store/packages?a=1&a=2&%F0%9F%92%A9"), OK),
]

FORMS = [
    case("an absolute target", get(b"http://other.test/health", path="/health"), OK),
    case(
        "an absolute target with a port and a query",
        get(b"http://other.test:1/health?a=1", path="/health"),
        UNKNOWN,
    ),
    case(
        "an absolute target of another scheme",
        get(b"ftp://other.test/health", path="/health"),
        OK,
    ),
    case(
        "an absolute target with a user",
        get(b"http://a:b@other.test/health", path="/health"),
        OK,
    ),
    case(
        "an absolute target without a path",
        get(b"http://other.test"),
        NOT_HTTP,
        by_http_server=NO_EMPTY_ABSOLUTE_PATH,
    ),
    case("an absolute target without a host", get(b"http:///health"), NOT_HTTP),
    case("an absolute target to nothing", get(b"http://other.test/nothing"), NOT_FOUND),
    case("an asterisk", get(b"*", method=b"OPTIONS"), NOT_FOUND),
    case("an asterisk to get", get(b"*"), NOT_FOUND),
    case("an authority", get(b"other.test:443", method=b"CONNECT"), NOT_HTTP),
    case("an authority to get", get(b"other.test:443"), NOT_HTTP),
    case("no slash in front", get(b"health"), NOT_HTTP),
    case("no target", get(b""), NOT_HTTP),
    case("a fragment", get(b"/health#a", path="/health"), OK, by_http_server=FRAGMENTS),
    case("a path of 60 KB", get(b"/" + b"a" * 60_000), NOT_FOUND),
    case("a path of 30,000 segments", get(b"/a" * 30_000), NOT_FOUND),
    case("a path of 20,000 escapes", get(b"/" + b"%41" * 20_000), NOT_FOUND),
    case("a path of 100 KB", get(b"/" + b"a" * 100_000), NOT_HTTP),
    case("a path of 1 MB", get(b"/" + b"a" * 1_000_000), NOT_HTTP),
]

CASES = [*NOWHERE, *ASSETS, *ESCAPED, *BYTES, *QUERIES, *FORMS]
