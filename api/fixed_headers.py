"""Header fields that every answer has, whoever makes it: what a browser may not do with it.

The HTTP server adds them, so that no handler can forget one and a refusal of what is no HTTP has them too. An
operation may declare them and must not send them.
"""

from __future__ import annotations

from typing import Final

FIXED: Final = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
FIXED_NAMES: Final = frozenset(name.lower() for name, _ in FIXED)
