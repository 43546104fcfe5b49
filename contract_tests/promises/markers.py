"""Which tests claim to prove which promise: the `promise` markers, read from the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from contract_tests.harness.contract import REPOSITORY

TESTS = REPOSITORY / "contract_tests"
_NEVER_FAIL = ("skip", "xfail")


class MarkerRefused(ValueError):
    """A marker that claims what it cannot. The message says where, in one sentence."""


@dataclass(frozen=True, order=True)
class Proof:
    """A test, or a class of tests, that carries a promise's id."""

    promise: str
    path: str
    name: str

    @property
    def link(self) -> str:
        """As Markdown."""
        return f"[`{self.name}`]({self.path})"


def proofs(root: Path = TESTS) -> list[Proof]:
    """Every marker below `root`, sorted. Raises `MarkerRefused` for one that no test run would hold to."""
    return sorted({each for file in root.rglob("test_*.py") for each in _in_file(file, root.parent)})


def _in_file(file: Path, home: Path) -> Iterator[Proof]:
    path = file.relative_to(home).as_posix()
    module = ast.parse(file.read_text(), filename=path)
    for node in module.body:
        yield from _in_node(node, path, "")
    for statement in module.body:
        if (
            isinstance(statement, ast.Assign)
            and "promise" in ast.dump(statement)
            and _is_module_mark(statement)
        ):
            raise MarkerRefused(f"{path}: a whole module proves no promise; mark the tests that do.")


def _in_node(node: ast.stmt, path: str, within: str) -> Iterator[Proof]:
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return
    name = f"{within}.{node.name}".removeprefix(".")
    marks = [mark for each in node.decorator_list for mark in _mark(each)]
    ids = [each for word, call in marks if word == "promise" for each in _ids(call, f"{path}: {name}")]
    if ids:
        _refuse_what_cannot_fail(node, [word for word, _ in marks], f"{path}: {name}")
    for each in ids:
        yield Proof(each, path, name)
    if isinstance(node, ast.ClassDef):
        for below in node.body:
            yield from _in_node(below, path, name)


def _mark(decorator: ast.expr) -> Iterator[tuple[str, ast.Call | None]]:
    """The word after `pytest.mark.`, and its call if it is one."""
    call = decorator if isinstance(decorator, ast.Call) else None
    named = call.func if call else decorator
    if isinstance(named, ast.Attribute) and ast.unparse(named.value) == "pytest.mark":
        yield named.attr, call


def _ids(call: ast.Call | None, where: str) -> list[str]:
    given = call.args if call else []
    ids = [each.value for each in given if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    if not ids or len(ids) != len(given):
        raise MarkerRefused(f"{where}: the marker names no promise, or not in plain text.")
    return ids


def _refuse_what_cannot_fail(
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, words: list[str], where: str
) -> None:
    expected = "Test" if isinstance(node, ast.ClassDef) else "test_"
    if not node.name.startswith(expected):
        raise MarkerRefused(f"{where}: this is no test that pytest runs.")
    if set(words) & set(_NEVER_FAIL):
        raise MarkerRefused(f"{where}: a test that is skipped or expected to fail proves nothing.")


def _is_module_mark(statement: ast.Assign) -> bool:
    return any(isinstance(each, ast.Name) and each.id == "pytestmark" for each in statement.targets)
