"""The mails that a server without an SMTP server has put into its data directory, as their readers see them.

mail = Mailbox.of(server).arrives("ada@example.org", "Confirm your e-mail address")
client.post("/api/v1/account/verify", json={"token": mail.token})
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import cache
from pathlib import Path
from typing import Self

from contract_tests.harness.server import ServerProcess

SOON_S = 30.0


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail."""

    id: str
    message: EmailMessage
    to: str
    subject: str

    @classmethod
    def read(cls, content: bytes, *, id: str = "") -> Self:
        """A mail as it was sent."""
        message = message_from_bytes(content, policy=default)
        assert isinstance(message, EmailMessage)
        return cls(id, message, str(message["To"]), str(message["Subject"]))

    @property
    def text(self) -> str:
        """What a program that shows no HTML shows."""
        return self._part("plain")

    @property
    def html(self) -> str:
        return self._part("html")

    @property
    def link(self) -> str:
        """The one link in the text that carries a secret."""
        (link,) = re.findall(r"https?://\S+#token=\S+", self.text)
        return str(link)

    @property
    def token(self) -> str:
        """The secret that the link carries."""
        return self.link.partition("#token=")[2]

    def _part(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        assert part is not None, f"no {kind} part"
        return str(part.get_content())


class Mailbox:
    """The mails in one data directory, the oldest first."""

    def __init__(self, data_dir: Path) -> None:
        self._directory = data_dir / "mail"

    @classmethod
    def of(cls, server: ServerProcess) -> Self:
        """Those of a running server."""
        return cls(server.data_dir)

    def all(self, to: str | None = None, subject: str | None = None) -> Sequence[Mail]:
        """Those to one address, with one subject."""
        files = sorted(self._directory.glob("*.eml"))
        mails = [_parsed(path.read_bytes(), path.stem) for path in files]
        return [
            each
            for each in mails
            if (to is None or each.to == to) and (subject is None or each.subject == subject)
        ]

    def arrives(self, to: str, subject: str | None = None, *, beyond: int = 0) -> Mail:
        """The newest one, once there are more than `beyond` of them."""
        until = time.monotonic() + SOON_S
        while len(found := self.all(to, subject)) <= beyond:
            assert time.monotonic() < until, f"no mail to {to} within {SOON_S:.0f} s"
            time.sleep(0.02)  # another process's file: there is nothing else to wait on
        return found[-1]


@cache  # whoever waits for a mail looks at all of them again and again, and a shared server has sent hundreds
def _parsed(content: bytes, id: str) -> Mail:
    return Mail.read(content, id=id)
