"""SMTP servers as they are met: one that takes what it is given (aiosmtpd), and one that behaves badly at a
chosen point. Both run in a thread of their own and say what they have seen.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from contract_tests.harness.mailbox import Mail

SOON_S = 30.0


@contextmanager
def in_a_thread(
    factory: Callable[[], asyncio.BaseProtocol], *, tls: ssl.SSLContext | None = None
) -> Iterator[int]:
    """Serve on a free port, until the end of the block; the port."""
    loop = asyncio.new_event_loop()
    ports: list[int] = []
    listening = threading.Event()

    async def listen() -> None:
        server = await loop.create_server(factory, "127.0.0.1", 0, ssl=tls)
        ports.append(server.sockets[0].getsockname()[1])
        listening.set()

    def run() -> None:
        asyncio.set_event_loop(loop)
        beginning = loop.create_task(listen())
        loop.run_forever()
        beginning.cancel()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert listening.wait(SOON_S)
    try:
        yield ports[0]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(SOON_S)


@dataclass(frozen=True, slots=True)
class Taken:
    """A mail that an office has taken."""

    sender: str
    to: str
    mail: Mail
    encrypted: bool
    user: str | None


class Office:
    """Takes mails. `refusals` are answers that it gives first, one for each mail, at the `refuses_at` of its
    steps ("RCPT" or "DATA")."""

    def __init__(self, *, users: dict[str, str] | None = None, refuses_at: str = "DATA") -> None:
        self.taken: list[Taken] = []
        self.refusals: list[str] = []
        self.attempts = 0
        self._users = users or {}
        self._refuses_at = refuses_at
        self._arrived = threading.Condition()

    @contextmanager
    def open(self, *, tls: ssl.SSLContext | None = None, implicit: bool = False) -> Iterator[int]:
        """Be open for the block; the port."""
        later = tls if not implicit else None

        def factory() -> SMTP:
            return SMTP(
                self,
                hostname="localhost",
                tls_context=later,
                require_starttls=later is not None,
                auth_required=bool(self._users),
                auth_require_tls=later is not None,
                authenticator=self._knows,
                loop=asyncio.get_event_loop(),
            )

        with in_a_thread(factory, tls=tls if implicit else None) as port:
            yield port

    def arrived(self, count: int) -> list[Taken]:
        """Wait until so many have been taken."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.taken) >= count, SOON_S), self.taken
            return list(self.taken)

    def _knows(self, server: SMTP, session: Session, envelope: Envelope, way: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        known = self._users.get(data.login.decode()) == data.password.decode()
        return AuthResult(success=known, handled=known, auth_data=data.login.decode())

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._refuses_at == "RCPT" and (refusal := self._attempt()) is not None:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self._refuses_at == "DATA" and (refusal := self._attempt()) is not None:
            return refusal
        assert isinstance(envelope.content, bytes)
        (to,) = envelope.rcpt_tos
        taken = Taken(
            str(envelope.mail_from),
            to,
            Mail.read(envelope.content),
            _encrypted(server, session),
            str(session.auth_data) if session.authenticated else None,
        )
        with self._arrived:
            self.taken.append(taken)
            self._arrived.notify_all()
        return "250 OK"

    def _attempt(self) -> str | None:
        with self._arrived:
            self.attempts += 1
            self._arrived.notify_all()
            return self.refusals.pop(0) if self.refusals else None


def _encrypted(server: SMTP, session: Session) -> bool:
    transport = server.transport
    return session.ssl is not None or bool(transport and transport.get_extra_info("sslcontext"))


class Rude:
    """Goes along up to a point, and there hangs, closes, or says something.

    The points are "greeting", "EHLO", "MAIL", "RCPT", "DATA", "body" (a part of the message was read) and
    "end" (all of it was).
    """

    def __init__(self, point: str, manner: str) -> None:
        self.point = point
        self.manner = manner
        self.there = threading.Event()
        self.ends = 0

    @contextmanager
    def open(self) -> Iterator[int]:
        """Be open for the block; the port."""

        def factory() -> asyncio.BaseProtocol:
            reader = asyncio.StreamReader()
            return asyncio.StreamReaderProtocol(reader, self._serve)

        with in_a_thread(factory) as port:
            yield port

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            writer.transport.abort()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        say = self._saying(writer)
        await say("greeting", "220 rude.example")
        while line := (await reader.readline()).decode().strip():
            verb = line[:4].upper()
            if verb == "DATA":
                await say("DATA", "354 go on")
                await reader.readexactly(100)
                await say("body", "")
                await reader.readuntil(b"\r\n.\r\n")
                self.ends += 1
                await say("end", "250 taken")
            elif verb == "QUIT":
                writer.close()
                return
            else:
                await say(verb, "250 OK")

    def _saying(self, writer: asyncio.StreamWriter) -> Callable[[str, str], Awaitable[None]]:
        async def say(point: str, otherwise: str) -> None:
            if point != self.point:
                if otherwise:
                    writer.write(f"{otherwise}\r\n".encode())
                return
            if self.manner == "hang":
                self.there.set()
                await asyncio.Event().wait()
            if self.manner == "close":
                writer.transport.abort()
                await writer.wait_closed()
                self.there.set()
                raise ConnectionError
            writer.write(f"{self.manner}\r\n".encode())
            self.there.set()

        return say
