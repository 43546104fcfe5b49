"""Gives each generated request its credential. Imported by Schemathesis, in a run that `run.py` started."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from email.utils import formatdate
from typing import Any

import httpx
import schemathesis
from schemathesis import AuthContext, Case, HookContext, Response

from contract_tests.fuzz.credentials import ANONYMOUS, FITTING, FuzzCredentials, Wallet

TOKEN = "/oauth2/token"
COMPLETE, SECOND_FACTOR = "/api/v1/account/sign-in/complete", "/api/v1/account/second-factor/"
REMOVE_TOTP = f"{SECOND_FACTOR}totp/remove"
OF_A_PERSON = "/api/v1/"  # where paths name what belongs to somebody
# Operations that may end what the fuzzer is or holds: after one of them it gets it anew.
DELETING = {"delete_instance"}
REVOKING = {"revoke_pat", "revoke_registration_key"}
# Operations that end the credential they are called with: after one of them the fuzzer signs in again.
SIGNING_OUT = {
    "revoke_session": ("access_token",),
    "refresh_sign_in": ("session_refresh",),
    "sign_out": ("session", "session_refresh"),
}


class Authorization:
    """Schemathesis' view of the wallet. The same requests get the same kinds in the same order."""

    def __init__(self) -> None:
        given = FuzzCredentials.from_variable()
        self.kind = given.kind if given else ANONYMOUS
        self.wallet = Wallet(given, httpx.Client(base_url=given.url, timeout=30)) if given else None
        self._turn: Counter[str] = Counter()

    def get(self, case: Case[Any], context: AuthContext) -> dict[str, str] | None:
        """The header fields for this request, None for none."""
        scheme = self._scheme(case, context)
        return self.wallet.headers(scheme) if scheme and self.wallet else None

    def set(self, case: Case[Any], data: dict[str, str], context: AuthContext) -> None:
        """Put them on."""
        case.headers.update(data)

    def _scheme(self, case: Case[Any], context: AuthContext) -> str | None:
        if self.kind != FITTING:
            return None if self.kind == ANONYMOUS else self.kind
        names: list[str] = [
            name for alternative in context.operation.definition.raw["security"] for name in alternative
        ]
        if not names or _authenticates_in_its_body(case):
            return None
        return names[self.turn(context.operation.label) % len(names)]

    def turn(self, what: str) -> int:
        """How often this has been asked for."""
        self._turn[what] += 1
        return self._turn[what]


def _authenticates_in_its_body(case: Case[Any]) -> bool:
    return isinstance(case.body, dict) and ("client_id" in case.body or "client_secret" in case.body)


AUTHORIZATION = Authorization()


@schemathesis.auth(refresh_interval=None)
class _Provider:
    """The one instance, under the constructor that Schemathesis calls."""

    def get(self, case: Case[Any], context: AuthContext) -> dict[str, str] | None:
        return AUTHORIZATION.get(case, context)

    def set(self, case: Case[Any], data: dict[str, str], context: AuthContext) -> None:
        AUTHORIZATION.set(case, data, context)


@schemathesis.hook
def before_call(context: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
    """Half of the well-formed secrets, codes and clocks become real ones: nobody guesses those."""
    positive = case.meta is not None and case.meta.generation.mode.is_positive
    if AUTHORIZATION.wallet and positive and AUTHORIZATION.kind == FITTING:
        _make_real(case, AUTHORIZATION.wallet)


def _make_real(case: Case[Any], wallet: Wallet) -> None:
    if _chosen(case, case.headers, "Date"):
        case.headers["Date"] = formatdate(usegmt=True)
    names = case.path_parameters.keys() if case.operation.path.startswith(OF_A_PERSON) else ()
    if names and _chosen(case, case.path_parameters, next(iter(names))):
        case.path_parameters.update(wallet.real_path(names, ends=case.method.upper() == "DELETE"))
    _make_query_real(case, wallet)
    if isinstance(case.body, dict):
        _make_body_real(case, case.body, wallet)


def _make_query_real(case: Case[Any], wallet: Wallet) -> None:
    if _chosen(case, case.query, "user_code"):
        case.query["user_code"] = wallet.pending_user_code()
    if _chosen(case, case.query, "cursor"):
        cursor = wallet.real_cursor(case.formatted_path)
        case.query = {**case.query, "cursor": cursor} if cursor else _without(case.query, "cursor")
    if _chosen(case, case.query, "handle"):
        case.query["handle"] = wallet.pending_handle()
    if _chosen(case, case.query, "redirect_uri"):
        case.query |= wallet.good_request()


def _make_body_real(case: Case[Any], body: dict[str, Any], wallet: Wallet) -> None:
    if _chosen(case, body, "client_secret"):
        client = wallet.sacrificed_instance() if case.path_parameters else wallet.instance()
        body.update(client.credentials)
        if case.path_parameters:
            case.path_parameters["id"] = client.client_id
    if case.operation.path == TOKEN and _chosen(case, body, "code"):
        body.update(wallet.code())
    if _chosen(case, body, "login"):
        body.update(wallet.name_and_password())
    if case.operation.path.startswith(SECOND_FACTOR):
        _make_second_factor_real(case, body, wallet)
    if case.operation.path == COMPLETE and _chosen(case, body, "ticket"):
        case.body = wallet.second_step()
    for member, obtain in wallet.secrets.items():
        if _chosen(case, body, member):
            body[member] = obtain()


def _make_second_factor_real(case: Case[Any], body: dict[str, Any], wallet: Wallet) -> None:
    if _chosen(case, body, "password"):
        body["password"] = wallet.name_and_password()["password"]
        if case.operation.path == REMOVE_TOTP:
            wallet.has_totp()
    if _chosen(case, body, "code"):
        body["code"] = wallet.totp_code()
    if "credential" in body and _chosen(case, body, "name"):
        body["credential"] = wallet.new_passkey()


def _without(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {each: value for each, value in values.items() if each != name}


def _chosen(case: Case[Any], values: Mapping[str, Any] | None, name: str) -> bool:
    """Every other time that a request has the value, beginning with the first."""
    if not values or not isinstance(values.get(name), str):
        return False
    return AUTHORIZATION.turn(f"{case.operation.label} {name}") % 2 == 1


@schemathesis.hook
def after_call(context: HookContext, case: Case[Any], response: Response) -> None:
    """Notice that the credential has just been ended."""
    operation_id = case.operation.definition.raw.get("operationId", "")
    if operation_id in DELETING and response.status_code == 204 and AUTHORIZATION.wallet:
        AUTHORIZATION.wallet.forget_instance()
    if operation_id in REVOKING and response.status_code == 204 and AUTHORIZATION.wallet:
        AUTHORIZATION.wallet.forget_credentials()
    if operation_id == "confirm_totp" and response.status_code == 200 and AUTHORIZATION.wallet:
        AUTHORIZATION.wallet.has_no_totp()
    ended = SIGNING_OUT.get(operation_id)
    if ended and response.status_code < 300 and AUTHORIZATION.wallet:
        for scheme in ended:
            AUTHORIZATION.wallet.spend(scheme)
