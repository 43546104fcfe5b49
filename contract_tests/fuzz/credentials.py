"""The kinds of credential that the fuzzer may hold, and where it gets them: the way everybody does."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote_plus

import httpx

from contract_tests.fuzz import second_factor
from contract_tests.harness import code_flow
from contract_tests.harness.browsers import Browser, origin_of, post_sign_in
from contract_tests.harness.contract import contract
from contract_tests.harness.instances import GRANT_TYPES, Instance, approve, bearer
from contract_tests.harness.second_factors import complete

ANONYMOUS = "anonymous"
FITTING = "fitting"  # to each operation the credential that its `security` asks for
PARTS = 3
VARIABLE = "FUZZ_CREDENTIALS"
PATS, KEYS = "/api/v1/pats", "/api/v1/registration-keys"


def kinds() -> list[str]:
    """Every way to go through the contract: the fitting credential, none, or the same one everywhere."""
    return [FITTING, ANONYMOUS, *schemes()]


def schemes() -> list[str]:
    """The kinds of which one credential is held everywhere: where it does not fit it must be refused."""
    return list(contract().document["components"]["securitySchemes"])


def dealt(commit: str | None) -> list[str]:
    """The share of `schemes` that a run of the tests takes, by the commit; without one, all of them."""
    if commit is None:
        return schemes()
    return schemes()[int(commit, 16) % PARTS :: PARTS]


@dataclass(frozen=True, slots=True)
class FuzzCredentials:
    """What a fuzzing process is given. Without `pat` and `registration_key` it is a stranger's."""

    kind: str
    url: str
    pat: str | None = None
    registration_key: str | None = None
    login: str | None = None
    password: str | None = None

    def as_variable(self) -> dict[str, str]:
        """For the environment of the process."""
        return {VARIABLE: json.dumps(asdict(self))}

    @classmethod
    def from_variable(cls, environment: Mapping[str, str] = os.environ) -> FuzzCredentials | None:
        """Read back inside of it; None outside of a run of ours."""
        text = environment.get(VARIABLE)
        return cls(**json.loads(text)) if text else None


class Wallet:
    """The header fields of each security scheme, made on first use and kept until they are spent."""

    def __init__(self, given: FuzzCredentials, http: httpx.Client) -> None:
        self._given = given
        self._http = http
        self._values: dict[str, dict[str, str]] = {}
        self._instance: Instance | None = None
        self._sacrificed: Instance | None = None
        self._token, self._key = given.pat, given.registration_key

    @property
    def secrets(self) -> dict[str, Callable[[], str]]:
        """How to get a real value for a member of a body, by the member's name. User codes stand in bodies
        where an unclaimed instance is claimed.
        """
        return {
            "instance_registration_key": lambda: self._registration_key() or "",
            "device_code": self.approved_device_code,
            "handle": self.pending_handle,
            "model": lambda: "demo",
            "refresh_token": lambda: self.instance().sign_in(self._pat()).refresh_token,
            "token": lambda: self.instance().sign_in(self._pat()).access_token,
            "user_code": lambda: Instance.register(self._http).start_device_flow().user_code,
            "workspace_id": self._workspace_id,
        }

    def instance(self) -> Instance:
        """The instance that the fuzzer is, in the person's workspace if there is a key to it."""
        if self._instance is None:
            self._instance = self._new_instance()
        return self._instance

    def sacrificed_instance(self) -> Instance:
        """An instance whose registration may be changed: no other credential depends on it."""
        if self._sacrificed is None:
            self._sacrificed = Instance.register(self._http)
        return self._sacrificed

    def headers(self, scheme: str) -> dict[str, str]:
        """The header fields for a scheme. Raises AssertionError if the server does not give one."""
        if scheme not in self._values:
            self._values[scheme] = self._make(scheme)
        return self._values[scheme]

    def spend(self, scheme: str) -> None:
        """The credential is no longer good; the next one is new."""
        self._values.pop(scheme, None)

    def pending_user_code(self) -> str:
        """A device flow that waits for the person's decision."""
        return self.instance().start_device_flow().user_code

    def good_request(self) -> dict[str, str]:
        """The query of `authorize` with which this instance may send a browser."""
        return code_flow.query(self.instance(), code_flow.Proof())

    def pending_handle(self) -> str:
        """An authorization request that waits for the person's decision."""
        return code_flow.started(self.instance(), code_flow.Proof())

    def code(self) -> dict[str, str]:
        """The form of a code that the person has given, and that has not been redeemed."""
        proof = code_flow.Proof()
        code = code_flow.granted(self.instance(), proof, self.headers("session"))
        return code_flow.form(code, proof) | self.instance().credentials

    def approved_device_code(self) -> str:
        """The code of a device flow that the person has approved."""
        flow = self.instance().start_device_flow()
        approved = approve(self._http, self._pat(), flow.user_code)
        assert approved.status_code == 200, approved.text
        return flow.device_code

    def real_path(self, names: Iterable[str], *, ends: bool) -> dict[str, str]:
        """Values for the parameters of a path that name something of the person; something new where it
        `ends` with the call.
        """
        instance = self._new_instance() if ends else self.instance()
        token = instance.sign_in(self._pat()).bearer
        session = self._http.get("/instance/user/session", headers=token).json()
        own = self._http.post("/oauth2/introspect", data={"token": instance.own_token()}).json()["meta"]
        real: dict[str, Callable[[], str]] = {
            "instance_id": lambda: own["instance_id"],
            "session_id": lambda: session["id"],
            "sign_in_id": self._another_sign_in,
            "passkey_id": lambda: second_factor.made(self._holder()),
            "workspace_id": self._workspace_id,
            "pat_id": lambda: str(self._made(PATS, name="fuzz", expires_in_s=60)["id"]),
            "key_id": lambda: str(self._made(KEYS, workspace_id=self._workspace_id())["id"]),
        }
        return {name: real[name]() for name in names if name in real}

    def name_and_password(self) -> dict[str, str]:
        """What the person signs in with."""
        return {"login": self._given.login or "", "password": self._given.password or ""}

    def _another_sign_in(self) -> str:
        """The id of a sign-in that no other credential depends on."""
        listed = self.browser().get("/api/v1/account/sign-ins").json()
        return str(next(each["id"] for each in listed if each["current"]))

    def _made(self, path: str, **body: object) -> dict[str, Any]:
        answer = self._http.post(path, json=body, headers=self.headers("session"))
        if answer.status_code == 409:
            self._make_room(path)
            answer = self._http.post(path, json=body, headers=self.headers("session"))
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def _make_room(self, path: str) -> None:
        """The fuzzer has made as many as there may be."""
        listed = self._http.get(path, params={"limit": 100}, headers=self.headers("session")).json()["items"]
        for each in listed:
            self._http.delete(f"{path}/{each['id']}", headers=self.headers("session"))
        self.forget_credentials()

    def _workspace_id(self) -> str:
        found = self._http.get("/api/v1/workspaces", headers=self.headers("session")).json()["items"]
        return str(found[0]["id"])

    def real_cursor(self, path: str) -> str | None:
        """Where the second page of a list begins, if it has one."""
        headers = self.headers("pat")
        answer = self._http.get(path, params={"limit": 1}, headers=headers)
        return answer.json().get("next_cursor") if answer.is_success else None

    def forget_credentials(self) -> None:
        """The token and the key that the fuzzer was given may be revoked."""
        self._token = self._key = None
        self.spend("pat")

    def forget_instance(self) -> None:
        """The instance that the fuzzer was may be gone, with all that it held."""
        self._instance = None
        self._values.clear()

    def _new_instance(self) -> Instance:
        return Instance.register(
            self._http,
            key=self._registration_key(),
            grant_types=[*GRANT_TYPES, code_flow.CODE],
            redirect_uris=[code_flow.CALLBACK],
        )

    def _registration_key(self) -> str | None:
        if self._key is None and self._given.registration_key is not None:
            made = self._made(KEYS, workspace_id=self._workspace_id(), reusable=True)
            self._key = str(made["key"])
        return self._key

    def browser(self) -> Browser:
        """The person, newly signed in."""
        assert self._given.login, "A name and a password are needed to sign in."
        assert self._given.password, "A name and a password are needed to sign in."
        answer = post_sign_in(self._http, self._given.login, self._given.password)
        assert answer.status_code == 200, answer.text
        asked = answer.json()
        if not asked["signed_in"]:
            answer = complete(self._http, second_factor.second_step(asked, origin_of(self._http)))
            assert answer.status_code == 200, answer.text
        return Browser.of(self._http, answer)

    def second_step(self) -> dict[str, Any]:
        """The body of a second step that is right."""
        holder = self._holder()
        second_factor.made(holder)
        return second_factor.second_step(holder.ticket(), holder.origin)

    def new_passkey(self) -> dict[str, Any]:
        """The body that hands in a passkey that was just asked for."""
        return second_factor.handed_in(self._holder())

    def totp_code(self) -> str:
        """The code that confirms an authenticator app which was just set up."""
        return self._holder().start_totp().code()

    def has_totp(self) -> None:
        """See to it that there is an authenticator app; whoever asks for one takes it away again."""
        self._holder().post("/totp/confirm", code=self.totp_code())

    def has_no_totp(self) -> None:
        """See to it that there is none: it could not be signed in with."""
        holder = self._holder()
        holder.post("/totp/remove", password=holder.password)

    def _holder(self) -> second_factor.Fuzzed:
        session = self.headers("session")["Cookie"].partition("=")[2]
        browser = Browser(self._http, session, "")
        return second_factor.Fuzzed(browser, self._given.login or "", self._given.password or "")

    def _make(self, scheme: str) -> dict[str, str]:
        if scheme == "pat":
            return bearer(self._pat())
        if scheme == "access_token":
            return self.instance().sign_in(self._pat()).bearer
        if scheme == "instance_token":
            return bearer(self.instance().own_token())
        if scheme == "client_secret_basic":
            return {"Authorization": basic(self.instance())}
        if scheme == "session":
            return self.browser().headers
        if scheme == "session_refresh":
            return self.browser().refresh_headers
        raise AssertionError(f"The contract has a security scheme {scheme!r} that the fuzzer cannot get.")

    def _pat(self) -> str:
        assert self._given.pat, "A personal access token is needed to approve and to be a person."
        if self._token is None:
            self._token = str(self._made(PATS, name="fuzz")["token"])
        return self._token


def basic(instance: Instance) -> str:
    """HTTP Basic as RFC 6749 section 2.3.1 wants it: both parts form-urlencoded first."""
    pair = f"{quote_plus(instance.client_id)}:{quote_plus(instance.client_secret)}"
    return "Basic " + base64.b64encode(pair.encode()).decode()
