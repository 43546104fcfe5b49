"""A message from a folder of text and the values that it has places for.

The places are `$name`. A value is one line of printable characters by the time it is put in, and escaped in
HTML, so it can add neither a header nor an element. The HTML needs nothing from anywhere: no image, no font,
no script.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from string import Template
from typing import Final, Self

_FOLDERS: Final = Path(__file__).resolve().parent
_FRAME: Final = "frame.html"
_LONGEST: Final = 998  # characters of a line, RFC 5322 section 2.1.1


@dataclass(frozen=True, slots=True)
class Sender:
    """Whom mails come from: an address, and the name that mail programs show beside it."""

    address: str
    name: str = "Candor"

    @property
    def domain(self) -> str:
        """What stands behind the `@`."""
        return self.address.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class _Text:
    subject: Template
    plain: Template
    rich: Template


class Stationery:
    """Every text, read once."""

    def __init__(self, texts: Mapping[str, _Text], frame: Template, sender: Sender) -> None:
        self._texts = texts
        self._frame = frame
        self._sender = sender

    @classmethod
    def of(cls, sender: Sender, folders: Path = _FOLDERS) -> Self:
        """The texts in `folders`."""
        texts = {
            subject.parent.name: _Text(
                subject=_template(subject),
                plain=_template(subject.with_name("body.txt")),
                rich=_template(subject.with_name("body.html")),
            )
            for subject in folders.glob("*/subject.txt")
        }
        return cls(texts, _template(folders / _FRAME), sender)

    @property
    def folders(self) -> Mapping[str, frozenset[str]]:
        """The folders that there are, and the values that each has places for."""
        return {name: frozenset(_places(text)) for name, text in self._texts.items()}

    def message(self, folder: str, values: Mapping[str, str], *, id: str, to: str, at: datetime) -> bytes:
        """The message `id` to one address, as it is sent. The same mail has the same Message-ID, however
        often it is made. Raises KeyError for a folder or a value that is not there."""
        text = self._texts[folder]
        lines = {name: one_line(value) for name, value in values.items()}
        escaped = {name: html.escape(value) for name, value in lines.items()}
        subject = text.subject.substitute(lines).strip()
        message = EmailMessage(policy=SMTP)
        message["From"] = Address(self._sender.name, addr_spec=self._sender.address)
        message["To"] = Address(addr_spec=to)
        message["Subject"] = subject
        message["Date"] = format_datetime(at)
        message["Message-ID"] = f"<{id.lower()}@{self._sender.domain}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody is there to be answered
        _set(message, text.plain.substitute(lines))
        body = text.rich.substitute(escaped)
        message.add_alternative(
            self._frame.substitute(subject=html.escape(subject), body=body), subtype="html", cte="base64"
        )
        return message.as_bytes()


def one_line(value: str) -> str:
    """The value without what would end its line, hide in it or turn it around."""
    return " ".join("".join(each if each.isprintable() else " " for each in value).split())


def _set(message: EmailMessage, text: str) -> None:
    """The plain text, as it is where that can be: so that a link stays in one piece."""
    readable = text.isascii() and max(map(len, text.splitlines())) < _LONGEST
    message.set_content(text, cte="7bit" if readable else "base64")


def _template(path: Path) -> Template:
    return Template(path.read_text(encoding="utf-8"))


def _places(text: _Text) -> set[str]:
    named = re.compile(r"\$\{?([a-z_]+)")
    return {name for part in (text.subject, text.plain, text.rich) for name in named.findall(part.template)}
