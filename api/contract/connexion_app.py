"""The engine inside a Connexion application: the specification it reads, and the middleware that replaces
its own.

Connexion 3.3 refuses OpenAPI 3.1 when it loads a specification, and its stock validation is Draft 4. The
documented way in is `middlewares=`: the list given here has Connexion's lifespan and one middleware of ours,
which routes, validates, secures and answers. The refusal at load is replaced below, for 3.1 only: such a
document was validated against OpenAPI 3.1 when it was read (`document.py`).
"""

from __future__ import annotations

from typing import Any

from api.contract.compilation import Contract
from api.contract.lean_connexion import AsyncApp, OpenAPISpecification, Specification, SpecMiddleware
from api.contract.pipeline import Engine

_validate_3_0 = OpenAPISpecification._validate_spec


def _validate(cls: type[OpenAPISpecification], spec: dict[str, Any]) -> None:
    if not str(spec.get("openapi", "")).startswith("3.1."):
        _validate_3_0(spec)


OpenAPISpecification._validate_spec = classmethod(_validate)


def add_contract(app: AsyncApp, tree: dict[str, Any]) -> Specification:
    """Give an application its contract; returned is Connexion's reading of it, which is made only once
    because it costs time and memory. It gets a tree, so no template language and no loader touches the file.
    """
    app.add_api(tree)
    (api,) = app.middleware.apis
    return api.specification


class ContractMiddleware(SpecMiddleware):  # type: ignore[misc]  # connexion publishes no types
    """The only HTTP middleware of the application: every request ends in the engine."""

    def __init__(self, app: Any, *, contract: Contract, engine: Engine) -> None:
        self._app = app
        self._contract = contract
        self._engine = engine

    def add_api(self, specification: Specification, **options: Any) -> None:
        """Hear of a specification from Connexion: the one that the engine was compiled from."""
        if set(self._contract.table.paths) != set(specification["paths"]):
            raise RuntimeError("Connexion added a specification that the engine was not compiled from.")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer HTTP; refuse websockets, which the contract cannot declare."""
        if scope["type"] == "http":
            await self._engine(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        else:
            await self._app(scope, receive, send)
