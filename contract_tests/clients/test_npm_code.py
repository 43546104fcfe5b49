"""openid-client and oauth4webapi in the authorization code flow, on Node and over https."""

from __future__ import annotations

import pytest

from contract_tests.clients import node
from contract_tests.clients.conftest import Cloud
from contract_tests.clients.node import Report
from contract_tests.harness.code_flow import CODE_GRANT_TYPES
from contract_tests.harness.npm import NodeMissing, expected_here

SCOPE = "profile:read offline"
REGISTERED, CALLBACK = "http://127.0.0.1/callback", "http://127.0.0.1:51004/callback"


@pytest.fixture(
    scope="module",
    params=[
        (program, method)
        for program in ("openid-client-code.js", "oauth4webapi-code.js")
        for method in ("client_secret_basic", "client_secret_post")
    ],
    ids="-".join,
)
def report(request: pytest.FixtureRequest, cloud: Cloud) -> Report:
    program, method = request.param
    registration = {
        "client_name": program,
        "grant_types": CODE_GRANT_TYPES,
        "redirect_uris": [REGISTERED],
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
            callback=CALLBACK,
            resource=f"{cloud.url}/instance/user/session",
        )
    except NodeMissing as missing:
        if expected_here():
            raise
        pytest.skip(str(missing))


class TestClientsFromNpm:
    def test_find_what_they_need(self, report: Report) -> None:
        assert (report["supportsPKCE"], report["grants"]) == (True, CODE_GRANT_TYPES)

    def test_sign_a_person_in(self, report: Report) -> None:
        tokens = report["signedIn"]
        assert (tokens["token_type"], tokens["scope"], report["session"]) == ("bearer", SCOPE, 200)
        assert report["refreshed"]["refresh_token"] != tokens["refresh_token"]

    def test_lose_everything_with_a_code_used_twice(self, report: Report) -> None:
        assert report["codeUsedTwice"]["error"] == "invalid_grant"
        assert report["introspection"] == {"active": False}

    def test_get_nothing_for_a_code_of_another_sign_in(self, report: Report) -> None:
        assert report["injectedCode"]["error"] == "invalid_grant"

    def test_see_that_an_answer_comes_from_elsewhere(self, report: Report) -> None:
        assert report["otherIssuer"]["error"] not in (None, "invalid_grant")
