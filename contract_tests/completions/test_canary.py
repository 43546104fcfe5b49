"""Nothing of what was said is kept, whatever becomes of a call.

Marked text is planted in all that goes to the provider and comes from it, and is then looked for in every
place where a server could leave it.
"""

from __future__ import annotations

import os
import secrets
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import pytest

from contract_tests.assistant.answers import (
    Answer,
    Step,
    after,
    error,
    event,
    head,
    normal,
    piece,
    status,
)
from contract_tests.completions.test_leaving import asking, settled
from contract_tests.completions.world import Asker, World, world
from contract_tests.harness.stored import everything_stored, execute
from persistence.embedded.layout import Layout
from persistence.embedded.process import ServerProcess as PostgresProcess

MARK = f"kingfisher{secrets.token_hex(6)}"
SEEN = f"woodpecker{secrets.token_hex(6)}"  # planted where it may be, to show that the search finds things

ENDS: Sequence[tuple[str, Answer]] = [
    ("an answer", normal([MARK, " indeed"])),
    ("an answer without usage", normal([MARK], place="nowhere")),
    ("an empty answer", normal([], finish="content_filter")),
    ("an error of the provider", status(500, {"error": {"message": MARK, "code": MARK}}, f"X-Said: {MARK}")),
    ("a refusal", error(400, MARK, MARK, f"X-Said: {MARK}")),
    ("a refused key", error(401, "invalid_api_key", MARK, f"WWW-Authenticate: {MARK}")),
    ("a limit", error(429, MARK, MARK, "Retry-After: 9")),
    ("wrong JSON", status(200, f"{{{MARK}".encode())),
    ("wrong JSON in a stream", [head(200, "text/event-stream"), b"8\r\ndata: {\r\n", MARK.encode()]),
    ("an error in a stream", [*after(1), event({"error": {"message": MARK}}), Step.CLOSE]),
    ("half an answer", [*after(1), piece(MARK), Step.RESET]),
    ("an answer that never ends", [*after(1), piece(MARK), Step.HANG]),
]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("canary")
    (found / "temporary").mkdir()
    return found


@pytest.fixture(scope="module")
def lab(directory: Path) -> Iterator[World]:
    """A server with PostgreSQL and temporary files of its own, so that all that it writes can be read."""
    variables = {"TMPDIR": str(directory / "temporary"), "CANDOR_ASSISTANT_LIMIT_S": "3"}
    with world(None, directory, variables=variables, ends_well=False) as made:
        yield made


@pytest.fixture(scope="module")
def asker(lab: World) -> Asker:
    found = lab.asker("quiet")
    execute(lab.url, "UPDATE account SET name = $1 WHERE id = $2", SEEN, found.person.id)
    return found


def files_with(word: str, directory: Path) -> list[Path]:
    """The files below that hold the word."""
    return [
        path
        for path in directory.rglob("*")
        if path.is_file() and not path.is_symlink() and word.encode() in path.read_bytes()
    ]


def said(asker: Asker, **more: object) -> httpx.Response:
    messages = [
        {"role": "system", "content": f"You are {MARK}."},
        {"role": "user", "content": f"{MARK}?" * 50},
    ]
    return asker.ask(messages=messages, **more)  # type: ignore[arg-type]


@pytest.mark.promise("C12", "K2")
class TestNothingIsKept:
    @pytest.mark.parametrize("upstream", [each for _, each in ENDS], ids=[name for name, _ in ENDS])
    def test_of(self, lab: World, asker: Asker, upstream: Answer) -> None:
        with lab.upstream.always(upstream):
            answer = said(asker, key=secrets.token_hex(8))
        assert answer.is_success or MARK not in answer.text + str(answer.headers)

    def test_of_who_leaves(self, lab: World, asker: Asker) -> None:
        calls = len(lab.calls_of(asker))
        with lab.upstream.always([*after(1), piece(MARK), Step.HANG]), asking(lab, asker):
            assert lab.upstream.wait(lambda: lab.upstream.under_way == 1)
        settled(lab, asker, calls=calls + 1)

    def test_of_a_server_that_is_killed(self, lab: World, asker: Asker, directory: Path) -> None:
        """Last of all: afterwards everything is searched."""
        metrics = httpx.get(f"{lab.server.private_url}/metrics").text
        with lab.upstream.always([*after(1), piece(MARK), Step.HANG]), asking(lab, asker):
            assert lab.upstream.wait(lambda: lab.upstream.under_way == 1)
            stored = everything_stored(lab.url)
            os.kill(lab.server.process.pid, signal.SIGKILL)
            # It would wait for the next server.
            PostgresProcess(Layout(lab.server.data_dir)).end(lambda progress: None)
        for place in (metrics, stored, lab.server.stderr):
            assert MARK not in place
        assert SEEN in stored
        assert files_with(SEEN, directory)
        assert files_with(MARK, directory) == []


def test_a_person_s_words_are_in_no_record_s_fields() -> None:
    """The recorder has no source from which it could take them."""
    from api.contract.records import _SOURCES

    assert not [each for each in _SOURCES.values() if "body" in each]
