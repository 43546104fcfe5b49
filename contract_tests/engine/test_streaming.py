"""Streams: chunk by chunk, checked before the first byte, closed with the client."""

import threading
from typing import Any

from contract_tests.engine.conftest import Sample
from contract_tests.engine.sample.things.operations import GATES, SECRET, Gate


def started(sample: Sample, how: str) -> Any:
    """A connection on which the first event has arrived, and the bytes so far."""
    GATES.pop(how, None)
    connection = sample.open()
    connection.sendall(f"GET /stream/{how} HTTP/1.1\r\nHost: t\r\n\r\n".encode())
    received = b""
    while b"first" not in received:
        received += connection.recv(65_536)
    return connection, received


def closed(sample: Sample, how: str) -> bool:
    """Whether the generator was closed, waiting for it."""
    seen = threading.Event()

    async def wait(gate: Gate) -> None:
        await gate.closed.wait()
        seen.set()

    sample.in_loop(lambda: sample.loop.create_task(wait(GATES[how])))
    return seen.wait(5)


class TestStreams:
    def test_an_event_arrives_before_the_next_one_exists(self, sample: Sample) -> None:
        connection, received = started(sample, "live")
        with connection:
            assert b"content-type: text/event-stream" in received
            assert b"content-length" not in received
            assert b"second" not in received
            sample.in_loop(GATES["live"].go_on.set)
            while not received.endswith(b"0\r\n\r\n"):
                received += connection.recv(65_536)
            assert b"second" in received
        assert closed(sample, "live")
        assert sample.surroundings.stored == ["live"]

    def test_a_client_that_leaves_closes_the_generator(self, sample: Sample) -> None:
        connection, _ = started(sample, "left")
        connection.close()
        assert closed(sample, "left")
        assert sample.surroundings.stored == []

    def test_a_failure_after_the_first_byte_cuts_the_stream_short(self, sample: Sample) -> None:
        connection, received = started(sample, "breaks")
        with connection:
            sample.in_loop(GATES["breaks"].go_on.set)
            while more := connection.recv(65_536):
                received += more
        assert not received.endswith(b"0\r\n\r\n")
        assert SECRET.encode() not in received + sample.surroundings.log.getvalue()
        assert b"unhandled_exception" in sample.surroundings.log.getvalue()
        assert sample.surroundings.stored == []

    def test_an_undeclared_media_type_never_starts(self, sample: Sample) -> None:
        answer = sample.ask("GET", "/stream/undeclared")
        assert (answer.status, answer.json()["error"]) == (500, "internal_error")
        assert sample.surroundings.metrics.violations == ["stream_things"]

    def test_head_of_a_stream_makes_no_event(self, sample: Sample) -> None:
        answer = sample.ask("HEAD", "/stream/head")
        assert (answer.status, answer.headers["content-type"]) == (200, "text/event-stream")
        sample.ask("GET", "/stream/undeclared")  # answered after it: whatever was to run has run
        assert "head" not in GATES
