"""The row `spam`: what others wait for after a flood of registrations of nobody, and while it goes on.

Two servers with a database each: one that was sent a hundred thousand registrations, one that never was. Both
are asked the same in turn, one call at a time over one connection; the flooded one also while a hundred more
registrations arrive each second. A flood without a pace would measure only that a busy core is busy.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from statistics import median

from contract_tests.bench.bench import Bench
from contract_tests.bench.call import Call, as_client, with_token
from contract_tests.bench.connection import NotAnswered, one_by_one
from contract_tests.bench.load import share_ms
from contract_tests.bench.rounds import orders
from contract_tests.bench.whole_server import WholeServer
from contract_tests.harness.flood import flood
from contract_tests.harness.instances import Instance
from contract_tests.throttles.spam import ALL, registrations

MOST = 1.2
PER_SECOND = 100
_CONNECTIONS = 4  # of the flood that goes on
_CALLS = 200  # of each kind, in a round
_PROXY = {"CANDOR_TRUSTED_PROXIES": "127.0.0.0/8"}
_SIDES = ("never flooded", "after the flood", "while it goes on")


@dataclass(frozen=True, slots=True)
class Spam:
    """p95 in ms of the same calls, by round: never flooded, after the flood, while it goes on."""

    registrations: int
    statuses: dict[int, int]
    p95_ms: tuple[tuple[float, ...], ...]
    row: str = "spam"
    target: str = f"≤ {MOST:.2f}"

    @property
    def what(self) -> str:
        """What is compared."""
        return f"p95 of other calls after {self.registrations:,} registrations, and during more / without"

    @property
    def ratios(self) -> tuple[tuple[float, ...], ...]:
        """After and during, over never flooded, round by round."""
        clean, *flooded = self.p95_ms
        return tuple(
            tuple(mine / theirs for mine, theirs in zip(each, clean, strict=True)) for each in flooded
        )

    @property
    def measured(self) -> str:
        """Both medians with their spread."""
        return ", ".join(
            f"{name} {median(each):.2f} ({min(each):.2f} to {max(each):.2f})"
            for name, each in zip(_SIDES[1:], self.ratios, strict=True)
        )

    @property
    def met(self) -> bool:
        """Whether neither is above the target."""
        return all(median(each) <= MOST for each in self.ratios)

    def lines(self) -> list[str]:
        """A line each, and how the flood was answered."""
        answered = ", ".join(f"{count:,} times {status}" for status, count in sorted(self.statuses.items()))
        sides = zip(_SIDES, self.p95_ms, strict=True)
        return [
            *(f"  {name:34}{median(each):>10.2f} ms p95" for name, each in sides),
            f"  the flood was answered {answered}",
        ]

    def document(self) -> dict[str, object]:
        """Every round."""
        return {**asdict(self), "what": self.what, "ratios": self.ratios, "met": self.met}


def spam(bench: Bench, number: int = ALL) -> Iterator[Spam]:
    """Flood one of two servers, then compare them."""
    with ExitStack() as opened:
        clean, flooded = (
            opened.enter_context(
                WholeServer(bench.store.migrated(name), core=bench.cores.server, name=name, variables=_PROXY)
            )
            for name in ("unflooded", "flooded")
        )
        clean.calls, flooded.calls = _calls(clean), _calls(flooded)
        found = asyncio.run(_flooded(flooded, number))
        p95s = asyncio.run(_measure(clean, flooded, bench.pace.rounds))
        yield Spam(number, found, tuple(tuple(each) for each in p95s))


def _calls(server: WholeServer) -> Sequence[Call]:
    person = server.person()
    with server.client() as client:
        instance = Instance.register(client, key=person.key)
        tokens, own = instance.sign_in(person.pat), instance.own_token()
    form = {"client_id": instance.client_id, "client_secret": instance.client_secret}
    kinds = (
        with_token("GET", "/instance/user/session", tokens.access_token),
        with_token("POST", "/instance/alive", own),
        as_client("/oauth2/token", **form, grant_type="client_credentials", scope="instance"),
    )
    return kinds * _CALLS


async def _flooded(server: WholeServer, number: int) -> dict[int, int]:
    found = await flood(server.url, registrations(number), connections=16)
    if not found.statuses.keys() <= {201, 429, 503}:
        raise NotAnswered(f"The flood was answered {dict(found.statuses)}.")
    return dict(found.statuses)


async def _measure(clean: WholeServer, flooded: WholeServer, rounds: int) -> list[list[float]]:
    async def p95_ms(side: int) -> float:
        if side == 2:
            return await _while_it_goes_on(flooded)
        return await _p95_ms(flooded if side else clean)

    found: list[list[float]] = [[] for _ in _SIDES]
    for server in (clean, flooded):
        await _p95_ms(server)  # to warm up
    for order in orders(len(_SIDES), rounds):
        for side in order:
            found[side].append(await p95_ms(side))
    return found


async def _p95_ms(server: WholeServer) -> float:
    finished = await one_by_one(server.port, server.calls)
    return share_ms(sorted(finished.latencies), 0.95)


async def _while_it_goes_on(server: WholeServer) -> float:
    over = False

    def until_over() -> Iterator[bytes]:
        requests = registrations()
        while not over:
            yield next(requests)

    more = asyncio.create_task(
        flood(server.url, until_over(), connections=_CONNECTIONS, interval_s=_CONNECTIONS / PER_SECOND)
    )
    found = await _p95_ms(server)
    over = True
    await more
    return found
