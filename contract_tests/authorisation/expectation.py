"""What the contract's `security` means for a request, read without the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from contract_tests.harness.contract import Operation, contract

NONE, MALFORMED, DOUBLED, UNKNOWN, UNDER_SCOPED, RIGHT = (
    "none", "malformed", "doubled", "unknown", "under-scoped", "right"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Expected:
    """The outcome. `status` None: security lets the request through, and what follows is the operation's.

    `challenge` is the exact `WWW-Authenticate`, None for none. `public`: the credential is not looked at.
    `first`: the refusal comes before anything else about the request is said. A client's secret is compared
    by the operation itself, as RFC 6749 has it, and so after the form has been read.
    """

    status: int | None = None
    challenge: str | None = None
    public: bool = False
    first: bool = True


def expected(operation: Operation, state: str, scheme: str | None = None) -> Expected:
    """The outcome for a credential in a state; `scheme` says of which kind it is, where it has one."""
    alternatives = operation.declared["security"]
    if not alternatives:
        return Expected(public=True)
    admitted: Mapping[str, list[str]] = {
        name: scopes for each in alternatives for name, scopes in each.items()
    }
    bearer = [name for name in admitted if _is_bearer(name)]
    refused = _challenge(bearer, presented=state != NONE)
    if state == NONE:
        return Expected() if {} in alternatives else Expected(401, refused)
    if state == DOUBLED:
        return Expected(400)
    if state in (MALFORMED, UNKNOWN) or scheme is None:
        by_operation = scheme in admitted and not _is_bearer(str(scheme))
        return Expected(401, refused, first=not by_operation)
    if scheme in admitted and (state == RIGHT or not admitted[scheme]):
        return Expected()
    if not _is_bearer(scheme) or not bearer:
        return Expected(401, refused)
    missing = admitted.get(scheme) or next((admitted[name] for name in bearer if admitted[name]), [])
    named = f', scope="{" ".join(sorted(missing))}"' if missing else ""
    return Expected(403, f'Bearer realm="candor", error="insufficient_scope"{named}')


def schemes() -> dict[str, bool]:
    """Every security scheme of the contract, and whether it is a bearer scheme."""
    return {name: _is_bearer(name) for name in contract().document["components"]["securitySchemes"]}


def _is_bearer(scheme: str) -> bool:
    return bool(contract().document["components"]["securitySchemes"][scheme]["scheme"] == "bearer")


def _challenge(bearer: list[str], *, presented: bool) -> str:
    if not bearer:
        return 'Basic realm="candor"'
    return 'Bearer realm="candor"' + (', error="invalid_token"' if presented else "")
