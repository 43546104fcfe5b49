"""The local model for real: served by the supervisor's process, asked through the gateway, killed, and back.

Installed by `scripts/in_environment local-model`, which `scripts/test` runs.
"""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from api.gateways.assistant.limits import Limits
from api.gateways.assistant.local import FILE, LocalFile
from api.gateways.assistant.local_server import CONTEXT, weights
from api.gateways.assistant.models import Models
from contract_tests.harness.server import ServerProcess
from contract_tests.providers.conftest import Said, asked, question
from contract_tests.serve.test_stop import eventually
from contract_tests.storage.cluster import SharedCluster
from handlers.ports import Message

pytestmark = [
    pytest.mark.real_model,
    pytest.mark.timeout(300),
    pytest.mark.skipif(weights() is None, reason="scripts/in_environment local-model installs it"),
]
PATIENT = Limits(connect_s=5, first_s=120, between_s=60, total_s=200, at_once=2, waiting=2, wait_s=120)


@dataclass(frozen=True, slots=True)
class Running:
    """A server with the local model, and a way to ask that."""

    server: ServerProcess
    data_dir: Path

    def events(self, word: str) -> list[dict[str, object]]:
        return [each for each in self.server.events if each["event"] == word]

    @property
    def address(self) -> dict[str, str]:
        """Where it is, and its key."""
        found: dict[str, str] = json.loads((self.data_dir / FILE).read_bytes())
        return found


@pytest.fixture(scope="module")
def running(
    cluster: SharedCluster, migrated: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    data_dir = tmp_path_factory.mktemp("model") / "data"
    server = ServerProcess(
        data_dir,
        flags={"database-url": cluster.create_database("model", like=migrated), "workers": "2"},
        variables={"CANDOR_LOCAL_MODEL": "yes"},
    )
    try:
        yield Running(server.until_ready(), data_dir)
    finally:
        code = server.stop()
    assert code == 0, server.stderr
    assert not (data_dir / FILE).exists()
    for event in server.events:
        if event["event"] == "local_model_started":
            assert not is_running(int(str(event["pid"])))


@pytest.fixture
async def local(running: Running) -> AsyncIterator[Models]:
    models = Models(local=LocalFile(running.data_dir), local_limits=PATIENT)
    yield models
    await models.close()


def is_running(pid: int) -> bool:
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z"


async def answer(local: Models, text: str, **more: object) -> Said:
    messages = [Message("user", text)]
    asks = question(None, provider="local", key=None, messages=messages, temperature=0.0, **more)
    return await asked(local, asks)


class TestAnswers:
    async def test_come_in_pieces_and_say_what_they_took(self, local: Models) -> None:
        said = await answer(local, "What is a heron?", max_tokens=24)
        assert said.end is not None, said.fault
        assert said.end.usage is not None
        assert len(said.pieces) > 3
        assert 3 < said.end.usage.completion_tokens <= 24
        assert 5 < said.end.usage.prompt_tokens < 60

    async def test_end_where_they_must(self, local: Models) -> None:
        said = await answer(local, "Count to a hundred.", max_tokens=5)
        assert said.end is not None
        assert said.end.finish_reason == "length"

    async def test_a_text_beyond_its_context_is_too_long(self, local: Models) -> None:
        assert (await answer(local, "heron " * CONTEXT)).fault == "too_long"

    async def test_leaving_leaves_room(self, local: Models) -> None:
        for _ in range(6):
            messages = [Message("user", "Count to a thousand.")]
            going = local.ask(question(None, provider="local", key=None, messages=messages, max_tokens=1_000))
            await anext(going)
            await going.aclose()
        assert (await answer(local, "Hello.", max_tokens=4)).end is not None


class TestProcess:
    def test_is_for_the_servers_user_on_this_machine(self, running: Running) -> None:
        assert running.address["base_url"].startswith("http://127.0.0.1:")
        assert stat.S_IMODE((running.data_dir / FILE).stat().st_mode) == 0o600

    def test_answers_nobody_without_its_key(self, running: Running) -> None:
        base_url, key = running.address["base_url"], running.address["key"]
        for headers in ({}, {"Authorization": "Bearer wrong"}):
            assert httpx.post(f"{base_url}/chat/completions", json={}, headers=headers).status_code == 401
        assert key not in running.server.stderr

    def test_was_given_no_setting_and_no_key_that_others_see(self, running: Running) -> None:
        pid = running.events("local_model_started")[-1]["pid"]
        given = Path(f"/proc/{pid}/environ").read_bytes() + Path(f"/proc/{pid}/cmdline").read_bytes()
        assert b"CANDOR_" not in given
        assert b"postgres" not in given
        assert running.address["key"].encode() not in given
        limits = Path(f"/proc/{pid}/limits").read_text()
        assert "Max core file size        0" in limits

    async def test_that_is_killed_comes_back(self, running: Running, local: Models) -> None:
        before = running.address
        started = len(running.events("local_model_started"))
        os.kill(int(str(running.events("local_model_started")[-1]["pid"])), signal.SIGKILL)
        said = await answer(local, "Hello.", max_tokens=4)
        while said.end is None:
            assert said.fault in ("unreachable", "cut_off", "queue_full"), said.fault
            said = await answer(local, "Hello.", max_tokens=4)
        assert running.address != before
        assert running.events("local_model_died")[-1]["exit_code"] == -signal.SIGKILL
        assert len(running.events("local_model_started")) == started + 1

    def test_that_is_still_loading_keeps_nobody_from_stopping(
        self, cluster: SharedCluster, migrated: str, tmp_path: Path
    ) -> None:
        server = ServerProcess(
            tmp_path / "data",
            flags={"database-url": cluster.create_database("loading_model", like=migrated)},
            variables={"CANDOR_LOCAL_MODEL": "yes"},
        )
        eventually(lambda: "loading the local model" in server.stderr, "the model is being loaded")
        assert server.stop() == 0
        assert not (tmp_path / "data" / FILE).exists()

    def test_ends_with_a_server_that_was_killed(
        self, cluster: SharedCluster, migrated: str, tmp_path: Path
    ) -> None:
        server = ServerProcess(
            tmp_path / "data",
            flags={"database-url": cluster.create_database("killed_model", like=migrated)},
            variables={"CANDOR_LOCAL_MODEL": "yes"},
        ).until_ready()
        (started,) = [each for each in server.events if each["event"] == "local_model_started"]
        server.stop(signal.SIGKILL)
        ended = subprocess.run(
            ["timeout", "20", "tail", f"--pid={started['pid']}", "-f", "/dev/null"], check=False
        )
        assert ended.returncode == 0
