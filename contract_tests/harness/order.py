"""In which order the files of tests are dealt to the processes that run them: what takes longest first.

Otherwise a file of minutes is begun when little else is left, and one process works on it while the other has
nothing to do. Only the order of whole files changes; a file that is not named here comes after all that are,
where it would have come anyway.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from contract_tests.harness.contract import REPOSITORY

LONGEST: Final = tuple(Path(__file__).with_name("longest_files.txt").read_text().split())


def longest_first(items: list[pytest.Item]) -> None:
    """Sort the tests."""
    places = {REPOSITORY / "contract_tests" / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))
