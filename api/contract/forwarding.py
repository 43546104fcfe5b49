"""The contract's `x-forward`: what an operation sends to an outside service, held against `x-data-policy`.

A forwarding that names a service which is not declared, or a field that the operation does not take,
promises something that cannot be true; a service that is asked without being declared breaks the promise.
Both are found before the server starts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from api.contract.document import ContractError, operations
from api.contract.place import Place, members_of

CLIENT_IP = "$context.client_ip"
BODY = "$request.body#/"

Forwards = Mapping[str, Mapping[str, frozenset[str]]]
"""By operation, then by service: the sources of the fields that go there."""


def compile_forwards(tree: dict[str, Any]) -> Forwards:
    """Read `x-forward` of every operation. Raises ContractError with a sentence naming the operation."""
    processors = tree.get("x-data-policy", {}).get("processors", {})
    found: dict[str, dict[str, frozenset[str]]] = {}
    for path, method, operation in operations(tree):
        members = _members(Place(tree, tree).at("paths").at(path).at(method))
        for each in operation.get("x-forward", []):
            to, fields = each.get("to"), frozenset(each.get("fields", []))
            if to not in processors:
                raise ContractError(
                    f"Operation {operation['operationId']} forwards to {to!r}, which is not declared."
                )
            if not fields or not fields <= members:
                raise ContractError(
                    f"Operation {operation['operationId']} forwards a field to {to} that it does not have."
                )
            found.setdefault(operation["operationId"], {})[to] = fields
    return found


def refuse_undeclared(
    forwards: Forwards, *, to: str, fields: frozenset[str], of: Iterable[str], tree: dict[str, Any]
) -> None:
    """Raise ContractError unless exactly the operations `of` declare that these fields go to that service."""
    known = {operation["operationId"] for _, _, operation in operations(tree)}
    expected = set(of) & known
    for operation_id in sorted(known):
        declared = forwards.get(operation_id, {}).get(to, frozenset())
        if declared != (fields if operation_id in expected else frozenset()):
            raise ContractError(
                f"Operation {operation_id} does not declare truly what it forwards to {to} (x-forward)."
            )


def _members(place: Place) -> frozenset[str]:
    """What a forwarding of an operation can name: the members of its body, and the caller's address."""
    return frozenset({CLIENT_IP, *(BODY + name for name in members_of(place.at("requestBody")))})
