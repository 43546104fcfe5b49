"""Drives a server over kept connections for a time and says what came back: `wrk` if installed, else our own.

The two agree on what they report, not on how fast they are: a run uses one of them for both sides and says
which.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import uvloop

from contract_tests.bench.call import Call
from contract_tests.bench.connection import Finished, NotAnswered, as_fast_as_answered

CONNECTIONS = 16


@dataclass(frozen=True, slots=True)
class Driven:
    """What came back: requests answered, seconds it took, and latencies in milliseconds."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float


def driver() -> str:
    """The name of the load generator that this machine has."""
    return "wrk" if shutil.which("wrk") else "asyncio"


def drive(port: int, calls: Sequence[Call], *, seconds: float, connections: int = CONNECTIONS) -> Driven:
    """Send the calls, in turn and over again, as fast as they are answered.

    Raises NotAnswered.
    """
    if driver() == "wrk" and seconds >= 1:
        return _by_wrk(port, calls, round(seconds), connections)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_by_asyncio(port, calls, seconds, connections))


def share_ms(latencies: Sequence[float], share: float) -> float:
    """The latency in ms that `share` of these (in seconds, sorted) do not exceed. Raises NotAnswered."""
    if not latencies:
        raise NotAnswered("No request was answered.")
    return latencies[min(len(latencies) - 1, int(len(latencies) * share))] * 1000


async def _by_asyncio(port: int, calls: Sequence[Call], seconds: float, connections: int) -> Driven:
    finished: Finished = await as_fast_as_answered(port, calls, connections=connections, seconds=seconds)
    latencies = sorted(finished.latencies)
    return Driven(len(latencies), finished.seconds, share_ms(latencies, 0.5), share_ms(latencies, 0.99))


def _by_wrk(port: int, calls: Sequence[Call], seconds: int, connections: int) -> Driven:
    with TemporaryDirectory(prefix="candor-bench-") as folder:
        script = Path(folder, "calls.lua")
        script.write_text(_lua(calls), encoding="ascii")
        said = subprocess.run(
            [
                "wrk", "--latency", "--threads", "1", "--connections", str(connections),
                "--duration", f"{seconds}s", "--script", str(script), f"http://127.0.0.1:{port}/",
            ],
            check=True, capture_output=True, text=True, timeout=seconds + 30,
        ).stdout  # fmt: skip
    if "Non-2xx" in said or "Socket errors" in said:
        raise NotAnswered(said)
    counted = re.search(r"(\d+) requests in ([\d.]+)(m?s)", said)
    if counted is None:
        raise NotAnswered(said)
    took = float(counted[2]) * (1 if counted[3] == "s" else 0.001)
    return Driven(int(counted[1]), took, _latency_ms(said, "50%"), _latency_ms(said, "99%"))


def _lua(calls: Sequence[Call]) -> str:
    """A script that has wrk send the calls' bytes in turn. Every byte is written as its number."""
    listed = ",\n".join('"' + "".join(f"\\{byte:03d}" for byte in call.raw) + '"' for call in calls)
    return (
        f"local calls = {{\n{listed}\n}}\nlocal last = 0\n"
        "request = function()\n  last = last % #calls + 1\n  return calls[last]\nend\n"
    )


def _latency_ms(said: str, share: str) -> float:
    found = re.search(rf"{share}\s+([\d.]+)(us|ms|s)", said)
    if found is None:
        raise NotAnswered(said)
    return float(found[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[found[2]]
