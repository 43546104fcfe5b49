"""From the document to the compiled contract: every refusal to start that the contract or its handlers cause.

Connexion reads the specification, resolves the handlers and makes the security alternatives; this module
turns each of its operations into the plans that `pipeline.py` walks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.contract.completeness import refuse_incomplete, refuse_incomplete_outside
from api.contract.document import ContractError, operations
from api.contract.lean_connexion import Resolver, SecurityHandlerFactory
from api.contract.operation import Operation
from api.contract.parameters import compile_parameters
from api.contract.place import Place
from api.contract.request_body import compile_body
from api.contract.response import ResponsePlan, compile_responses
from api.contract.routing import PathTable
from api.contract.security import compile_security
from api.contract.signatures import find_handlers, injected_arguments
from api.contract.validation import Schemas


@dataclass(frozen=True, slots=True)
class Contract:
    """The compiled contract: the path table, the operations by id, and the answers outside of operations."""

    table: PathTable
    operations: Mapping[str, Operation]
    outside: ResponsePlan


def resolver_for(tree: Mapping[str, Any], package: str) -> Resolver:
    """Connexion's resolver over the handlers of `package`. Raises `ContractError` for what is missing on
    either side."""
    tags = {operation["operationId"]: _tag(operation) for _, _, operation in operations(tree)}
    return Resolver(find_handlers(tags, package).__getitem__)


def _tag(operation: Mapping[str, Any]) -> str:
    tags = operation.get("tags")
    if not isinstance(tags, list) or len(tags) != 1:
        raise ContractError(
            f"The operation {operation['operationId']} needs exactly one tag: it names the handlers' package."
        )
    return str(tags[0])


def compile_contract(
    tree: dict[str, Any], specification: Any, resolver: Resolver, security_map: Mapping[str, Any]
) -> Contract:
    """Compile everything. `specification` is Connexion's reading of `tree`. Raises `ContractError`."""
    schemas = Schemas(tree)
    factory = SecurityHandlerFactory(dict(security_map))
    table = PathTable()
    compiled: dict[str, Operation] = {}
    for path, method, _ in operations(tree):
        connexion_operation = specification.operation_cls.from_spec(
            specification, path=path, method=method, resolver=resolver
        )
        operation = _compile(tree, schemas, factory, connexion_operation)
        refuse_incomplete(operation)
        table.add(path, operation.method, operation)
        compiled[operation.id] = operation
    outside = _outside(tree, schemas)
    refuse_incomplete_outside(outside)
    return Contract(table, compiled, outside)


def _compile(
    tree: dict[str, Any], schemas: Schemas, factory: SecurityHandlerFactory, connexion_operation: Any
) -> Operation:
    item = Place(tree, tree).at("paths").at(connexion_operation.path)
    place = item.at(connexion_operation.method)
    operation_id = place.get("operationId")
    security = compile_security(
        operation_id,
        place.get("security"),
        connexion_operation.security_schemes,
        factory,
        method=connexion_operation.method,
        own_pages=_own_pages(operation_id, place),
    )
    parameters = compile_parameters(item, place, schemas, operation_id)
    body = compile_body(place, schemas, operation_id)
    named = [each.argument for each in parameters.parameters] + (["body"] if body is not None else [])
    if len(set(named)) != len(named):
        raise ContractError(
            f"The operation {operation_id} has two parameters that would be one argument of its handler."
        )
    injected = injected_arguments(operation_id, connexion_operation.function, frozenset(named))
    collects = bool(place.get("x-collect"))
    return Operation(
        id=operation_id,
        method=connexion_operation.method.upper(),
        path=connexion_operation.path,
        handler=connexion_operation.function,
        injected=injected,
        security=security,
        parameters=parameters,
        body=body,
        responses=compile_responses(
            dict(place.children("responses")), schemas, f"The operation {operation_id}"
        ),
        collects=collects,
        wants_address=any(name == "client_ip" for name, _ in injected),
        connexion=connexion_operation,
    )


def _own_pages(operation_id: str, place: Place) -> bool:
    said: object = place.get("x-origin")
    if said not in (None, "own"):
        raise ContractError(f"The operation {operation_id} says x-origin: {said!r}; only `own` is known.")
    return said == "own"


def _outside(tree: dict[str, Any], schemas: Schemas) -> ResponsePlan:
    responses = dict(Place(tree, tree).children("x-outside-operations"))
    if not responses:
        raise ContractError(
            "The contract has no x-outside-operations: it does not declare what is answered when no "
            "operation is asked."
        )
    return compile_responses(responses, schemas, "x-outside-operations")
