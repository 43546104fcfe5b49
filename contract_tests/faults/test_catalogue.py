"""The catalogue of faults is about the tree as it is: each applies once, runs, and names tests that exist."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from contract_tests.faults.fault import AREAS, PARTS, CatalogueBroken, Fault, catalogue, named, part
from contract_tests.faults.workshop import changed
from contract_tests.harness.contract import REPOSITORY
from contract_tests.promises.table import promises

FAULTS = catalogue()


@cache
def names_in(file: str) -> frozenset[str]:
    """The classes, functions and methods of a test file, written as in a pytest id."""
    module = ast.parse((REPOSITORY / file).read_text())
    names = set()
    for node in module.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            methods = (each for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))
            names.update(f"{node.name}::{each.name}" for each in methods)
    return frozenset(names)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.id)
class TestEveryFault:
    def test_applies_to_the_tree_as_it_is(self, fault: Fault) -> None:
        changed((REPOSITORY / fault.file).read_text(), fault)  # raises what it says about a stale one

    def test_names_tests_and_promises_that_exist(self, fault: Fault) -> None:
        for each in fault.caught_by:
            file, _, name = each.partition("::")
            assert not name or name.partition("[")[0] in names_in(file), each
        assert set(fault.promises) <= promises().keys()


def test_there_are_many_in_every_area() -> None:
    assert len(FAULTS) >= 40
    assert {each.area for each in FAULTS} == set(AREAS)
    assert len({each.id for each in FAULTS}) == len(FAULTS)


def test_each_part_has_its_share_of_every_area() -> None:
    parts = [part(FAULTS, number) for number in range(1, PARTS + 1)]
    assert sorted(each.id for one in parts for each in one) == sorted(each.id for each in FAULTS)
    for area in AREAS:
        shares = [sum(each.area == area for each in one) for one in parts]
        assert max(shares) - min(shares) <= 1, area


def test_a_fault_makes_no_name_undefined(tmp_path: Path) -> None:
    for fault in FAULTS:
        if fault.file.endswith(".py"):
            place = tmp_path / f"{fault.id}.py"
            place.write_text(changed((REPOSITORY / fault.file).read_text(), fault))
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--quiet", "--select=F82"]
    done = subprocess.run([*command, str(tmp_path)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_unknown_fault_is_told() -> None:
    with pytest.raises(CatalogueBroken, match="There is no fault nothing"):
        named(FAULTS, ["nothing"])


@pytest.mark.parametrize(
    "entry",
    [
        "- {id: a, harm: b, file: c, replace: d, by: e}",
        "- {id: a, harm: b, file: c, replace: d, by: e, caught_by: []}",
        "- {id: a, harm: b, file: c, replace: d, by: e, caught_by: [f], caught: [g]}",
        "- {id: a, harm: b, file: c, replace: 1, by: e, caught_by: [f]}",
        "- {id: a, harm: b, file: c, replace: d, by: e, caught_by: [f]}\n" * 2,
    ],
)
def test_a_catalogue_that_cannot_be_meant_is_refused(tmp_path: Path, entry: str) -> None:
    (tmp_path / "engine.yaml").write_text(entry)
    with pytest.raises(CatalogueBroken):
        catalogue(tmp_path)
