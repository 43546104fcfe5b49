"""Credentials -> Caller: which kind a bearer token is by its prefix, and the one look-up that tells whose
it is.
"""

from __future__ import annotations

from datetime import datetime

from api.contract.records import Collections
from handlers import secret
from handlers.caller import Caller, ClientCredentials, SessionFacts
from handlers.errors import InvalidToken
from persistence import credentials, sign_ins
from persistence.unit_of_work import UnitOfWork


class StoredCredentials:
    """The real authenticator. `collections` tells it since when a call must have been recorded not to be
    due.
    """

    def __init__(self, *, pat_prefix: str, collections: Collections) -> None:
        self._pat_prefix = pat_prefix
        self._collections = collections

    async def bearer(self, token: str, *, store: UnitOfWork, now: datetime, operation_id: str) -> Caller:
        """The caller behind a bearer token, in at most one round trip. Raises InvalidToken,
        StoreUnavailable.
        """
        if secret.well_formed(token, secret.ACCESS_TOKEN):
            return await self._by_access_token(token, store=store, now=now, operation_id=operation_id)
        if secret.well_formed(token, self._pat_prefix):
            return await _by_personal_access_token(token, store=store, now=now)
        raise InvalidToken

    async def cookie(self, kind: str, value: str, *, store: UnitOfWork, now: datetime) -> Caller | None:
        """The person behind a browser's cookie, in at most one round trip; None when it opens nothing.

        A refresh token that was used already is let through: whoever rotates it decides between a retry and a
        replay. Raises StoreUnavailable.
        """
        if kind == "session" and secret.well_formed(value, secret.SIGN_IN_ACCESS):
            row = await sign_ins.by_access(store, token_hash=secret.digest(value), now=now)
            if row is not None:
                return Caller(kind="session", user_id=row["user_id"], sign_in_id=row["id"])
        if kind == "session_refresh" and secret.well_formed(value, secret.SIGN_IN_REFRESH):
            row = await sign_ins.by_refresh(store, token_hash=secret.digest(value), now=now)
            if row is not None:
                return Caller(
                    kind="session_refresh", user_id=row["user_id"], sign_in_id=row["id"], presented=value
                )
        return None

    def basic(self, client_id: str, client_secret: str) -> Caller:
        """A client as it presents itself (RFC 6749 section 2.3.1); the handler verifies it."""
        return Caller(
            kind="client",
            client_id=client_id,
            credentials=ClientCredentials(client_id=client_id, client_secret=client_secret),
        )

    async def _by_access_token(
        self, token: str, *, store: UnitOfWork, now: datetime, operation_id: str
    ) -> Caller:
        row = await credentials.active_access_token(
            store,
            token_hash=secret.digest(token),
            now=now,
            operation=operation_id,
            recorded_since=self._collections.recorded_since(operation_id, now),
        )
        if row is None:
            raise InvalidToken
        session = None
        if row["session_id"] is not None:
            session = SessionFacts(
                id=row["session_id"],
                created_at=row["created_at"],
                expires_at=row["expires_at"],
                generation=row["generation"],
            )
        return Caller(
            kind="instance_token" if session is None else "access_token",
            scopes=frozenset(row["scopes"]),
            user_id=row["user_id"],
            instance_id=row["instance_id"],
            client_id=row["client_id"],
            workspace_id=row["workspace_id"],
            ephemeral=row["ephemeral"],
            session=session,
            record_due=row["record_due"],
        )


async def _by_personal_access_token(token: str, *, store: UnitOfWork, now: datetime) -> Caller:
    row = await credentials.active_personal_access_token(store, token_hash=secret.digest(token), now=now)
    if row is None:
        raise InvalidToken
    return Caller(kind="pat", user_id=row["user_id"])
