"""Mails to an SMTP server (RFC 5321), which is to be the operator's own: it looks after what it has taken.

Of a message that a server has not answered nobody can say whether it will arrive (RFC 5321 section 4.5.4.2
leaves the choice between losing it and doubling it), so the line is drawn as late as it can be: everything
but the final dot is written and has left, then it is stored that the mail may arrive from now on, and if the
connection still stands the dot follows. Whatever goes wrong before that was no delivery, for certain.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final, cast

from handlers.ports import Delivery, Fate

if TYPE_CHECKING:
    from aiosmtplib import SMTP

_LEADING_DOT: Final = re.compile(rb"(?m)^\.")
_END: Final = b".\r\n"


class Tls(Enum):
    """How a connection is protected: after a first plain exchange, from its first byte, or not at all."""

    STARTTLS = "starttls"
    IMPLICIT = "implicit"
    NONE = "none"


_USUAL_PORT: Final = {Tls.STARTTLS: 587, Tls.IMPLICIT: 465, Tls.NONE: 25}


@dataclass(frozen=True, slots=True)
class Relay:
    """The server and how to speak to it. Its certificate must be good for `host`; `we` is our own name."""

    host: str
    port: int | None
    tls: Tls
    sender: str
    we: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: for connecting and for each answer, for everything before the end of the message, and for the
    answer to that, during which servers may look for viruses (RFC 5321 section 4.5.3.2 would wait 10
    minutes)."""

    step_s: float = 20
    before_the_end_s: float = 60
    after_the_end_s: float = 120


class SmtpRelay:
    """Hands mails to one server, each on a connection of its own."""

    def __init__(self, relay: Relay, patience: Patience | None = None) -> None:
        self._relay = relay
        self._patience = patience if patience is not None else Patience()

    async def deliver(
        self, id: str, to: str, message: bytes, *, before_the_end: Callable[[], Awaitable[None]]
    ) -> Delivery:
        """Send the message. See `handlers.ports.MailGateway`."""
        smtp = self._client()
        try:
            put_off = await self._begin(smtp, to, message)
            if put_off is not None:
                return put_off
            await before_the_end()
            return await self._end(smtp)
        finally:
            _cut(smtp)

    def _client(self) -> SMTP:
        from aiosmtplib import SMTP  # only where mails are sent

        relay = self._relay
        return SMTP(
            hostname=relay.host,
            port=relay.port if relay.port is not None else _USUAL_PORT[relay.tls],
            username=relay.username,
            password=relay.password,
            local_hostname=_greeting_name(relay.we),
            timeout=self._patience.step_s,
            use_tls=relay.tls is Tls.IMPLICIT,
            start_tls=relay.tls is Tls.STARTTLS,
            tls_context=None if relay.tls is Tls.NONE else ssl.create_default_context(),
        )

    async def _begin(self, smtp: SMTP, to: str, message: bytes) -> Delivery | None:
        """Everything but the final dot: None when the server has taken it so far."""
        import aiosmtplib

        try:
            async with asyncio.timeout(self._patience.before_the_end_s):
                await smtp.connect()
                await smtp.mail(self._relay.sender)
                await smtp.rcpt(to)
                answer = await smtp.execute_command(b"DATA")
                if answer.code != aiosmtplib.SMTPStatus.start_input:
                    return Delivery(Fate.PUT_OFF, "data")
                await _write(smtp, _LEADING_DOT.sub(b"..", message))
        except aiosmtplib.SMTPRecipientRefused as refused:
            # Another answer will not come to the same question (RFC 5321 section 4.2.1).
            return Delivery(_refusal(refused.code), "recipient")
        except (aiosmtplib.SMTPException, OSError, ValueError) as failure:
            return Delivery(Fate.PUT_OFF, _reason(failure))
        return None

    async def _end(self, smtp: SMTP) -> Delivery:
        import aiosmtplib

        protocol = smtp.protocol
        if protocol is None or not protocol.is_connected:
            return Delivery(Fate.PUT_OFF, "disconnected")
        try:
            protocol.write(_END)
            answer = await protocol.read_response(timeout=self._patience.after_the_end_s)
        except aiosmtplib.SMTPTimeoutError:
            return Delivery(Fate.UNKNOWN, "timeout")
        except (aiosmtplib.SMTPException, OSError):
            return Delivery(Fate.UNKNOWN, "disconnected")
        if 200 <= answer.code < 300:
            _part(smtp)
            return Delivery(Fate.SENT, "taken")
        return Delivery(_refusal(answer.code), "content")


async def _write(smtp: SMTP, data: bytes) -> None:
    """Write, and wait until all of it has left this process."""
    if smtp.protocol is None:
        raise ConnectionResetError
    smtp.protocol.write(data)
    # A transport tells when it is nearly empty, and not when it is.
    while (transport := _transport(smtp)) is not None and transport.get_write_buffer_size():  # noqa: ASYNC110
        await asyncio.sleep(0.01)


def _part(smtp: SMTP) -> None:
    """Say goodbye, without waiting for what is said to that: the mail is not sent before it is written down
    that it was."""
    import aiosmtplib

    with suppress(aiosmtplib.SMTPException):
        if smtp.protocol is not None:
            smtp.protocol.write(b"QUIT\r\n")
            smtp.close()


def _cut(smtp: SMTP) -> None:
    """Close without writing what has not left yet: half a message is none, and nobody may be reading."""
    if (transport := _transport(smtp)) is not None:
        transport.abort()
    smtp.close()


def _transport(smtp: SMTP) -> asyncio.WriteTransport | None:
    return cast("asyncio.WriteTransport | None", smtp.transport)


def _refusal(code: int) -> Fate:
    if code >= 500:
        return Fate.REFUSED
    return Fate.PUT_OFF if code >= 400 else Fate.UNKNOWN


def _reason(failure: Exception) -> str:
    """One word for what went wrong before the end."""
    import aiosmtplib

    if isinstance(failure, ssl.SSLError) or isinstance(failure.__cause__, ssl.SSLError):
        return "tls"
    words = (
        (aiosmtplib.SMTPAuthenticationError, "authentication"),
        (aiosmtplib.SMTPSenderRefused, "sender"),
        (aiosmtplib.SMTPNotSupported, "tls"),
        (TimeoutError, "timeout"),
        (aiosmtplib.SMTPConnectError, "connection"),
        (OSError, "disconnected"),
    )
    return next((word for kind, word in words if isinstance(failure, kind)), "protocol")


def _greeting_name(host: str) -> str:
    """A name for EHLO; an address is written as a literal (RFC 5321 section 4.1.3)."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    return f"[{address}]" if address.version == 4 else f"[IPv6:{address}]"
