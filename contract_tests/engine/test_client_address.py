"""The client's address: the peer's, unless the peer is a trusted proxy."""

from ipaddress import ip_network
from typing import Any

import pytest

from api.client_address import client_address
from contract_tests.engine.conftest import Sample

TRUSTED = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


def found(peer: Any, forwarded: Any = None, connecting: Any = None, trusted: Any = TRUSTED) -> Any:
    headers = {}
    if forwarded is not None:
        headers[b"x-forwarded-for"] = forwarded.encode("latin-1")
    if connecting is not None:
        headers[b"cf-connecting-ip"] = connecting.encode("latin-1")
    return client_address(peer, headers, trusted)


class TestClientAddress:
    @pytest.mark.promise("C15")
    @pytest.mark.parametrize(
        ("peer", "forwarded", "expected"),
        [
            ("203.0.113.1", None, "203.0.113.1"),
            ("203.0.113.1", "198.51.100.7", "203.0.113.1"),  # not a proxy of ours: what it says is not read
            ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
            ("10.0.0.1", "6.6.6.6, 198.51.100.7", "198.51.100.7"),  # the client wrote the first one
            ("10.0.0.1", "198.51.100.7, 10.0.0.2, 10.0.0.3", "198.51.100.7"),
            ("10.0.0.1", "10.0.0.9, 10.0.0.2", "10.0.0.9"),
            ("10.0.0.1", "198.51.100.7, nonsense", "10.0.0.1"),
            ("10.0.0.1", "", "10.0.0.1"),
            ("10.0.0.1", "198.51.100.7:4711", "198.51.100.7"),
            ("10.0.0.1", "[2001:db8::7]:4711", "2001:db8::7"),
            ("fd00::1", "2001:DB8:0::7", "2001:db8::7"),
            ("::ffff:10.0.0.1", "::ffff:198.51.100.7", "198.51.100.7"),
            ("fe80::1%eth0", None, "fe80::1"),
            (None, "198.51.100.7", None),
            ("not an address", None, None),
        ],
    )
    def test_is_the_last_hop_that_somebody_trusted_has_seen(
        self, peer: Any, forwarded: Any, expected: Any
    ) -> None:
        assert found(peer, forwarded) == expected

    @pytest.mark.promise("C15")
    def test_cloudflares_header_counts_only_alone(self) -> None:
        assert found("10.0.0.1", connecting="198.51.100.7") == "198.51.100.7"
        assert found("10.0.0.1", "203.0.113.5", "198.51.100.7") == "203.0.113.5"
        assert found("203.0.113.1", connecting="198.51.100.7") == "203.0.113.1"
        assert found("10.0.0.1", connecting="6.6.6.6, 7.7.7.7") == "10.0.0.1"

    @pytest.mark.promise("C15")
    def test_without_trusted_proxies_no_header_is_read(self) -> None:
        assert found("10.0.0.1", "198.51.100.7", trusted=()) == "10.0.0.1"

    @pytest.mark.promise("C15")
    def test_reaches_handler_and_record(self, sample: Sample) -> None:
        body = b'{"name":"A"}'
        request = (
            b"POST /things HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
            b"X-Forwarded-For: 198.51.100.7\r\nContent-Length: %d\r\n\r\n" % len(body)
        ) + body
        assert sample.raw(request, source="127.0.0.2").json()["got"]["client_ip"] == "198.51.100.7"
        assert sample.surroundings.stored[-1] == ("call", "create_thing", "198.51.100.7")
        assert sample.raw(request).json()["got"]["client_ip"] == "127.0.0.1"
