"""openid-client and oauth4webapi, as their users write it, on Node and over https.

Each program goes the whole way once for each way of client authentication; the tests look at what it saw.
"""

from __future__ import annotations

from typing import Any

import pytest

from contract_tests.clients import node
from contract_tests.clients.conftest import Cloud
from contract_tests.clients.node import Report
from contract_tests.harness.instances import GRANT_TYPES
from contract_tests.harness.npm import NodeMissing, expected_here

SCOPE = "profile:read offline"


@pytest.fixture(
    scope="module",
    params=[
        (program, method)
        for program in ("openid-client.js", "oauth4webapi.js")
        for method in ("client_secret_basic", "client_secret_post")
    ],
    ids="-".join,
)
def report(request: pytest.FixtureRequest, cloud: Cloud) -> Report:
    program, method = request.param
    registration = {
        "client_name": program,
        "grant_types": GRANT_TYPES,
        "scope": SCOPE,
        "token_endpoint_auth_method": method,
        "instance_registration_key": cloud.person.key,
    }
    try:
        return node.run(
            program,
            cloud,
            issuer=cloud.url,
            registration=registration,
            scope=SCOPE,
            method=method,
            resource=f"{cloud.url}/instance/user/session",
        )
    except NodeMissing as missing:
        if expected_here():
            raise
        pytest.skip(str(missing))


def is_token_for(answer: dict[str, Any], scope: str) -> bool:
    return bool(answer["access_token"]) and (answer["token_type"], answer["scope"]) == ("bearer", scope)


@pytest.mark.promise("N5")
class TestClientsFromNpm:
    def test_discover_the_server_and_register(self, report: Report, cloud: Cloud) -> None:
        discovery = report["discovery"]
        assert (discovery["issuer"], discovery["grants"]) == (cloud.url, GRANT_TYPES)
        assert discovery.get("same", True)

    def test_sign_a_person_in(self, report: Report) -> None:
        assert is_token_for(report["signedIn"], SCOPE)
        assert report["signedIn"]["refresh_token"]
        assert report["session"] == 200
        assert report.get("waiting", {"error": "authorization_pending"})["error"] == "authorization_pending"

    def test_redeem_a_device_code_once(self, report: Report) -> None:
        assert report["codeUsedTwice"]["error"] == "invalid_grant"

    def test_ask_about_a_token(self, report: Report, cloud: Cloud) -> None:
        found = report["introspection"]
        assert (found["active"], found["sub"], found["scope"]) == (True, cloud.person.id, SCOPE)

    def test_rotate_refresh_tokens(self, report: Report) -> None:
        rotation = report["rotation"]
        assert all(is_token_for(each, SCOPE) for each in rotation)
        for kind in ("access_token", "refresh_token"):
            assert len({each[kind] for each in rotation}) == 3

    def test_lose_the_family_with_a_replay(self, report: Report) -> None:
        assert [report[name]["error"] for name in ("replay", "afterReplay")] == ["invalid_grant"] * 2

    def test_revoke(self, report: Report) -> None:
        assert report["revoked"] == {"active": False}
        assert report["afterRevocation"] == {"status": 401, "error": "invalid_token"}

    def test_have_a_token_of_their_own(self, report: Report) -> None:
        assert is_token_for(report["own"], "instance")
        assert report["wrongSecret"] == {"status": 401, "error": "invalid_client"}
