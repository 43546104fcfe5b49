"""The job that sends what is in the outbox: each mail once, or not at all.

A mail is taken, composed and handed over, each step final before the next. That it may arrive from now on is
stored before the gateway sends the last of it, so a server that dies at any point leaves either a mail that
has certainly not left, which is tried again, or one that may have, which nobody sends a second time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from api.jobs.job import Outcome
from api.jobs.metrics import JobMetrics
from api.logs import Event, Logs, frames_of
from api.mail.rendering import Stationery
from handlers.account.letters import Composer, Wanted
from handlers.policy import Policy
from handlers.ports import Delivery, Fate, MailGateway, Randomness
from persistence import mails
from persistence.database import Database, StoreUnavailable
from persistence.mails import Taken

AT_MOST: Final = 200  # in a run; the rest is done by the next, which follows soon
AT_ONCE: Final = 4
ATTEMPTS: Final = 10
_FIRST_PAUSE: Final = timedelta(minutes=1)  # doubled after each attempt: all of them take four hours
_LONGEST_PAUSE: Final = timedelta(hours=1)
_TAKEN_FOR: Final = timedelta(minutes=2)  # longer than any gateway takes up to the end of a message
_SENDING_FOR: Final = timedelta(minutes=5)  # longer than one waits for the answer to the end
_FINISH_S: Final = 5.0  # what is under way when the server stops has this long


class NotOurs(Exception):
    """Another server has the mail by now: this one was away for too long."""


@dataclass(frozen=True, slots=True)
class Office:
    """What sending takes: where mails go, how each kind is composed, on which paper, and how that is told."""

    gateway: MailGateway
    composers: Mapping[str, Composer]
    stationery: Stationery
    randomness: Randomness
    policy: Policy
    clock: Callable[[], datetime]
    logs: Logs
    metrics: JobMetrics


class SendMails:
    """Sends what is due."""

    def __init__(self, office: Office, *, at_most: int = AT_MOST, at_once: int = AT_ONCE) -> None:
        self._office = office
        self._at_most = at_most
        self._at_once = at_once

    async def __call__(self, database: Database, now: datetime) -> Outcome:
        """Send what is due by then, within the bounds of a run. Raises StoreUnavailable."""
        run = _Run(self._office, database, self._at_most)
        await run.settle(now)
        ended = await asyncio.gather(*(run.work() for _ in range(self._at_once)), return_exceptions=True)
        for outcome in ended:
            if isinstance(outcome, BaseException):
                raise outcome
        return Outcome(run.forgotten, more=run.left == 0, idle=run.left == self._at_most)


class _Run:
    """One run: how many mails it may still take (`left`), and how many it has deleted."""

    def __init__(self, office: Office, database: Database, at_most: int) -> None:
        self._office = office
        self._database = database
        self.left = at_most
        self.forgotten = 0

    async def settle(self, now: datetime) -> None:
        """Say of what a server was sending when it died that nobody knows its fate."""
        async with self._database.unit_of_work() as store:
            lost = await mails.settle(store, now=now)
        for each in lost:
            self._tell_unknown(each.kind, "died", each.attempt)

    async def work(self) -> None:
        """Take one mail after the other until none is due. Raises StoreUnavailable."""
        while self.left > 0:
            self.left -= 1
            one = asyncio.ensure_future(self._next())
            try:
                found = await asyncio.shield(one)
            except asyncio.CancelledError:
                await asyncio.wait({one}, timeout=_FINISH_S)
                one.cancel()
                await asyncio.gather(one, return_exceptions=True)
                raise
            if not found:
                self.left += 1
                return

    async def _next(self) -> bool:
        """See to the next mail; False when there is none."""
        now = self._office.clock()
        async with self._database.unit_of_work() as store:
            taken = await mails.take(
                store, kinds=self._office.composers.keys(), now=now, until=now + _TAKEN_FOR
            )
        if taken is None:
            return False
        try:
            message = await self._compose(taken, now)
            if message is not None:
                await self._conclude(taken, await self._hand_over(taken, message))
        except StoreUnavailable:
            raise
        except NotOurs:
            return True
        except Exception as failure:  # noqa: BLE001 (a defect in one mail is no reason to send no other)
            self._office.logs.emit(
                Event.MAIL_DEFECTIVE,
                kind=taken.kind,
                exception=type(failure).__name__,
                frames=frames_of(failure),
            )
            await self._conclude(taken, Delivery(Fate.PUT_OFF, "defect"))
        return True

    async def _compose(self, taken: Taken, now: datetime) -> bytes | None:
        """The message; None when it is not to be sent, and forgotten."""
        office = self._office
        async with self._database.unit_of_work() as store:
            letter = await office.composers[taken.kind](
                Wanted(taken.to, taken.subject_id, taken.queued_at),
                store=store,
                randomness=office.randomness,
                policy=office.policy,
                now=now,
            )
            if letter is None:
                self.forgotten += await mails.forget(store, taken)
        if letter is None:
            office.metrics.mail(taken.kind, "dropped")
            return None
        return office.stationery.message(letter.folder, letter.values, id=taken.id, to=taken.to, at=now)

    async def _hand_over(self, taken: Taken, message: bytes) -> Delivery:
        async def before_the_end() -> None:
            async with self._database.unit_of_work() as store:
                if not await mails.send(store, taken, until=self._office.clock() + _SENDING_FOR):
                    raise NotOurs

        return await self._office.gateway.deliver(taken.id, taken.to, message, before_the_end=before_the_end)

    async def _conclude(self, taken: Taken, delivery: Delivery) -> None:
        office, now, fate = self._office, self._office.clock(), delivery.fate
        if fate is Fate.PUT_OFF and taken.attempt >= ATTEMPTS:
            fate = Fate.REFUSED
        async with self._database.unit_of_work() as store:
            if fate is Fate.PUT_OFF:
                await mails.again(store, taken, due_at=now + pause_after(taken.attempt))
            else:
                await mails.end(store, taken, state=_STATE[fate], now=now)
        if fate is Fate.UNKNOWN:
            self._tell_unknown(taken.kind, delivery.reason, taken.attempt)
            return
        office.metrics.mail(taken.kind, "put_off" if fate is Fate.PUT_OFF else _STATE[fate])
        if fate is not Fate.SENT:
            office.logs.emit(
                Event.MAIL_PUT_OFF if fate is Fate.PUT_OFF else Event.MAIL_FAILED,
                kind=taken.kind,
                reason=delivery.reason,
                attempt=taken.attempt,
            )

    def _tell_unknown(self, kind: str, reason: str, attempt: int) -> None:
        self._office.metrics.mail(kind, "unknown")
        self._office.logs.emit(Event.MAIL_UNKNOWN, kind=kind, reason=reason, attempt=attempt)


_STATE: Final = {Fate.SENT: "sent", Fate.REFUSED: "failed", Fate.UNKNOWN: "unknown"}


def pause_after(attempt: int) -> timedelta:
    """How long to wait before a mail is tried again."""
    return min(_FIRST_PAUSE * (1 << (attempt - 1)), _LONGEST_PAUSE)
