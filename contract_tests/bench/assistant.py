"""The row of the assistant: what asking through Candor costs beside asking directly, and beside the LiteLLM
proxy that does the same without any books.

All ask the same provider, which answers at once. Candor's side has everything on: the contract, the
entitlement, credits set aside and settled durably, a row of what it took.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

import uvloop

from contract_tests.bench import gateway_peer
from contract_tests.bench.bench import Bench
from contract_tests.bench.call import Call
from contract_tests.bench.connection import at_a_rate
from contract_tests.bench.load import share_ms
from contract_tests.bench.results import NotMeasured, Ratio, Result, Side
from contract_tests.bench.rounds import run_rounds
from contract_tests.bench.subject import Program, Subject, members_of
from contract_tests.bench.whole_server import WholeServer
from contract_tests.harness.administration import Administration
from contract_tests.harness.instances import Instance

ROW: Final = "assistant"
MODEL: Final = "heron-1"
PATH: Final = "/instance/assistant/complete"
TIMES: Final = 6.0  # of LiteLLM's requests/s, at 8 connections
SHARE: Final = 0.3  # of what LiteLLM adds to a call, at one
PER_S: Final = 200
P50_MS: Final = 5.0
P99_MS: Final = 20.0
_PEOPLE: Final = 16  # of whom each call is the next one's
_MESSAGES: Final = [{"role": "user", "content": "What stands in the shallow water?"}]
_BODY: Final = json.dumps({"model": MODEL, "messages": _MESSAGES})


@dataclass(frozen=True, slots=True)
class Added:
    """What a side adds to the latency of a direct call (p50, ms), and which share that is of its rival's."""

    subject: Side
    direct: Side
    rival: Side | None
    row: str = ROW
    most: float = SHARE

    @property
    def what(self) -> str:
        """The names."""
        beside = f" / {self.rival.name}" if self.rival is not None else ""
        return f"added to a call: {self.subject.name}{beside}"

    @property
    def shares(self) -> tuple[float, ...]:
        """Round by round."""
        if self.rival is None:
            return ()
        rounds = zip(self.subject.rounds, self.direct.rounds, self.rival.rounds, strict=True)
        return tuple((a.p50_ms - b.p50_ms) / (c.p50_ms - b.p50_ms) for a, b, c in rounds)

    @property
    def target(self) -> str:
        """The most that is wanted."""
        return f"≤ {self.most:.2f}" if self.rival is not None else ""

    @property
    def measured(self) -> str:
        """The median of the shares and their spread, or what is added where there is no rival."""
        if not self.shares:
            pairs = zip(self.subject.rounds, self.direct.rounds, strict=True)
            return f"{median(a.p50_ms - b.p50_ms for a, b in pairs):.2f} ms"
        return f"{median(self.shares):.2f} ({min(self.shares):.2f} to {max(self.shares):.2f})"

    @property
    def met(self) -> bool | None:
        """Whether the median is within it."""
        return median(self.shares) <= self.most if self.shares else None

    def lines(self) -> list[str]:
        """All sides."""
        sides = [self.subject, self.direct, *([self.rival] if self.rival is not None else [])]
        return [each.line() for each in sides]

    def document(self) -> dict[str, object]:
        """Every round."""
        return {**asdict(self), "shares": self.shares, "met": self.met}


@dataclass(frozen=True, slots=True)
class Paced:
    """What a call takes when they come at a steady rate, in ms, beside what it takes to ask directly."""

    subject: str
    p50_ms: float
    p99_ms: float
    direct_p50_ms: float
    row: str = ROW
    target: str = f"p50 < {P50_MS:.0f} ms, p99 < {P99_MS:.0f} ms"

    @property
    def what(self) -> str:
        """The rate."""
        return f"{self.subject}, {PER_S} requests/s"

    @property
    def measured(self) -> str:
        """What is added to the median, and the slowest hundredth as it is."""
        return f"p50 {self.p50_ms - self.direct_p50_ms:.2f} ms added, p99 {self.p99_ms:.2f} ms"

    @property
    def met(self) -> bool:
        """Whether both are within bounds."""
        return self.p50_ms - self.direct_p50_ms < P50_MS and self.p99_ms < P99_MS

    def lines(self) -> list[str]:
        """Nothing more."""
        return []

    def document(self) -> dict[str, object]:
        """The numbers."""
        return {**asdict(self), "met": self.met}


def assistant(bench: Bench) -> Iterator[Result]:
    """Requests/s at 8 connections, and what is added to a call at one."""
    if bench.install and not gateway_peer.is_installed():
        gateway_peer.install()
    at_once = {"CANDOR_ASSISTANT_CALLS_AT_ONCE": "100"}
    with (
        TemporaryDirectory(prefix="candor-bench-") as folder,
        _provider(bench) as provider,
        bench.whole_server(bench.store.migrated(ROW), variables=at_once) as whole,
    ):
        _prepare(whole, provider.port)
        if not gateway_peer.is_installed():
            yield NotMeasured(ROW, "LiteLLM is not installed; with --install it is")
            yield from _compared(bench, provider, whole, None)
            return
        rival = gateway_peer.gateway(bench, Path(folder), provider=provider.port, model=MODEL, body=_BODY)
        with rival:
            yield from _compared(bench, provider, whole, rival)


def _compared(bench: Bench, provider: Program, whole: WholeServer, rival: Program | None) -> Iterator[Result]:
    sides: list[Subject] = [whole, provider, *([rival] if rival is not None else [])]
    many = run_rounds(*sides, pace=bench.pace, connections=8)
    names = [each.name for each in sides]
    found = [Side(name, rounds) for name, rounds in zip(names, many, strict=True)]
    yield Ratio(ROW, found[0], found[1])
    if rival is not None:
        yield Ratio(ROW, found[0], found[2], least=TIMES)
    one = run_rounds(*sides, pace=bench.pace, connections=1)
    found = [Side(name, rounds) for name, rounds in zip(names, one, strict=True)]
    yield Added(found[0], found[1], found[2] if rival is not None else None)
    yield _paced(whole, provider, seconds=bench.pace.rounds * bench.pace.seconds)


def _paced(whole: WholeServer, provider: Program, *, seconds: float) -> Paced:
    latencies = {}
    for side in (provider, whole):
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            asked = at_a_rate(side.port, side.calls, connections=16, per_s=PER_S, seconds=seconds)
            latencies[side.name] = sorted(runner.run(asked))
    mine, theirs = latencies[whole.name], latencies[provider.name]
    return Paced(whole.name, share_ms(mine, 0.5), share_ms(mine, 0.99), share_ms(theirs, 0.5))


def _provider(bench: Bench) -> Program:
    call = Call("POST", gateway_peer.PATH, "Bearer sk-bench", _BODY, "application/json")
    return Program.module(
        "the provider, asked directly",
        "contract_tests.bench.model_server",
        calls=[call],
        core=bench.cores.driver,
    )


def _prepare(whole: WholeServer, provider: int) -> None:
    """The provider and its model, people, and the call of each."""
    admin = Administration(whole.database_url)
    admin.run("provider", "add", "--name", "lab", "--base-url", f"http://127.0.0.1:{provider}/v1")
    admin.run("provider-key", "set", "lab", f"--data-dir={whole.data_dir}", stdin="sk-bench-0123456789abcdef")
    admin.run(
        *("model", "add", "--id", MODEL, "--provider", "lab"),
        *("--token-credit", "1", "--context", "8000", "--max-output", "1000"),
    )
    whole.calls = tuple(
        Call("POST", PATH, f"Bearer {_token(whole, admin)}", _BODY, "application/json")
        for _ in range(_PEOPLE)
    )
    members_of(whole)


def _token(whole: WholeServer, admin: Administration) -> str:
    """That of a new person, who has credits beyond what can be spent."""
    person = whole.person()
    admin.run("subscription", "grant", "--user", person.email, "--plan", "individual")
    admin.run("credits", "grant", "--user", person.email, "--credits=1000000000")
    with whole.client() as client:
        return Instance.register(client, key=person.key).sign_in(person.pat).access_token
