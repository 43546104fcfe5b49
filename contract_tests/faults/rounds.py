"""A run over faults: first their tests on the unchanged tree, which must pass, then one fault after another,
two at a time, each in a workshop with a PostgreSQL of its own.
"""

from __future__ import annotations

import os
import queue
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from contract_tests.faults.fault import Fault
from contract_tests.faults.trial import Finished, Trial, run, tried
from contract_tests.faults.workshop import Workshop
from contract_tests.storage.cluster import SharedCluster, shared_cluster

AT_ONCE: Final = 2

Report = Callable[[Trial], None]


class NotGreen(Exception):
    """The named tests do not pass without any fault, so they could prove nothing. The text says which."""


class Bench:
    """Workshops to work in, of which each is used by one at a time."""

    def __init__(self, workshops: Sequence[tuple[Workshop, SharedCluster | None]]) -> None:
        self._free: queue.SimpleQueue[tuple[Workshop, SharedCluster | None]] = queue.SimpleQueue()
        for each in workshops:
            self._free.put(each)
        self._size = len(workshops)

    def green(self, faults: Sequence[Fault]) -> int:
        """Run the tests of all faults on the unchanged tree; how many there were. Raises NotGreen."""
        files: dict[str, list[str]] = {}
        for test in dict.fromkeys(each for fault in faults for each in fault.caught_by):
            files.setdefault(test.partition("::")[0], []).append(test)
        shares = [
            [test for tests in list(files.values())[n :: self._size] for test in tests]
            for n in range(self._size)
        ]
        with ThreadPoolExecutor(self._size) as threads:
            finished = list(threads.map(self._run_clean, filter(None, shares)))
        wrong = [
            f"{case.name} ({case.outcome})"
            for each in finished
            for case in each.cases
            if case.outcome != "passed"
        ]
        wrong += [each.output.strip()[-2000:] for each in finished if each.code != 0]
        if wrong:
            raise NotGreen("Without any fault: " + "\n".join(wrong))
        return sum(len(each.cases) for each in finished)

    def plant(self, faults: Sequence[Fault], report: Report) -> list[Trial]:
        """Try every fault; `report` is told of each as soon as it is decided."""

        def one(fault: Fault) -> Trial:
            with self._workshop() as workshop:
                trial = tried(fault, workshop)
            report(trial)
            return trial

        with ThreadPoolExecutor(self._size) as threads:
            trials = [threads.submit(one, fault) for fault in faults]
            try:
                return [each.result() for each in trials]
            except BaseException:  # interrupted, or a defect of ours: what has not begun does not begin
                threads.shutdown(wait=False, cancel_futures=True)
                raise

    def _run_clean(self, tests: Sequence[str]) -> Finished:
        with self._workshop() as workshop:
            return run(tests, workshop, to_the_end=True)

    @contextmanager
    def _workshop(self) -> Iterator[Workshop]:
        workshop, cluster = self._free.get()
        try:
            yield workshop
        finally:
            if cluster is not None:
                cluster.drop_every_database()
            self._free.put((workshop, cluster))


@contextmanager
def bench(
    repository: Path, place: Path, *, with_database: bool = True, at_once: int = AT_ONCE
) -> Iterator[Bench]:
    """Workshops below `place`, with their PostgreSQL servers kept running for as long. Raises NoTree."""
    with ExitStack() as opened:
        made: list[tuple[Workshop, SharedCluster | None]] = []
        for number in range(1, at_once + 1):
            workshop = Workshop(repository, place / str(number))
            own = with_database and "CANDOR_TEST_DATABASE_URL" not in os.environ
            cluster = opened.enter_context(shared_cluster(workshop.temporary)) if own else None
            made.append((workshop, cluster))
        yield Bench(made)
