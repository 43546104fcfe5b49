"""A provider that takes too long, and a server that stops while it is asked: nothing stays held."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from contract_tests.assistant.answers import Step, after, normal
from contract_tests.completions.test_leaving import asking
from contract_tests.completions.world import Asker, World, world
from contract_tests.storage.cluster import SharedCluster


@pytest.fixture
def hasty(cluster: SharedCluster, migrated: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A server that waits for an answer for one second, and for what is under way when it stops for one."""
    url = cluster.create_database("hasty", like=migrated)
    variables = {"CANDOR_ASSISTANT_LIMIT_S": "1", "CANDOR_DRAIN_S": "1"}
    with world(url, tmp_path_factory.mktemp("hasty"), variables=variables) as made:
        yield made


def warm_up(asker: Asker) -> None:
    """A worker's first call loads what it asks with, which may take longer than a second."""
    assert any(asker.ask().status_code == 200 for _ in range(10))


def test_an_answer_that_takes_too_long_costs_nothing_and_a_stop_settles_what_is_under_way(
    hasty: World,
) -> None:
    warm_up(hasty.asker("first"))
    answers_that_take_too_long_cost_nothing(hasty)
    a_server_that_stops_settles_what_is_under_way(hasty)


def answers_that_take_too_long_cost_nothing(hasty: World) -> None:
    asker = hasty.asker("patient")
    before, calls = asker.balance, len(hasty.calls_of(asker))
    for slow in (normal(pause_s=0.4), [Step.HANG], after(2, Step.HANG)):
        with hasty.upstream.always(slow):
            answer = asker.ask()
        assert (answer.status_code, answer.json()["error"]) == (504, "provider_timeout")
    assert asker.usage() == {"balance": before, "reserved": 0}
    assert [each["error_code"] for each in hasty.calls_of(asker)[calls:]] == ["timeout"] * 3


def a_server_that_stops_settles_what_is_under_way(hasty: World) -> None:
    asker = hasty.asker("late")
    slow = normal(["a word "] * 50, pause_s=0.05)
    with hasty.upstream.always(slow), asking(hasty, asker):
        assert hasty.upstream.wait(lambda: hasty.upstream.under_way == 1)
        hasty.server.process.send_signal(signal.SIGTERM)
        hasty.server.ended()
    assert hasty.calls_of(asker)[-1]["error_code"] in ("cancelled", "timeout")
    assert hasty.holds(asker) == 0
