"""Bytes that no client should send: never a 5xx, never a hang (behaviour 5)."""

import random
from contextlib import suppress
from typing import Any

import pytest

from contract_tests.engine.conftest import Sample

ODD = [
    b"GET /things HTTP/1.1\r\n\r\n",
    b"GET /things HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"GET /things HTTP/1.0\r\n\r\n",
    b"POST /things HTTP/1.1\r\nHost: t\r\nContent-Length: x\r\n\r\n",
    b"POST /things HTTP/1.1\r\nHost: t\r\nContent-Length: -1\r\n\r\n",
    b"POST /things HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    b"POST /things HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: x\r\n\r\n{}",
    b"POST /things HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
    b"GET /things?\x00 HTTP/1.1\r\nHost: t\r\n\r\n",
    b"GET /things%00 HTTP/1.1\r\nHost: t\r\n\r\n",
    b"GET /th\xc3\xa9 HTTP/1.1\r\nHost: t\r\n\r\n",
    b"GET http:///things HTTP/1.1\r\nHost: t\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: t\r\n\r\n",
    b"GET things HTTP/1.1\r\nHost: t\r\n\r\n",
    b"CONNECT t:80 HTTP/1.1\r\nHost: t\r\n\r\n",
    b"GET /things#fragment HTTP/1.1\r\nHost: t\r\n\r\n",
    b"GET /things HTTP/1.1\r\nHost: t\r\nAuthorization: \xff\r\n\r\n",
    b"GET /me HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer \xff\xfe\r\n\r\n",
    b"GET /things HTTP/1.1\r\nHost: t\r\nCookie: \xff\xfe;=;;\r\n\r\n",
    b"GET /things HTTP/1.1\r\nHost: t\r\nX-Colour: \xff\r\n\r\n",
    b"GET /published HTTP/1.1\r\nHost: t\r\nIf-None-Match: \xff\"\r\n\r\n",
    b"POST /things HTTP/1.1\r\nHost: t\r\nContent-Type: \xff\r\nContent-Length: 2\r\n\r\n{}",
    b"GET /things HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\n\r\n",
    b"GET /things HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nhello",
    b"\x16\x03\x01\x02\x00\x01\x00\x01",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET /" + b"a" * 30_000 + b" HTTP/1.1\r\nHost: t\r\n\r\n",
    b"GET /things?" + b"a=1&" * 5_000 + b" HTTP/1.1\r\nHost: t\r\n\r\n",
]  # fmt: skip


class TestOddBytes:
    @pytest.mark.parametrize("request_bytes", ODD, ids=lambda value: repr(value)[:50])
    def test_trap_25_get_a_clean_answer_or_a_closed_connection(
        self, sample: Sample, request_bytes: Any
    ) -> None:
        try:
            answer = sample.raw(request_bytes, half_close=True)
        except ConnectionError:
            return
        assert 200 <= answer.status < 500
        assert sample.surroundings.metrics.violations == []

    def test_trap_25_http_1_1_needs_one_host(self, sample: Sample) -> None:
        assert sample.raw(ODD[0]).codes() == [("/header/Host", "required")]
        assert sample.raw(ODD[1]).codes() == [("/header/Host", "repeated")]
        assert sample.raw(ODD[2]).status == 200

    def test_random_targets_never_fail(self, sample: Sample) -> None:
        chance = random.Random(20261122)
        alphabet = "abc/%?&=;+.:@{}~2f00ffc3a9 "
        for _ in range(300):
            target = "/" + "".join(chance.choice(alphabet) for _ in range(chance.randrange(30))).replace(
                " ", "%20"
            )
            for prefix in ("", "/things", "/numbers"):
                with suppress(ConnectionError):
                    assert sample.ask(chance.choice(["GET", "POST", "DELETE"]), prefix + target).status < 500
        assert sample.surroundings.metrics.violations == []

    def test_pipelined_requests_are_answered_in_order(self, sample: Sample) -> None:
        with sample.open() as connection:
            connection.sendall(
                b"GET /things/a HTTP/1.1\r\nHost: t\r\n\r\n"
                b"GET /things/b HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n"
            )
            received = b""
            while more := connection.recv(65_536):
                received += more
        assert received.index(b'{"thing_id":"a"}') < received.index(b'{"thing_id":"b"}')
