"""requests-oauthlib, as its users write it: the device flow, refresh and revocation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from oauthlib.oauth2 import DeviceClient, InvalidGrantError, OAuth2Error
from requests_oauthlib import OAuth2Session

from contract_tests.clients.conftest import held_to_the_contract
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.instances import Instance
from contract_tests.harness.people import Person

SCOPE = "profile:read offline"


@pytest.fixture
def instance(client: CheckedClient, person: Person) -> Instance:
    return Instance.register(client, key=person.key, scope=SCOPE)


@pytest.fixture
def session(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The library's own switch for servers without TLS, which this one is on the loopback interface."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    with OAuth2Session(client=DeviceClient(instance.client_id)) as made:
        made.hooks["response"].append(
            lambda answer, **_: held_to_the_contract(
                answer.request.method, answer.url, answer.status_code, answer.headers, answer.content
            )
        )
        yield made


@pytest.fixture(params=["basic", "post"])
def tokens(
    request: pytest.FixtureRequest,
    session: Any,
    instance: Instance,
    metadata: dict[str, Any],
    approval: Callable[[str], None],
) -> dict[str, Any]:
    """What the device flow ends with; the client authenticates in either way."""
    flow = instance.start_device_flow(SCOPE)
    how: dict[str, Any] = {"client_secret": instance.client_secret, "device_code": flow.device_code}
    if request.param == "post":
        how |= {"include_client_id": True}
    with pytest.raises(OAuth2Error, match="authorization_pending"):
        session.fetch_token(metadata["token_endpoint"], **how)
    approval(flow.user_code)
    return dict(session.fetch_token(metadata["token_endpoint"], **how))


@pytest.mark.promise("N5")
def test_the_tokens_work(
    session: Any, tokens: dict[str, Any], metadata: dict[str, Any], person: Person
) -> None:
    answer = session.get(f"{metadata['issuer']}/instance/user/profile")
    assert (answer.status_code, answer.json()["id"]) == (200, person.id)


@pytest.mark.promise("N5")
def test_refresh_and_revocation(
    session: Any, tokens: dict[str, Any], metadata: dict[str, Any], instance: Instance
) -> None:
    refreshed = session.refresh_token(metadata["token_endpoint"], **instance.credentials)
    assert refreshed["refresh_token"] != tokens["refresh_token"]
    url, headers, body = DeviceClient(instance.client_id).prepare_token_revocation_request(
        metadata["revocation_endpoint"], refreshed["refresh_token"], "refresh_token"
    )
    answer = session.post(
        url,
        headers=headers,
        data=body,
        auth=(instance.client_id, instance.client_secret),
        withhold_token=True,
    )
    assert answer.status_code == 200
    with pytest.raises(InvalidGrantError):
        session.refresh_token(metadata["token_endpoint"], **instance.credentials)
