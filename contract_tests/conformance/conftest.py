"""What the sweeps need of the server: credentials, and something to find."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contract_tests.coverage.asking import wallet_of
from contract_tests.fuzz.credentials import Wallet
from contract_tests.harness.administration import Administration
from contract_tests.harness.checking import CheckedClient
from contract_tests.harness.contract import contract
from contract_tests.harness.people import Person


@pytest.fixture(scope="session")
def wallet(client: CheckedClient, admin: Administration) -> Wallet:
    """Credentials of every kind."""
    return wallet_of(Person.with_password(admin, "mary"), client)


@pytest.fixture(scope="session")
def published(admin: Administration, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The release that the contract has as its example."""
    answer = contract().responses_of("latest_release")["200"]["content"]["application/json"]
    file: Path = tmp_path_factory.mktemp("published") / "release.json"
    file.write_text(json.dumps(answer["example"], default=str))
    admin.run("release", "publish", str(file))
