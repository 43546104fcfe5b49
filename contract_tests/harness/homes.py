"""The server under the name `localhost`, for which browsers make passkeys without TLS."""

from __future__ import annotations

from dataclasses import dataclass

from contract_tests.harness.administration import Administration
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.people import Person
from contract_tests.harness.second_factors import Holder
from contract_tests.harness.server import ServerProcess


@dataclass(frozen=True, slots=True)
class Home:
    """It runs, with the database under it and its operator."""

    server: ServerProcess
    url: str
    client: CheckedClient
    admin: Administration

    def person(self, name: str = "ada") -> Holder:
        """Somebody new, signed in with a password and nothing else."""
        return Holder.sign_in(self.client, Person.with_password(self.admin, name))
