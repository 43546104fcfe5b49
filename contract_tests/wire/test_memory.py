"""What a client sends does not stay in the server's memory."""

from __future__ import annotations

import select
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import repeat

import pytest

from contract_tests.harness.server import ServerProcess
from contract_tests.wire.cases import NOT_FOUND, NOT_HTTP, OK, OTHER_MEDIA_TYPE, TOO_LARGE, Expected
from contract_tests.wire.exchange import LIMIT_S, Answer, Connection, connected, held_against
from contract_tests.wire.memory import growth_of
from contract_tests.wire.requests import HOST, Request, chunk, framed, get, post, raw

MIB = 1024 * 1024
SIZE = 58 * MIB
PIECE = b"a" * 65_536
PIECES = SIZE // len(PIECE)
BETWEEN_S = 0.002
CHUNKED = b"Transfer-Encoding: chunked"
TOLD = b"Content-Length: %d" % SIZE

BODIES = [
    pytest.param(framed(b"", CHUNKED), chunk(PIECE), TOO_LARGE, id="in chunks"),
    pytest.param(framed(b"", TOLD), PIECE, TOO_LARGE, id="of a known length"),
    pytest.param(post(b"/nothing", b"", TOLD), PIECE, NOT_FOUND, id="that nobody reads"),
    pytest.param(
        post(b"/oauth2/introspect", b"", b"Content-Type: text/plain", TOLD),
        PIECE,
        OTHER_MEDIA_TYPE,
        id="of another type",
    ),
    pytest.param(
        post(b"/nothing", b"", CHUNKED, common=(HOST,)),
        chunk(PIECE),
        NOT_FOUND,
        id="on a connection that stays",
    ),
]


def trickle(connection: Connection, pieces: Iterator[bytes]) -> Answer | None:
    """Send slowly until there is an answer, and then the rest as fast as it is taken; the answer."""
    answer = None
    for piece in pieces:
        if answer is None and select.select([connection.socket], [], [], BETWEEN_S)[0]:
            answer = connection.answer()
        try:
            connection.socket.sendall(piece)
        except (ConnectionError, TimeoutError):
            break
    return answer or connection.answer()


def flood(connection: Connection, data: bytes) -> None:
    """Send again and again, until the connection ends."""
    with suppress(OSError):
        while not connection.reset:
            connection.send(data)


class TestBodyOf58MiB:
    @pytest.mark.parametrize(("request_", "piece", "expected"), BODIES)
    def test_does_not_stay_in_memory(
        self, server: ServerProcess, request_: Request, piece: bytes, expected: Expected
    ) -> None:
        with growth_of(server.process.pid) as growth, connected(server) as connection:
            connection.send(request_.sent)
            answer = trickle(connection, repeat(piece, PIECES))
        assert answer is not None
        held_against(expected, answer, request_)
        assert growth.peak < 5 * MIB

    def test_is_answered_while_it_is_still_being_sent(self, server: ServerProcess) -> None:
        request = framed(b"", CHUNKED)
        with connected(server) as connection:
            connection.send(request.sent + chunk(PIECE) * 17)
            answer = connection.answer()
            assert answer is not None
            held_against(TOO_LARGE, answer, request)


class TestEndlessParts:
    @pytest.mark.parametrize(
        ("begun", "piece"),
        [
            pytest.param(b"GET /health HTTP/1.1\r\nX-A: ", PIECE, id="a field"),
            pytest.param(b"GET /health HTTP/1.1\r\n", b"X-A: a\r\n" * 8000, id="fields"),
            pytest.param(b"GET /", PIECE, id="a target"),
            pytest.param(b"", PIECE, id="a method"),
            pytest.param(framed(chunk(b"token=a") + b"0\r\nX-A: ", CHUNKED).sent, PIECE, id="a trailer"),
            pytest.param(
                framed(chunk(b"token=a") + b"0\r\n", CHUNKED).sent, b"X-A: a\r\n" * 8000, id="trailers"
            ),
            pytest.param(framed(b"1;", CHUNKED).sent, PIECE, id="a chunk extension"),
        ],
    )
    def test_are_refused_and_not_kept(self, server: ServerProcess, begun: bytes, piece: bytes) -> None:
        with growth_of(server.process.pid) as growth, connected(server) as connection:
            connection.send(begun)
            answer = trickle(connection, repeat(piece, 20 * MIB // len(piece)))
        assert answer is not None
        held_against(NOT_HTTP, answer, raw(begun))
        assert growth.peak < 5 * MIB

    def test_requests_sent_ahead_of_their_answers_are_few(self, server: ServerProcess) -> None:
        request = get(b"/x", common=(HOST,))
        with growth_of(server.process.pid) as growth, connected(server) as connection:
            sender = threading.Thread(target=flood, args=(connection, request.sent * 5000))
            sender.start()
            answers, until = 0, time.monotonic() + LIMIT_S
            while time.monotonic() < until and (answer := connection.answer(or_cut_off=True)) is not None:
                held_against(NOT_FOUND, answer, request)
                answers += 1
            sender.join(LIMIT_S)
        assert connection.reset
        assert 1 <= answers < 200
        assert growth.peak < 5 * MIB

    def test_a_few_requests_ahead_are_all_answered(self, server: ServerProcess) -> None:
        with connected(server) as connection:
            connection.send(get(common=(HOST,)).sent * 50 + get().sent)
            for _ in range(51):
                answer = connection.answer()
                assert answer is not None
                held_against(OK, answer, get())
            assert connection.rest() == b""
