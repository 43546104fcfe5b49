"""What a body says it is: any capitals are the same type, everything else is refused before it is read."""

from contract_tests.wire.cases import CREATED, OK, OTHER_MEDIA_TYPE, Case, case, refused, status
from contract_tests.wire.requests import A_FORM, AN_OBJECT, FORM, JSON, form, json, post

TOKEN_MISSING = refused("/token", "required")
LENGTH = b"Content-Length: %d" % len(AN_OBJECT)


def typed_json(said: bytes) -> Case:
    """JSON under another name."""
    return case(f"JSON as {said!r}", json(media_type=said), OTHER_MEDIA_TYPE)


def typed_form(said: bytes) -> Case:
    """A form under another name."""
    return case(f"a form as {said!r}", form(media_type=said), OTHER_MEDIA_TYPE)


TAKEN = [
    case("JSON as itself", json(), CREATED),
    case("JSON in odd capitals", json(media_type=b"aPPLICATION/jSON"), CREATED),
    case("JSON in odd capitals is validated", json(b"{}", media_type=b"Application/Json"),
         status(400, error="invalid_request")),
    case("JSON with its charset", json(media_type=b'Application/json ; Charset="UTF-8"'), CREATED),
    case("JSON with an unknown parameter", json(media_type=b"application/json;version=1"), CREATED),
    case("a form in odd capitals", form(media_type=b"Application/X-WWW-Form-URLencoded"), OK),
    case("a form in odd capitals is validated", form(b"a=b", media_type=FORM.upper()), TOKEN_MISSING),
    case("a form with its charset", form(media_type=FORM + b"; charset=utf-8"), OK),
    case("identity as content coding", json(AN_OBJECT, b"Content-Encoding: Identity"), CREATED),
]  # fmt: skip

JSON_REFUSED = [
    typed_json(said)
    for said in (
        b"text/plain", b"text/json", b"application/jsonx", b"application/*", b"*/*", b"json", b"",
        b"application/problem+json", b"application/x-ndjson", b"application/json/json", b"application /json",
        b"application/json; charset=latin-1", b"application/json; charset=utf-16",
        b"application/json; charset=utf-7", b"application/json; charset=utf-8; charset=utf-16",
        b"application/json; charset", b"application/json, application/json", b"application/json\xff",
        b'application/json; charset="utf-8', FORM, b"multipart/form-data; boundary=a",
    )
]  # fmt: skip

FORM_REFUSED = [
    typed_form(said)
    for said in (
        JSON, b"text/plain", FORM + b"; charset=latin-1", FORM + b"; charset=nonsense", FORM + b"x",
        b"multipart/form-data; boundary=a", b"application/x-www-form-urlencoded/x",
    )
]  # fmt: skip

FIELDS = [
    case("JSON without a type", post(b"/oauth2/register", AN_OBJECT, LENGTH), OTHER_MEDIA_TYPE),
    case("a form without a type",
         post(b"/oauth2/introspect", A_FORM, b"Content-Length: %d" % len(A_FORM)), OTHER_MEDIA_TYPE),
    case("two equal types", json(AN_OBJECT, b"Content-Type: application/json"),
         refused("/header/Content-Type", "repeated")),
    case("two different types", json(AN_OBJECT, b"content-type: text/plain"),
         refused("/header/Content-Type", "repeated")),
    case("a gzip body", json(AN_OBJECT, b"Content-Encoding: gzip"), OTHER_MEDIA_TYPE),
    case("two content codings", json(AN_OBJECT, b"Content-Encoding: identity, gzip"), OTHER_MEDIA_TYPE),
    case("two content coding fields", json(AN_OBJECT, b"Content-Encoding: identity", b"Content-Encoding: br"),
         OTHER_MEDIA_TYPE),
]  # fmt: skip

CASES = [*TAKEN, *JSON_REFUSED, *FORM_REFUSED, *FIELDS]
