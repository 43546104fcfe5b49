"""JSON that has two readings, or none."""

from contract_tests.wire.cases import CREATED, Case, Expected, case, refused, status
from contract_tests.wire.requests import AN_OBJECT, json

INVALID = status(400, error="invalid_request")


def with_member(name: str, text: bytes, *answers: Expected) -> Case:
    """A registration that is right but for a member nobody declared, which is read all the same."""
    return case(name, json(AN_OBJECT[:-1] + b',"x":' + text + b"}"), *answers)


NOT_JSON = refused("", "json")

TEXTS = [
    case(name, json(text), NOT_JSON)
    for name, text in (
        ("one space", b" "),
        ("half an object", b'{"grant_types":'),
        ("an object and more", AN_OBJECT + b"{}"),
        ("a trailing comma", AN_OBJECT[:-1] + b",}"),
        ("a comment", b"/* */" + AN_OBJECT),
        ("apostrophes for quotes", AN_OBJECT.replace(b'"', b"'")),
        ("a byte order mark", b"\xef\xbb\xbf" + AN_OBJECT),
        ("UTF-16", AN_OBJECT.decode().encode("utf-16")),
        ("UTF-32", AN_OBJECT.decode().encode("utf-32-le")),
        ("a NUL byte at the end", AN_OBJECT + b"\x00"),
        ("a form", b"grant_types=client_credentials&scope=profile%3Aread"),
        ("100,000 open arrays", b"[" * 100_000),
        ("100,000 open objects", b'{"a":' * 100_000),
    )
]

VALUES = [
    with_member("an undeclared member", b"1", CREATED),
    with_member("the largest integer", b"9223372036854775807", CREATED),
    with_member("one more than the largest integer", b"9223372036854775808", refused("", "integer_range")),
    with_member("an integer of 5,000 digits", b"9" * 5000, NOT_JSON),
    with_member("a negative integer of 5,000 digits", b"-" + b"9" * 5000, NOT_JSON),
    with_member("a fraction of 5,000 digits", b"0." + b"9" * 5000, CREATED),
    with_member("an exponent of 5,000 digits", b"1e" + b"9" * 5000, NOT_JSON),
    with_member("1e400", b"1e400", NOT_JSON),
    with_member("NaN", b"NaN", NOT_JSON),
    with_member("Infinity", b"-Infinity", NOT_JSON),
    with_member("an integer with a leading zero", b"01", NOT_JSON),
    with_member("a hexadecimal integer", b"0x1F", NOT_JSON),
    with_member("invalid UTF-8", b'"\xff"', NOT_JSON),
    with_member("overlong UTF-8", b'"\xc0\x80"', NOT_JSON),
    with_member("a surrogate in UTF-8", b'"\xed\xa0\x80"', NOT_JSON),
    with_member("an escaped lone surrogate", b'"\\ud800"', NOT_JSON),
    with_member("a raw control character", b'"a\nb"', NOT_JSON),
    with_member("a raw NUL", b'"a\x00b"', NOT_JSON),
    with_member("an unknown escape", b'"\\x41"', NOT_JSON),
    with_member("an escaped NUL", b'"\\u0000"', refused("/x", "pattern")),
    with_member("100,000 closed arrays", b"[" * 100_000 + b"]" * 100_000, NOT_JSON),
    with_member("1,000 closed arrays", b"[" * 1000 + b"]" * 1000, refused("", "depth")),
    with_member("1,000 closed objects", b'{"a":' * 1000 + b"1" + b"}" * 1000, refused("", "depth")),
    with_member("30 closed arrays", b"[" * 30 + b"]" * 30, CREATED),
    with_member("a member named like a prototype", b'1,"__proto__":{"a":1}', CREATED),
    with_member("an undeclared member twice", b'1,"x":1', refused("", "duplicate_member")),
    with_member("a member twice, once escaped", b'1,"\\u0078":1', refused("", "duplicate_member")),
    with_member("a member twice deep inside", b'[{"a":":","a":1}]', refused("", "duplicate_member")),
    with_member("scope twice", b'1,"scope":"profile:read"', refused("", "duplicate_member")),
    with_member(
        "60,000 members in an object", b"{" + b",".join(b'"a%d":1' % n for n in range(60_000)) + b"}", CREATED
    ),
    with_member("an array of 100,000 items", b"[" + b",".join([b"1"] * 100_000) + b"]", CREATED),
    with_member(
        "150,000 numbers that are too large",
        b"[" + b",".join([b"1e300"] * 150_000) + b"]",
        refused("/x/0", "maximum"),
    ),
    with_member(
        "100,000 texts with a NUL",
        b"[" + b",".join([b'"\\u0000"'] * 100_000) + b"]",
        refused("/x/0", "pattern"),
    ),
]

SHAPES = [
    case("no body", json(b""), refused("", "required")),
    *(
        case(f"{text.decode()} for an object", json(text), refused("", "type"))
        for text in (b"null", b"[]", b'"a"', b"1", b"true", b"[[[[]]]]")
    ),
    case("a number for a list", json(b'{"grant_types":1.0,"scope":"profile:read"}'), INVALID),
    case("a text for a list", json(b'{"grant_types":"client_credentials","scope":"a"}'), INVALID),
    case("a grant type of 100 KB", json(b'{"grant_types":["%s"],"scope":"a"}' % (b"a" * 100_000)), INVALID),
    case(
        "20,000 grant types",
        json(b'{"grant_types":[%s],"scope":"a"}' % b",".join([b'"a"'] * 20_000)),
        INVALID,
    ),
    case("a NUL in a declared member", json(AN_OBJECT.replace(b"profile", b"pro\\u0000file")), INVALID),
]

CASES = [*TEXTS, *VALUES, *SHAPES]
