"""What is used of Connexion, imported without what its libraries bring along for themselves.

httpx loads its own command line, with the whole of pygments and rich, and requests a guesser of encodings
with its tables. No server ever calls either; together they are five megabytes of every worker. Both libraries
do without what is not installed, so while they are imported here, these are not.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_UNUSED: Final = ("pygments", "charset_normalizer", "chardet")


@contextmanager
def _as_if_missing(names: tuple[str, ...]) -> Iterator[None]:
    """Let these not be found meanwhile. What was imported before stays."""
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None: there is no such module
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # requests says that it will not guess encodings
            yield
    finally:
        for name in hidden:
            del sys.modules[name]


with _as_if_missing(_UNUSED):
    from connexion import AsyncApp
    from connexion.context import _context, _operation, _receive, _scope
    from connexion.middleware.abstract import SpecMiddleware
    from connexion.middleware.lifespan import LifespanMiddleware
    from connexion.resolver import Resolver
    from connexion.security import AbstractSecurityHandler, SecurityHandlerFactory
    from connexion.spec import OpenAPISpecification, Specification

__all__ = [
    "AbstractSecurityHandler",
    "AsyncApp",
    "LifespanMiddleware",
    "OpenAPISpecification",
    "Resolver",
    "SecurityHandlerFactory",
    "SpecMiddleware",
    "Specification",
    "_context",
    "_operation",
    "_receive",
    "_scope",
]
