"""The row of the assistant: what asking through Candor costs beside asking directly, and beside the LiteLLM
proxy that does the same without any books.

All ask the same provider, which answers at once. Candor's side has everything on: the contract, the
entitlement, credits set aside and settled durably, a row of what it took.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from contract_tests.bench import gateway_peer
from contract_tests.bench.bench import Bench
from contract_tests.bench.call import Call
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
