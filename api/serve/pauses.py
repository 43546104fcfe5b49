"""How long to wait before something that died is started again.

At once or nearly so the first time, then with pauses that double, so that what cannot live does not burn the
machine; after a quiet while they begin anew. What did live for a while before it died is not kept waiting for
long: its pause is no more than a quarter of that life, so that it is there most of the time.
"""

from __future__ import annotations

from typing import Final

SHORTEST_S: Final = 0.1
LONGEST_S: Final = 30.0
QUIET_S: Final = 60.0
LIVED_S: Final = 1.0  # a shorter life is as good as none


class Pauses:
    """The pauses of one thing that is kept running."""

    def __init__(self) -> None:
        self._last_s = 0.0

    def next_s(self, *, lived_s: float) -> float:
        """Seconds to wait now, after being of use for so many; an attempt that failed is a life of 0."""
        if lived_s > QUIET_S:
            self._last_s = 0.0
        else:
            longest = lived_s / 4 if lived_s >= LIVED_S else LONGEST_S
            self._last_s = min(max(SHORTEST_S, self._last_s * 2), longest)
        return self._last_s
