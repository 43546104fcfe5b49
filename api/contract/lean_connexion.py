"""What is used of Connexion, imported without what its libraries bring along for themselves.

httpx loads its own command line, with the whole of pygments and rich, requests a guesser of encodings with
its tables, and Starlette's test client a second httpx, which a server needs only to ask a language
model. Each of them does without what is not installed, so while they are imported here, these are not: five
megabytes of every worker, and a part of each start.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_UNUSED: Final = ("pygments", "charset_normalizer", "chardet", "httpx2")


@contextmanager
def _as_if_missing(names: tuple[str, ...]) -> Iterator[None]:
    """Let these not be found meanwhile. What was imported before stays."""
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None: there is no such module
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # each library says what it does without
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
