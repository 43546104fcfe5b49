"""One operation of the contract, compiled: everything that a request to it needs, looked up once at start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api.contract.parameters import ParameterPlan
from api.contract.request_body import BodyPlan
from api.contract.response import ResponsePlan
from api.contract.security import SecurityPlan
from api.contract.signatures import Handler


@dataclass(frozen=True, slots=True)
class Operation:
    """A compiled operation.

    `path` is the contract's template, `injected` what the handler takes from the engine (`signatures.py`),
    and `connexion` the framework's own object for it, for whoever asks `connexion.context`.
    """

    id: str
    method: str
    path: str
    handler: Handler
    injected: tuple[tuple[str, int], ...]
    security: SecurityPlan
    parameters: ParameterPlan
    body: BodyPlan | None
    responses: ResponsePlan
    collects: bool
    wants_address: bool
    connexion: Any

    @property
    def reaches_store(self) -> bool:
        """Whether answering may need the database: for a look-up, in the handler, or for the record."""
        in_handler = any(name in ("store", "stores") for name, _ in self.injected)
        return bool(self.security.bearer or self.security.cookies) or in_handler or self.collects
