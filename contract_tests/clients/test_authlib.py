"""Authlib, as its users write it: discovery, the device flow, refresh, introspection and revocation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata, get_well_known_url

from contract_tests.clients.conftest import held_to_the_contract
from contract_tests.harness.instances import DEVICE_CODE, GRANT_TYPES
from contract_tests.harness.people import Person
from contract_tests.harness.server import ServerProcess

SCOPE = "profile:read offline"

Session = Any  # Authlib publishes no types; the two session classes have the same methods


@dataclass(frozen=True, slots=True)
class Library:
    """One of Authlib's two session classes, authenticating in one of the two ways."""

    session: Session
    registration: dict[str, Any]

    def start(self, metadata: dict[str, Any]) -> dict[str, Any]:
        """RFC 8628 section 3.1, authenticated the way the library authenticates at the token endpoint."""
        answer = self.session.request(
            "POST",
            metadata["device_authorization_endpoint"],
            data={"scope": SCOPE},
            auth=self.session.client_auth(self.session.token_endpoint_auth_method),
            withhold_token=True,
        )
        assert answer.status_code == 200, answer.text
        started: dict[str, Any] = answer.json()
        return started

    def poll(self, metadata: dict[str, Any], device_code: str) -> dict[str, Any]:
        """Ask for the tokens. Raises OAuthError with what the server says."""
        token: dict[str, Any] = self.session.fetch_token(
            metadata["token_endpoint"], grant_type=DEVICE_CODE, device_code=device_code
        )
        return token

    def sign_in(self, metadata: dict[str, Any], approval: Callable[[str], None]) -> dict[str, Any]:
        """The whole device flow."""
        started = self.start(metadata)
        approval(started["user_code"])
        return self.poll(metadata, started["device_code"])


def over_requests(registered: dict[str, Any], method: str) -> Session:
    session = OAuth2Session(
        registered["client_id"], registered["client_secret"], token_endpoint_auth_method=method
    )
    session.hooks["response"].append(
        lambda answer, **_: held_to_the_contract(
            answer.request.method, answer.url, answer.status_code, answer.headers, answer.content
        )
    )
    return session


def over_httpx(registered: dict[str, Any], method: str) -> Session:
    def checked(answer: httpx.Response) -> None:
        answer.read()
        held_to_the_contract(
            answer.request.method, str(answer.url), answer.status_code, answer.headers, answer.content
        )

    return OAuth2Client(
        registered["client_id"],
        registered["client_secret"],
        token_endpoint_auth_method=method,
        event_hooks={"response": [checked]},
    )


@pytest.fixture(params=["client_secret_basic", "client_secret_post"])
def method(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[over_requests, over_httpx])
def library(
    request: pytest.FixtureRequest, metadata: dict[str, Any], person: Person, method: str
) -> Iterator[Library]:
    """A session of a new instance in the person's workspace, registered as RFC 7591 says."""
    wanted = {
        "client_name": "Authlib",
        "grant_types": GRANT_TYPES,
        "scope": SCOPE,
        "token_endpoint_auth_method": method,
        "instance_registration_key": person.key,
    }
    answer = httpx.post(metadata["registration_endpoint"], json=wanted)
    assert answer.status_code == 201, answer.text
    registered = answer.json()
    assert registered["token_endpoint_auth_method"] == method
    session = request.param(registered, method)
    yield Library(session, registered)
    session.close()


@pytest.mark.promise("N5")
class TestDiscovery:
    def test_the_metadata_is_what_authlib_calls_valid(self, server: ServerProcess) -> None:
        document = httpx.get(get_well_known_url(server.url, external=True)).json()
        found = AuthorizationServerMetadata(document)
        # https matters only beyond this machine; Authlib wants it of everyone.
        for member in AuthorizationServerMetadata.REGISTRY_KEYS:
            if member in document and member != "issuer" and "endpoint" not in member:
                getattr(found, f"validate_{member}")()
        assert document["issuer"] == server.url

    def test_openid_clients_find_the_same(self, server: ServerProcess, metadata: dict[str, Any]) -> None:
        assert httpx.get(f"{metadata['issuer']}/.well-known/openid-configuration").json() == metadata


@pytest.mark.promise("N5")
class TestDeviceFlow:
    def test_ends_with_tokens_that_work(
        self, library: Library, metadata: dict[str, Any], approval: Callable[[str], None], person: Person
    ) -> None:
        token = library.sign_in(metadata, approval)
        assert token["token_type"] == "Bearer"
        assert token["scope"].split() == SCOPE.split()
        profile = library.session.get(f"{metadata['issuer']}/instance/user/profile")
        assert (profile.status_code, profile.json()["id"]) == (200, person.id)

    def test_waits_as_long_as_nobody_has_decided(
        self, library: Library, metadata: dict[str, Any], approval: Callable[[str], None]
    ) -> None:
        started = library.start(metadata)
        with pytest.raises(OAuthError, match="authorization_pending"):
            library.poll(metadata, started["device_code"])
        approval(started["user_code"])
        assert library.poll(metadata, started["device_code"])["access_token"]

    def test_a_code_is_good_once(
        self, library: Library, metadata: dict[str, Any], approval: Callable[[str], None]
    ) -> None:
        started = library.start(metadata)
        approval(started["user_code"])
        library.poll(metadata, started["device_code"])
        with pytest.raises(OAuthError, match="invalid_grant"):
            library.poll(metadata, started["device_code"])


@pytest.mark.promise("N5")
class TestTokens:
    def test_refresh_rotates(
        self, library: Library, metadata: dict[str, Any], approval: Callable[[str], None]
    ) -> None:
        first = dict(library.sign_in(metadata, approval))
        second = library.session.refresh_token(metadata["token_endpoint"], first["refresh_token"])
        assert second["access_token"] != first["access_token"]
        assert second["refresh_token"] != first["refresh_token"]
        third = library.session.refresh_token(metadata["token_endpoint"])
        assert third["refresh_token"] not in (first["refresh_token"], second["refresh_token"])
        assert library.session.get(f"{metadata['issuer']}/instance/user/session").status_code == 200

    def test_introspection_and_revocation(
        self, library: Library, metadata: dict[str, Any], approval: Callable[[str], None], person: Person
    ) -> None:
        token = dict(library.sign_in(metadata, approval))
        assert self.introspected(library, metadata, token) | {"active": True, "sub": person.id} == (
            self.introspected(library, metadata, token)
        )
        revoked = library.session.revoke_token(
            metadata["revocation_endpoint"], token["refresh_token"], token_type_hint="refresh_token"
        )
        assert revoked.status_code == 200
        assert self.introspected(library, metadata, token) == {"active": False}
        assert library.session.get(f"{metadata['issuer']}/instance/user/session").status_code == 401
        with pytest.raises(OAuthError, match="invalid_grant"):
            library.session.refresh_token(metadata["token_endpoint"], token["refresh_token"])

    def test_the_instance_has_a_token_of_its_own(self, library: Library, metadata: dict[str, Any]) -> None:
        token = library.session.fetch_token(metadata["token_endpoint"], grant_type="client_credentials")
        assert token["scope"] == "instance"
        assert library.session.post(f"{metadata['issuer']}/instance/alive").status_code == 200

    def introspected(
        self, library: Library, metadata: dict[str, Any], token: dict[str, Any]
    ) -> dict[str, Any]:
        answer: dict[str, Any] = library.session.introspect_token(
            metadata["introspection_endpoint"], token["access_token"], token_type_hint="access_token"
        ).json()
        return answer


@pytest.mark.promise("N5")
def test_a_wrong_secret_is_invalid_client(library: Library, metadata: dict[str, Any], method: str) -> None:
    wrong = OAuth2Session(library.registration["client_id"], "wrong", token_endpoint_auth_method=method)
    with pytest.raises(OAuthError, match="invalid_client"):
        wrong.fetch_token(metadata["token_endpoint"], grant_type="client_credentials")
