"""Files that an operator hands over: read as strict JSON, and held against a schema of the contract."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from api.cli.failures import Refused
from api.contract import strict_json
from api.contract.nul import refuse_nul
from api.contract.refusals import RequestRefused
from api.contract.strict_yaml import read
from api.contract.validation import Schemas, field_errors
from api.settings import REPOSITORY
from handlers.errors import FieldError

MOST_BYTES = 64 * 1024 * 1024
_SHOWN = 3  # differences in one sentence


def json_file(path: Path) -> Any:
    """What a file holds. Raises Refused when it cannot be read or is not JSON that means one thing."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise Refused(f"{path} is larger than {MOST_BYTES // 1024 // 1024} MiB.")
        raw = path.read_bytes()
    except OSError as failure:
        raise Refused(f"{path} cannot be read ({failure.strerror}).") from None
    try:
        return strict_json.parse(raw)
    except RequestRefused as refusal:
        raise Refused(f"{path} is not strict JSON: {_said(refusal.pointers)}.") from None


def mismatch(value: object, schema: str) -> str | None:
    """How a value differs from a schema of the contract, as places and codes; None when it matches.

    A NUL character counts as a difference everywhere: it matches a schema of text, and cannot be stored.
    """
    errors = field_errors(_schemas().response(f"/components/schemas/{schema}"), value, "") or _nuls(value)
    return _said(errors) if errors else None


def _nuls(value: object) -> tuple[FieldError, ...]:
    try:
        refuse_nul(value)
    except RequestRefused as refusal:
        return refusal.pointers
    return ()


@cache
def _schemas() -> Schemas:
    # Not the whole proof that a server makes of its contract when it starts: only its schemas are needed.
    tree = read((REPOSITORY / "cloud_instance.yaml").read_bytes())
    if not isinstance(tree, dict):
        raise Refused("The contract cloud_instance.yaml is not a mapping.")
    return Schemas(tree)


def _said(errors: tuple[FieldError, ...]) -> str:
    shown = [f"{each.pointer or 'the whole'} ({each.code})" for each in errors[:_SHOWN]]
    more = len(errors) - _SHOWN
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")
