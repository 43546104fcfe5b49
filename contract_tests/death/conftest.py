"""The world that the load lives in: people, their keys, and a server that can be killed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from contract_tests.conftest import GENEROUS
from contract_tests.death.journal import Journal, Key
from contract_tests.harness.administration import Administration
from contract_tests.harness.people import Person

ROUNDS = 20
CALLS = 12  # that are confirmed before a round's death, so that it comes in the middle of work

LIMITED_KEYS = 6
USES = 3

World = tuple[list[Person], Journal]
SETTINGS = {**GENEROUS, "CANDOR_REFRESH_GRACE_S": "600"}
"""A slow machine must not turn a retry into a replay: how long the grace is, is proven elsewhere."""


@pytest.fixture
def world() -> Callable[[str], World]:
    """Makes two people with their registration keys in the database at a URL, and an empty journal."""

    def make(url: str) -> World:
        admin = Administration(url)
        people = [Person.create(admin, name) for name in ("ada", "grace")]
        limited = [
            admin.run(
                "registration-key",
                "create",
                "--user",
                people[0].email,
                "--prefix",
                "few-",
                f"--max-uses={USES}",
            )["key"]
            for _ in range(LIMITED_KEYS)
        ]
        # Ada's reusable key is the last resort of everybody, so all instances are in her workspace.
        keys = [Key(text, USES) for text in limited] + [Key(people[0].key, None)]
        return [people[0]], Journal(keys)

    return make
