"""A head has a deadline, however busy its sender looks."""

import pytest

from contract_tests.wire.slow import HABITS, HEAD_S, SlowClients


class TestSlowClient:
    @pytest.mark.parametrize("habit", HABITS)
    def test_is_let_go_at_the_deadline(self, slow_clients: SlowClients, habit: str) -> None:
        assert HEAD_S - 2 < slow_clients.seconds(habit) < HEAD_S + 10
