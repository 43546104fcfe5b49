"""Which certificates a server starts with, and how it takes over a renewed one while it runs."""

from __future__ import annotations

import shutil
import socket
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from api.serve.tls import Unusable, load
from api.settings import BadSetting, Settings
from contract_tests.conftest import StartServer
from contract_tests.harness.server import ServerProcess
from contract_tests.serve.test_start import refusal
from contract_tests.serve.test_stop import eventually
from contract_tests.transport.authority import DAY, Authority, PairFiles, elliptic_key, rsa_key
from contract_tests.transport.stalling import address_of

WORKERS = 2


def settings(**given: str) -> Settings:
    return Settings.from_environment(given, environment={})


def sentence_about(pair: PairFiles) -> str:
    with pytest.raises(Unusable) as refused:
        load(pair.certificate, pair.key, now=datetime.now(UTC))
    return str(refused.value)


@pytest.mark.promise("C17")
class TestRefusesToStart:
    def test_with_a_certificate_that_has_expired(
        self, start_server: StartServer, authority: Authority
    ) -> None:
        pair = authority.issue("expired", begins=-2 * DAY, ends=-DAY)
        server = start_server(wait=False, **pair.flags)
        assert refusal(server).startswith(
            "The certificate that --tls-cert (CANDOR_TLS_CERT) names expired on "
        )
        assert not server.data_dir.exists()

    def test_with_half_of_a_pair(self, tmp_path: Path, authority: Authority) -> None:
        pair = authority.issue("half")
        server = ServerProcess(tmp_path / "data", variables={"CANDOR_TLS_KEY": str(pair.key)})
        assert refusal(server).startswith("--tls-cert (CANDOR_TLS_CERT) is missing")
        assert not server.data_dir.exists()

    @pytest.mark.parametrize("missing", ["tls_cert", "tls_key"])
    def test_with_either_half_missing(self, authority: Authority, missing: str) -> None:
        given = authority.issue("half").flags
        del given[missing]
        with pytest.raises(BadSetting, match=missing.replace("_", "-")):
            settings(**given)

    @pytest.mark.parametrize("name", ["tls_cert", "tls_key"])
    @pytest.mark.parametrize("place", ["no/such/file", "."])
    def test_with_a_file_that_is_not_there(self, authority: Authority, name: str, place: str) -> None:
        variables = {
            f"CANDOR_{key.upper()}": value
            for key, value in (authority.issue("none").flags | {name: place}).items()
        }
        with pytest.raises(BadSetting, match=f"CANDOR_{name.upper()} must be a file"):
            Settings.from_environment(environment=variables)

    def test_with_a_public_address_without_tls(self, authority: Authority) -> None:
        with pytest.raises(BadSetting, match="--public-url"):
            settings(public_url="http://cloud.example.org", **authority.issue("plain").flags)

    def test_with_files_that_are_something_else(self, authority: Authority) -> None:
        pair = authority.issue("other")
        assert "--tls-cert" in sentence_about(PairFiles(pair.key, pair.key))
        assert "--tls-key" in sentence_about(PairFiles(pair.certificate, pair.certificate))

    def test_with_the_key_of_another_certificate(self, authority: Authority) -> None:
        one, another = authority.issue("one"), authority.issue("another", key=rsa_key())
        assert "does not belong" in sentence_about(PairFiles(one.certificate, another.key))

    def test_with_a_key_under_a_password(self, authority: Authority) -> None:
        assert "is encrypted" in sentence_about(authority.issue("locked", password=b"secret"))

    def test_with_a_key_that_is_too_small(self, authority: Authority) -> None:
        assert "EE_KEY_TOO_SMALL" in sentence_about(authority.issue("small", key=rsa_key(1024)))

    def test_with_a_certificate_of_tomorrow(self, authority: Authority) -> None:
        assert "is not valid before" in sentence_about(authority.issue("tomorrow", begins=DAY))


class TestDerived:
    def test_the_public_address_follows(self, authority: Authority) -> None:
        pair = authority.issue("derived").flags
        assert settings(**pair).public_url == "https://127.0.0.1:8080"
        assert settings(**pair, public_url="https://a.example").public_url == "https://a.example"
        assert settings().public_url == "http://127.0.0.1:8080"


class TestRenewal:
    def test_is_taken_over_by_every_worker_without_breaking_a_connection(
        self, start_server: StartServer, authority: Authority
    ) -> None:
        pair = authority.issue("renewed", key=rsa_key())
        server = start_server(**pair.flags, workers=WORKERS)
        before, after = pair.serial_number, authority.issue("next", key=elliptic_key())
        assert presented(server, authority) == {before}
        with _connection(server, authority) as kept:
            _ask(kept)
            shutil.copy(after.certificate, pair.certificate)
            eventually(
                lambda: _logged(server, "certificate_not_renewed") == WORKERS, "half a pair is noticed"
            )
            assert presented(server, authority) == {before}
            shutil.copy(after.key, pair.key)
            eventually(lambda: _logged(server, "certificate_renewed") == WORKERS, "the pair is taken over")
            assert presented(server, authority) == {after.serial_number}
            _ask(kept)
        assert _fields(server, "certificate_not_renewed") == {"reason": "mismatched"}


def presented(server: ServerProcess, authority: Authority) -> set[int]:
    """The certificates that a number of new connections are shown, without a host name in the greeting."""
    found = set()
    for _ in range(12):
        with _connection(server, authority) as connection:
            shown = connection.getpeercert(binary_form=True)
            assert shown is not None
            found.add(x509.load_der_x509_certificate(shown).serial_number)
    return found


def _connection(server: ServerProcess, authority: Authority) -> ssl.SSLSocket:
    connection = socket.create_connection(address_of(server), timeout=30)
    return authority.client_context().wrap_socket(connection, server_hostname="127.0.0.1")


def _ask(connection: ssl.SSLSocket) -> None:
    connection.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
    answer = b""
    while not answer.endswith(b"}"):  # the head and the body may come one by one
        answer += connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 200 OK")


def _logged(server: ServerProcess, event: str) -> int:
    return sum(each["event"] == event for each in server.events)


def _fields(server: ServerProcess, event: str) -> Mapping[str, object]:
    found = next(each for each in server.events if each["event"] == event)
    return {name: value for name, value in found.items() if name not in ("at", "level", "event")}
