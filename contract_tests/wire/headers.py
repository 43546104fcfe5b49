"""Header fields: doubled, odd, many, large."""

from contract_tests.wire.cases import CONTINUE, NOT_FOUND, NOT_HTTP, OK, TOO_LARGE, case, refused, status
from contract_tests.wire.http_server import ANY_EXPECTATION
from contract_tests.wire.requests import A_FORM, CLOSE, FORM, form, get, head, post, raw

INVALID_TOKEN = status(401, error="invalid_token")
MISSING = status(401)
TWICE = refused("/header/Authorization", "repeated")
HOST_TWICE = refused("/header/Host", "repeated")
NO_HOST = refused("/header/Host", "required")
BAD_HOST = refused("/header/Host", "format")
ME = b"/api/v1/user"
EXPECTS = b"Expect: 100-continue"
TYPED = b"Content-Type: " + FORM


HOSTS = [
    case("no Host", get(common=(CLOSE,)), NO_HOST),
    case("no Host where nothing is", get(b"/nothing", common=(CLOSE,)), NOT_FOUND),
    case("an empty Host", get(common=(CLOSE, b"Host:")), OK),
    case("two equal Hosts", get(b"/health", b"Host: candor.test"), HOST_TWICE),
    case("two different Hosts", get(b"/health", b"hOST: other.test"), HOST_TWICE),
    case("two Hosts in a field", get(common=(CLOSE, b"Host: a, b")), BAD_HOST),
    case("a Host with a user", get(common=(CLOSE, b"Host: a@b")), BAD_HOST),
    case("a Host with a path", get(common=(CLOSE, b"Host: a/b")), BAD_HOST),
    case("a Host above ASCII", get(common=(CLOSE, b"Host: \xff\xfe")), BAD_HOST),
    case("a Host with a port in words", get(common=(CLOSE, b"Host: a:b")), BAD_HOST),
    case("an IPv6 Host", get(common=(CLOSE, b"Host: [::1]:80")), OK),
    case("a Host of 60 KB", get(common=(CLOSE, b"Host: " + b"a" * 60_000)), OK),
]

CREDENTIALS = [
    case("no credential", get(ME), MISSING),
    case("an unknown token", get(ME, b"Authorization: Bearer pat_no_such_token"), INVALID_TOKEN),
    case("two equal credentials", get(ME, *[b"Authorization: Bearer a"] * 2), TWICE),
    case(
        "two different credentials", get(ME, b"Authorization: Bearer a", b"AUTHORIZATION: Basic YTpi"), TWICE
    ),
    case("two credentials in a field", get(ME, b"Authorization: Bearer a, Bearer b"), INVALID_TOKEN),
    case("an empty credential", get(ME, b"Authorization:"), MISSING),
    case("a scheme alone", get(ME, b"Authorization: Bearer"), INVALID_TOKEN),
    case("a token without a scheme", get(ME, b"Authorization: pat_no_such_token"), MISSING),
    case("an unknown scheme", get(ME, b"Authorization: Digest a=b"), MISSING),
    case("a scheme in odd capitals", get(ME, b"Authorization: bEARER pat_no_such_token"), INVALID_TOKEN),
    case("a token above ASCII", get(ME, b"Authorization: Bearer \xff\xfe"), INVALID_TOKEN),
    case("a token of 60 KB", get(ME, b"Authorization: Bearer " + b"a" * 60_000), INVALID_TOKEN),
    case("a tab after the scheme", get(ME, b"Authorization: Bearer\ta"), MISSING),
    case("a credential where none is needed", get(b"/health", b"Authorization: \xff"), OK),
    case("two credentials where none is needed", get(b"/health", *[b"Authorization: a"] * 2), OK),
    *(
        case(f"Basic with {what}", form(A_FORM, b"Authorization: Basic " + said), status(401))
        for what, said in (
            ("nothing", b""),
            ("what is not base64", b"!!!"),
            ("what is no UTF-8", b"//8="),
            ("no colon", b"YWJj"),
            ("an unknown client", b"YTpi"),
            ("a NUL", b"YTpiAA=="),
            ("an escape that is no UTF-8", b"JWZmOmI="),
            ("60 KB", b"YTpi" * 15_000),
        )
    ),
]

FIELDS = [
    case("a space before the colon", get(b"/health", b"X-A : b"), NOT_HTTP),
    case("a tab before the colon", get(b"/health", b"X-A\t: b"), NOT_HTTP),
    case("a space before the name", get(b"/health", b" X-A: b"), NOT_HTTP),
    case("a folded value", get(b"/health", b"X-A: b\r\n c"), NOT_HTTP),
    case("no colon", get(b"/health", b"nothing"), NOT_HTTP),
    case("no name", get(b"/health", b": a"), NOT_HTTP),
    case("a name in brackets", get(b"/health", b"(a): b"), NOT_HTTP),
    case("a name above ASCII", get(b"/health", b"X-\xc3\xa9: b"), NOT_HTTP),
    case("a NUL in a name", get(b"/health", b"X\x00A: b"), NOT_HTTP),
    case("a NUL in a value", get(b"/health", b"X-A: a\x00b"), NOT_HTTP),
    case("a CR in a value", get(b"/health", b"X-A: a\rb"), NOT_HTTP),
    case("a control character in a value", get(b"/health", b"X-A: a\x07b"), NOT_HTTP),
    case("bytes above ASCII in a value", get(b"/health", b"X-A: \xff\xfe"), OK),
    case("an empty value", get(b"/health", b"X-A:"), OK),
    case("lines that end in LF", raw(b"GET /health HTTP/1.1\nHost: a\nConnection: close\n\n"), NOT_HTTP),
    case("lines that end in CR", raw(b"GET /health HTTP/1.1\rHost: a\rConnection: close\r\r"), NOT_HTTP),
    case("a head that ends in LF", raw(b"GET /health HTTP/1.1\r\nHost: a\r\n\n"), NOT_HTTP),
    case("a cookie that is none", get(b"/health", b"Cookie: \xff;=;;a", b"Cookie: =="), OK),
    case(
        "entity tags that are none",
        get(b"/openapi.yaml", b'If-None-Match: \xff", W/', b"If-None-Match: a"),
        OK,
    ),
    case(
        "forwarded addresses that are none",
        get(b"/health", b"X-Forwarded-For: \xff, ,,a", b"Forwarded: ;;=,"),
        OK,
    ),
    case(
        "a date that is none", form(b"grant_type=a", b"Date: yesterday", path=b"/oauth2/token"), status(401)
    ),
    case(
        "a date of 100,000 years",
        form(b"grant_type=a", b"Date: Sun, 22 Nov 100000 12:00:00 GMT", path=b"/oauth2/token"),
        status(401, error="invalid_client"),
    ),
    case(
        "a date above ASCII",
        form(b"grant_type=a", b"Date: \xff\xfe", path=b"/oauth2/token"),
        status(401, error="invalid_client"),
    ),
]

SIZES = [
    case("a field of 60 KB", get(b"/health", b"X-A: " + b"a" * 60_000), OK),
    case("a field of 100 KB", get(b"/health", b"X-A: " + b"a" * 100_000), NOT_HTTP),
    case("a field of 100 KB where nothing is", get(b"/nothing", b"X-A: " + b"a" * 100_000), NOT_HTTP),
    case("a name of 100 KB", get(b"/health", b"a" * 100_000 + b": b"), NOT_HTTP),
    case("1,000 fields", get(b"/health", *(b"X-%d: a" % n for n in range(1000))), OK),
    case("20,000 fields", get(b"/health", *(b"X-%d: a" % n for n in range(20_000))), NOT_HTTP),
    case("a field 5,000 times", get(b"/health", *[b"X-A: a"] * 5000), OK),
    case("a head of 1 MB", get(b"/health", *[b"X-A: " + b"a" * 1000] * 1000), NOT_HTTP),
]

EXPECTATIONS = [
    case(
        "an expectation of 100-continue",
        post(b"/oauth2/introspect", A_FORM, TYPED, b"Content-Length: %d" % len(A_FORM), EXPECTS),
        CONTINUE,
        OK,
    ),
    case(
        "an expectation in odd capitals",
        post(
            b"/oauth2/introspect", A_FORM, TYPED, b"Content-Length: %d" % len(A_FORM), b"eXPECT: 100-Continue"
        ),
        CONTINUE,
        OK,
    ),
    case(
        "an expectation before a body that is too large",
        post(b"/oauth2/introspect", b"", TYPED, EXPECTS, b"Content-Length: 1048577"),
        TOO_LARGE,
    ),
    case(
        "an expectation before a body of another type",
        post(b"/oauth2/introspect", b"", EXPECTS, b"Content-Type: text/plain", b"Content-Length: 10"),
        status(415),
    ),
    case(
        "an expectation before a body nobody reads",
        post(b"/nothing", b"", EXPECTS, b"Content-Length: 10"),
        NOT_FOUND,
    ),
    case("an expectation without a body", get(b"/health", EXPECTS), OK),
    case("an unknown expectation", get(b"/health", b"Expect: tea"), OK, by_http_server=ANY_EXPECTATION),
    case("two expectations", get(b"/health", b"Expect: tea", EXPECTS), OK, by_http_server=ANY_EXPECTATION),
    case("an expectation in HTTP/1.0", raw(head(b"GET /nothing HTTP/1.0", EXPECTS)), NOT_FOUND),
]

CASES = [*HOSTS, *CREDENTIALS, *FIELDS, *SIZES, *EXPECTATIONS]
