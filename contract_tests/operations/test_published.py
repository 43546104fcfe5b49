"""What the server publishes: the contract byte for byte, releases, packages, discovery, the security
contact, health.
"""

from __future__ import annotations

import hashlib
import json
import re
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from contract_tests.harness.administration import Administration
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.contract import CONTRACT
from contract_tests.harness.server import ServerProcess
from handlers.content_coding import takes_gzip


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

    @pytest.mark.parametrize("path", ["/openapi.json", "/device", "/assets/candor.css"])
    def test_each_coding_has_its_own_tag(self, client: CheckedClient, path: str) -> None:
        plain = client.get(path, headers={"Accept-Encoding": "identity"})
        coded = client.get(path, headers={"Accept-Encoding": "br, gzip;q=0.5"})
        assert "Content-Encoding" not in plain.headers
        assert coded.headers["Content-Encoding"] == "gzip"
        assert coded.content == plain.content  # as httpx has decoded it
        assert int(coded.headers["Content-Length"]) < len(plain.content) / 2
        assert plain.headers["ETag"] == f'"{hashlib.sha256(plain.content).hexdigest()}"'
        assert plain.headers["Vary"] == coded.headers["Vary"] == "Accept-Encoding"
        held = {"If-None-Match": coded.headers["ETag"]}
        assert client.get(path, headers={**held, "Accept-Encoding": "gzip"}).status_code == 304
        assert client.get(path, headers={**held, "Accept-Encoding": "identity"}).status_code == 200

    @pytest.mark.promise("C2")
    def test_the_yaml_is_never_coded(self, client: CheckedClient) -> None:
        answer = client.get("/openapi.yaml", headers={"Accept-Encoding": "gzip"})
        assert "Content-Encoding" not in answer.headers
        assert int(answer.headers["Content-Length"]) == len(CONTRACT.read_bytes())


class TestTakesGzip:
    @pytest.mark.parametrize(
        "said",
        ["gzip", "GZIP", "x-gzip", "br, gzip", "gzip;q=0.001", "*", " deflate , gzip ; q=1.000", "gzip,"],
    )
    def test_who_asks_for_it_gets_it(self, said: str) -> None:
        assert takes_gzip(said)

    @pytest.mark.parametrize(
        "said",
        [None, "", "identity", "br", "gzip;q=0", "*;q=0", "*, gzip;q=0.0", "gzip;q=2", "gzip;x", "g z"],
    )
    def test_who_does_not_gets_it_as_it_is(self, said: str | None) -> None:
        assert not takes_gzip(said)


class TestAsset:
    def test_by_its_digest_it_is_kept_for_good(self, client: CheckedClient) -> None:
        (name,) = re.findall(r"/assets/(candor-[0-9a-f]{16}\.css)", client.get("/device").text)
        kept = client.get(f"/assets/{name}")
        asked_again = client.get("/assets/candor.css")
        assert kept.content == asked_again.content
        assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert asked_again.headers["Cache-Control"] == "public, max-age=0"


class TestFixedHeaders:
    FIXED = (
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
    )

    @pytest.mark.parametrize("path", ["/device", "/health", "/api/v1/user", "/nowhere", "/assets/candor.svg"])
    def test_every_answer_has_them_once(self, client: CheckedClient, path: str) -> None:
        answer = client.get(path)
        for name, value in self.FIXED:
            assert answer.headers.get_list(name) == [value]

    def test_a_refusal_of_what_is_no_http_has_them(self, server: ServerProcess) -> None:
        with socket.create_connection(_address(server), timeout=10) as connection:
            connection.sendall(b"nonsense\r\n\r\n")
            answer = connection.recv(65536).lower()
        for name, value in self.FIXED:
            assert f"{name}: {value}\r\n".lower().encode() in answer

    def test_what_says_nothing_of_caching_is_kept_by_nobody(self, client: CheckedClient) -> None:
        for path in ("/api/v1/user", "/nowhere"):
            assert client.get(path).headers.get_list("Cache-Control") == ["no-store"]
        assert client.options("/health").headers["Cache-Control"] == "no-store"


def _address(server: ServerProcess) -> tuple[str, int]:
    at = urlsplit(server.url)
    return str(at.hostname), int(at.port or 0)


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
            another = next(each for each in ("PATCH", "PUT", "DELETE") if each not in methods)
            refused = client.request(another, where)
            assert refused.status_code == 405
            for answer in (options, refused):
                assert {each.strip() for each in answer.headers["Allow"].split(",")} == methods

    def test_there_is_nothing_beside_the_contract(self, client: CheckedClient) -> None:
        for path in (
            "/metrics",
            "/readyz",
            "/admin",
            "/openapi.yaml/",
            "/swagger.json",
            "/ui",
            "/docs/",
            "//docs",
        ):
            assert client.get(str(client.base_url).rstrip("/") + path).status_code == 404


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
                assert client.post(address).status_code in (400, 401, 405, 415)


class TestSecurityContact:
    @pytest.mark.promise("C19")
    def test_says_whom_to_tell_and_until_when(self, client: CheckedClient) -> None:
        answer = client.get("/.well-known/security.txt")
        lines = (line for line in answer.text.splitlines() if not line.startswith("#"))
        fields = dict(line.split(": ", 1) for line in lines)
        assert fields["Contact"].startswith(("mailto:", "https://"))
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT00:00:00Z", fields["Expires"])


class TestHealth:
    def test_is_ok(self, client: CheckedClient) -> None:
        assert client.get("/health").json()["status"] == "ok"

    def test_refuses_unknown_parameters(self, client: CheckedClient) -> None:
        assert client.get("/health", params={"verbose": "1"}).status_code == 400
