"""How long is waited before what died is started again: sums, no waiting."""

from __future__ import annotations

from api.serve.pauses import LIVED_S, LONGEST_S, QUIET_S, SHORTEST_S, Pauses


def waited(*lives: float) -> list[float]:
    pauses = Pauses()
    return [pauses.next_s(lived_s=life) for life in lives]


class TestPauses:
    def test_double_for_what_cannot_live_up_to_the_longest(self) -> None:
        assert waited(0, 0, 0, LIVED_S / 2) == [SHORTEST_S, 2 * SHORTEST_S, 4 * SHORTEST_S, 8 * SHORTEST_S]
        assert waited(*[0] * 20)[-1] == LONGEST_S

    def test_begin_anew_after_a_quiet_while(self) -> None:
        assert waited(*[0] * 20, QUIET_S + 1, 0)[-2:] == [0, SHORTEST_S]

    def test_are_short_beside_the_life_before(self) -> None:
        assert max(waited(*[2.0] * 20)) == 0.5
        assert waited(*[0] * 20, 4.0)[-1] == 1.0
