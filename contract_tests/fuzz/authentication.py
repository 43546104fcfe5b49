"""Gives each generated request its credential. Schemathesis imports it inside of a run that `run.py` started."""

from __future__ import annotations

from collections import Counter

import httpx
import schemathesis
from schemathesis import AuthContext, Case, HookContext, Response

from contract_tests.fuzz.credentials import ANONYMOUS, FITTING, FuzzCredentials, Wallet

# Operations that end the credential they are called with: after one of them the fuzzer signs in again.
SIGNING_OUT = {"revoke_session": "access_token"}


class Authorization:
    """Schemathesis' view of the wallet. Deterministic: the same requests get the same kinds in the same order."""

    def __init__(self) -> None:
        given = FuzzCredentials.from_variable()
        self.kind = given.kind if given else ANONYMOUS
        self.wallet = Wallet(given, httpx.Client(base_url=given.url, timeout=30)) if given else None
        self._turn: Counter[str] = Counter()

    def get(self, case: Case, context: AuthContext) -> str | None:
        """The header's value for this request, None for none."""
        scheme = self._scheme(case, context)
        return self.wallet.authorization(scheme) if scheme and self.wallet else None

    def set(self, case: Case, data: str, context: AuthContext) -> None:
        """Put it on."""
        case.headers["Authorization"] = data

    def _scheme(self, case: Case, context: AuthContext) -> str | None:
        if self.kind != FITTING:
            return None if self.kind == ANONYMOUS else self.kind
        names = [name for alternative in context.operation.definition.raw["security"] for name in alternative]
        if not names or _authenticates_in_its_body(case):
            return None
        self._turn[context.operation.label] += 1
        return names[self._turn[context.operation.label] % len(names)]


def _authenticates_in_its_body(case: Case) -> bool:
    return isinstance(case.body, dict) and ("client_id" in case.body or "client_secret" in case.body)


AUTHORIZATION = Authorization()


@schemathesis.auth(refresh_interval=None)
class _Provider:
    """The one instance, under the constructor that Schemathesis calls."""

    def get(self, case: Case, context: AuthContext) -> str | None:
        return AUTHORIZATION.get(case, context)

    def set(self, case: Case, data: str, context: AuthContext) -> None:
        AUTHORIZATION.set(case, data, context)


@schemathesis.hook
def after_call(context: HookContext, case: Case, response: Response) -> None:
    """Notice that the credential has just been ended."""
    ended = SIGNING_OUT.get(case.operation.definition.raw.get("operationId", ""))
    if ended and response.status_code == 200 and AUTHORIZATION.wallet:
        AUTHORIZATION.wallet.spend(ended)
