"""The kinds of credential that the fuzzer may hold, and where it gets them: the way everybody does."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from urllib.parse import quote_plus

import httpx

from contract_tests.harness.contract import contract
from contract_tests.harness.instances import Instance, bearer

ANONYMOUS = "anonymous"
FITTING = "fitting"  # to each operation the credential that its `security` asks for
VARIABLE = "FUZZ_CREDENTIALS"


def kinds() -> list[str]:
    """Every way to go through the contract: with no credential, with the fitting one, with each one everywhere."""
    return [FITTING, ANONYMOUS, *contract().document["components"]["securitySchemes"]]


@dataclass(frozen=True, slots=True)
class FuzzCredentials:
    """What a fuzzing process is given. Without `pat` and `registration_key` it is a stranger's."""

    kind: str
    url: str
    pat: str | None = None
    registration_key: str | None = None

    def as_variable(self) -> dict[str, str]:
        """For the environment of the process."""
        return {VARIABLE: json.dumps(asdict(self))}

    @classmethod
    def from_variable(cls, environment: Mapping[str, str] = os.environ) -> FuzzCredentials | None:
        """Read back inside of it; None outside of a run of ours."""
        text = environment.get(VARIABLE)
        return cls(**json.loads(text)) if text else None


class Wallet:
    """`Authorization` values by security scheme, made on first use and kept until they are spent."""

    def __init__(self, given: FuzzCredentials, http: httpx.Client) -> None:
        self._given = given
        self._http = http
        self._values: dict[str, str] = {}
        self._instance: Instance | None = None

    def authorization(self, scheme: str) -> str:
        """The header's value for a scheme. Raises AssertionError if the server does not give one."""
        if scheme not in self._values:
            self._values[scheme] = self._make(scheme)
        return self._values[scheme]

    def spend(self, scheme: str) -> None:
        """The credential is no longer good; the next one is new."""
        self._values.pop(scheme, None)

    def _make(self, scheme: str) -> str:
        if scheme == "pat":
            return bearer(self._pat())["Authorization"]
        if scheme == "access_token":
            return self._own_instance().sign_in(self._pat()).bearer["Authorization"]
        if scheme == "instance_token":
            return bearer(self._own_instance().own_token())["Authorization"]
        if scheme == "client_secret_basic":
            return basic(self._own_instance())
        raise AssertionError(f"The contract has a security scheme {scheme!r} that the fuzzer cannot get.")

    def _own_instance(self) -> Instance:
        if self._instance is None:
            self._instance = Instance.register(self._http, key=self._given.registration_key)
        return self._instance

    def _pat(self) -> str:
        assert self._given.pat, "A personal access token is needed to approve and to be a person."
        return self._given.pat


def basic(instance: Instance) -> str:
    """HTTP Basic as RFC 6749 section 2.3.1 wants it: both parts form-urlencoded first."""
    pair = f"{quote_plus(instance.client_id)}:{quote_plus(instance.client_secret)}"
    return "Basic " + base64.b64encode(pair.encode()).decode()
