"""oidc-agent, which holds the tokens of a person at a desk, against a server on https.

It wants OpenID's discovery document, names `openid` and `offline_access` in every request, repeats its scopes
when it refreshes, keeps the rotated refresh token on disk, and revokes it when the account is deleted.
"""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from contract_tests.clients.conftest import Cloud
from contract_tests.clients.desktop_agent import DesktopAgent, is_installed
from contract_tests.harness.instances import Instance, bearer

pytestmark = pytest.mark.skipif(
    not is_installed(), reason="no oidc-agent is installed (Debian: apt-get install oidc-agent-cli)"
)

SCOPE = "profile:read offline"


@pytest.fixture
def instance(cloud: Cloud) -> Instance:
    return Instance.register(cloud.client, key=cloud.person.key, scope=SCOPE)


def answer_to(cloud: Cloud, token: str) -> httpx.Response:
    return cloud.client.get("/instance/user/session", headers=bearer(token))


@pytest.mark.promise("N5")
class TestOidcAgent:
    def test_signs_in_refreshes_comes_back_and_revokes(
        self, cloud: Cloud, instance: Instance, tmp_path: Path
    ) -> None:
        home = tmp_path / "home"
        with DesktopAgent(home) as agent:
            agent.sign_in(cloud, instance, SCOPE)
            first = agent.token()
            session = answer_to(cloud, first)
            assert (session.status_code, set(session.json()["scopes"])) == (200, set(SCOPE.split()))
            assert agent.token("--all").splitlines()[:2] == [first, f"{cloud.url}/"]
            refreshed = [agent.token("--force-new") for _ in range(2)]
            assert len({first, *refreshed}) == 3
            assert answer_to(cloud, refreshed[-1]).status_code == 200

        with DesktopAgent(home) as agent:  # after the machine was off: only what lies on disk is left
            agent.load()
            back = agent.token()
            assert answer_to(cloud, back).status_code == 200
            agent.forget()
        assert answer_to(cloud, back).status_code == 401
