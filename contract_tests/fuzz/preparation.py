"""What a fuzzed server holds before it is fuzzed: somebody to be, and something to find."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

from contract_tests.fuzz.credentials import FuzzCredentials
from contract_tests.harness.administration import Administration
from contract_tests.harness.contract import contract
from contract_tests.harness.people import Person


@dataclass(frozen=True, slots=True)
class Prepared:
    """A server with something to find on it."""

    url: str
    database_url: str

    def credentials(self, kind: str) -> FuzzCredentials:
        """What a process that fuzzes with this kind of credential is given: those of a new person, because a
        fuzzer may end what the one before it held.
        """
        admin = Administration(self.database_url)
        person = Person.with_password(admin, "fuzz")
        admin.run("subscription", "grant", "--user", person.email, "--plan", "individual")
        return FuzzCredentials(kind, self.url, person.pat, person.key, person.email, person.password)


def prepare(url: str, database_url: str) -> Prepared:
    """Publish the release that the contract has as its example."""
    admin = Administration(database_url)
    answer = contract().responses_of("latest_release")["200"]["content"]["application/json"]
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory, "release.json")
        file.write_text(json.dumps(answer["example"], default=str))
        admin.run("release", "publish", str(file))
    return Prepared(url, database_url)
