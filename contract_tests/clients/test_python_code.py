"""Authlib and requests-oauthlib in the authorization code flow, as their users write it: a program on the
person's machine, which listens at a port that it did not know before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from authlib.common.security import generate_token
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from oauthlib.oauth2 import AccessDeniedError, InvalidGrantError, MismatchingStateError
from requests_oauthlib import OAuth2Session

from contract_tests.clients.conftest import held_to_the_contract
from contract_tests.harness import code_flow
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.instances import Instance
from contract_tests.harness.people import Person

SCOPE = "profile:read offline"
REGISTERED, CALLBACK = "http://127.0.0.1/callback", "http://127.0.0.1:51004/callback"

Visit = Callable[[str], str]
Session = Any  # neither library publishes types


@pytest.fixture
def instance(client: CheckedClient, person: Person) -> Instance:
    return code_flow.register(client, key=person.key, redirect_uris=(REGISTERED,))


@pytest.fixture
def allow(client: CheckedClient, person: Person) -> Visit:
    """The person goes where they are sent and allows what is asked; the address at which they come back."""
    return lambda address: code_flow.visit(client, person.browser(client).headers, address)


@pytest.fixture
def refuse(client: CheckedClient, person: Person) -> Visit:
    """The same for a person who does not."""
    return lambda address: code_flow.refuse(client, person.browser(client).headers, address)


def over_requests(instance: Instance, method: str) -> Session:
    session = AuthlibSession(
        instance.client_id,
        instance.client_secret,
        scope=SCOPE,
        redirect_uri=CALLBACK,
        token_endpoint_auth_method=method,
        code_challenge_method="S256",
    )
    session.hooks["response"].append(
        lambda answer, **_: held_to_the_contract(
            answer.request.method, answer.url, answer.status_code, answer.headers, answer.content
        )
    )
    return session


def over_httpx(instance: Instance, method: str) -> Session:
    def checked(answer: httpx.Response) -> None:
        answer.read()
        held_to_the_contract(
            answer.request.method, str(answer.url), answer.status_code, answer.headers, answer.content
        )

    return OAuth2Client(
        instance.client_id,
        instance.client_secret,
        scope=SCOPE,
        redirect_uri=CALLBACK,
        token_endpoint_auth_method=method,
        code_challenge_method="S256",
        event_hooks={"response": [checked]},
    )


@dataclass(frozen=True, slots=True)
class Authlib:
    """One of Authlib's two session classes, and what it was told of the server."""

    session: Session
    metadata: dict[str, Any]

    def begin(self) -> tuple[str, str, str]:
        """Where the browser is sent, with the verifier and the state that it is to come back with."""
        verifier: str = generate_token(48)
        address, state = self.session.create_authorization_url(
            self.metadata["authorization_endpoint"], code_verifier=verifier
        )
        return address, verifier, state

    def redeem(self, landed: str, verifier: str, state: str) -> dict[str, Any]:
        """The tokens for what the browser came back with. Raises OAuthError."""
        return dict(
            self.session.fetch_token(
                self.metadata["token_endpoint"],
                authorization_response=landed,
                code_verifier=verifier,
                state=state,
            )
        )


@pytest.mark.parametrize("make", [over_requests, over_httpx])
@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
class TestAuthlib:
    @pytest.fixture
    def authlib(
        self,
        make: Callable[[Instance, str], Session],
        method: str,
        instance: Instance,
        metadata: dict[str, Any],
    ) -> Iterator[Authlib]:
        session = make(instance, method)
        yield Authlib(session, metadata)
        session.close()

    def test_signs_a_person_in(self, authlib: Authlib, allow: Visit, person: Person) -> None:
        address, verifier, state = authlib.begin()
        token = authlib.redeem(allow(address), verifier, state)
        assert (token["token_type"], token["scope"]) == ("Bearer", SCOPE)
        profile = authlib.session.get(f"{authlib.metadata['issuer']}/instance/user/profile")
        assert (profile.status_code, profile.json()["id"]) == (200, person.id)
        refreshed = authlib.session.refresh_token(authlib.metadata["token_endpoint"])
        assert refreshed["refresh_token"] != token["refresh_token"]

    def test_loses_everything_with_a_code_used_twice(self, authlib: Authlib, allow: Visit) -> None:
        address, verifier, state = authlib.begin()
        landed = allow(address)
        authlib.redeem(landed, verifier, state)
        with pytest.raises(OAuthError, match="invalid_grant"):
            authlib.redeem(landed, verifier, state)
        assert authlib.session.get(f"{authlib.metadata['issuer']}/instance/user/profile").status_code == 401


class TestRequestsOauthlib:
    @pytest.fixture
    def session(self, instance: Instance, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
        """The library's own switch for servers without TLS, which this one is on the loopback interface."""
        monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
        with OAuth2Session(instance.client_id, redirect_uri=CALLBACK, scope=SCOPE, pkce="S256") as made:
            made.hooks["response"].append(
                lambda answer, **_: held_to_the_contract(
                    answer.request.method, answer.url, answer.status_code, answer.headers, answer.content
                )
            )
            yield made

    @pytest.mark.parametrize("how", [{}, {"include_client_id": True}], ids=["basic", "post"])
    def test_signs_a_person_in(
        self,
        session: Session,
        instance: Instance,
        metadata: dict[str, Any],
        allow: Visit,
        person: Person,
        how: dict[str, bool],
    ) -> None:
        address, _ = session.authorization_url(metadata["authorization_endpoint"])
        given = {
            "authorization_response": allow(address),
            "client_secret": instance.client_secret,
            **how,
        }
        token = dict(session.fetch_token(metadata["token_endpoint"], **given))
        assert token["refresh_token"]
        answer = session.get(f"{metadata['issuer']}/instance/user/profile")
        assert (answer.status_code, answer.json()["id"]) == (200, person.id)
        with pytest.raises(InvalidGrantError):
            session.fetch_token(metadata["token_endpoint"], **given)

    def test_hears_that_the_person_refuses(
        self, session: Session, metadata: dict[str, Any], refuse: Visit
    ) -> None:
        address, _ = session.authorization_url(metadata["authorization_endpoint"])
        with pytest.raises(AccessDeniedError):
            session.fetch_token(metadata["token_endpoint"], authorization_response=refuse(address))

    def test_does_not_take_the_answer_of_another_sign_in(
        self, session: Session, instance: Instance, metadata: dict[str, Any], allow: Visit
    ) -> None:
        first, _ = session.authorization_url(metadata["authorization_endpoint"])
        landed = allow(first)
        session.authorization_url(metadata["authorization_endpoint"])
        with pytest.raises(MismatchingStateError):
            session.fetch_token(
                metadata["token_endpoint"],
                authorization_response=landed,
                client_secret=instance.client_secret,
            )
