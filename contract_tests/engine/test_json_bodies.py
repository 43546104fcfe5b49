"""JSON on the wire: one reading or a clean 400 (behaviour 6)."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.contract import strict_json
from api.contract.refusals import RequestRefused
from contract_tests.engine.conftest import Sample

REFUSED = [
    (b"", "json"),
    (b" ", "json"),
    (b"{", "json"),
    (b'{"a":1,}', "json"),
    (b"{'a':1}", "json"),
    (b"01", "json"),
    (b"NaN", "json"),
    (b'{"a":NaN}', "json"),
    (b'{"a":Infinity}', "json"),
    (b'{"a":-Infinity}', "json"),
    (b"1e400", "json"),
    (b"1" * 5000, "json"),
    (b'"\xff"', "json"),
    (b'"\xed\xa0\x80"', "json"),
    (b'"\xc0\x80"', "json"),
    (b'"\\ud800"', "json"),
    (b'{"\\udc00":1}', "json"),
    (b"\xef\xbb\xbf{}", "json"),
    ("{}".encode("utf-16"), "json"),
    ("{}".encode("utf-32-le"), "json"),
    (b'"a\x00b"', "json"),
    (b'"a\nb"', "json"),
    (b"[" * 100_000, "json"),
    (b"[" * 900 + b"]" * 900, "depth"),
    (b"[" * 33 + b"]" * 33, "depth"),
    (b'{"a":' * 33 + b"1" + b"}" * 33, "depth"),
    (b'{"a":1,"a":1}', "duplicate_member"),
    (b'{"a":1,"\\u0061":2}', "duplicate_member"),
    (b'{"x":[{"a":1, "b": ":", "a" :2}]}', "duplicate_member"),
    (b'{"a:b":1,"a:b":2}', "duplicate_member"),
    (b'{"a":18446744073709551616}', "integer_range"),
    (b'{"a":9223372036854775808}', "integer_range"),
    (b"-9223372036854775809", "integer_range"),
    (b"[" + b"9" * 300 + b"]", "integer_range"),
]


def code_of(raw: bytes) -> str:
    with pytest.raises(RequestRefused) as refusal:
        strict_json.parse(raw)
    (error,) = refusal.value.pointers
    return error.code


class TestStrictJson:
    @pytest.mark.parametrize(("raw", "code"), REFUSED, ids=lambda value: repr(value)[:40])
    def test_refuses_with_a_code(self, raw: bytes, code: Any) -> None:
        assert code_of(raw) == code

    @pytest.mark.parametrize(
        "raw",
        [
            b"null", b"0", b'"x"', b"[]", b"{}", b' {"a" : [1, 2.5, {"b": null}]} ', b'{"a":"b:c","d":":"}',
            b'{"a":9223372036854775807,"b":-9223372036854775808}', b'"\\ud83d\\ude00"', b'"\\\\u0000"',
            b'{"a":1,"b":{"a":1}}', b"[" * 32 + b"]" * 32, b'{"n":1e300}', b"-0.0",
        ],
        ids=repr,
    )  # fmt: skip
    def test_reads_what_the_standard_library_reads(self, raw: bytes) -> None:
        assert strict_json.parse(raw) == json.loads(raw)

    def test_makes_whole_floats_integers_wherever_they_stand(self) -> None:
        value = strict_json.parse(b'{"a":1.0,"b":[1e2,{"c":-3.0}],"d":2.5}')
        assert value == {"a": 1, "b": [100, {"c": -3}], "d": 2.5}
        assert [type(each) for each in (value["a"], value["b"][0], value["b"][1]["c"])] == [int, int, int]
        assert type(strict_json.parse(b"1.0")) is int

    def test_leaves_floats_alone_that_no_longer_name_one_integer(self) -> None:
        assert strict_json.parse(b"[1e300]") == [1e300]

    @settings(max_examples=200, deadline=None)
    @given(
        st.recursive(
            st.none()
            | st.booleans()
            | st.integers(-(2**63), 2**63 - 1)
            | st.text(st.characters(codec="utf-8", exclude_characters="\x00")),
            lambda inner: (
                st.lists(inner, max_size=4)
                | st.dictionaries(st.text('ab:"\\', max_size=3), inner, max_size=4)
            ),
            max_leaves=12,
        )
    )
    def test_reads_back_every_value(self, value: Any) -> None:
        assert strict_json.parse(json.dumps(value).encode()) == value

    @settings(max_examples=100, deadline=None)
    @given(st.dictionaries(st.text("ab:", max_size=3), st.integers(0, 9), min_size=1, max_size=4))
    def test_finds_every_repetition(self, members: Any) -> None:
        name = next(iter(members))
        text = json.dumps(members)[:-1] + f", {json.dumps(name)}: 1}}"
        assert code_of(text.encode()) == "duplicate_member"


class TestJsonOverTheWire:
    @pytest.mark.parametrize(("raw", "code"), REFUSED[2:], ids=lambda value: repr(value)[:40])
    def test_trap_03_04_refuses_before_the_handler(self, sample: Sample, raw: bytes, code: Any) -> None:
        if len(raw) > 50_000:
            raw = raw[:40_000]
        answer = sample.post("/anything", raw)
        assert (answer.status, answer.codes()) == (400, [("", code)])
        assert answer.headers["content-type"] == "application/problem+json"

    def test_trap_09_never_repeats_what_was_sent(self, sample: Sample) -> None:
        answer = sample.post("/things", b'{"name":"my-secret-value-42","size":"my-other-secret"}')
        assert answer.status == 400
        assert b"secret" not in answer.body
        assert sorted(answer.codes()) == [("/name", "max_length"), ("/name", "pattern"), ("/size", "type")]
        assert b"secret" not in sample.surroundings.log.getvalue()

    def test_trap_09_names_odd_member_names_by_their_parent(self, sample: Sample) -> None:
        answer = sample.post("/things", b'{"name":"A","parent":{"name":"B","p4ssw0rd with spaces":1}}')
        assert answer.codes() == [("/parent", "additional_property")]
        answer = sample.post("/things", b'{"name":"A","parent":{"name":"B","colour":1}}')
        assert answer.codes() == [("/parent/colour", "additional_property")]

    @pytest.mark.parametrize(
        ("raw", "pointer"),
        [
            (b'"\\u0000"', ""),
            (b'{"a":"x\\u0000"}', "/a"),
            (b'{"\\u0000":1}', ""),
            (b'["x",["\\u0000"]]', "/1/0"),
        ],
    )
    def test_refuses_nul_wherever_a_handler_would_see_it(
        self, sample: Sample, raw: Any, pointer: Any
    ) -> None:
        assert sample.post("/anything", raw).codes() == [(pointer, "nul")]

    def test_ignores_nul_where_nobody_sees_it(self, sample: Sample) -> None:
        assert sample.post("/things", b'{"name":"A","other":"\\u0000"}').status == 201
        assert sample.post("/anything", b'"\\\\u0000"').json() == {"body": "\\u0000"}

    def test_reports_at_most_twenty_errors(self, sample: Sample) -> None:
        answer = sample.post(
            "/keywords", json.dumps({"contains": 1, "unique": [1, 1], "sibling": "x" * 9}).encode()
        )
        assert 0 < len(answer.codes()) <= 20
        many = {"unevaluated": {f"member_{n}": 1 for n in range(50)}}
        assert len(sample.post("/keywords", json.dumps(many).encode()).codes()) == 20

    def test_undeclared_members_never_reach_the_handler(self, sample: Sample) -> None:
        answer = sample.post("/things", b'{"name":"A","sur:plus":"x","__proto__":{}}')
        assert answer.json()["got"] == {"name": "A", "client_ip": "127.0.0.1"}

    def test_read_only_members_are_refused_and_not_required(self, sample: Sample) -> None:
        assert sample.post("/things", b'{"name":"A"}').status == 201
        assert sample.post("/things", b'{"name":"A","id":"1"}').codes() == [("/id", "not_allowed")]
