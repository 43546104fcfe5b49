"""The server about itself, in contract order."""

from __future__ import annotations

from datetime import datetime, timedelta

from handlers.answers import Answer
from handlers.moments import rfc3339
from handlers.ports import Ports
from persistence import credentials
from persistence.unit_of_work import UnitOfWork

_CONTACT_LIFE = timedelta(days=180)


async def health(*, store: UnitOfWork, ports: Ports) -> Answer:
    """`ok` when the database answers; the boundary turns its absence into 503."""
    await credentials.ping(store)
    return Answer(
        body={"status": "ok", "version": ports.published.version}, headers={"Cache-Control": "no-store"}
    )


async def security_contact(*, ports: Ports, now: datetime) -> Answer:
    """Whom to tell about a security issue (RFC 9116). `Expires` moves once a day."""
    expires = (now + _CONTACT_LIFE).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = (
        "# Also for reports of an account of a child under 13, which is then deleted.",
        f"Contact: {ports.policy.security_contact}",
        f"Expires: {rfc3339(expires)}",
        f"Canonical: {ports.policy.public_url}/.well-known/security.txt",
    )
    body = "".join(f"{line}\n" for line in lines)
    return Answer(body=body.encode(), media_type="text/plain; charset=utf-8")
