"""What a driver sends: whole requests, made before the clock starts."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from urllib.parse import urlencode


@dataclass(frozen=True, slots=True)
class Call:
    """One request: HTTP/1.1, the connection kept."""

    method: str
    path: str
    authorization: str
    body: str = ""
    media_type: str = ""

    @property
    def raw(self) -> bytes:
        """The bytes on the wire."""
        lines = [
            f"{self.method} {self.path} HTTP/1.1",
            "Host: 127.0.0.1",
            "Accept: application/json",
            f"Authorization: {self.authorization}",
        ]
        if self.media_type:
            lines.append(f"Content-Type: {self.media_type}")
        if self.body or self.method != "GET":
            lines.append(f"Content-Length: {len(self.body.encode())}")
        return ("\r\n".join(lines) + "\r\n\r\n" + self.body).encode()


def with_token(method: str, path: str, token: str) -> Call:
    """A call with a bearer token and without a body."""
    return Call(method, path, f"Bearer {token}")


def as_client(path: str, *, client_id: str, client_secret: str, **form: str) -> Call:
    """A form, sent by an OAuth client that authenticates with `client_secret_basic`."""
    credentials = base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()
    return Call("POST", path, f"Basic {credentials}", urlencode(form), "application/x-www-form-urlencoded")
