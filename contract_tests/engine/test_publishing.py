"""The document itself: exact bytes, strong tags, conditional reads (behaviour 1)."""

import hashlib
from typing import Any

import orjson
import pytest

from api.contract.document import Document
from contract_tests.engine.conftest import CONTRACT, Sample
from contract_tests.engine.sample.things.operations import DOCUMENT
from handlers.conditional import matches

ETAG = f'"{hashlib.sha256(DOCUMENT).hexdigest()}"'
OTHER = '"other"'


class TestDocument:
    @pytest.mark.promise("C2")
    def test_trap_21_keeps_the_bytes_of_the_file_and_tags_them(self, document: Document) -> None:
        raw = CONTRACT.read_bytes()
        assert document.raw == raw
        assert document.etag == f'"{hashlib.sha256(raw).hexdigest()}"'
        assert document.json_etag == f'"{hashlib.sha256(document.json).hexdigest()}"'

    def test_the_json_form_is_the_same_tree(self, document: Document) -> None:
        assert orjson.loads(document.json) == document.tree

    def test_building_the_application_leaves_the_tree_alone(
        self, running: Sample, document: Document
    ) -> None:
        assert orjson.dumps(document.tree) == document.json


class TestConditionalGet:
    def test_sends_the_bytes_with_their_tag(self, sample: Sample) -> None:
        answer = sample.ask("GET", "/published")
        assert (answer.status, answer.body, answer.headers["etag"]) == (200, DOCUMENT, ETAG)
        assert answer.headers["content-type"] == "application/yaml"

    @pytest.mark.parametrize("held", [ETAG, f"W/{ETAG}", "*", f"{OTHER}, {ETAG}", f' {OTHER} ,W/"x",{ETAG}'])
    def test_answers_304_to_who_has_them(self, sample: Sample, held: Any) -> None:
        answer = sample.ask("GET", "/published", {"If-None-Match": held})
        assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", ETAG)
        assert "content-type" not in answer.headers

    def test_a_list_may_come_in_two_headers(self, sample: Sample) -> None:
        request = (
            f"GET /published HTTP/1.1\r\nHost: t\r\nIf-None-Match: {OTHER}\r\nIf-None-Match: {ETAG}\r\n\r\n"
        )
        assert sample.raw(request.encode()).status == 304

    @pytest.mark.parametrize(
        "held", [OTHER, ETAG.strip('"'), ETAG[:-1], f"{ETAG}x", f"x{ETAG}", "", ",", f"w/{ETAG}"]
    )
    def test_answers_all_of_it_to_who_has_something_else(self, sample: Sample, held: Any) -> None:
        assert sample.ask("GET", "/published", {"If-None-Match": held}).status == 200


class TestMatches:
    def test_the_comparison_is_weak_on_both_sides(self) -> None:
        assert matches('W/"a"', '"a"')
        assert matches('"a"', 'W/"a"')
        assert not matches(None, '"a"')

    def test_a_comma_inside_a_tag_separates_nothing(self) -> None:
        assert matches('"a,b"', '"a,b"')
        assert not matches('"a,b"', '"a"')
