"""Planted edits of a small contract, each judged as a client of the unedited one would feel it.

What the judgement is for the repository's own contract since its last publication is asked at the end.
"""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.contract.differences import Change, Verdict, compare
from api.contract.differences.documents import major_of
from api.contract.document import load
from contract_tests.harness.contract import CONTRACT, REPOSITORY
from contract_tests.interface.publication import published

REVIEWED = Path(__file__).with_name("reviewed.yaml")

SMALL: dict[str, Any] = yaml.safe_load("""
openapi: 3.1.0
info: {title: Notes, version: 1.2.0}
paths:
  /notes/{id}:
    put:
      operationId: keep_note
      tags: [notes]
      security: [{token: [write]}]
      x-unknown-query: ignore
      parameters:
        - {name: id, in: path, required: true, schema: {type: string, maxLength: 26}}
        - {name: lang, in: query, required: false, schema: {type: string, enum: [en, fr]}}
      requestBody:
        required: false
        content:
          application/json: {schema: {$ref: "#/components/schemas/Note"}}
      responses:
        "200":
          description: Kept.
          headers: {ETag: {required: true, schema: {type: string, maxLength: 64}}}
          content:
            application/json: {schema: {$ref: "#/components/schemas/Kept"}}
        "404": {description: No such note.}
components:
  securitySchemes: {token: {type: http, scheme: bearer}, other: {type: http, scheme: basic}}
  schemas:
    Note:
      type: object
      required: [text]
      properties:
        text: {type: string, maxLength: 100, pattern: "^[^x]*$"}
        size: {type: integer, format: int32}
        lines:
          type: array
          maxItems: 9
          items: {type: object, properties: {at: {type: integer}, by: {type: string}}}
        where: {oneOf: [{$ref: "#/components/schemas/Place"}, {type: "null"}]}
        more: {$ref: "#/components/schemas/Any"}
    Place: {type: object, required: [x], properties: {x: {type: number}, y: {type: number}}}
    Any: {type: [object, string], additionalProperties: {$ref: "#/components/schemas/Any"}}
    Kept:
      type: object
      additionalProperties: false
      required: [id, kind]
      properties:
        id: {type: string, description: The id.}
        kind: {type: string, enum: [a, b]}
        seen: {type: [integer, "null"], minimum: 0}
""")


def operation(tree: Any) -> Any:
    return tree["paths"]["/notes/{id}"]["put"]


def schema(tree: Any, name: str) -> Any:
    return tree["components"]["schemas"][name]


def edited(edit: Callable[[Any], object]) -> dict[str, Any]:
    tree = copy.deepcopy(SMALL)
    edit(tree)
    return tree


def the(verdict: Verdict, changes: list[Change]) -> list[Change]:
    return [each for each in changes if each.verdict is verdict]


BREAKING: dict[str, Callable[[Any], object]] = {
    "an operation goes": lambda t: t["paths"]["/notes/{id}"].pop("put"),
    "an operation is renamed": lambda t: operation(t).update(operationId="store_note"),
    "an operation moves": lambda t: t["paths"].update({"/note/{id}": t["paths"].pop("/notes/{id}")}),
    "a parameter goes": lambda t: operation(t)["parameters"].pop(1),
    "a parameter must be sent": lambda t: operation(t)["parameters"][1].update(required=True),
    "a parameter that must be sent": lambda t: operation(t)["parameters"].append(
        {"name": "by", "in": "query", "required": True, "schema": {"type": "string"}}
    ),
    "a parameter loses a value": lambda t: operation(t)["parameters"][1]["schema"]["enum"].remove("fr"),
    "a parameter gets shorter": lambda t: operation(t)["parameters"][0]["schema"].update(maxLength=25),
    "unknown parameters are refused": lambda t: operation(t).pop("x-unknown-query"),
    "the body must be sent": lambda t: operation(t)["requestBody"].update(required=True),
    "the body's media type goes": lambda t: operation(t)["requestBody"].update(content={}),
    "an input must be sent": lambda t: schema(t, "Note")["required"].append("size"),
    "an input is not read": lambda t: schema(t, "Note")["properties"].pop("size"),
    "an input gets another type": lambda t: schema(t, "Note")["properties"].update(size={"type": "string"}),
    "an integer gets narrower": lambda t: schema(t, "Note")["properties"]["size"].update(maximum=7),
    "a text beside a pattern gets shorter": lambda t: schema(t, "Note")["properties"]["text"].update(
        maxLength=99
    ),
    "an input may not be null": lambda t: schema(t, "Note")["properties"]["where"]["oneOf"].pop(),
    "deep in an array": lambda t: schema(t, "Note")["properties"]["lines"]["items"].update(required=["at"]),
    "deep in a nullable": lambda t: schema(t, "Place")["required"].append("y"),
    "unknown members are refused": lambda t: schema(t, "Note").update(additionalProperties=False),
    "an answer goes": lambda t: operation(t)["responses"].update(
        {"201": operation(t)["responses"].pop("200")}
    ),
    "the answer's media type goes": lambda t: operation(t)["responses"]["200"].pop("content"),
    "an output goes": lambda t: schema(t, "Kept")["properties"].pop("seen"),
    "an output may be missing": lambda t: schema(t, "Kept")["required"].remove("kind"),
    "an output may be null": lambda t: schema(t, "Kept")["properties"]["id"].update(type=["string", "null"]),
    "an output gets a value": lambda t: schema(t, "Kept")["properties"]["kind"]["enum"].append("c"),
    "an output gets below its bound": lambda t: schema(t, "Kept")["properties"]["seen"].update(minimum=-1),
    "a header goes": lambda t: operation(t)["responses"]["200"].pop("headers"),
    "a header may be missing": lambda t: operation(t)["responses"]["200"]["headers"]["ETag"].update(
        required=False
    ),
    "a credential is asked for another": lambda t: operation(t).update(security=[{"other": []}]),
    "a scope is asked for besides": lambda t: operation(t).update(security=[{"token": ["write", "admin"]}]),
    "a scheme becomes another": lambda t: t["components"]["securitySchemes"]["token"].update(scheme="basic"),
}

COMPATIBLE: dict[str, Callable[[Any], object]] = {
    "a new operation": lambda t: t["paths"].update(
        {"/more": {"get": {"operationId": "more", "responses": {"204": {"description": "."}}}}}
    ),
    "a parameter that may be left out": lambda t: operation(t)["parameters"].append(
        {"name": "by", "in": "query", "schema": {"type": "string"}}
    ),
    "a parameter gets a value": lambda t: operation(t)["parameters"][1]["schema"]["enum"].append("de"),
    "a new media type for the body": lambda t: operation(t)["requestBody"]["content"].update(
        {"text/plain": {}}
    ),
    "an input may be left out": lambda t: schema(t, "Note")["required"].clear(),
    "an input that may be left out": lambda t: schema(t, "Note")["properties"].update(
        extra={"type": "integer"}
    ),
    "an input may be null": lambda t: schema(t, "Note")["properties"]["size"].update(
        type=["integer", "null"]
    ),
    "an input gets longer": lambda t: schema(t, "Note")["properties"]["text"].update(maxLength=101),
    "deep in an array": lambda t: schema(t, "Note")["properties"]["lines"]["items"]["properties"][
        "by"
    ].clear(),
    "a third alternative": lambda t: schema(t, "Note")["properties"]["where"]["oneOf"].append(
        {"type": "string"}
    ),
    "a recursive schema takes more": lambda t: schema(t, "Note")["properties"].update(more=True),
    "an output comes": lambda t: schema(t, "Kept")["properties"].update(extra={"type": "string"}),
    "an output is always there": lambda t: schema(t, "Kept")["required"].append("seen"),
    "an output loses a value": lambda t: schema(t, "Kept")["properties"]["kind"]["enum"].remove("b"),
    "another failure": lambda t: operation(t)["responses"].update({"429": {"description": "Slower."}}),
    "a header comes": lambda t: operation(t)["responses"]["404"].update(
        headers={"A": {"schema": {"type": "string"}}}
    ),
    "another credential besides": lambda t: operation(t)["security"].append({"other": []}),
    "no credential": lambda t: operation(t).update(security=[]),
    "it is deprecated": lambda t: operation(t).update(deprecated=True),
}

NONE: dict[str, Callable[[Any], object]] = {
    "words for readers": lambda t: schema(t, "Kept")["properties"]["id"].update(
        description="Which.", example="x"
    ),
    "a path parameter's name": lambda t: (
        t["paths"].update({"/notes/{which}": t["paths"].pop("/notes/{id}")}),
        t["paths"]["/notes/{which}"]["put"]["parameters"][0].update(name="which"),
    ),
    "a schema's name": lambda t: (
        t["components"]["schemas"].update(Spot=schema(t, "Place")),
        schema(t, "Note")["properties"].update(
            where={"oneOf": [{"$ref": "#/components/schemas/Spot"}, {"type": "null"}]}
        ),
    ),
    "a scheme's name": lambda t: (
        t["components"]["securitySchemes"].update(key=t["components"]["securitySchemes"].pop("token")),
        operation(t).update(security=[{"key": ["write"]}]),
    ),
    "the same values written otherwise": lambda t: schema(t, "Note")["properties"].update(
        where={"anyOf": [{"type": "null"}, {"$ref": "#/components/schemas/Place"}]}
    ),
    "a closed output opens": lambda t: schema(t, "Kept").pop("additionalProperties"),
    "the order of members": lambda t: schema(t, "Kept").update(required=["kind", "id"]),
}

REVIEW: dict[str, Callable[[Any], object]] = {
    "a pattern": lambda t: schema(t, "Note")["properties"]["text"].update(pattern="^[^xX]*$"),
    "a recursive schema": lambda t: schema(t, "Any").update(maxProperties=9),
    "another success": lambda t: operation(t)["responses"].update({"202": {"description": "Later."}}),
    "another media type to answer": lambda t: operation(t)["responses"]["200"]["content"].update(
        {"text/plain": {}}
    ),
    "another tag": lambda t: operation(t).update(tags=["texts"]),
}


class TestPlantedEdits:
    @pytest.mark.parametrize("edit", BREAKING.values(), ids=BREAKING)
    def test_what_breaks_clients_is_breaking(self, edit: Callable[[Any], object]) -> None:
        assert the(Verdict.BREAKING, compare(SMALL, edited(edit)))

    @pytest.mark.parametrize("edit", COMPATIBLE.values(), ids=COMPATIBLE)
    def test_what_widens_is_compatible(self, edit: Callable[[Any], object]) -> None:
        changes = compare(SMALL, edited(edit))
        assert changes
        assert the(Verdict.COMPATIBLE, changes) == changes

    @pytest.mark.parametrize("edit", NONE.values(), ids=NONE)
    def test_what_no_client_sees_is_no_change(self, edit: Callable[[Any], object]) -> None:
        assert compare(SMALL, edited(edit)) == []

    @pytest.mark.parametrize("edit", REVIEW.values(), ids=REVIEW)
    def test_what_cannot_be_decided_is_left_to_a_person(self, edit: Callable[[Any], object]) -> None:
        changes = compare(SMALL, edited(edit))
        assert the(Verdict.REVIEW, changes)
        assert not the(Verdict.BREAKING, changes)

    def test_a_change_names_its_place_and_the_values(self) -> None:
        (change,) = compare(SMALL, edited(BREAKING["an output gets a value"]))
        assert (change.verdict, change.operation) == (Verdict.BREAKING, "keep_note")
        assert change.place == "answer 200 application/json /kind"
        assert change.values == {"const": "c"}


class TestTheCommand:
    def run(self, tmp_path: Path, new: dict[str, Any], *options: str) -> subprocess.CompletedProcess[str]:
        for name, tree in (("old", SMALL), ("new", new)):
            (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(tree))
        files = [str(tmp_path / "old.yaml"), str(tmp_path / "new.yaml")]
        return subprocess.run(
            [sys.executable, "-m", "api.contract.differences", "diff", *files, *options],
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def test_refuses_a_break_under_the_same_major_version(self, tmp_path: Path) -> None:
        done = self.run(tmp_path, edited(BREAKING["an input must be sent"]))
        assert done.returncode == 1
        assert "breaking    keep_note: body application/json /size must be sent now" in done.stdout

    def test_lets_a_break_through_with_a_major_version(self, tmp_path: Path) -> None:
        new = edited(BREAKING["an input must be sent"])
        new["info"]["version"] = "2.0.0"
        done = self.run(tmp_path, new, "--json")
        assert done.returncode == 0
        told = json.loads(done.stdout)
        assert (told["old"], told["new"], told["breaking"], told["permitted"]) == (
            "1.2.0",
            "2.0.0",
            True,
            True,
        )
        assert told["changes"][0]["place"] == "body application/json /size"

    def test_says_when_nothing_changed(self, tmp_path: Path) -> None:
        done = self.run(tmp_path, SMALL)
        assert (done.returncode, done.stdout) == (0, "No difference that a client could notice.\n")

    def test_refuses_what_is_no_contract(self, tmp_path: Path) -> None:
        done = self.run(tmp_path, {"openapi": "3.0.0"})
        assert done.returncode == 2
        assert done.stderr.count("\n") == 1


class TestSinceTheLastPublication:
    def changes(self) -> list[Change]:
        return compare(published().tree, load(CONTRACT).tree)

    def test_nothing_breaks_clients_without_a_major_version(self) -> None:
        broken = the(Verdict.BREAKING, self.changes())
        permitted = major_of(load(CONTRACT).tree) > major_of(published().tree)
        assert permitted or not broken, (
            "Clients of the published contract would break. Keep what they use, or raise the major part of "
            "info.version. While nothing is published under a tag, a new start is also possible: "
            "cp cloud_instance.yaml contract_tests/interface/published.yaml"
        )

    def test_whatever_could_not_be_decided_was_looked_at(self) -> None:
        looked_at: list[str] = yaml.safe_load(REVIEWED.read_text()) or []
        open_questions = [
            f"{each.operation}: {each.place} {each.what}" for each in the(Verdict.REVIEW, self.changes())
        ]
        assert sorted(looked_at) == sorted(open_questions), (
            f"Read these changes; those that clients do not notice go to {REVIEWED.name}, with the reason."
        )
