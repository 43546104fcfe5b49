"""The README's nginx in front of a running server: addresses are the client's, answers are the server's."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from contract_tests.conftest import StartServer
from contract_tests.harness.administration import Administration
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.instances import Instance, approve, information
from contract_tests.harness.people import Person
from contract_tests.readme.operating import blocks
from contract_tests.serve.test_stop import eventually
from contract_tests.storage.cluster import SharedCluster
from contract_tests.transport.authority import Authority, PairFiles

CLIENT = "127.0.0.2"  # on this machine, and another address than nginx has

FORGED = {
    "X-Forwarded-For": "203.0.113.9, 127.0.0.1",
    "CF-Connecting-IP": "203.0.113.9",
    "X-Real-IP": "203.0.113.9",
}

WRAPPED = """
daemon off;
master_process off;
pid {place}/nginx.pid;
error_log {place}/error.log;
events {{}}
http {{
    client_body_temp_path {place}/body;
    proxy_temp_path {place}/proxy;
    fastcgi_temp_path {place}/fastcgi;
    uwsgi_temp_path {place}/uwsgi;
    scgi_temp_path {place}/scgi;
    {given}
}}
"""


@dataclass(frozen=True)
class Front:
    """A server behind nginx."""

    client: CheckedClient
    url: str
    admin: Administration


def configuration(place: Path, pair: PairFiles, *, upstream: str, port: int) -> Path:
    """The README's block with the addresses and files of this test; everything else as it is printed."""
    (given,) = blocks("nginx")
    for printed, ours in {
        "127.0.0.1:8080": upstream,
        "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        "/etc/ssl/cloud.example.org/chain.pem": str(pair.certificate),
        "/etc/ssl/cloud.example.org/key.pem": str(pair.key),
    }.items():
        assert given.count(printed) == 1, printed
        given = given.replace(printed, ours)
    file = place / "nginx.conf"
    file.write_text(WRAPPED.format(place=place, given=given))
    return file


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@pytest.fixture
def front(
    start_server: StartServer, cluster: SharedCluster, migrated: str, tmp_path: Path
) -> Iterator[Front]:
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        pytest.skip("no nginx is installed (Debian: apt-get install nginx-light)")
    authority = Authority(tmp_path)
    port, database_url = free_port(), cluster.create_database("front", like=migrated)
    server = start_server(
        database_url=database_url,
        public_url=f"https://localhost:{port}",
        variables={"CANDOR_TRUSTED_PROXIES": "127.0.0.1"},
    )
    file = configuration(
        tmp_path, authority.issue("front"), upstream=server.url.removeprefix("http://"), port=port
    )
    nginx = subprocess.Popen([program, "-p", str(tmp_path), "-c", str(file)], stderr=subprocess.DEVNULL)
    try:
        eventually(lambda: accepts(port), "nginx listens")
        url = f"https://localhost:{port}"
        transport = httpx.HTTPTransport(verify=authority.client_context(), local_address=CLIENT)
        with CheckedClient(base_url=url, transport=transport, timeout=30) as client:
            yield Front(client, url, Administration(database_url))
    finally:
        nginx.terminate()
        nginx.wait(30)


def accepts(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.promise("C15")
def test_behind_nginx_everything_is_as_without(front: Front) -> None:
    metadata = front.client.get("/.well-known/oauth-authorization-server").json()
    assert metadata["issuer"] == front.url

    person = Person.create(front.admin, "ada")
    front.client.headers.update(FORGED)
    instance = Instance.register(front.client, key=person.key)
    flow = instance.start_device_flow()
    seen = information(front.client, person.pat, flow.user_code).json()
    assert seen["requested_from"] == CLIENT  # whom nginx has seen, and not what the client wrote
    assert approve(front.client, person.pat, flow.user_code).status_code == 200
    assert instance.poll(flow).status_code == 200

    for _ in range(50):  # over connections that are kept
        assert front.client.get("/health").status_code == 200
    too_large = front.client.post(
        "/oauth2/token",
        content=b"a=" + b"b" * 1_500_000,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert too_large.status_code == 413
    assert too_large.json()["error"] == "content_too_large"  # the contract's answer, not the proxy's
