"""What the database holds once the load is over, by the digests of what the callers hold."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from contract_tests.harness.stored import rows
from handlers import secret
from handlers.oauth2 import user_code

Row = dict[str, Any]


@dataclass(frozen=True)
class Stored:
    """The tables that grants consist of."""

    instances: dict[str, Row]  # by client id
    keys: dict[bytes, Row]
    flows: dict[bytes, Row]  # by the digest of the device code
    sessions: dict[str, Row]
    access: dict[bytes, Row]
    refresh: dict[bytes, Row]
    recorded: Counter[tuple[str, str]]  # interactions by instance and operation
    clocks: Counter[tuple[str, str]]

    @classmethod
    def read(cls, url: str) -> Stored:
        """Everything at once."""

        def table(name: str, key: str) -> dict[Any, Row]:
            return {each[key]: each for each in rows(url, f'SELECT * FROM "{name}"')}

        def counted(name: str) -> Counter[tuple[str, str]]:
            query = f'SELECT instance_id, operation FROM "{name}"'
            return Counter((each["instance_id"], each["operation"]) for each in rows(url, query))

        return cls(
            instances=table("instance", "client_id"),
            keys=table("registration_key", "key_hash"),
            flows=table("device_grant", "device_code_hash"),
            sessions=table("session", "id"),
            access=table("access_token", "token_hash"),
            refresh=table("refresh_token", "token_hash"),
            recorded=counted("interaction"),
            clocks=counted("interaction_clock"),
        )

    def access_row(self, token: str) -> Row:
        """The row of an access token, which must be there."""
        return self.access[secret.digest(token)]

    def refresh_row(self, token: str) -> Row:
        """The row of a refresh token, which must be there."""
        return self.refresh[secret.digest(token)]

    def flow_row(self, device_code: str, shown: str) -> Row:
        """The row of a device authorization, which must be there, with its user code."""
        row = self.flows[secret.digest(device_code)]
        assert row["user_code_hash"] == user_code.digest(user_code.normal(shown) or "")
        return row
