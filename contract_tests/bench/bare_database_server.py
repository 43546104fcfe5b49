"""The baseline of `token` and `get_session`: an ASGI function on asyncpg, without a framework, that does the
least.

`token` is what the grant cannot do without: read the client, compare its secret, insert the token, each
statement prepared, the insert durable by the server's own commit. `get_session` reads one row by its primary
key and answers members of the same names and sizes. Nothing is validated, routed, counted, recorded or
logged, and a request that is not the measured one is not understood. It runs on Candor's tables, with as many
connections.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import sys
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import asyncpg
import orjson
import uvicorn

from contract_tests.bench.whole_server import POOL
from persistence.address import Address

_CLIENT = "SELECT id, client_secret_hash FROM instance WHERE client_id = $1"
_ISSUE = (
    "INSERT INTO access_token (token_hash, instance_id, scopes, created_at, expires_at)"
    " VALUES ($1, $2, $3, $4, $5)"
)
_TOKEN = (
    "SELECT instance_id, session_id, scopes, created_at, expires_at FROM access_token WHERE token_hash = $1"
)
_LIFE_S = 3600
_JSON = [(b"content-type", b"application/json")]
_NO_STORE = [*_JSON, (b"cache-control", b"no-store"), (b"pragma", b"no-cache")]


class BareApplication:
    """Two operations on one pool."""

    def __init__(self, database_url: str) -> None:
        self._address = Address.parse(database_url)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["method"] == "POST":
            await self._token(scope, receive, send)
        else:
            await self._session(scope, send)

    async def _token(self, scope: Any, receive: Any, send: Any) -> None:
        form = dict(parse_qsl((await receive())["body"].decode()))
        client_id, _, client_secret = base64.b64decode(_credential(scope)).decode().partition(":")
        client = await self._pool.fetchrow(_CLIENT, client_id)
        presented = hashlib.sha256(client_secret.encode()).digest()
        if client is None or not hmac.compare_digest(presented, client["client_secret_hash"]):
            await _answer(send, 401, _JSON, {"error": "invalid_client"})
            return
        token = "cat_" + secrets.token_urlsafe(36)
        digest = hashlib.sha256(token.encode()).digest()
        now = datetime.now(UTC)
        await self._pool.execute(
            _ISSUE, digest, client["id"], [form["scope"]], now, now + timedelta(seconds=_LIFE_S)
        )
        granted = {
            "access_token": token, "expires_in": _LIFE_S, "scope": form["scope"], "token_type": "Bearer",
        }  # fmt: skip
        await _answer(send, 200, _NO_STORE, granted)

    async def _session(self, scope: Any, send: Any) -> None:
        row = await self._pool.fetchrow(_TOKEN, hashlib.sha256(_credential(scope)).digest())
        if row is None:
            await _answer(send, 401, _JSON, {"error": "invalid_token"})
            return
        session = {
            "client_id": row["instance_id"],
            "created_at": row["created_at"],
            "expires_at": row["expires_at"],
            "generation": 1,
            "id": row["session_id"],
            "scopes": row["scopes"],
            "user_id": row["instance_id"],
            "workspace_id": row["instance_id"],
        }
        await _answer(send, 200, _JSON, session)

    async def _live(self, receive: Any, send: Any) -> None:
        await receive()
        self._pool = await asyncpg.create_pool(
            connect=self._connect, reset=_leave_as_it_is, min_size=POOL, max_size=POOL
        )
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._pool.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _connect(self, *_: Any, **options: Any) -> asyncpg.Connection[asyncpg.Record]:
        return await self._address.open(**options)


async def _leave_as_it_is(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """No round trip between two uses of a connection."""


def _credential(scope: Any) -> bytes:
    for name, value in scope["headers"]:
        if name == b"authorization":
            return bytes(value.partition(b" ")[2])
    return b""


async def _answer(send: Any, status: int, headers: list[tuple[bytes, bytes]], body: object) -> None:
    raw = orjson.dumps(body)
    length = (b"content-length", b"%d" % len(raw))
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": raw})


if __name__ == "__main__":
    uvicorn.run(
        BareApplication(sys.argv[2]), port=int(sys.argv[1]),
        loop="uvloop", http="httptools", log_level="error", access_log=False,
    )  # fmt: skip
