"""Where a request ends: lengths, chunks, trailers, wishes to change protocols, requests one after another."""

from contract_tests.wire.cases import CLOSED, NOT_FOUND, NOT_HTTP, OK, TOO_LARGE, case, refused
from contract_tests.wire.http_server import LEADING_ZEROS, NO_HALF_CLOSE
from contract_tests.wire.requests import A_FORM, HOST, Request, chunk, framed, get, post, raw

CHUNKED = b"Transfer-Encoding: chunked"
LENGTH = b"Content-Length: %d" % len(A_FORM)
END = b"0\r\n\r\n"
WHOLE = chunk(A_FORM) + END
WISH = (b"Connection: Upgrade", b"Upgrade: h2c")
STAYS = (HOST,)
TOKEN_MISSING = refused("/token", "required")


def told(length: bytes) -> Request:
    """A form with this Content-Length, which is right as a number or not at all."""
    return framed(A_FORM, b"Content-Length: " + length)


LENGTHS = [
    case("the right length", told(b"%d" % len(A_FORM)), OK),
    case("a length with leading zeros", told(b"00%d" % len(A_FORM)), OK, by_http_server=LEADING_ZEROS),
    case("a negative length", told(b"-1"), NOT_HTTP),
    case("a length with a sign", told(b"+%d" % len(A_FORM)), NOT_HTTP),
    case("a length in words", told(b"ten"), NOT_HTTP),
    case("a length in hexadecimal", told(b"0x17"), NOT_HTTP),
    case("an empty length", told(b""), NOT_HTTP),
    case("a length with a fraction", told(b"23.0"), NOT_HTTP),
    case("a length beyond 64 bits", told(b"9" * 40), NOT_HTTP),
    case("a length of almost 64 bits", told(b"9" * 19), TOO_LARGE),
    case("a length of one more than the limit", told(b"1048577"), TOO_LARGE),
    case("two lengths in a field", told(b"23, 23"), NOT_HTTP),
    case("two equal length fields", framed(A_FORM, LENGTH, LENGTH), NOT_HTTP),
    case("two different length fields", framed(A_FORM, LENGTH, b"Content-Length: 2"), NOT_HTTP),
    case("no length and no coding", framed(b""), TOKEN_MISSING),
    case("a body shorter than its length", framed(A_FORM, b"Content-Length: 99"), *CLOSED, half_close=True),
    case("length and chunks", framed(WHOLE, LENGTH, CHUNKED), NOT_HTTP),
    case("chunks and length", framed(WHOLE, CHUNKED, LENGTH), NOT_HTTP),
]

CHUNKS = [
    case("one chunk", framed(WHOLE, CHUNKED), OK),
    case(
        "a chunk for each byte",
        framed(b"".join(chunk(A_FORM[n : n + 1]) for n in range(len(A_FORM))) + END, CHUNKED),
        OK,
    ),
    case("a coding in odd capitals", framed(WHOLE, b"tRANSFER-eNCODING: ChUnKeD"), OK),
    case("no chunk but the last", framed(END, CHUNKED), TOKEN_MISSING),
    case("a size in capitals and with zeros", framed(b"0017\r\n" + A_FORM + b"\r\n" + END, CHUNKED), OK),
    case("a chunk extension", framed(b"17;a=b;c\r\n" + A_FORM + b"\r\n" + END, CHUNKED), OK),
    case("a size that is no number", framed(b"zz\r\n" + A_FORM + b"\r\n" + END, CHUNKED), NOT_HTTP),
    case("a negative size", framed(b"-1\r\n" + A_FORM + b"\r\n" + END, CHUNKED), NOT_HTTP),
    case("a size with 0x", framed(b"0x17\r\n" + A_FORM + b"\r\n" + END, CHUNKED), NOT_HTTP),
    case("a size beyond 64 bits", framed(b"F" * 20 + b"\r\n" + A_FORM, CHUNKED), NOT_HTTP),
    case("an empty size", framed(b"\r\n" + A_FORM + b"\r\n" + END, CHUNKED), NOT_HTTP),
    case("a size with a space in it", framed(b"1 7\r\n" + A_FORM + b"\r\n" + END, CHUNKED), NOT_HTTP),
    case("a chunk longer than its size", framed(b"3\r\n" + A_FORM + b"\r\n" + END, CHUNKED), NOT_HTTP),
    case("lines of chunks that end in LF", framed(b"17\n" + A_FORM + b"\n0\n\n", CHUNKED), NOT_HTTP),
    case("a chunk cut off", framed(b"17\r\ntok", CHUNKED), *CLOSED, half_close=True),
    case("no last chunk", framed(chunk(A_FORM), CHUNKED), *CLOSED, half_close=True),
    case("an extension of 400 KB", framed(b"17;" + b"a" * 400_000, CHUNKED), NOT_HTTP),
]

CODINGS = [
    case("gzip before chunked", framed(WHOLE, b"Transfer-Encoding: gzip, chunked"), NOT_HTTP),
    case("gzip and chunked in two fields", framed(WHOLE, b"Transfer-Encoding: gzip", CHUNKED), NOT_HTTP),
    case("chunked before gzip", framed(WHOLE, b"Transfer-Encoding: chunked, gzip"), NOT_HTTP),
    case("chunked twice", framed(WHOLE, CHUNKED, CHUNKED), NOT_HTTP),
    case("identity", framed(A_FORM, b"Transfer-Encoding: identity"), NOT_HTTP),
    case("an unknown coding", framed(WHOLE, b"Transfer-Encoding: xchunked"), NOT_HTTP),
    case("a quoted coding", framed(WHOLE, b'Transfer-Encoding: "chunked"'), NOT_HTTP),
    case("a vertical tab before chunked", framed(WHOLE, b"Transfer-Encoding: \x0bchunked"), NOT_HTTP),
    case("an empty coding", framed(WHOLE, b"Transfer-Encoding:"), NOT_HTTP),
]

TRAILERS = [
    case(
        "trailers are no header fields",
        framed(
            chunk(A_FORM) + b"0\r\nHost: b\r\nContent-Type: text/plain\r\nAuthorization: Basic !\r\n\r\n",
            CHUNKED,
        ),
        OK,
    ),
    case("a trailer that is no field", framed(chunk(A_FORM) + b"0\r\nnothing\r\n\r\n", CHUNKED), NOT_HTTP),
    case("a trailer of 400 KB", framed(chunk(A_FORM) + b"0\r\nX-A: " + b"a" * 400_000, CHUNKED), NOT_HTTP),
    case("40,000 trailers", framed(chunk(A_FORM) + b"0\r\n" + b"X-A: abcd\r\n" * 40_000, CHUNKED), NOT_HTTP),
]

HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: candor.test\r\n\r\n"

AFTER_ANOTHER = [
    case("two requests", get(common=STAYS).then(get()), OK, OK),
    case(
        "a request in the body of a request nobody reads",
        post(b"/nowhere", HIDDEN, b"Content-Length: %d" % len(HIDDEN), common=STAYS).then(get()),
        NOT_FOUND,
        OK,
    ),
    case(
        "a request in the body of a GET",
        Request(
            "GET",
            "/health",
            b"GET /health HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s" % (len(HIDDEN), HIDDEN),
        ).then(get()),
        OK,
        OK,
    ),
    case(
        "a request in the body of a wish for another protocol",
        framed(HIDDEN, b"Content-Length: %d" % len(HIDDEN), *WISH, common=STAYS).then(get()),
        TOKEN_MISSING,
        OK,
    ),
    case(
        "a request in the chunks of a wish for another protocol",
        framed(chunk(HIDDEN) + END, CHUNKED, *WISH, common=STAYS).then(get()),
        TOKEN_MISSING,
        OK,
    ),
    case(
        "a form with a wish for another protocol",
        framed(A_FORM, LENGTH, *WISH, common=STAYS).then(get()),
        OK,
        OK,
    ),
    case(
        "wishes for other protocols one after another",
        get(b"/health", *WISH, common=STAYS).then(get(b"/health", *WISH, common=STAYS), get()),
        OK,
        OK,
        OK,
    ),
    case(
        "a wish next to a doubled Host",
        get(b"/health", *WISH, HOST, common=STAYS).then(get()),
        refused("/header/Host", "repeated"),
        OK,
    ),
    case("bad chunks of a body nobody reads", post(b"/nowhere", b"zz\r\n", CHUNKED, common=STAYS), NOT_HTTP),
    case("a request behind one that closes", get().then(raw(HIDDEN)), OK),
    case("no HTTP behind a request that closes", get().then(raw(b"\x16\x03\x01\x02\x00\x01")), OK),
]

CUT_OFF = [
    case("nothing at all", raw(b""), *CLOSED, half_close=True),
    case("half a request line", raw(b"GET /hea"), *CLOSED, half_close=True),
    case("half a field", raw(b"GET /health HTTP/1.1\r\nHos"), *CLOSED, half_close=True),
    case("a head without end", raw(b"GET /health HTTP/1.1\r\nHost: a\r\n"), *CLOSED, half_close=True),
    case(
        "a whole request and no more",
        get(),
        OK,
        half_close=True,
        by_http_server=NO_HALF_CLOSE,
        or_only_closes=True,
    ),
]

CASES = [*LENGTHS, *CHUNKS, *CODINGS, *TRAILERS, *AFTER_ANOTHER, *CUT_OFF]
