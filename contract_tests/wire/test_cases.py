"""Every case, on a connection of its own."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest

from contract_tests.harness.server import ServerProcess
from contract_tests.wire import (
    forms,
    framing,
    headers,
    http_server,
    json_bodies,
    limits,
    media_types,
    methods,
    targets,
    versions,
)
from contract_tests.wire.cases import CONTINUE, Case
from contract_tests.wire.exchange import connected, held_against
from contract_tests.wire.requests import Request

SUBJECTS = (framing, media_types, json_bodies, forms, headers, targets, methods, versions, limits)
CASES = [
    pytest.param(case, id=f"{subject.__name__.rpartition('.')[2]}: {case.name}")
    for subject in SUBJECTS
    for case in subject.CASES
]


class TestBytesOnTheWire:
    @pytest.mark.parametrize("case", CASES)
    def test_get_their_answer_and_no_other(self, server: ServerProcess, case: Case) -> None:
        with connected(server) as connection:
            connection.send(b"".join(request.sent for request in case.requests))
            if case.half_close:
                connection.socket.shutdown(socket.SHUT_WR)
            for expected, request in zip(case.answers, _askers(case), strict=True):
                answer = connection.answer(to_head=request.method == "HEAD")
                if answer is None and case.or_only_closes:
                    break
                assert answer is not None, "closed without an answer"
                held_against(expected, answer, request)
            # The server may be waiting for us to stop; what it makes of bytes behind is an answer too many.
            if case.answers:
                with suppress(OSError):
                    connection.socket.shutdown(socket.SHUT_WR)
            assert connection.rest() == b""

    def test_never_fail_the_server(self) -> None:
        answers = [each for subject in SUBJECTS for case in subject.CASES for each in case.answers]
        assert max(status for each in answers for status in each.statuses) < 500

    def test_are_many_and_each_is_named_once(self) -> None:
        assert len(CASES) >= 80
        assert len({param.id for param in CASES}) == len(CASES)

    def test_excuse_the_http_server_only_for_reasons_that_are_written_down(self) -> None:
        cited = {case.by_http_server for subject in SUBJECTS for case in subject.CASES} - {""}
        assert cited == set(http_server.REASONS.values())


def _askers(case: Case) -> Iterator[Request]:
    """The request of each answer: an interim answer is not yet its request's last."""
    waiting = iter(case.requests)
    request = None
    for expected in case.answers:
        request = request or next(waiting)
        yield request
        if expected != CONTINUE:
            request = None
