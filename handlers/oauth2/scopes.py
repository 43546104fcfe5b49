"""Scopes: what exists, what a client may register, what a person must and may grant. Pure rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from handlers.errors import InvalidScope

PROFILE_READ = "profile:read"
ASSISTANT = "assistant"
OFFLINE = "offline"
BILLING_WRITE = "billing:write"
INSTANCE = "instance"

KNOWN = (PROFILE_READ, ASSISTANT, OFFLINE, BILLING_WRITE, INSTANCE)
REGISTRABLE = frozenset({PROFILE_READ, ASSISTANT, OFFLINE, INSTANCE})
GRANTABLE = frozenset({PROFILE_READ, ASSISTANT, OFFLINE})
REQUIRED = frozenset({PROFILE_READ})

# Clients of OpenID Connect name these two unasked. There are no ID tokens here for `openid` to ask for, and
# `offline_access` (OpenID Connect Core section 11) is their word for `offline`.
_PASSED_OVER = "openid"
_ANOTHER_WORD = {"offline_access": OFFLINE}


def parse(scope: str) -> tuple[str, ...]:
    """The scopes of a space-separated list (RFC 6749 section 3.3), each once and under its name here. Raises
    InvalidScope for an unknown one.
    """
    asked = (part for part in scope.split(" ") if part and part != _PASSED_OVER)
    names = tuple(dict.fromkeys(_ANOTHER_WORD.get(part, part) for part in asked))
    if any(name not in KNOWN for name in names):
        raise InvalidScope
    return names


def registered(scope: str) -> tuple[str, ...]:
    """What a client that asks for `scope` is registered with: the policy decides, at registration and at
    every update.

    Raises InvalidScope for an unknown scope, and when nothing is left.
    """
    kept = tuple(name for name in parse(scope) if name in REGISTRABLE)
    if not kept:
        raise InvalidScope("None of the requested scopes can be registered.")
    return kept


def requested(scope: str, *, registered: Iterable[str]) -> tuple[str, ...]:
    """What a device flow asks for. Raises InvalidScope when it is empty, unknown or wider than the
    registration.

    `instance` and `billing:write` may be named although nobody can grant them here: they are shown as
    forbidden.
    """
    names = parse(scope)
    if not names:
        raise InvalidScope
    allowed = set(registered)
    if any(name in GRANTABLE and name not in allowed for name in names):
        raise InvalidScope
    return names


def requirement(name: str) -> str:
    """`required`, `optional` or `forbidden`, as the consent page shows it."""
    if name not in GRANTABLE:
        return "forbidden"
    return "required" if name in REQUIRED else "optional"


def granted(requested: Sequence[str], chosen: str | None) -> tuple[str, ...]:
    """What an approval grants: of the requested scopes all that may be granted, or the chosen subset.

    `chosen` is separated by commas or spaces. Raises InvalidScope when it leaves out a required scope or
    names one that was not requested or cannot be granted.
    """
    grantable = tuple(name for name in requested if name in GRANTABLE)
    if not grantable:
        raise InvalidScope("None of the requested scopes can be granted.")
    if chosen is None:
        return grantable
    names = {part for part in chosen.replace(",", " ").split(" ") if part}
    if not names <= set(grantable):
        raise InvalidScope("A chosen scope was not requested, or cannot be granted.")
    if any(name in REQUIRED and name not in names for name in grantable):
        raise InvalidScope("A required scope cannot be left out.")
    if not names:
        raise InvalidScope("Nothing was chosen.")
    return tuple(name for name in grantable if name in names)
