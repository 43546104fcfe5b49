"""Whether a document is OpenAPI 3.1, asked of a process of its own.

The validator and its libraries are a twelfth of what a worker would hold, and are needed once. `python -m
api.contract.validity` reads the document as JSON from standard input and writes likewise what is wrong. A
document that was found valid before is not judged again (`verdicts.py`).
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from api.contract.verdicts import Verdicts

_REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Invalid:
    """What is wrong: at a place of the document, or, without a place, with its references."""

    message: str
    place: tuple[str | int, ...] | None


def first_failure(tree: dict[str, Any], verdicts: Verdicts) -> Invalid | None:
    """The first thing that is wrong with the document; None if nothing is, which `verdicts` then remember."""
    document = orjson.dumps(tree)
    if verdicts.has(document):
        return None
    done = subprocess.run(
        [sys.executable, "-P", "-m", "api.contract.validity"],
        input=document,
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": str(_REPOSITORY)},
        check=True,
    )
    found = orjson.loads(done.stdout)
    if found is None:
        verdicts.keep(document)
        return None
    place = found["place"]
    return Invalid(found["message"], tuple(place) if place is not None else None)


def _judged(tree: dict[str, Any]) -> dict[str, object] | None:
    from openapi_spec_validator import OpenAPIV31SpecValidator

    try:
        failures = [
            each for each in OpenAPIV31SpecValidator(tree).iter_errors() if not _is_about_a_pattern(each)
        ]
    except Exception as unresolvable:  # noqa: BLE001 (the validator's reference library raises its own kinds)
        return {"message": str(unresolvable), "place": None}
    for failure in failures:
        return {"message": failure.message, "place": list(failure.absolute_path)}
    return None


def _is_about_a_pattern(failure: Any) -> bool:
    """Patterns are ECMA-262 (`\\p{L}`), but this validator tries Python's `re`; compiling decides."""
    return bool(failure.validator == "format" and failure.validator_value == "regex")


if __name__ == "__main__":
    sys.stdout.buffer.write(orjson.dumps(_judged(orjson.loads(sys.stdin.buffer.read()))))
