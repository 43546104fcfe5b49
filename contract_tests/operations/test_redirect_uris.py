"""Redirect addresses: which of them a client may register, which a request may name, and what is shown."""

from __future__ import annotations

import pytest

from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.code_flow import (
    CALLBACK,
    CODE_GRANT_TYPES,
    Headers,
    Proof,
    ask,
    handle_of,
    information,
    refused_at_home,
    register,
    started,
)
from contract_tests.harness.instances import SCOPE, Instance
from contract_tests.harness.people import Person

LOOPBACK = "http://127.0.0.1/callback"
APP = "com.example.app:/callback"


class TestRegisterClient:
    @pytest.mark.parametrize(
        "uri",
        [
            "https://tool.example/callback?tenant=7",
            "https://tool.example:8443",
            "http://127.0.0.1/callback",
            "http://[::1]:9000/callback",
            "http://localhost:9000/",
            "com.example.app:/callback",
            "com.example.app:/",
        ],
    )
    def test_takes_addresses_that_an_answer_can_go_to(
        self, client: CheckedClient, ada: Person, uri: str
    ) -> None:
        tool = register(client, key=ada.key, redirect_uris=(uri,))
        assert ask(tool, Proof(), redirect_uri=uri).status_code == 302

    @pytest.mark.parametrize(
        "uri",
        [
            "http://tool.example/callback",
            "https://tool.example/callback#top",
            "https://tool.example/callback#",
            "https://user@tool.example/",
            "https://user:secret@tool.example/",
            "http://127.0.0.1:80@evil.example/",
            "http://localhost:80@evil.example/",
            "http://localhost.evil.example/",
            "http://127.0.0.1.evil.example/",
            "http://127.1/",
            "http://2130706433/",
            "http://0.0.0.0/",
            "http://[::]/",
            "http://127.0.0.1:99999/",
            "http://127.0.0.1:/",
            "https://tool.example\\@evil.example/",
            "https://tool.example/\\..\\x",
            "https://tool.example/a b",
            "https://tool.example/\ta",
            "https://tool.example/\n",
            "https://tool.example/%zz",
            "https://tööl.example/",
            "https://tool%2eexample/",
            "https://tool..example/",
            "https://tool.example./",
            "https://.tool.example/",
            "https://-tool.example/",
            "https://192.0.2/",
            "https://0x7f.1/",
            "https://tool.0x1/",
            "https://192.0.2.01/",
            "https://[1::2::3]/",
            "https://[192.0.2.1]/",
            "https:tool.example",
            "https:/tool.example",
            "https:///tool.example",
            "//tool.example/",
            "/callback",
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "javascript://tool.example/%0aalert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "vbscript:x",
            "about:blank",
            "app:/callback",
            "com.example.app://callback",
            "com.example.app:callback",
            "com..example:/callback",
            ".com.example:/callback",
            "urn:ietf:wg:oauth:2.0:oob",
            "*",
        ],
    )
    def test_refuses_every_other(self, client: CheckedClient, ada: Person, uri: str) -> None:
        body = {
            "grant_types": CODE_GRANT_TYPES,
            "scope": SCOPE,
            "instance_registration_key": ada.key,
            "redirect_uris": [CALLBACK, uri],
        }
        answer = client.post("/oauth2/register", json=body)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_redirect_uri")

    def test_gives_codes_only_to_whoever_has_an_address_for_them(
        self, client: CheckedClient, ada: Person
    ) -> None:
        body = {
            "grant_types": CODE_GRANT_TYPES,
            "scope": SCOPE,
            "instance_registration_key": ada.key,
        }
        without = client.post("/oauth2/register", json=body).json()
        assert without["grant_types"] == CODE_GRANT_TYPES[1:]
        with_one = client.post("/oauth2/register", json={**body, "redirect_uris": [CALLBACK]}).json()
        assert with_one["grant_types"] == CODE_GRANT_TYPES
        alone = client.post("/oauth2/register", json={**body, "grant_types": CODE_GRANT_TYPES[:1]})
        assert (alone.status_code, alone.json()["error"]) == (400, "invalid_client_metadata")

    def test_an_update_asks_the_same(self, client: CheckedClient, tool: Instance, ada: Person) -> None:
        def restated(instance: Instance) -> list[str]:
            body = {**instance.credentials, "grant_types": CODE_GRANT_TYPES, "scope": SCOPE}
            found: list[str] = client.put(f"/oauth2/register/{instance.client_id}", json=body).json()[
                "grant_types"
            ]
            return found

        assert restated(tool) == CODE_GRANT_TYPES
        assert restated(Instance.register(client, key=ada.key)) == CODE_GRANT_TYPES[1:]


class TestAuthorize:
    @pytest.mark.parametrize(
        "uri",
        [
            "https://evil.example/callback",
            "https://tool.example/callback/",
            "https://tool.example/callback?",
            "https://tool.example/callback?next=https://evil.example",
            "https://tool.example/callback#x",
            "https://tool.example/callback/../evil",
            "https://tool.example/..;/callback",
            "https://tool.example/%63allback",
            "https://tool.example:443/callback",
            "https://TOOL.example/callback",
            "HTTPS://tool.example/callback",
            "http://tool.example/callback",
            "https://tool.example./callback",
            "https://tool.example@evil.example/callback",
            "https://tool.example%40evil.example/callback",
            "https://evil.example\\@tool.example/callback",
            "https://tool.example\t/callback",
            " https://tool.example/callback",
            "//tool.example/callback",
            "/callback",
            "javascript:alert(1)",
            "\uff48ttps://tool.example/callback",
        ],
    )
    def test_an_address_that_differs_in_anything_is_sent_nobody(
        self, tool: Instance, proof: Proof, uri: str
    ) -> None:
        refused_at_home(ask(tool, proof, redirect_uri=uri))

    @pytest.mark.parametrize(
        "uri", ["http://127.0.0.1:51004/callback", "http://127.0.0.1/callback", "http://127.0.0.1:1/callback"]
    )
    def test_a_program_on_the_persons_machine_may_have_any_port(
        self, client: CheckedClient, ada: Person, proof: Proof, uri: str
    ) -> None:
        tool = register(client, key=ada.key, redirect_uris=(LOOPBACK,))
        handle_of(ask(tool, proof, redirect_uri=uri))

    @pytest.mark.parametrize(
        "uri",
        [
            "http://127.0.0.1:51004/callback/",
            "http://127.0.0.1:51004/",
            "http://127.0.0.1:51004/callback?x=1",
            "http://127.0.0.2:51004/callback",
            "http://localhost:51004/callback",
            "http://[::1]:51004/callback",
            "https://127.0.0.1:51004/callback",
            "http://127.0.0.1:51004@evil.example/callback",
            "http://127.0.0.1:@evil.example/callback",
            "http://127.0.0.1.evil.example:51004/callback",
            "http://127.0.0.1:99999/callback",
            "http://127.0.0.1:٣٣/callback",
            "http://127.0.0.1:/callback",
            "http://127.0.0.1:-1/callback",
            "http://0x7f.0.0.1:51004/callback",
            "http://127.0.0.1:51004\\@evil.example/callback",
        ],
    )
    def test_nothing_else_of_such_an_address_may_differ(
        self, client: CheckedClient, ada: Person, proof: Proof, uri: str
    ) -> None:
        tool = register(client, key=ada.key, redirect_uris=(LOOPBACK,))
        refused_at_home(ask(tool, proof, redirect_uri=uri))

    def test_the_port_of_any_other_address_may_not_differ(
        self, client: CheckedClient, ada: Person, proof: Proof
    ) -> None:
        tool = register(client, key=ada.key, redirect_uris=("https://127.0.0.1/callback", APP))
        for uri in (
            "https://127.0.0.1:8443/callback",
            "com.example.app:80/callback",
            "com.example.app2:/callback",
        ):
            refused_at_home(ask(tool, proof, redirect_uri=uri))


class TestAuthorizationInformation:
    @pytest.mark.parametrize(
        ("uri", "shown"),
        [
            ("https://tool.example:8443/x", {"kind": "web", "host": "tool.example:8443"}),
            ("https://127.0.0.1/x", {"kind": "web", "host": "127.0.0.1"}),
            ("http://127.0.0.1:51004/callback", {"kind": "loopback", "host": "127.0.0.1:51004"}),
            ("http://[::1]/callback", {"kind": "loopback", "host": "[::1]"}),
            (APP, {"kind": "app", "host": "com.example.app"}),
        ],
    )
    def test_tells_where_the_answer_goes(
        self,
        client: CheckedClient,
        ada: Person,
        proof: Proof,
        her: Headers,
        uri: str,
        shown: dict[str, str],
    ) -> None:
        tool = register(client, key=ada.key, redirect_uris=(uri,))
        handle = started(tool, proof, redirect_uri=uri)
        assert information(client, her, handle).json()["redirect"] == shown
