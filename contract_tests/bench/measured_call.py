"""The call that the first row measures on both sides: which operation, which token, which answer."""

from __future__ import annotations

OPERATION = "get_instance_workspace"
PATH = "/instance/workspace"
TOKEN = "cit_2f6c1a9be04d7358q1w2e3r4t5y6u7i8o9p0aBCDEFGH"
ANSWER = {"generation": 7, "id": "01KAJ3S9QW0A9C8E7G6J5M4P3R", "name": "Ada's workspace"}


def request(token: str = TOKEN) -> bytes:
    """The request as bytes: HTTP/1.1, the connection kept."""
    return (
        f"GET {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n"
        f"Authorization: Bearer {token}\r\n\r\n"
    ).encode()
