"""A copy of the program with faults of ours in it, because without one some failures never happen.

In the copy every operation raises as soon as it is called, and what belongs to no operation is answered with
a status that the contract does not declare. The contract, the engine around these places and the way it is
started are the repository's own.
"""

from __future__ import annotations

import ast
import shutil
from collections.abc import Mapping
from pathlib import Path

from contract_tests.harness.contract import CONTRACT, REPOSITORY, contract

SECRET = "3f9c2d71"  # part of the fault, and of nothing that anybody outside may see
_RAISES = f"raise RuntimeError('the fault {SECRET}')"
_UNDECLARED = "failure.status = 418"


def make(place: Path) -> Mapping[str, str]:
    """Make the copy below `place`; the variables with which Python runs it in place of the repository."""
    for package in ("api", "handlers", "persistence"):
        shutil.copytree(REPOSITORY / package, place / package)
    shutil.copy2(CONTRACT, place)
    faults = dict.fromkeys(contract().operations, _RAISES)
    for file in sorted((place / "handlers").glob("*/*operations.py")):
        for name in _begin_with(file, faults):
            del faults[name]
    assert not faults, f"no handler is called {', '.join(faults)}"
    engine = place / "api" / "contract" / "pipeline.py"
    assert _begin_with(engine, {"_answer_outside": _UNDECLARED}), (
        "the engine answers what is outside elsewhere"
    )
    return {"PYTHONPATH": str(place), "PYTHONSAFEPATH": "1"}


def _begin_with(file: Path, statements: Mapping[str, str]) -> list[str]:
    """Put statements at the beginning of the functions of these names; which of them were found."""
    module = ast.parse(file.read_text(encoding="utf-8"))
    found = [
        node
        for node in ast.walk(module)
        if isinstance(node, ast.AsyncFunctionDef) and node.name in statements
    ]
    for node in found:
        node.body[:0] = ast.parse(statements[node.name]).body
    file.write_text(ast.unparse(ast.fix_missing_locations(module)), encoding="utf-8")
    return [node.name for node in found]
