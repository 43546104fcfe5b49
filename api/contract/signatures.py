"""Handlers found and compared with the contract, in both directions, before the first request.

The operation `device_approve` with the tag `oauth2` is the coroutine function `device_approve` in
`handlers/oauth2/operations.py`. Its keyword-only arguments are the operation's parameters, `body` when there
is a request body, and any of what the engine injects. A difference is a refusal to start that names the
operation.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import pkgutil
from collections.abc import Awaitable, Callable, Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any

from api.contract.document import ContractError

Handler = Callable[..., Awaitable[object]]

INJECTED = ("caller", "store", "ports", "now", "client_ip", "stores", "presence")


def find_handlers(tags: Mapping[str, str], package: str) -> dict[str, Handler]:
    """The handler of every operation. `tags` maps operationIds to tags; `package` holds one package per tag.

    Raises `ContractError` for an operation without handler and for a handler without operation. A handler
    module that fails to import raises its own exception, with its own traceback.
    """
    modules = {tag: _operations_module(package, tag, name) for name, tag in _first_of_each_tag(tags)}
    found: dict[str, Handler] = {}
    for name, tag in tags.items():
        handler = getattr(modules[tag], name, None)
        if not inspect.iscoroutinefunction(handler):
            raise ContractError(
                f"The operation {name} has no handler: {modules[tag].__name__} has no coroutine function of"
                " that name."
            )
        found[name] = handler
    for module in (*modules.values(), *_modules_without_tag(package, modules)):
        for name in _public_coroutines(module):
            if name not in tags or modules.get(tags[name]) is not module:
                raise ContractError(
                    f"The handler {name} in {module.__name__} belongs to no operation of the contract."
                )
    return found


def _first_of_each_tag(tags: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for name, tag in tags.items():
        if tag not in seen:
            seen.add(tag)
            yield name, tag


def _operations_module(package: str, tag: str, operation_id: str) -> ModuleType:
    area = f"{package}.{tag.replace('-', '_')}"
    name = f"{area}.operations"
    if importlib.util.find_spec(area) is None or importlib.util.find_spec(name) is None:
        raise ContractError(f"The operation {operation_id} has no handler: there is no module {name}.")
    return importlib.import_module(name)


def _modules_without_tag(package: str, modules: Mapping[str, ModuleType]) -> Iterator[ModuleType]:
    known = {module.__name__ for module in modules.values()}
    for area in pkgutil.iter_modules(importlib.import_module(package).__path__):
        name = f"{package}.{area.name}.operations"
        if area.ispkg and name not in known and importlib.util.find_spec(name) is not None:
            yield importlib.import_module(name)


def _public_coroutines(module: ModuleType) -> Iterator[str]:
    for name, value in vars(module).items():
        # Not isinstance: what a module borrowed may be a proxy that answers only within a request.
        is_own = type(value) is FunctionType and value.__module__ == module.__name__
        if is_own and not name.startswith("_") and inspect.iscoroutinefunction(value):
            yield name


def injected_arguments(
    operation_id: str, handler: Handler, contract_arguments: frozenset[str]
) -> tuple[tuple[str, int], ...]:
    """Which of `INJECTED` a handler takes, each with its position there.

    Raises `ContractError` when the handler differs from the operation.
    """
    clash = contract_arguments & set(INJECTED)
    if clash:
        raise ContractError(
            f"The operation {operation_id} has a parameter named {min(clash)!r}, a name that the engine"
            " injects."
        )
    taken = set()
    for argument in inspect.signature(handler).parameters.values():
        if argument.kind is not inspect.Parameter.KEYWORD_ONLY:
            raise ContractError(
                f"The handler of {operation_id} takes {argument.name!r} by position; handlers take"
                " keyword-only arguments."
            )
        taken.add(argument.name)
    missing = contract_arguments - taken
    if missing:
        raise ContractError(
            f"The handler of {operation_id} does not take {_listed(missing)}, which the operation declares."
        )
    surplus = taken - contract_arguments - set(INJECTED)
    if surplus:
        raise ContractError(
            f"The handler of {operation_id} takes {_listed(surplus)}, which the operation does not declare."
        )
    return tuple((name, position) for position, name in enumerate(INJECTED) if name in taken)


def _listed(names: Any) -> str:
    return ", ".join(repr(name) for name in sorted(names))
