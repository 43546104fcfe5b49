"""The log: JSON lines on standard error, from a closed list of events, each with declared fields.

There is no free text, so nothing that a person sent can end up in a log: no address, no path, no value, no
message of an exception. An event's fields have a declared form, and a field that is missing, surplus or of
another form raises at the call, which the tests reach. Libraries log through Python's `logging` in free
text; `hear_libraries` turns whatever they say from a warning upwards into an event that names the logger
and where in our code it happened, and nothing else.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import BinaryIO

import orjson

_REPOSITORY = Path(__file__).resolve().parent.parent
_OUR_PACKAGES = tuple(str(_REPOSITORY / name) + "/" for name in ("api", "handlers", "persistence"))

Form = Callable[[object], bool]


def _matching(pattern: str) -> Form:
    expression = re.compile(pattern)
    return lambda value: isinstance(value, str) and expression.fullmatch(value) is not None


def _listed(form: Form) -> Form:
    return lambda value: isinstance(value, (list, tuple)) and all(form(each) for each in value)


def _count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _flag(value: object) -> bool:
    return isinstance(value, bool)


_WORD = _matching(r"[A-Za-z0-9_.\-]{1,100}")  # an operationId, a class or logger name, a media type's code
_REQUEST = _matching(r"[0-9A-HJKMNP-TV-Z]{26}")  # a ULID
_FRAMES = _listed(_matching(r"(api|handlers|persistence)/[\w./\-]{1,200}:[0-9]{1,6}"))  # file and line, ours
_OWN_URL = _matching(r"https?://[^\s?#@]{1,300}")  # an address of the server itself


_NOTHING: dict[str, Form] = {}
_MAIL: dict[str, Form] = {"kind": _WORD, "reason": _WORD, "attempt": _count}


class Event(Enum):
    """Everything that can be logged: the word, how serious it is, and its fields with their form."""

    SERVER_STARTED = ("server_started", "info", {"public_url": _OWN_URL, "workers": _count, "captcha": _flag})
    SERVER_DRAINING = ("server_draining", "info", _NOTHING)
    SERVER_STOPPED = ("server_stopped", "info", _NOTHING)
    WORKER_STARTED = ("worker_started", "info", {"worker": _count, "pid": _count})
    WORKER_DIED = ("worker_died", "error", {"worker": _count, "pid": _count, "exit_code": _count})

    LOCAL_MODEL_STARTED = ("local_model_started", "info", {"pid": _count})
    LOCAL_MODEL_DIED = ("local_model_died", "error", {"pid": _count, "exit_code": _count})

    DATABASE_DIED = ("database_died", "error", _NOTHING)
    DATABASE_RESTARTED = ("database_restarted", "warning", {"after_ms": _count})
    DATABASE_NOT_RESTARTED = ("database_not_restarted", "error", {"exception": _WORD, "frames": _FRAMES})

    JOB_DONE = ("job_done", "info", {"job": _WORD, "rows": _count, "duration_ms": _count, "more": _flag})
    JOB_FAILED = ("job_failed", "error", {"job": _WORD, "exception": _WORD, "frames": _FRAMES})
    JOBS_INTERRUPTED = (
        "jobs_interrupted",
        "warning",
        {"exception": _WORD, "frames": _FRAMES, "again_in_ms": _count},
    )
    JOBS_RESUMED = ("jobs_resumed", "info", _NOTHING)

    MAIL_PUT_OFF = ("mail_put_off", "warning", _MAIL)
    MAIL_FAILED = ("mail_failed", "error", _MAIL)
    MAIL_UNKNOWN = ("mail_unknown", "error", _MAIL)
    MAIL_DEFECTIVE = (
        "mail_defective",
        "error",
        {"kind": _WORD, "exception": _WORD, "frames": _FRAMES},
    )

    CREDITS_DIFFER = ("credits_differ", "error", {"what": _WORD, "differences": _count})
    PROVIDER_KEY_DUE = ("provider_key_due", "warning", {"provider": _WORD, "days": _count})

    CERTIFICATE_RENEWED = ("certificate_renewed", "info", _NOTHING)
    CERTIFICATE_NOT_RENEWED = ("certificate_not_renewed", "error", {"reason": _WORD})

    DRAIN_CUT_SHORT = ("drain_cut_short", "warning", {"requests": _count})

    GRANT_REPLAYED = ("grant_replayed", "warning", {"operation_id": _WORD, "request_id": _REQUEST})
    PASSKEY_COUNT_REPEATED = (
        "passkey_count_repeated",
        "warning",
        {"operation_id": _WORD, "request_id": _REQUEST},
    )
    PASSWORDS_INTERRUPTED = (
        "passwords_interrupted",
        "error",
        {"operation_id": _WORD, "request_id": _REQUEST},
    )
    CAPTCHA_UNAVAILABLE = ("captcha_unavailable", "error", {"operation_id": _WORD, "request_id": _REQUEST})
    CAPTCHA_MISCONFIGURED = (
        "captcha_misconfigured",
        "error",
        {"operation_id": _WORD, "request_id": _REQUEST},
    )
    PROVIDER_FAILED = ("provider_failed", "warning", {"operation_id": _WORD, "request_id": _REQUEST})
    PROVIDER_REFUSED = ("provider_refused", "error", {"operation_id": _WORD, "request_id": _REQUEST})
    STORE_UNAVAILABLE = ("store_unavailable", "error", {"operation_id": _WORD, "request_id": _REQUEST})
    CONTRACT_VIOLATION = (
        "contract_violation",
        "error",
        {"operation_id": _WORD, "request_id": _REQUEST, "violation": _WORD, "status": _count},
    )
    UNHANDLED_EXCEPTION = (
        "unhandled_exception",
        "error",
        {"operation_id": _WORD, "request_id": _REQUEST, "exception": _WORD, "frames": _FRAMES},
    )
    LIBRARY_COMPLAINED = (
        "library_complained",
        "warning",
        {"logger": _WORD, "severity": _WORD, "exception": _WORD, "frames": _FRAMES},
    )

    def __init__(self, word: str, level: str, fields: dict[str, Form]) -> None:
        self.word = word
        self.level = level
        self.fields = fields


class Logs:
    """Writes events. One per process; safe to use from any thread, a line is one write."""

    def __init__(self, stream: BinaryIO | None = None, clock: Callable[[], datetime] | None = None) -> None:
        self._stream = stream if stream is not None else sys.stderr.buffer
        self._clock = clock if clock is not None else _now

    def emit(self, event: Event, **fields: object) -> None:
        """Write one line. Raises `TypeError` for fields that differ from the event's declaration.

        A standard error that is closed or full is not worth failing a request for: the line is dropped.
        """
        _check(event, fields)
        line = {"at": _text(self._clock()), "level": event.level, "event": event.word, **fields}
        try:
            self._stream.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
            self._stream.flush()
        except (OSError, ValueError):
            return

    def hear_libraries(self) -> None:
        """Route Python's `logging` here from now on, and keep its free text out."""
        root = logging.getLogger()
        for handler in list(root.handlers):
            root.removeHandler(handler)
        root.addHandler(_LibraryHandler(self))
        root.setLevel(logging.WARNING)
        logging.captureWarnings(True)


def frames_of(failure: BaseException | None) -> list[str]:
    """Where in our own packages a failure passed, outermost first: `handlers/oauth2/operations.py:42`."""
    if failure is None:
        return []
    return _ours((frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(failure.__traceback__))


def _ours(places: Iterable[tuple[str, int]]) -> list[str]:
    return [
        f"{Path(name).relative_to(_REPOSITORY).as_posix()}:{line}"
        for name, line in places
        if name.startswith(_OUR_PACKAGES)
    ]


def _check(event: Event, fields: dict[str, object]) -> None:
    if fields.keys() != event.fields.keys():
        raise TypeError(f"{event.word} takes the fields {sorted(event.fields)}, not {sorted(fields)}")
    for name, form in event.fields.items():
        if not form(fields[name]):
            raise TypeError(f"{event.word}: the field {name} does not have its declared form")


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _now() -> datetime:
    return datetime.now(UTC)


class _LibraryHandler(logging.Handler):
    """Says that a library complained, which one and where; what it said stays out of the log."""

    def __init__(self, logs: Logs) -> None:
        super().__init__(logging.WARNING)
        self._logs = logs

    def emit(self, record: logging.LogRecord) -> None:
        failure = record.exc_info[1] if record.exc_info else None
        frames = frames_of(failure) or _ours([(record.pathname, record.lineno)])
        self._logs.emit(
            Event.LIBRARY_COMPLAINED,
            logger=re.sub(r"[^A-Za-z0-9_.\-]", "_", record.name)[:100] or "root",
            severity=re.sub(r"[^a-z]", "_", record.levelname.lower()) or "none",
            exception=type(failure).__name__ if failure is not None else "none",
            frames=frames,
        )
