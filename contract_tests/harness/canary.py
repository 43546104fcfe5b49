"""A word that nobody would write by chance. Clients of the suite put it into what they send, wherever a
request has room for it; it must turn up in no log.
"""

from __future__ import annotations

CANARY = "c4n4ry7q"

HEADERS = {
    "User-Agent": f"{CANARY}-agent/1.0",
    "Referer": f"https://{CANARY}.example/from?where={CANARY}",
    "X-Unasked": CANARY,
}
"""Header fields that the contract does not declare: they reach nothing."""

MEMBER = {"unasked": CANARY}
"""A member that forms and published JSON inputs ignore."""
