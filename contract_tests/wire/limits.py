"""Bodies at and over the limit of 1 MiB, which is the default of the server's setting."""

from contract_tests.wire.cases import CREATED, NO_SUCH_METHOD, NOT_FOUND, TOO_LARGE, case, refused, status
from contract_tests.wire.requests import AN_OBJECT, FORM, chunk, form, framed, get, json, post

LIMIT = 1_048_576
CHUNKED = b"Transfer-Encoding: chunked"
FULL = AN_OBJECT + b" " * (LIMIT - len(AN_OBJECT))
PIECE = b"a" * 65_536
TYPED = b"Content-Type: application/json"
LARGE = b"a" * (3 * LIMIT)

CASES = [
    case("JSON of the limit", json(FULL), CREATED),
    case("JSON of one byte more", json(FULL + b" "), TOO_LARGE),
    case(
        "JSON of the limit in chunks",
        post(b"/oauth2/register", chunk(FULL) + b"0\r\n\r\n", TYPED, CHUNKED),
        CREATED,
    ),
    case(
        "JSON of one byte more in chunks",
        post(b"/oauth2/register", chunk(FULL + b" ") + b"0\r\n\r\n", TYPED, CHUNKED),
        TOO_LARGE,
    ),
    case("a form of the limit", form(b"token=" + b"a" * (LIMIT - 6)), refused("/token", "max_length")),
    case("a form of one byte more", form(b"token=" + b"a" * (LIMIT - 5)), TOO_LARGE),
    case("a body of 3 MiB", json(LARGE), TOO_LARGE),
    case("a body of 3 MiB in chunks", framed(chunk(PIECE) * 48, CHUNKED), TOO_LARGE),
    case("a body of 3 MiB of another type", form(LARGE, media_type=b"text/plain"), status(415)),
    case(
        "a body of 3 MiB nobody reads",
        post(b"/nothing", LARGE, b"Content-Type: " + FORM, b"Content-Length: %d" % len(LARGE)),
        NOT_FOUND,
    ),
    case(
        "a body of 3 MiB of another method",
        post(b"/health", LARGE, b"Content-Length: %d" % len(LARGE)),
        NO_SUCH_METHOD,
    ),
    case(
        "a body of 3 MiB without a credential",
        post(b"/instance/alive", LARGE, TYPED, b"Content-Length: %d" % len(LARGE)),
        status(401),
    ),
    case(
        "a large body nobody reads, then a request",
        post(b"/nothing", LARGE, b"Content-Length: %d" % len(LARGE), common=(b"Host: a",)).then(get()),
        NOT_FOUND,
        status(200),
    ),
]
