"""What the server refuses to start with: each with a sentence that names the operation (behaviour 2)."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.app import build_app
from api.contract.document import ContractError, load, parse
from contract_tests.engine.conftest import CONTRACT
from contract_tests.engine.store import SampleSurroundings

SMALL = Path(__file__).with_name("small.yaml").read_text()

Refusal = Callable[..., str]

HANDLERS = """
async def one():
    return None


async def two(*, name, if_match):
    return None
"""


@pytest.fixture
def refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Build an application from a contract and the text of its handlers; the sentence that refuses it."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def build(contract: str = SMALL, handlers: str | dict[str, str] = HANDLERS) -> str:
        areas = handlers if isinstance(handlers, dict) else {"area": handlers}
        for name in [each for each in sys.modules if each.split(".")[0] == "small_handlers"]:
            del sys.modules[name]
        package = tmp_path / "small_handlers"
        for area, text in areas.items():
            (package / area).mkdir(parents=True, exist_ok=True)
            (package / area / "__init__.py").touch()
            (package / area / "operations.py").write_text(text)
        (package / "__init__.py").touch()
        try:
            build_app(parse(contract.encode()), wiring=SampleSurroundings(), handlers="small_handlers")
        except ContractError as failure:
            return str(failure)
        return "started"

    return build


def changed(old: str, new: str, text: str = SMALL) -> str:
    assert old in text
    return text.replace(old, new, 1)


class TestDocumentRefusals:
    def test_a_sound_one_starts(self, refusal: Refusal) -> None:
        assert refusal() == "started"

    def test_a_missing_file(self, tmp_path: Path) -> None:
        with pytest.raises(ContractError, match=r"none\.yaml cannot be read"):
            load(tmp_path / "none.yaml")

    @pytest.mark.parametrize(
        ("raw", "sentence"),
        [
            (b"a: [", "not strict YAML. Line 2"),
            (b"a: 1\nb: 2\na: 3\n", "Line 3: the key 'a' stands twice"),
            (b"openapi: 3.1.0\npaths:\n  200: {}\n", "Line 3: the key 200 is not a string"),
            (b"\xff", "not UTF-8"),
            (b"- a", "not a mapping"),
            (b"openapi: 3.0.3\ninfo: {title: a, version: '1'}\npaths: {}", "'3.0.3'"),
            (b"a: !!python/object:os.system {}", "not strict YAML"),
        ],
    )
    def test_a_text_that_is_no_contract(self, raw: bytes, sentence: Any) -> None:
        with pytest.raises(ContractError) as refused:
            parse(raw)
        assert sentence in str(refused.value)

    def test_trap_20_yaml_is_neither_a_template_nor_yaml_1_1(self) -> None:
        text = changed(
            "title: Small",
            "title: '{{ 7*7 }}', x-day: 2026-11-22, x-on: on, x-time: 12:30, x-no: no, x-e: 1e3",
        )
        info = parse(text.encode()).tree["info"]
        assert info["title"] == "{{ 7*7 }}"
        assert (info["x-day"], info["x-on"], info["x-time"], info["x-no"]) == (
            "2026-11-22",
            "on",
            "12:30",
            "no",
        )
        assert info["x-e"] == 1000.0

    def test_an_invalid_document_names_the_place(self) -> None:
        with pytest.raises(ContractError, match=r"not valid OpenAPI 3\.1 at one: "):
            parse(changed("security: []", "security: nothing").encode())

    def test_a_reference_to_nowhere(self) -> None:
        with pytest.raises(ContractError):
            parse(changed("responses/Fine", "responses/Gone").encode())

    def test_a_repeated_operation_id(self, refusal: Refusal) -> None:
        assert (
            refusal(changed("operationId: two", "operationId: one"))
            == "The operation one stands twice: GET /one and GET /two/{name}."
        )

    def test_a_missing_operation_id(self, refusal: Refusal) -> None:
        assert "GET /one has no operationId" in refusal(changed("operationId: one\n", "summary: one\n"))

    def test_no_tag_or_two(self, refusal: Refusal) -> None:
        assert "The operation one needs exactly one tag" in refusal(
            changed("tags: [area]", "tags: [area, other]")
        )


class TestOperationRefusals:
    def test_no_security_of_its_own(self, refusal: Refusal) -> None:
        text = "security: [{pat: []}]\n" + changed("security: []\n", "deprecated: true\n")
        assert "The operation one has no `security` of its own" in refusal(text)

    def test_an_unknown_scheme(self, refusal: Refusal) -> None:
        assert "The operation one names the security scheme 'nobody'" in refusal(
            changed("security: []", "security: [{nobody: []}]")
        )

    @pytest.mark.parametrize("scheme", ["nameless", "key"])
    def test_a_scheme_that_admits_nobody(self, refusal: Refusal, scheme: Any) -> None:
        assert f"The operation one uses the security scheme '{scheme}'" in refusal(
            changed("security: []", f"security: [{{{scheme}: []}}]")
        )

    def test_two_schemes_at_once(self, refusal: Refusal) -> None:
        sentence = refusal(changed("security: []", "security: [{pat: [], key: []}]"))
        assert "The operation one asks for several security schemes at once" in sentence

    def test_a_default_response(self, refusal: Refusal) -> None:
        assert "The operation one declares a `default` response" in refusal(changed('"400":', "default:"))

    def test_a_range_of_statuses(self, refusal: Refusal) -> None:
        assert "The operation one declares the response '4XX'" in refusal(changed('"400":', '"4XX":'))

    def test_what_the_engine_answers_is_not_declared(self, refusal: Refusal) -> None:
        secured = refusal(changed("security: []", "security: [{pat: []}]"))
        assert [line for line in secured.splitlines() if "The operation one can answer 401" in line]
        assert [line for line in secured.splitlines() if "The operation one can answer 403" in line]
        assert [line for line in secured.splitlines() if "The operation one can answer 503" in line]

    def test_an_answer_without_request_id(self, refusal: Refusal) -> None:
        text = changed('headers: {X-Request-Id: {$ref: "#/components/headers/X-Request-Id"}}', "headers: {}")
        assert "The operation one declares the response 200 without the header X-Request-Id" in refusal(text)

    def test_nothing_declared_outside_of_operations(self, refusal: Refusal) -> None:
        assert "x-outside-operations" in refusal(changed("x-outside-operations", "x-nothing"))
        assert "no operation answers 405" in refusal(
            changed('"405": {$ref: "#/components/responses/NotAllowed"}', "")
        )

    def test_a_body_in_a_type_that_nobody_reads(self, refusal: Refusal) -> None:
        body = "security: []\n      requestBody: {content: {text/csv: {schema: {type: string}}}}"
        assert "The operation one: its request body 'text/csv'" in refusal(changed("security: []", body))

    def test_a_parameter_in_a_form_that_nobody_reads(self, refusal: Refusal) -> None:
        sentence = refusal(
            changed(
                "in: header, schema: {type: string}", "in: query, style: deepObject, schema: {type: object}"
            )
        )
        assert "The operation two: its query parameter If-Match" in sentence

    def test_a_schema_that_does_not_compile(self, refusal: Refusal) -> None:
        sentence = refusal(
            changed(
                "in: path, required: true, schema: {type: string}",
                "in: path, required: true, schema: {type: string, pattern: '('}",
            )
        )
        assert "cannot be compiled" in sentence

    def test_two_paths_for_the_same_requests(self, refusal: Refusal) -> None:
        text = changed("/one:", "/two/{other}:").replace(
            "operationId: one\n",
            "operationId: one\n      parameters:\n"
            "        - {name: other, in: path, required: true, schema: {type: string}}\n",
        )
        handlers = HANDLERS.replace("one()", "one(*, other)")
        assert "The operation two: its path /two/{name} matches the same requests as /two/{other}" in refusal(
            text, handlers
        )


class TestHandlerRefusals:
    def test_an_operation_without_handler(self, refusal: Refusal) -> None:
        assert "The operation two has no handler" in refusal(handlers="async def one():\n    return None\n")

    def test_trap_23_an_operation_without_module(self, refusal: Refusal) -> None:
        assert (
            "The operation one has no handler: there is no module small_handlers.area.operations"
            in refusal(handlers={"elsewhere": ""})
        )

    def test_a_handler_that_is_no_coroutine(self, refusal: Refusal) -> None:
        assert "The operation one has no handler" in refusal(
            handlers=HANDLERS.replace("async def one", "def one")
        )

    def test_a_handler_without_operation(self, refusal: Refusal) -> None:
        sentence = refusal(handlers=HANDLERS + "\n\nasync def three():\n    return None\n")
        assert (
            sentence
            == "The handler three in small_handlers.area.operations belongs to no operation of the contract."
        )

    def test_a_handler_without_operation_in_an_area_without_tag(self, refusal: Refusal) -> None:
        sentence = refusal(handlers={"area": HANDLERS, "other": "async def one():\n    return None\n"})
        assert (
            sentence
            == "The handler one in small_handlers.other.operations belongs to no operation of the contract."
        )

    def test_private_and_borrowed_functions_are_no_handlers(self, refusal: Refusal) -> None:
        assert (
            refusal(
                handlers="from asyncio import sleep\n"
                + HANDLERS
                + "\n\nasync def _helps():\n    await sleep(0)\n"
            )
            == "started"
        )

    @pytest.mark.parametrize(
        ("signature", "sentence"),
        [
            ("*, name", "The handler of two does not take 'if_match', which the operation declares."),
            ("*, if_match", "The handler of two does not take 'name', which the operation declares."),
            (
                "*, name, if_match, colour",
                "The handler of two takes 'colour', which the operation does not declare.",
            ),
            (
                "*, name, if_match, body",
                "The handler of two takes 'body', which the operation does not declare.",
            ),
            ("name, if_match", "The handler of two takes 'name' by position"),
            ("*, name, if_match, **rest", "The handler of two takes 'rest' by position"),
        ],
    )
    def test_a_signature_that_differs(self, refusal: Refusal, signature: Any, sentence: Any) -> None:
        assert sentence in refusal(handlers=HANDLERS.replace("*, name, if_match", signature))

    def test_injected_arguments_are_free_to_take(self, refusal: Refusal) -> None:
        assert (
            refusal(handlers=HANDLERS.replace("if_match)", "if_match, caller, ports, now, client_ip)"))
            == "started"
        )

    def test_a_parameter_with_an_injected_name(self, refusal: Refusal) -> None:
        text = changed("name: If-Match, in: header", "name: store, in: query")
        assert "has a parameter named 'store'" in refusal(text, HANDLERS.replace("if_match", "store"))

    def test_a_handler_that_fails_to_import_shows_its_own_failure(self, refusal: Refusal) -> None:
        with pytest.raises(ModuleNotFoundError, match="no_such_module") as failure:
            refusal(handlers="import no_such_module\n" + HANDLERS)
        assert any(str(entry.path).endswith("area/operations.py") for entry in failure.traceback)


class TestRealContract:
    def test_starts_with_its_handlers(self) -> None:
        document = load(CONTRACT.parents[2] / "cloud_instance.yaml")
        build_app(document, wiring=SampleSurroundings())
