"""The application: the contract, compiled and plugged into Connexion, between what `wiring.py` has chosen.

All that can be refused about a contract and its handlers is refused here, before a socket is opened.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from api.contract.compilation import compile_contract, resolver_for
from api.contract.connexion_app import ContractMiddleware, add_contract
from api.contract.document import Document
from api.contract.lean_connexion import AsyncApp, LifespanMiddleware
from api.contract.pipeline import Engine
from api.contract.security import SECURITY_MAP
from api.contract.surroundings import Surroundings


def build_app(document: Document, *, wiring: Surroundings, handlers: str = "handlers") -> Any:
    """The ASGI application of a contract. `handlers` names the package that has one package per tag.

    Raises `ContractError`, one sentence per line, when contract and handlers do not fit; a handler module
    that cannot be imported raises what it raised. The lifespan runs `wiring.startup` and `wiring.shutdown`.
    """
    resolver = resolver_for(document.tree, handlers)
    app = AsyncApp(
        __name__,
        lifespan=partial(_lifespan, wiring=wiring),
        middlewares=[LifespanMiddleware],
        resolver=resolver,
        security_map=SECURITY_MAP,
    )
    specification = add_contract(app, document.tree)
    contract = compile_contract(document.tree, specification, resolver, SECURITY_MAP)
    engine = Engine(contract, wiring)
    app.middleware.middlewares.append(partial(ContractMiddleware, contract=contract, engine=engine))
    return app


@asynccontextmanager
async def _lifespan(app: Any, *, wiring: Surroundings) -> AsyncIterator[None]:
    await wiring.startup()
    try:
        yield
    finally:
        await wiring.shutdown()
