"""The peer as a subject: node-oidc-provider in its own database, with the same clients."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

from contract_tests.bench.bench import Bench
from contract_tests.bench.call import as_client
from contract_tests.bench.subject import Program
from contract_tests.bench.whole_server import POOL
from contract_tests.harness.contract import REPOSITORY
from contract_tests.harness.instances import Instance
from persistence.address import Address
from persistence.embedded.layout import APPLICATION

FOLDER = REPOSITORY / "contract_tests" / "bench" / "npm"
DATABASE = "peer"

_TABLE = """
    CREATE TABLE oidc (
        model text NOT NULL,
        id text NOT NULL,
        payload jsonb NOT NULL,
        expires_at timestamptz,
        consumed_at timestamptz,
        PRIMARY KEY (model, id)
    );
    CREATE INDEX ON oidc (expires_at);
"""


def peer(bench: Bench, instances: Sequence[Instance]) -> Program:
    """The installed peer, to be entered; the instances are its clients."""
    asyncio.run(_prepare(bench.store.database(DATABASE), instances))
    layout = bench.store.layout
    return Program(
        "node-oidc-provider",
        ("node", "peer.js"),
        calls=[
            as_client("/token", client_id=each.client_id, client_secret=each.client_secret,
                      grant_type="client_credentials", scope="instance")
            for each in instances
        ],
        core=bench.cores.server,
        folder=FOLDER,
        variables={
            "NODE_ENV": "production",
            "PGHOST": str(layout.sockets),
            "PGPORT": str(layout.port),
            "PGUSER": APPLICATION,
            "PGPASSWORD": layout.password_file(APPLICATION).read_text(encoding="ascii").strip(),
            "PGDATABASE": DATABASE,
            "POOL": str(POOL),
        },
    )  # fmt: skip


async def _prepare(database_url: str, instances: Sequence[Instance]) -> None:
    connection = await Address.parse(database_url).open()
    try:
        await connection.execute(_TABLE)
        await connection.executemany(
            "INSERT INTO oidc (model, id, payload) VALUES ('Client', $1, $2)",
            [(each.client_id, json.dumps(_client(each))) for each in instances],
        )
    finally:
        await connection.close()


def _client(instance: Instance) -> dict[str, object]:
    return {
        "client_id": instance.client_id,
        "client_secret": instance.client_secret,
        "grant_types": ["client_credentials"],
        "redirect_uris": [],
        "response_types": [],
        "scope": "instance",
        "token_endpoint_auth_method": "client_secret_basic",
    }
