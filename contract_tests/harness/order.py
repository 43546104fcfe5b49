"""In which order the files of tests are dealt to the processes that run them: what takes longest first, and
what shares a server in one piece.

Otherwise a file of minutes is begun when little else is left, and one process works on it while the other has
nothing to do. Only the order of whole files changes; a file that is not named here comes after all that are,
where it would have come anyway.

The files of some directories share what each process that runs one of them has to make: servers, a browser.
They all go to one process, and one of them is named for all.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

from contract_tests.harness.contract import REPOSITORY

LONGEST: Final = tuple(Path(__file__).with_name("longest_files.txt").read_text().split())

IN_ONE_PIECE: Final = {
    "contract_tests/captcha/": "pages",  # their server is that of dashboard/test_captcha.py
    "contract_tests/clients/": "clients",
    "contract_tests/completions/": "completions",
    "contract_tests/dashboard/": "pages",
    "contract_tests/operations/": "operations",
    "contract_tests/races/": "races",
    "contract_tests/throttles/": "throttles",
}
"""Where a file's path begins, and with which others it belongs together."""
BY_THEMSELVES: Final = {
    "contract_tests/completions/test_killed.py",
    "contract_tests/completions/test_stopping.py",
    "contract_tests/throttles/test_flood.py",
}
"""They are there and start what they need themselves."""


class InPieces(LoadFileScheduling):  # type: ignore[misc]  # of a package without types
    """Deals whole files, and those that belong together as if they were one."""

    def _split_scope(self, nodeid: str) -> str:
        return piece_of(str(super()._split_scope(nodeid)))


def piece_of(file: str) -> str:
    """What a file, by its path in the repository, is dealt as: itself, or a word for those it belongs to."""
    found = (piece for place, piece in IN_ONE_PIECE.items() if file.startswith(place))
    return file if file in BY_THEMSELVES else next(found, file)


def longest_first(items: list[pytest.Item]) -> None:
    """Sort the tests."""
    places = {REPOSITORY / "contract_tests" / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))
