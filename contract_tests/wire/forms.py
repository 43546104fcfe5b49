"""Forms that have two readings, or none (RFC 6749 section 3.2)."""

from contract_tests.wire.cases import OK, case, refused, status
from contract_tests.wire.requests import A_FORM, form

REPEATED = refused("", "repeated")
NO_FORM = refused("", "form")
TOO_LONG = refused("/token", "max_length")
TOO_MANY = refused("", "too_many")
TOKEN_MISSING = refused("/token", "required")
UNDER_BOTH = b"grant_type=client_credentials&client_id=a&client_secret=b"

CASES = [
    case("a form", form(), OK),
    case("an undeclared field", form(A_FORM + b"&resource=a"), OK),
    case("an empty form", form(b""), TOKEN_MISSING),
    case("only separators", form(b"&&&&"), TOKEN_MISSING),
    case("a field without a value", form(b"token="), TOKEN_MISSING),
    case("a field without an equals sign", form(b"token"), TOKEN_MISSING),
    case("a value without a name", form(A_FORM + b"&=a"), OK),
    case("more equals signs", form(A_FORM + b"==&a=b=c"), OK),
    case("a semicolon as separator", form(b"a=b;token=c"), TOKEN_MISSING),
    case("a field twice", form(A_FORM + b"&" + A_FORM), REPEATED),
    case("a field twice, once escaped", form(A_FORM + b"&%74oken=a"), REPEATED),
    case("a field twice, once empty", form(A_FORM + b"&token="), REPEATED),
    case("an undeclared field twice", form(A_FORM + b"&x=1&x=1"), REPEATED),
    case("a field in capitals is another field", form(b"TOKEN=a"), TOKEN_MISSING),
    case("an escape that is no UTF-8", form(A_FORM + b"&a=%ff"), NO_FORM),
    case("an overlong escape", form(A_FORM + b"&a=%C0%80"), NO_FORM),
    case("an escaped surrogate", form(A_FORM + b"&a=%ED%A0%80"), NO_FORM),
    case("half an escape", form(A_FORM + b"&a=%4"), NO_FORM),
    case("a percent sign alone", form(A_FORM + b"&a=%"), NO_FORM),
    case("an escape of letters", form(A_FORM + b"&a=%zz"), NO_FORM),
    case("the old Unicode escape", form(A_FORM + b"&a=%u0041"), NO_FORM),
    case("raw bytes above ASCII", form(A_FORM + b"&a=\xff\xfe"), NO_FORM),
    case("raw UTF-8", form(A_FORM + "&a=é".encode()), NO_FORM),
    case("a raw NUL", form(A_FORM + b"\x00"), NO_FORM),
    case("an escaped NUL", form(b"token=a%00b"), status(400, error="invalid_request")),
    case("an escaped NUL in an undeclared field", form(A_FORM + b"&a=%00"), refused("/a", "pattern")),
    case("an escaped NUL in a name", form(A_FORM + b"&a%00b=1"), refused("", "property_names")),
    case("escaped line ends", form(b"token=a%0d%0ab"), OK),
    case("128 fields", form(A_FORM + b"".join(b"&f%d=1" % n for n in range(127))), OK),
    case("129 fields", form(A_FORM + b"".join(b"&f%d=1" % n for n in range(128))), TOO_MANY),
    case("2,000 fields", form(A_FORM + b"".join(b"&f%d=1" % n for n in range(2000))), TOO_MANY),
    case("500,000 separators", form(b"&" * 500_000), TOO_MANY),
    case("a value of 1,000,000 characters", form(b"token=" + b"a" * 1_000_000), TOO_LONG),
    case("a name of 1,000,000 characters", form(b"a" * 1_000_000), TOKEN_MISSING),
    case("300,000 escapes", form(b"token=" + b"%41" * 300_000), TOO_LONG),
    case("JSON in a form", form(b'{"token":"a"}'), TOKEN_MISSING),
    case(
        "a form of a client that does not exist",
        form(UNDER_BOTH, path=b"/oauth2/token"),
        status(401, error="invalid_client"),
    ),
]
