"""The row `growth`: what an instance waits for in a small database and in a large one.

Each size has a database and a server of its own on the same PostgreSQL, driven call by call in turn, one at a
time over one connection each, so that nothing but the work itself makes a difference between them. Every
sampled instance has called once before, as instances do all day: what is compared is not a warm memory with a
cold one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from statistics import median

from contract_tests.bench.bench import Bench
from contract_tests.bench.call import Call
from contract_tests.bench.connection import in_turn, one_by_one
from contract_tests.bench.growth_calls import Measured, measured
from contract_tests.bench.growth_load import Size, load, sizes
from contract_tests.bench.growth_rows import Sampled, sample
from contract_tests.bench.load import share_ms
from contract_tests.bench.whole_server import WholeServer
from persistence.address import Address
from persistence.embedded.layout import ADMINISTRATOR

SIZES = (1_000, 100_000)
FULL = (*SIZES, 10_000_000)
MOST = 1.2
_SAMPLED = 500  # each is used in one round of a kind of call
_DUE = (
    "UPDATE interaction_clock SET at = at - interval '1 day' WHERE instance_id = ANY($1) AND operation = $2"
)


@dataclass(frozen=True, slots=True)
class Grown:
    """One size: how long it took to load, what it takes on disk, and each operation's p50 in ms, by round."""

    instances: int
    load_seconds: float
    tables: tuple[Size, ...]
    p50_ms: Mapping[str, tuple[float, ...]]

    @property
    def bytes(self) -> int:
        """All tables with their indexes."""
        return sum(each.rows + each.indexes for each in self.tables)


@dataclass(frozen=True, slots=True)
class Growth:
    """All sizes, the smallest first."""

    sizes: tuple[Grown, ...]
    row: str = "growth"
    target: str = f"≤ {MOST:.2f}"

    @property
    def what(self) -> str:
        """The largest against the smallest."""
        return f"p50 with {self.sizes[-1].instances:,} instances / with {self.sizes[0].instances:,}"

    @property
    def ratios(self) -> dict[str, tuple[float, ...]]:
        """By operation, round by round: the p50 of the largest size over that of the smallest."""
        small, large = self.sizes[0].p50_ms, self.sizes[-1].p50_ms
        return {
            name: tuple(after / before for before, after in zip(small[name], large[name], strict=True))
            for name in small
        }

    @property
    def worst(self) -> tuple[str, float]:
        """The operation that grows most, by the median of its ratios, and that median."""
        medians = {name: median(ratios) for name, ratios in self.ratios.items()}
        name = max(medians, key=medians.__getitem__)
        return name, medians[name]

    @property
    def measured(self) -> str:
        """The worst operation with its spread."""
        name, ratio = self.worst
        spread = f"{min(self.ratios[name]):.2f} to {max(self.ratios[name]):.2f}"
        return f"{ratio:.2f} ({spread}) for {name}, the worst of {len(self.ratios)}"

    @property
    def met(self) -> bool:
        """Whether no operation grows more than it may."""
        return self.worst[1] <= MOST

    def lines(self) -> list[str]:
        """A table of p50s, then sizes on disk."""
        heading = "".join(f"{each.instances:>14,}" for each in self.sizes)
        lines = [f"  {'p50 in ms by instances':34}{heading}         ratio"]
        for name, ratios in self.ratios.items():
            cells = "".join(f"{median(each.p50_ms[name]):>14.2f}" for each in self.sizes)
            lines.append(f"  {name:34}{cells}{median(ratios):>14.2f}")
        lines.append(f"  {'MB on disk':34}" + "".join(f"{each.bytes / 1e6:>14,.1f}" for each in self.sizes))
        lines.append(
            f"  {'seconds to load':34}" + "".join(f"{each.load_seconds:>14,.1f}" for each in self.sizes)
        )
        return lines

    def document(self) -> dict[str, object]:
        """Everything, tables by table."""
        return {
            **asdict(self),
            "what": self.what,
            "ratios": self.ratios,
            "worst": self.worst,
            "met": self.met,
        }


@dataclass(frozen=True, slots=True)
class _Side:
    """A loaded database with its server."""

    instances: int
    server: WholeServer
    sampled: Sequence[Sampled]
    seconds: float
    administration: str

    async def calls(self, kind: Measured, index: int, rounds: int) -> list[Call]:
        """One round of a kind of call, by the share of the sample that is this round's, due where it is to be
        recorded.
        """
        share = len(self.sampled) // rounds
        callers = self.sampled[index * share : (index + 1) * share]
        if kind.recorded:
            await self._make_due(kind, callers)
        return [kind.call(each) for each in callers]

    async def _make_due(self, kind: Measured, callers: Sequence[Sampled]) -> None:
        connection = await Address.parse(self.administration).open()
        try:
            await connection.execute(_DUE, [each.id for each in callers], kind.operation)
        finally:
            await connection.close()

    async def warm_up(self, kinds: Sequence[Measured]) -> None:
        """Every sampled instance calls every operation once that it can call twice."""
        for kind in kinds:
            if kind.repeatable and not kind.recorded:
                await one_by_one(self.server.port, [kind.call(each) for each in self.sampled])


def growth(bench: Bench, instances: Sequence[int] = ()) -> Iterator[Growth]:
    """Measure the sizes: those given, or 10^3 and 10^5, and with `--full` 10^7."""
    chosen = instances or (FULL if bench.full else SIZES)
    with ExitStack() as opened:
        sides = [_side(bench, each, opened) for each in chosen]
        kinds = list(measured())
        found = asyncio.run(_measure(sides, kinds, bench.pace.rounds))
        yield Growth(
            tuple(
                Grown(side.instances, side.seconds, tuple(asyncio.run(sizes(side.administration))), p50s)
                for side, p50s in zip(sides, found, strict=True)
            )
        )


def _side(bench: Bench, instances: int, opened: ExitStack) -> _Side:
    name = f"with_{instances}"
    url = bench.store.migrated(name)
    administration = bench.store.layout.url(database=name, role=ADMINISTRATOR)
    sampled = sample(instances, count=_SAMPLED)
    seconds = asyncio.run(load(administration, instances=instances, sampled=sampled))
    server = opened.enter_context(bench.whole_server(url))
    return _Side(instances, server, sampled, seconds, administration)


async def _measure(
    sides: Sequence[_Side], kinds: Sequence[Measured], rounds: int
) -> list[dict[str, tuple[float, ...]]]:
    found: list[dict[str, list[float]]] = [{kind.name: [] for kind in kinds} for _ in sides]
    for side in sides:
        await side.warm_up(kinds)
    for kind in kinds:
        for index in range(rounds):
            calls = [(side.server.port, await side.calls(kind, index, rounds)) for side in sides]
            for place, latencies in enumerate(await in_turn(calls)):
                found[place][kind.name].append(share_ms(sorted(latencies), 0.5))
    return [{name: tuple(p50s) for name, p50s in each.items()} for each in found]
