"""What an instance calls, as the contract lists it: every operation of the tag `instance`, and the token
grant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from contract_tests.bench.call import Call, as_client, with_token
from contract_tests.bench.growth_rows import Sampled
from contract_tests.harness.contract import Operation, contract

_LAST = "revoke_session"  # nothing works for the session after it


@dataclass(frozen=True, slots=True)
class Measured:
    """One kind of call. `recorded` ones are those that are due to be recorded."""

    operation: str
    call: Callable[[Sampled], Call]
    recorded: bool = False
    repeatable: bool = True

    @property
    def name(self) -> str:
        """What the table calls it."""
        return f"{self.operation}, recorded" if self.recorded else self.operation


def measured() -> Iterator[Measured]:
    """Every kind, in the order in which they can be called."""
    grant = contract().operations["token"].path
    yield Measured("token", lambda each: _grant(grant, each))
    listed = [each for each in contract().operations.values() if "instance" in each.declared["tags"]]
    for operation in sorted(listed, key=lambda each: each.operation_id == _LAST):
        call = _caller(operation)
        yield Measured(operation.operation_id, call, repeatable=operation.operation_id != _LAST)
        if operation.declared["x-collect"]:
            yield Measured(operation.operation_id, call, recorded=True)


def _grant(path: str, sampled: Sampled) -> Call:
    return as_client(
        path,
        client_id=sampled.client_id,
        client_secret=sampled.client_secret,
        grant_type="client_credentials",
        scope="instance",
    )


def _caller(operation: Operation) -> Callable[[Sampled], Call]:
    """The call with the token that the operation asks for: the instance's own, or a person's."""
    (scheme,) = operation.declared["security"][0]
    own = scheme == "instance_token"
    return lambda each: with_token(
        operation.method.upper(), operation.path, each.own_token if own else each.session_token
    )
