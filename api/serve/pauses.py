"""How long to wait before something that died is started again.

At once or nearly so the first time, then with pauses that double, so that what cannot live does not burn the
machine; after a quiet while they begin anew.
"""

from __future__ import annotations

from typing import Final

SHORTEST_S: Final = 0.1
LONGEST_S: Final = 30.0
QUIET_S: Final = 60.0


class Pauses:
    """The pauses of one thing that is kept running."""

    def __init__(self) -> None:
        self._last_s = 0.0

    def next_s(self, *, lived_s: float) -> float:
        """Seconds to wait now, after a life of so many seconds; an attempt that failed is a life of 0."""
        quiet = lived_s > QUIET_S
        self._last_s = 0.0 if quiet else min(max(SHORTEST_S, self._last_s * 2), LONGEST_S)
        return self._last_s
