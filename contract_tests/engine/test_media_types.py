"""Media types of requests: any capitals, exact otherwise (behaviour 4)."""

from typing import Any

import pytest

from api.contract import media_type
from contract_tests.engine.conftest import Sample

BAD = b'{"name":7}'


class TestJsonMediaType:
    @pytest.mark.parametrize(
        "said",
        [
            "application/json", "Application/Json", "APPLICATION/JSON", "application/json; charset=utf-8",
            'application/json;charset="UTF-8"', "application/json ; Charset=utf-8 ;",
            "application/json;version=1",
        ],
    )  # fmt: skip
    def test_trap_01_every_spelling_is_validated(self, sample: Sample, said: Any) -> None:
        assert sample.post("/things", BAD, said).codes() == [("/name", "type")]
        assert sample.post("/things", b'{"name":"A"}', said).status == 201

    @pytest.mark.parametrize(
        "said",
        [
            "text/plain",
            "application/jsonx", "application/x-json", "text/json", "application/*", "*/*", "json", "",
            "application/json; charset=latin-1", "application/json; charset=utf-16",
            "application/json, text/plain",
            "application/json; charset=utf-8; charset=latin-1", "application/json;=", "application/json/x",
            "application/problem+json", "application/x-ndjson", "application/x-www-form-urlencoded",
            "\xff/\xfe",
        ],
    )  # fmt: skip
    def test_trap_01_11_everything_else_is_415(self, sample: Sample, said: Any) -> None:
        answer = sample.post("/things", b'{"name":"A"}', said)
        assert (answer.status, answer.json()["error"]) == (415, "unsupported_media_type")
        assert sample.surroundings.stored == []

    def test_trap_02_a_body_without_media_type_is_415(self, sample: Sample) -> None:
        assert sample.ask("POST", "/things", {}, b'{"name":"A"}').status == 415

    def test_a_doubled_media_type_is_refused(self, sample: Sample) -> None:
        body = b'{"name":"A"}'
        request = (
            b"POST /things HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
            b"Content-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % len(body)
        )
        assert sample.raw(request + body).codes() == [("/header/Content-Type", "repeated")]

    @pytest.mark.parametrize("coding", ["gzip", "br", "x"])
    def test_a_coded_body_is_415(self, sample: Sample, coding: Any) -> None:
        assert sample.post("/things", b'{"name":"A"}', Content_Encoding=coding).status == 415

    def test_an_identity_coding_is_no_coding(self, sample: Sample) -> None:
        assert sample.post("/things", b'{"name":"A"}', Content_Encoding="Identity").status == 201


class TestOptionalBody:
    def test_trap_07_may_be_empty(self, sample: Sample) -> None:
        assert sample.ask("POST", "/maybe").json() == {"body": None}
        assert sample.ask("POST", "/maybe", {"Content-Type": "application/json"}).json() == {"body": None}
        assert sample.ask("POST", "/maybe", {"Content-Length": "0"}).json() == {"body": None}

    def test_trap_07_may_be_null(self, sample: Sample) -> None:
        assert sample.post("/maybe", b"null").json() == {"body": None}

    def test_is_validated_when_present(self, sample: Sample) -> None:
        assert sample.post("/maybe", b'{"os":"linux"}').json() == {"body": {"os": "linux"}}
        assert sample.post("/maybe", b'{"os":1}').status == 400

    def test_a_required_body_may_not_be_empty(self, sample: Sample) -> None:
        assert sample.ask("POST", "/things").codes() == [("", "required")]
        assert sample.ask("POST", "/things", {"Content-Type": "application/json"}).codes() == [
            ("", "required")
        ]


class TestParse:
    def test_reads_quoted_parameters(self) -> None:
        assert media_type.parse('Text/Plain; A="x;y\\"z" ;b=C') == media_type.MediaType(
            "text/plain", (("a", 'x;y"z'), ("b", "C"))
        )

    @pytest.mark.parametrize(
        "text", ["", "a", "a/", "/b", "a/b;c", "a/b;c=", "a/b;c=d;c=e", "a b/c", "a/b c", 'a/b;c="']
    )
    def test_refuses_the_rest(self, text: Any) -> None:
        assert media_type.parse(text) is None
