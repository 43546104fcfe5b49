"""What the server publishes: the contract byte for byte, releases, packages, discovery, the security
contact, health.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest
import yaml

from contract_tests.harness.administration import Administration
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.contract import CONTRACT


class TestOpenapiYaml:
    @pytest.mark.promise("C2")
    def test_is_the_file_byte_for_byte(self, client: CheckedClient) -> None:
        answer = client.get("/openapi.yaml")
        assert answer.content == CONTRACT.read_bytes()
        assert answer.headers["ETag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'

    def test_answers_304_to_a_client_that_has_it(self, client: CheckedClient) -> None:
        etag = client.get("/openapi.yaml").headers["ETag"]
        for held in (etag, f"W/{etag}", f'"other", {etag}', "*"):
            again = client.get("/openapi.yaml", headers={"If-None-Match": held})
            assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", etag)
        assert client.get("/openapi.yaml", headers={"If-None-Match": '"other"'}).status_code == 200

    def test_head_has_the_same_headers_and_no_body(self, client: CheckedClient) -> None:
        head, get = client.head("/openapi.yaml"), client.get("/openapi.yaml")
        assert head.content == b""
        for name in ("ETag", "Content-Length", "Content-Type", "Cache-Control"):
            assert head.headers[name] == get.headers[name]


class TestOpenapiJson:
    @pytest.mark.promise("C2")
    def test_means_the_same_as_the_yaml(self, client: CheckedClient) -> None:
        answer = client.get("/openapi.json")
        assert answer.json() == yaml.load(CONTRACT.read_bytes(), Loader=yaml.CSafeLoader)
        assert (
            client.get("/openapi.json", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
        )


class TestEveryPath:
    def test_options_and_allow_name_exactly_the_declared_methods(self, client: CheckedClient) -> None:
        document = yaml.load(CONTRACT.read_bytes(), Loader=yaml.CSafeLoader)
        for path, item in document["paths"].items():
            methods = {
                method.upper() for method in item if method in ("get", "put", "post", "delete", "patch")
            }
            where = re.sub(r"\{[^}]+\}", "x", path)
            options = client.options(where)
            assert options.status_code == 204
            refused = client.request("PATCH", where)
            assert refused.status_code == 405
            for answer in (options, refused):
                assert {each.strip() for each in answer.headers["Allow"].split(",")} == methods

    def test_there_is_nothing_beside_the_contract(self, client: CheckedClient) -> None:
        for path in (
            "/",
            "/metrics",
            "/readyz",
            "/admin",
            "/openapi.yaml/",
            "/swagger.json",
            "/ui",
            "/docs/",
            "//docs",
        ):
            assert client.get(path).status_code == 404


class TestLatestReleaseAndPackages:
    def test_a_published_release_is_answered_and_cacheable(
        self, client: CheckedClient, admin: Administration, tmp_path: Path
    ) -> None:
        release = {
            "id": "newest-of-all",
            "version": "9.9.9",
            "released_at": "2099-11-20T09:00:00Z",
            "links": [
                {
                    "arch": "x86_64",
                    "display": "Linux",
                    "format": "tar.gz",
                    "hash": "sha256:00",
                    "kind": "cli",
                    "link": "https://downloads.example/tool.tar.gz",
                    "os": "linux",
                    "platform": "linux-x86_64",
                }
            ],
        }
        file = tmp_path / "release.json"
        file.write_text(json.dumps(release))
        admin.run("release", "publish", str(file))
        answer = client.get("/releases/latest")
        assert answer.json() == release
        assert (
            client.get("/releases/latest", headers={"If-None-Match": answer.headers["ETag"]}).status_code
            == 304
        )

    def test_packages_can_be_asked_for_by_kind(self, client: CheckedClient) -> None:
        assert client.get("/store/packages", params={"kind": "official"}).status_code == 200
        assert client.get("/store/packages", params={"kind": "nonsense"}).status_code == 400


class TestAuthorizationServerMetadata:
    def test_names_endpoints_that_answer(self, client: CheckedClient) -> None:
        metadata = client.get("/.well-known/oauth-authorization-server").json()
        assert metadata == client.get("/.well-known/openid-configuration").json()
        assert metadata["issuer"] == str(client.base_url).rstrip("/")
        for name, address in metadata.items():
            if name.endswith("_endpoint"):
                assert client.post(address).status_code in (400, 401, 415)


class TestSecurityContact:
    @pytest.mark.promise("C19")
    def test_says_whom_to_tell_and_until_when(self, client: CheckedClient) -> None:
        answer = client.get("/.well-known/security.txt")
        fields = dict(line.split(": ", 1) for line in answer.text.splitlines())
        assert fields["Contact"].startswith(("mailto:", "https://"))
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT00:00:00Z", fields["Expires"])


class TestHealth:
    def test_is_ok(self, client: CheckedClient) -> None:
        assert client.get("/health").json()["status"] == "ok"

    def test_refuses_unknown_parameters(self, client: CheckedClient) -> None:
        assert client.get("/health", params={"verbose": "1"}).status_code == 400
