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
    looks = _looked_at(admitted, scheme)
    refused = _challenge(admitted, presented=looks and state != NONE, scheme=scheme)
    if state == NONE or not looks:
        return Expected() if {} in alternatives else Expected(401, refused)
    if state == DOUBLED:
        return Expected(400)
    if state in (MALFORMED, UNKNOWN) or scheme is None:
        by_operation = scheme in admitted and _kind(str(scheme)) == "basic"
        return Expected(401, refused, first=not by_operation)
    if scheme in admitted and (state == RIGHT or not admitted[scheme]):
        return Expected()
    if not _is_bearer(scheme) or not bearer:
        return Expected(401, refused)
    missing = admitted.get(scheme) or next((admitted[name] for name in bearer if admitted[name]), [])
    named = f', scope="{" ".join(sorted(missing))}"' if missing else ""
    return Expected(403, f'Bearer realm="candor", error="insufficient_scope"{named}')


def cookie_of(scheme: str) -> str | None:
    """The cookie of a scheme; None for one that is presented in `Authorization`."""
    declared = contract().document["components"]["securitySchemes"][scheme]
    return str(declared["name"]) if declared["type"] == "apiKey" else None


def schemes() -> dict[str, bool]:
    """Every security scheme of the contract, and whether it is a bearer scheme."""
    return {name: _is_bearer(name) for name in contract().document["components"]["securitySchemes"]}


def _kind(scheme: str) -> str:
    """`bearer`, `basic` or `cookie`."""
    declared = contract().document["components"]["securitySchemes"][scheme]
    return str(declared.get("scheme", "cookie"))


def _is_bearer(scheme: str) -> bool:
    return _kind(scheme) == "bearer"


def _looked_at(admitted: Mapping[str, list[str]], scheme: str | None) -> bool:
    """Whether an operation reads where the credential is: `Authorization` if it admits anything in there, a
    cookie if it is one of its own.
    """
    if scheme is not None and _kind(scheme) == "cookie":
        return scheme in admitted
    return any(_kind(name) != "cookie" for name in admitted)


def _challenge(admitted: Mapping[str, list[str]], *, presented: bool, scheme: str | None) -> str:
    """All the ways in for a request that presents nothing; else the way that it tried."""
    kinds = {_kind(name) for name in admitted}
    cookies = [
        f'Cookie realm="candor", cookie-name="{cookie_of(name)}"' for name in admitted if cookie_of(name)
    ]
    if not presented:
        ways = [f'{kind.title()} realm="candor"' for kind in ("bearer", "basic") if kind in kinds]
        return ", ".join([*ways, *cookies])
    if scheme is not None and _kind(scheme) == "cookie":
        return f'Cookie realm="candor", cookie-name="{cookie_of(scheme)}"'
    return 'Bearer realm="candor", error="invalid_token"' if "bearer" in kinds else 'Basic realm="candor"'
