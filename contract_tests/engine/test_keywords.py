"""JSON Schema 2020-12 and formats: every keyword is enforced, in both directions of valid and invalid
(behaviour 3)."""

import json
from typing import Any

import pytest

from contract_tests.engine.conftest import Sample

MATRIX = [
    ("const", 7, 8),
    ("conditional", {"a": 1, "b": 0}, {"a": 1}),
    ("conditional", {"c": 1}, {}),
    ("prefix", [1, "x"], ["x", 1]),
    ("prefix", [1], [1, "x", 2]),
    ("contains", ["x", "y"], ["y"]),
    ("contains", ["x", "x"], ["x", "x", "x"]),
    ("names", {"abc": 1}, {"ABC": 1}),
    ("dependent", {"a": 1, "b": 2}, {"a": 1}),
    ("dependent", {"c": 1, "d": 2}, {"c": 1}),
    ("unevaluated", {"a": 1}, {"a": 1, "b": 2}),
    ("unevaluated_items", [1], [1, 2]),
    ("exclusive", 0.1, 0),
    ("exclusive", 9.9, 10),
    ("unique", [1, 2], [1, 1.0]),
    ("multiple", 0.07, 0.075),
    ("multiple", 1.1, 0.001),
    ("int32", 2**31 - 1, 2**31),
    ("int32", -(2**31), -(2**31) - 1),
    ("int32", 1.0, 1.5),
    ("int64", 2**63 - 1, "9"),
    ("date", "2026-11-22", "2026-13-22"),
    ("date_time", "2026-11-22T10:00:00Z", "2026-11-22"),
    ("uuid", "0190a5a0-7c1e-7000-8000-000000000000", "0190a5a0"),
    ("uri", "https://example.org/a", "not a uri"),
    ("email", "a@example.org", "a"),
    ("letters", "Zoë", "Zoë1"),
    ("letters", "Ж", ""),
    ("nullable", None, 1),
    ("nullable", "abc", "abcd"),
    ("sibling", "ab", "a"),
    ("sibling", "abc", "abcd"),
    (
        "tree",
        {"name": "a", "parent": {"name": "b", "parent": {"name": "c"}}},
        {"name": "a", "parent": {"name": 1}},
    ),
    ("not", 2, 1),
    ("any", "ab", "abc"),
    ("any", 5, None),
]


class TestKeywords:
    @pytest.mark.parametrize(("keyword", "valid", "invalid"), MATRIX)
    def test_is_enforced(self, sample: Sample, keyword: Any, valid: Any, invalid: Any) -> None:
        accepted = sample.post("/keywords", json.dumps({keyword: valid}).encode())
        assert (accepted.status, accepted.json().get("body")) == (200, {keyword: valid})
        refused = sample.post("/keywords", json.dumps({keyword: invalid}).encode())
        assert refused.status == 400
        assert all(pointer.startswith(f"/{keyword}") for pointer, _ in refused.codes())

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            ({"const": 8}, ("/const", "const")),
            ({"int32": 2**31}, ("/int32", "maximum")),
            ({"int32": "1"}, ("/int32", "type")),
            ({"date": "x"}, ("/date", "format")),
            ({"letters": "1"}, ("/letters", "pattern")),
            ({"nullable": "abcd"}, ("/nullable", "max_length")),
            ({"sibling": "a"}, ("/sibling", "min_length")),
            ({"unevaluated": {"b": 1}}, ("/unevaluated/b", "additional_property")),
            ({"unique": [1, 1]}, ("/unique", "unique_items")),
            ({"dependent": {"a": 1}}, ("/dependent/b", "required")),
            ({"tree": {"name": "a", "parent": {}}}, ("/tree/parent/name", "required")),
            ({"any": None}, ("/any", "type")),
            ({"any": "abc"}, ("/any", "max_length")),
            ({"exclusive": 0}, ("/exclusive", "exclusive_minimum")),
        ],
    )
    def test_has_a_stable_code_and_a_pointer(self, sample: Sample, body: Any, expected: Any) -> None:
        assert expected in sample.post("/keywords", json.dumps(body).encode()).codes()

    def test_the_body_itself_may_be_any_json_value(self, sample: Sample) -> None:
        for value in (None, 0, "x", [1, {"a": None}], True):
            assert sample.post("/anything", json.dumps(value).encode()).json() == {"body": value}
