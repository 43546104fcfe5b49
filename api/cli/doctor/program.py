"""The program: whether its contract is valid, and whether every operation has its handler."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.cli.doctor.finding import Finding
from api.cli.failures import sentence_for
from api.settings import CONTRACT, Settings


def contract_and_handlers(settings: Settings) -> tuple[list[Finding], Mapping[str, Any] | None]:
    """The two findings, and the contract's tree if there is one to go on with."""
    from api.contract.document import ContractError, load

    try:
        document = load(CONTRACT)
    except ContractError as failure:
        nothing = Finding("handlers", "fail", "Handlers cannot be compared without a valid contract.")
        return [Finding("contract", "fail", str(failure)), nothing], None
    version = document.tree["info"]["version"]
    valid = Finding("contract", "ok", f"{CONTRACT.name} is valid OpenAPI 3.1, version {version}.")
    return [valid, _handlers(settings, document)], document.tree


def _handlers(settings: Settings, document: Any) -> Finding:
    """Build the application as a worker does; nothing is opened by that."""
    import api.serve.startup  # noqa: F401 (the package silences a warning about Connexion's imports)
    from api.app import build_app
    from api.contract.document import operations
    from api.logs import Logs
    from api.metrics import Metrics
    from api.wiring import wire

    try:
        build_app(document, wiring=wire(settings, document=document, metrics=Metrics(), logs=Logs()))
    except Exception as failure:  # noqa: BLE001 (a handler that cannot be imported raises what it raises)
        return Finding("handlers", "fail", sentence_for(failure))
    count = sum(1 for _ in operations(document.tree))
    return Finding(
        "handlers", "ok", f"All {count} operations have their handlers, and no handler is left over."
    )
