"""Connexion's request context, set once per request: `connexion.context` works below the engine as it does
below Connexion.

Connexion's own middleware would look the operation up again to set the same four variables.
"""

from __future__ import annotations

from typing import Any

from api.contract.lean_connexion import _context, _operation, _receive, _scope


def enter(operation: Any, scope: Any, receive: Any) -> None:
    """Make `operation` and the request the current ones of this task."""
    _context.set({})
    _operation.set(operation)
    _receive.set(receive)
    _scope.set(scope)
