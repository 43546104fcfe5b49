"""The contract's links, walked in order: each of them leads somewhere, from registration to revocation.

The fuzzer takes links at random. Here each one is followed once on the road that an instance takes, with
nothing but what the contract says: the runtime expressions of the link and the operation's own examples.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from contract_tests.fuzz.credentials import basic
from contract_tests.harness import code_flow
from contract_tests.harness.administration import Administration
from contract_tests.harness.browsers import Browser, origin_of
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.contract import contract
from contract_tests.harness.instances import GRANT_TYPES, SCOPE, Instance, bearer
from contract_tests.harness.people import Person
from contract_tests.harness.second_factors import Holder

FORM = "application/x-www-form-urlencoded"
FROM_BODY = "$response.body#/"
FROM_QUERY = "$request.query."
FROM_REQUEST = "$request.body#/"

# One walk takes every link but one: a request that is approved is not denied.
ROAD = [
    ("register_client", "own_token"),
    ("register_client", "restate"),
    ("register_client", "start_device_flow"),
    ("device_authorize", "look_at_request"),
    ("device_authorize", "approve_request"),
    ("device_authorize", "poll"),
    ("token", "rotate"),
    ("token", "introspect_it"),
    ("token", "revoke_it"),
]
DENIAL = [("register_client", "start_device_flow"), ("device_authorize", "deny_request")]
CONSENT = [("authorization_information", "approve_it"), ("authorization_information", "deny_it")]
SIGNED_IN = [("sign_in", "account"), ("sign_in", "sign_ins")]
SECOND_STEP = [
    ("start_totp", "confirm"),
    ("confirm_totp", "overview"),
    ("finish_passkey", "overview"),
    ("sign_in", "complete"),
    ("complete_sign_in", "account"),
]
NEWCOMER = [("sign_up", "mail_again"), ("create_first_account", "sign_in")]
MADE = [
    ("claim_instance", "allow_it"),
    ("claim_instance", "look_at_it_now"),
    ("create_pat", "revoke_it_again"),
    ("create_registration_key", "register_with_it"),
    ("create_registration_key", "revoke_it_again"),
]
LOOKING_AFTER = [
    ("list_workspaces", "change_it"),
    ("list_instances", "look_at_it"),
    ("list_instances", "rename_it"),
    ("list_instances", "who_is_signed_in"),
    ("list_instances", "delete_it"),
]


def declared() -> dict[tuple[str, str], Mapping[str, Any]]:
    """Every link of the contract by the operation it leaves from and its name."""
    return {
        (operation.operation_id, name): link
        for operation in contract().operations.values()
        for response in contract().responses_of(operation.operation_id).values()
        for name, link in response.get("links", {}).items()
    }


@dataclass
class Walk:
    """One instance on its way: the last answer of each operation."""

    http: httpx.Client
    person: Person
    last: dict[str, Any] = field(default_factory=dict)
    sent: dict[str, Any] = field(default_factory=dict)

    def begin(self) -> Walk:
        """Register, in the person's workspace."""
        body = {"grant_types": GRANT_TYPES, "scope": SCOPE, "instance_registration_key": self.person.key}
        self.last["register_client"] = self.http.post("/oauth2/register", json=body).json()
        return self

    def ask(self, operation_id: str, **query: str) -> None:
        """Ask for something from which links go on."""
        operation = contract().operations[operation_id]
        self.sent[operation_id] = query
        held = self._credential(operation.declared["security"], {})
        answer = self.http.get(operation.path, params=query, headers=held)
        self.last[operation_id] = answer.json()

    def make(self, operation_id: str) -> None:
        """Make what links go on from: claim an instance that belongs to nobody, or get a credential."""
        code = Instance.register(self.http).start_device_flow().user_code
        workspace_id = self.person.workspace_id
        self.sent[operation_id] = {
            "claim_instance": {"user_code": code, "name": "found", "workspace_id": workspace_id},
            "create_pat": {"name": "walk"},
            "create_registration_key": {"workspace_id": workspace_id},
        }[operation_id]
        path = contract().operations[operation_id].path
        answer = self.person.browser(self.http).post(path, json=self.sent[operation_id])
        self.last[operation_id] = answer.json()

    def follow(self, source: str, name: str) -> httpx.Response:
        """Take a link with the answer that the source gave last."""
        link = declared()[source, name]
        target = contract().operations[link["operationId"]]
        path, query = target.path, {}
        for place, expression in link.get("parameters", {}).items():
            location, _, parameter = place.partition(".")
            value = self._value(source, expression)
            if location == "path":
                path = path.replace(f"{{{parameter}}}", str(value))
            else:
                query[parameter] = value
        body = {member: self._value(source, each) for member, each in link.get("requestBody", {}).items()}
        is_form = FORM in target.declared.get("requestBody", {}).get("content", {})
        answer = self.http.request(
            target.method.upper(),
            path,
            params=query,
            headers={
                "Origin": origin_of(self.http),
                **self._credential(target.declared["security"], body),
            },
            **({"data": body} if is_form else {"json": body} if body else {}),  # type: ignore[arg-type]
        )
        self.last[target.operation_id] = answer.json() if answer.content else None
        return answer

    def _value(self, source: str, expression: Any) -> Any:
        known_by = ((FROM_BODY, self.last), (FROM_REQUEST, self.sent), (FROM_QUERY, self.sent))
        for start, known in known_by:
            if isinstance(expression, str) and expression.startswith(start):
                return _at(known[source], expression.removeprefix(start))
        return expression

    def _credential(self, security: list[Any], body: Mapping[str, Any]) -> dict[str, str]:
        schemes = {name for each in security for name in each}
        if "pat" in schemes:
            return bearer(self.person.pat)
        if "session" in schemes:
            return self.person.browser(self.http).headers
        if "client_secret_basic" in schemes and "client_secret" not in body:
            registered = self.last["register_client"]
            client = Instance(self.http, registered["client_id"], registered["client_secret"])
            return {"Authorization": basic(client)}
        return {}


def _at(value: Any, pointer: str) -> Any:
    for step in pointer.split("/"):
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value


@pytest.fixture
def walk(client: CheckedClient, person: Person) -> Walk:
    return Walk(client, person).begin()


def test_there_is_no_link_besides_these() -> None:
    signing_in = {*NEWCOMER, *SIGNED_IN, *SECOND_STEP}
    assert {*ROAD, *DENIAL, *CONSENT, *LOOKING_AFTER, *MADE} | signing_in == declared().keys()


def test_the_whole_road(walk: Walk) -> None:
    for source, name in ROAD:
        answer = walk.follow(source, name)
        assert answer.is_success, f"{name} of {source}: {answer.text}"
    assert walk.last["introspect"]["active"] is True
    assert walk.follow("token", "introspect_it").json() == {"active": False}


def test_the_other_end(walk: Walk) -> None:
    for source, name in DENIAL:
        assert walk.follow(source, name).is_success
    assert walk.follow("device_authorize", "poll").json()["error"] == "access_denied"


@pytest.mark.parametrize(("source", "name"), CONSENT)
def test_what_a_person_decides_in_a_browser(walk: Walk, source: str, name: str) -> None:
    instance = code_flow.register(walk.http, key=walk.person.key)
    walk.ask(source, handle=code_flow.started(instance, code_flow.Proof()))
    answer = walk.follow(source, name)
    assert answer.is_success, answer.text


@pytest.mark.parametrize(("source", "name"), NEWCOMER)
def test_what_somebody_typed_for_an_account_leads_on(walk: Walk, source: str, name: str) -> None:
    walk.sent[source] = {"email": walk.person.email, "password": walk.person.password}
    assert walk.follow(source, name).is_success


@pytest.mark.parametrize(("source", "name"), SIGNED_IN)
def test_what_a_browser_that_is_signed_in_sees(walk: Walk, source: str, name: str) -> None:
    assert walk.follow(source, name).is_success


def test_a_second_factor_from_its_setup_to_its_use(client: CheckedClient, admin: Administration) -> None:
    to = {link: contract().operations[declared()[link]["operationId"]].path for link in SECOND_STEP}
    holder = Holder.sign_in(client, Person.with_password(admin, "link"))
    app = holder.start_totp()
    assert holder.browser.post(to["start_totp", "confirm"], json={"code": app.code()}).is_success
    assert holder.browser.get(to["confirm_totp", "overview"]).is_success
    assert holder.browser.get(to["finish_passkey", "overview"]).is_success
    asked = holder.ticket()
    given = {
        member: _at(asked, each.removeprefix(FROM_BODY))
        for member, each in declared()["sign_in", "complete"]["requestBody"].items()
    }
    body = {**given, "totp": app.next_code()}
    answer = client.post(to["sign_in", "complete"], json=body, headers={"Origin": holder.origin})
    assert Browser.of(client, answer).get(to["complete_sign_in", "account"]).is_success


def test_looking_after_what_is_there(walk: Walk) -> None:
    for source, name in LOOKING_AFTER:
        walk.ask(source)
        answer = walk.follow(source, name)
        assert answer.is_success, f"{name} of {source}: {answer.text}"


def test_what_was_made_is_of_use(walk: Walk) -> None:
    for source, name in MADE:
        if source not in walk.last:
            walk.make(source)
        answer = walk.follow(source, name)
        assert answer.is_success, f"{name} of {source}: {answer.text}"
