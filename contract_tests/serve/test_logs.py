"""The log takes declared events with declared fields, and nothing that somebody sent."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from api.logs import Event, Logs, frames_of
from contract_tests.harness.logs import KeptStream

MOMENT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class Written:
    """A log that is kept in memory."""

    def __init__(self) -> None:
        self._stream = KeptStream()
        self.logs = Logs(self._stream, clock=lambda: MOMENT)

    @property
    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self._stream.getvalue().splitlines()]

    @property
    def text(self) -> str:
        return self._stream.getvalue().decode()


@pytest.fixture
def written() -> Written:
    return Written()


@pytest.fixture
def heard(written: Written) -> Iterator[Written]:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    written.logs.hear_libraries()
    yield written
    logging.captureWarnings(False)
    root.handlers[:] = before
    root.setLevel(level)


class TestEmit:
    def test_writes_one_line_of_json(self, written: Written) -> None:
        written.logs.emit(Event.WORKER_STARTED, worker=1, pid=42)
        assert written.lines == [
            {
                "at": "2026-11-22T12:00:00.000000Z",
                "level": "info",
                "event": "worker_started",
                "worker": 1,
                "pid": 42,
            }
        ]

    @pytest.mark.parametrize(
        "fields",
        [
            {"worker": 1},
            {"worker": 1, "pid": 42, "address": "192.0.2.1"},
            {"worker": "person@example.org", "pid": 42},
            {"worker": True, "pid": 42},
        ],
    )
    def test_refuses_fields_that_are_not_declared(self, written: Written, fields: dict[str, object]) -> None:
        with pytest.raises(TypeError):
            written.logs.emit(Event.WORKER_STARTED, **fields)
        assert written.text == ""

    def test_refuses_a_path_where_an_operation_belongs(self, written: Written) -> None:
        with pytest.raises(TypeError):
            written.logs.emit(
                Event.STORE_UNAVAILABLE,
                operation_id="/oauth2/device/approve?user_code=WDJB-MJHT",
                request_id="01KAJ3S9QWXJ0V0B4R1YH8N2CD",
            )

    def test_goes_on_when_nobody_can_hear_it(self) -> None:
        stream = io.BytesIO()
        stream.close()
        Logs(stream).emit(Event.SERVER_STOPPED)


class TestLibraries:
    def test_what_they_say_stays_out(self, heard: Written) -> None:
        logging.getLogger("some.library").error("could not send to %s", "person@example.org")
        assert heard.lines[0]["event"] == "library_complained"
        assert heard.lines[0]["logger"] == "some.library"
        assert "person" not in heard.text

    def test_what_they_raise_is_named_without_its_text(self, heard: Written) -> None:
        try:
            raise ValueError("person@example.org")
        except ValueError:
            logging.getLogger("asyncio").exception("Task exception was never retrieved")
        assert heard.lines[0]["exception"] == "ValueError"
        assert "person" not in heard.text

    def test_chatter_is_not_written(self, heard: Written) -> None:
        logging.getLogger("some.library").info("all is well")
        assert heard.lines == []


def test_frames_are_places_in_our_own_code() -> None:
    try:
        Logs(io.BytesIO()).emit(Event.WORKER_STARTED)
    except TypeError as failure:
        places = frames_of(failure)
    assert [place.partition(":")[0] for place in places] == ["api/logs.py", "api/logs.py"]
