"""Parameters: strict, typed by their schema, by name (behaviour 7)."""

from typing import Any

import pytest

from contract_tests.engine.conftest import Sample


class TestQuery:
    def test_absent_ones_are_none(self, sample: Sample) -> None:
        assert set(sample.ask("GET", "/things").json().values()) == {None}

    @pytest.mark.parametrize(
        ("query", "member", "value"),
        [
            ("kind=official", "kind", "official"),
            ("kind=null", "kind", None),
            ("limit=7", "limit", 7),
            ("exact=true", "exact", True),
            ("tag=a", "tag", ["a"]),
            ("tag=a&tag=b", "tag", ["a", "b"]),
            ("tag=%C3%A9+%2B", "tag", ["é +"]),
            ("ids=1,2", "ids", [1, 2]),
            ("&&limit=7&", "limit", 7),
        ],
    )
    def test_is_read_as_its_schema_says(self, sample: Sample, query: Any, member: Any, value: Any) -> None:
        answer = sample.ask("GET", f"/things?{query}")
        assert (answer.status, answer.json().get(member)) == (200, value)

    @pytest.mark.parametrize(
        ("query", "error"),
        [
            ("kind=other", ("/query/kind", "enum")),
            ("kind=", ("/query/kind", "enum")),
            ("limit=0", ("/query/limit", "minimum")),
            ("limit=x", ("/query/limit", "type")),
            ("limit=1.0", ("/query/limit", "type")),
            ("limit=+1", ("/query/limit", "type")),
            ("limit=01", ("/query/limit", "type")),
            ("limit=", ("/query/limit", "type")),
            ("limit", ("/query/limit", "type")),
            ("exact=yes", ("/query/exact", "type")),
            ("exact=True", ("/query/exact", "type")),
            ("limit=1&limit=1", ("/query/limit", "repeated")),
            ("limit=1&%6cimit=2", ("/query/limit", "repeated")),
            ("ids=1&ids=2", ("/query/ids", "repeated")),
            ("ids=1,x", ("/query/ids/1", "type")),
            ("ids=1,99", ("/query/ids/1", "maximum")),
            ("tag=a&tag=b&tag=c&tag=d", ("/query/tag", "max_items")),
            ("tag=%00", ("/query/tag", "nul")),
            ("tag=%ff", ("/query", "encoding")),
            ("tag=%", ("/query", "encoding")),
            ("tag=%ED%A0%80", ("/query", "encoding")),
            ("other=1", ("/query", "unknown_parameter")),
            ("LIMIT=1", ("/query", "unknown_parameter")),
            ("&".join(f"p{n}=1" for n in range(500)), ("/query", "too_many")),
        ],
    )
    def test_trap_19_everything_else_is_refused(self, sample: Sample, query: Any, error: Any) -> None:
        answer = sample.ask("GET", f"/things?{query}")
        assert (answer.status, answer.codes()) == (400, [error])

    def test_out_of_bounds_says_which_bound(self, sample: Sample) -> None:
        assert sample.ask("GET", "/things?limit=101").codes() == [("/query/limit", "maximum")]

    def test_an_operation_without_parameters_takes_none(self, sample: Sample) -> None:
        assert sample.ask("GET", "/me?x=1", {"Authorization": "Bearer pat-token"}).status == 400


class TestPathHeaderCookie:
    def test_integers_in_a_path(self, sample: Sample) -> None:
        answer = sample.ask("GET", "/numbers/-5").json()
        assert (answer["number"], answer["type"]) == (-5, "int")
        assert sample.ask("GET", "/numbers/9223372036854775807").status == 200
        for bad in ("9223372036854775808", "1.5", "1e3", "x", "0x1", "%31%00", "1" * 5000):
            assert sample.ask("GET", f"/numbers/{bad}").status == 400

    def test_text_in_a_path_is_bounded(self, sample: Sample) -> None:
        assert sample.ask("GET", f"/things/{'x' * 21}").codes() == [("/path/thing_id", "max_length")]

    def test_headers(self, sample: Sample) -> None:
        assert sample.ask("GET", "/things", {"x-COLOUR": " blue "}).json()["x_colour"] == "blue"
        assert sample.ask("GET", "/things", {"X-Colour": "green"}).codes() == [("/header/X-Colour", "enum")]
        request = b"GET /things HTTP/1.1\r\nHost: t\r\nX-Colour: red\r\nX-Colour: blue\r\n\r\n"
        assert sample.raw(request).status == 400

    def test_cookies(self, sample: Sample) -> None:
        assert sample.ask("GET", "/things", {"Cookie": "a=b; flavour=mint"}).json()["flavour"] == "mint"
        assert sample.ask("GET", "/things", {"Cookie": "flavour=" + "x" * 21}).status == 400
        assert sample.ask("GET", "/things", {"Cookie": ";;;=;@"}).status == 200
