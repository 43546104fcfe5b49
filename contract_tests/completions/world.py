"""A server whose operator has set up a provider, and people who ask it through their instances."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from contract_tests.assistant.upstream import KEY, Upstream
from contract_tests.conftest import GENEROUS
from contract_tests.harness.administration import Administration
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.instances import Instance
from contract_tests.harness.people import Person
from contract_tests.harness.server import ServerProcess
from contract_tests.harness.stored import execute, rows
from persistence.embedded.server import connection_url

PROVIDER = "lab"
MODEL = "heron-1"
DEAR = "heron-10"
FREE = "heron-0"
COMPLETE, MODELS, USAGE = (f"/instance/assistant/{name}" for name in ("complete", "models", "usage"))
FRUGAL = "frugal"
MONTHLY = 500_000
CONTEXT, MAX_OUTPUT = 8_000, 1_000


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody signed in to an instance, with a plan."""

    client: httpx.Client
    person: Person
    headers: dict[str, str]

    def ask(
        self, text: str = "What lives here?", *, key: str | None = None, **members: Any
    ) -> httpx.Response:
        """Ask the usual model one thing, under an Idempotency-Key if given."""
        headers = self.headers | ({"Idempotency-Key": key} if key is not None else {})
        body = {"model": MODEL, "messages": [{"role": "user", "content": text}], **members}
        return self.client.post(COMPLETE, json=body, headers=headers)

    def usage(self) -> dict[str, int]:
        """What `get_usage` says."""
        answer = self.client.get(USAGE, headers=self.headers)
        assert answer.status_code == 200, answer.text
        found: dict[str, int] = answer.json()
        return found

    @property
    def balance(self) -> int:
        """The balance."""
        return self.usage()["balance"]


@dataclass(frozen=True, slots=True)
class World:
    """The server, its provider, and how to get people."""

    server: ServerProcess
    url: str
    client: CheckedClient
    upstream: Upstream
    admin: Administration

    def asker(self, name: str = "ada", *, plan: str = "individual") -> Asker:
        """A new person on that plan, signed in to an instance."""
        person = Person.create(self.admin, name)
        if plan != "basic":
            self.admin.run("subscription", "grant", "--user", person.email, "--plan", plan)
        instance = Instance.register(self.client, key=person.key)
        return Asker(self.client, person, instance.sign_in(person.pat).bearer)

    def with_credits(self, amount: int, name: str = "poor") -> Asker:
        """Somebody on a plan that gives nothing by itself, who was given so many credits."""
        asker = self.asker(name, plan=FRUGAL)
        if amount:
            self.admin.run("credits", "grant", "--user", asker.person.email, f"--credits={amount}")
        return asker

    def set_up(self) -> None:
        """Add a frugal plan, and the provider with its key and models, as an operator does."""
        execute(self.url, "INSERT INTO plan (name, monthly_credits) VALUES ($1, 0)", FRUGAL)
        execute(
            self.url,
            "INSERT INTO plan_entitlement (plan, entitlement) VALUES ($1, 'feature:assistant')",
            FRUGAL,
        )
        self.admin.run("provider", "add", "--name", PROVIDER, "--base-url", self.upstream.url)
        self.admin.run("provider-key", "set", PROVIDER, f"--data-dir={self.server.data_dir}", stdin=KEY)
        for model, price in ((MODEL, 1), (DEAR, 10), (FREE, 0)):
            self.add_model(model, price)

    def add_model(
        self, model: str, price: int, *, context: int = CONTEXT, max_output: int = MAX_OUTPUT
    ) -> None:
        """Add a model of the provider at that price."""
        self.admin.run(
            *("model", "add", "--id", model, "--name", model.title(), "--provider", PROVIDER),
            *("--token-credit", str(price), "--context", str(context), "--max-output", str(max_output)),
        )

    def calls_of(self, asker: Asker) -> list[dict[str, Any]]:
        """What is kept of a person's calls, the oldest first."""
        query = f"SELECT * FROM assistant_call WHERE user_id = '{asker.person.id}' ORDER BY id"
        return [dict(each) for each in rows(self.url, query)]

    def holds(self, asker: Asker) -> int:
        """How many holds there are of a person."""
        query = "SELECT count(*) AS n FROM credit_hold WHERE user_id = $1"
        return int(rows(self.url, query, asker.person.id)[0]["n"])

    def books_balance(self) -> bool:
        """Whether the operator's check finds no difference."""
        return not self.admin.run("credits", "verify")["differences"]


@contextmanager
def world(
    url: str | None,
    directory: Path,
    *,
    variables: Mapping[str, str] | None = None,
    flags: Mapping[str, str] | None = None,
    ends_well: bool = True,
) -> Iterator[World]:
    """A running one on that database, or else on its own in the data directory."""
    data_dir = directory / "data"
    given = {**(flags or {}), **({"database-url": url} if url is not None else {})}
    with Upstream() as provider:
        server = ServerProcess(data_dir, flags=given, variables={**GENEROUS, **(variables or {})})
        try:
            with server.until_ready().client() as client:
                database = url if url is not None else connection_url(data_dir)
                made = World(server, database, client, provider, Administration(database))
                made.set_up()
                yield made
        finally:
            code = server.stop()
        assert code == 0 or not ends_well, server.stderr
