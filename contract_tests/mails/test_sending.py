"""The job that sends: each mail once or not at all, in good and in bad times."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta

import pytest

from api.gateways.randomness import SystemRandomness
from api.jobs.job import Outcome
from api.jobs.mails import ATTEMPTS, Office, SendMails, pause_after
from api.jobs.metrics import JobMetrics
from api.logs import Logs
from api.mail.rendering import Sender, Stationery
from api.settings import Settings
from api.wiring import policy_of
from contract_tests.harness.mailbox import Mail
from contract_tests.jobs.working import SOON_S, LogStream, counted
from contract_tests.mails.conftest import ADA, KIND, Outbox
from handlers.account.letters import Composer, Letter, Wanted
from handlers.account.mailing import COMPOSERS
from handlers.policy import Policy
from handlers.ports import Delivery, Fate, Randomness
from persistence import mails
from persistence.address import Address
from persistence.unit_of_work import UnitOfWork

SENT = Delivery(Fate.SENT, "taken")
PUT_OFF = Delivery(Fate.PUT_OFF, "connection")
UNKNOWN = Delivery(Fate.UNKNOWN, "disconnected")


class Scripted:
    """A gateway that does what its script says next, and after it takes everything. `between` happens when it
    has everything but the end of a message, and `after` when it has that too."""

    def __init__(self, *script: Delivery) -> None:
        self._script = list(script)
        self.taken: list[Mail] = []
        self.asked = 0
        self.between: Callable[[], Awaitable[None]] = nothing
        self.after: Callable[[], Awaitable[None]] = nothing

    async def deliver(
        self, id: str, to: str, message: bytes, *, before_the_end: Callable[[], Awaitable[None]]
    ) -> Delivery:
        self.asked += 1
        delivery = self._script.pop(0) if self._script else SENT
        if delivery.reason == "connection":
            return delivery
        await self.between()
        await before_the_end()
        if delivery.fate is Fate.SENT:
            self.taken.append(Mail.read(message, id=id))
        await self.after()
        return delivery


async def nothing() -> None:
    return


class Post:
    """The job with what a test looks at. `now` is what its clock says."""

    def __init__(
        self,
        gateway: Scripted,
        composers: Mapping[str, Composer] = COMPOSERS,
        *,
        at_most: int = 200,
        at_once: int = 4,
    ) -> None:
        self.log = LogStream()
        self.metrics = JobMetrics()
        self.now = datetime.now(UTC)
        office = Office(
            gateway=gateway,
            composers=composers,
            stationery=Stationery.of(Sender("candor@example.org")),
            randomness=SystemRandomness(),
            policy=policy_of(Settings(public_url="https://cloud.example.org")),
            clock=lambda: self.now,
            logs=Logs(self.log),
            metrics=self.metrics,
        )
        self._job = SendMails(office, at_most=at_most, at_once=at_once)

    async def run(self, outbox: Outbox, *, after: timedelta = timedelta(seconds=1)) -> Outcome:
        self.now += after
        return await self._job(outbox.database, self.now)

    def count(self, outcome: str, kind: str = KIND) -> float:
        return counted(self.metrics).get(f'candor_mails_total{{kind="{kind}",outcome="{outcome}"}}', 0)


class TestAMail:
    async def test_is_sent_once(self, outbox: Outbox) -> None:
        id = await outbox.queue()
        gateway = Scripted()
        post = Post(gateway)
        assert await post.run(outbox) == Outcome(0, more=False)
        assert await post.run(outbox, after=timedelta(days=3)) == Outcome(0, more=False, idle=True)
        (mail,) = gateway.taken
        assert (mail.id, mail.to) == (id, ADA)
        assert "lab-1" in mail.text
        (row,) = await outbox.rows()
        assert (row["state"], row["attempts"]) == ("sent", 1)
        assert row["ended_at"] == post.now - timedelta(days=3)
        assert post.count("sent") == 1

    async def test_is_final_before_its_end_is_sent(self, outbox: Outbox) -> None:
        await outbox.queue()
        seen: list[str] = []

        async def look() -> None:
            seen.extend(await outbox.states())

        gateway = Scripted()
        gateway.between = gateway.after = look
        await Post(gateway).run(outbox)
        assert seen == ["queued", "sending"]

    async def test_is_not_sent_while_another_server_has_it(self, outbox: Outbox) -> None:
        await outbox.queue()
        other = Scripted()

        async def meanwhile() -> None:
            assert (await Post(other).run(outbox)).idle

        gateway = Scripted()
        gateway.between = gateway.after = meanwhile
        await Post(gateway).run(outbox)
        assert (len(gateway.taken), other.asked) == (1, 0)

    async def test_is_not_sent_by_who_was_away_for_too_long(self, outbox: Outbox) -> None:
        await outbox.queue()
        other = Scripted()

        async def away() -> None:
            await outbox.come_due()
            await Post(other, at_once=1).run(outbox)

        late = Scripted()
        late.between = away
        post = Post(late, at_once=1)
        await post.run(outbox)
        assert (len(late.taken), len(other.taken)) == (0, 1)
        assert await outbox.states() == ["sent"]
        assert post.count("sent") == 0

    async def test_is_not_sent_by_who_has_lost_it_to_another(self, outbox: Outbox) -> None:
        await outbox.queue()

        async def be_overtaken() -> None:
            await outbox.come_due()
            now = datetime.now(UTC)
            async with outbox.database.unit_of_work() as store:
                later = now + timedelta(minutes=2)
                assert await mails.take(store, kinds=[KIND], now=later, until=later) is not None

        late = Scripted()
        late.between = be_overtaken
        await Post(late, at_once=1).run(outbox)
        assert late.taken == []
        (row,) = await outbox.rows()
        assert (row["state"], row["attempts"]) == ("queued", 2)

    async def test_in_the_middle_of_a_run_that_is_cut_short_is_finished(self, outbox: Outbox) -> None:
        await outbox.queue()
        there, go_on = asyncio.Event(), asyncio.Event()

        async def wait() -> None:
            there.set()
            await go_on.wait()

        gateway = Scripted()
        gateway.after = wait
        running = asyncio.create_task(Post(gateway).run(outbox))
        await there.wait()
        running.cancel()
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert await outbox.states() == ["sent"]

    async def test_has_the_same_message_id_however_often_it_is_tried(self, outbox: Outbox) -> None:
        id = await outbox.queue()
        ids: list[str] = []

        class Noting(Scripted):
            async def deliver(
                self, id: str, to: str, message: bytes, *, before_the_end: Callable[[], Awaitable[None]]
            ) -> Delivery:
                ids.append(str(Mail.read(message).message["Message-ID"]))
                return PUT_OFF

        post = Post(Noting())
        for _ in range(3):
            await post.run(outbox, after=timedelta(hours=2))
        assert ids == [f"<{id.lower()}@example.org>"] * 3


class TestTheOutbox:
    async def test_tells_of_a_mail_when_it_is_final(self, outbox: Outbox, database_url: str) -> None:
        heard: asyncio.Queue[str] = asyncio.Queue()
        connection = await Address.parse(database_url).open()
        try:
            await connection.add_listener(mails.CHANNEL, lambda *_: heard.put_nowait("a mail"))
            store = outbox.database.unit_of_work()
            mails.queue_mail(
                store, id="0" * 26, kind=KIND, to=ADA, subject_id="0" * 26, now=datetime.now(UTC)
            )
            await store.rollback()
            assert await outbox.rows() == []
            await outbox.queue()
            async with asyncio.timeout(SOON_S):
                await heard.get()
            assert heard.empty()
        finally:
            await connection.close()


class TestAFailure:
    async def test_is_tried_again_after_pauses_that_grow_up_to_a_bound(self, outbox: Outbox) -> None:
        await outbox.queue()
        gateway = Scripted(*[PUT_OFF] * 20)
        post = Post(gateway)
        pauses = []
        await post.run(outbox)
        while (row := (await outbox.rows())[0])["state"] == "queued":
            pause = row["due_at"] - post.now
            pauses.append(pause)
            assert (await post.run(outbox, after=pause - timedelta(seconds=1))).idle
            await post.run(outbox)
        assert row["state"] == "failed"
        assert row["attempts"] == gateway.asked == ATTEMPTS == len(pauses) + 1
        assert pauses == sorted(pauses)
        assert pauses[0] == timedelta(minutes=1)
        assert pauses[-1] == timedelta(hours=1)
        assert (post.count("put_off"), post.count("failed")) == (ATTEMPTS - 1, 1)
        events = [event["event"] for event in post.log.events]
        assert events == ["mail_put_off"] * (ATTEMPTS - 1) + ["mail_failed"]
        assert {*post.log.events[0]} == {"at", "level", "event", "kind", "reason", "attempt"}
        assert (await post.run(outbox, after=timedelta(days=1))).idle

    async def test_that_passes_is_no_failure(self, outbox: Outbox) -> None:
        await outbox.queue()
        gateway = Scripted(PUT_OFF, Delivery(Fate.PUT_OFF, "content"))
        post = Post(gateway)
        for _ in range(3):
            await post.run(outbox, after=timedelta(hours=2))
        assert len(gateway.taken) == 1
        assert await outbox.states() == ["sent"]

    async def test_for_good_is_not_tried_again(self, outbox: Outbox) -> None:
        await outbox.queue()
        gateway = Scripted(Delivery(Fate.REFUSED, "recipient"))
        post = Post(gateway)
        await post.run(outbox)
        assert (await post.run(outbox, after=timedelta(days=1))).idle
        assert (await outbox.states(), gateway.asked) == (["failed"], 1)

    async def test_of_one_mail_keeps_no_other(self, outbox: Outbox) -> None:
        await outbox.queue("first@example.org")
        await outbox.queue("second@example.org")
        await Post(gateway := Scripted(PUT_OFF)).run(outbox)
        assert sorted(await outbox.states()) == ["queued", "sent"]
        assert len(gateway.taken) == 1


class TestAnUnknownOutcome:
    async def test_is_told_and_never_tried_again(self, outbox: Outbox) -> None:
        await outbox.queue()
        gateway = Scripted(UNKNOWN)
        post = Post(gateway)
        await post.run(outbox)
        assert (await post.run(outbox, after=timedelta(days=3))).idle
        assert (await outbox.states(), gateway.asked) == (["unknown"], 1)
        (event,) = post.log.events
        assert (event["event"], event["reason"]) == ("mail_unknown", "disconnected")
        assert post.count("unknown") == 1

    async def test_is_what_a_server_leaves_that_dies_after_the_end(self, outbox: Outbox) -> None:
        await outbox.queue()
        await self.dying(outbox, at_the_end=True)
        assert await outbox.states() == ["sending"]
        post = Post(successor := Scripted())
        await post.run(outbox, after=timedelta(minutes=4))
        assert await outbox.states() == ["sending"]
        await post.run(outbox, after=timedelta(minutes=2))
        assert (await outbox.states(), successor.asked) == (["unknown"], 0)
        (event,) = post.log.events
        assert (event["event"], event["reason"]) == ("mail_unknown", "died")

    async def test_is_not_what_it_leaves_before(self, outbox: Outbox) -> None:
        await outbox.queue()
        await self.dying(outbox, at_the_end=False)
        post = Post(successor := Scripted())
        await post.run(outbox)
        assert successor.asked == 0
        await post.run(outbox, after=timedelta(minutes=3))
        assert (await outbox.states(), len(successor.taken)) == (["sent"], 1)

    async def dying(self, outbox: Outbox, *, at_the_end: bool) -> None:
        class Killed(BaseException):
            pass

        async def die() -> None:
            raise Killed

        gateway = Scripted()
        if at_the_end:
            gateway.after = die
        else:
            gateway.between = die
        with pytest.raises(Killed):
            await Post(gateway).run(outbox)


class TestAMailThatIsNotToBeSent:
    async def test_is_deleted_with_its_address(self, outbox: Outbox) -> None:
        await outbox.queue(subject_id="0" * 26)
        gateway = Scripted()
        post = Post(gateway)
        assert await post.run(outbox) == Outcome(1, more=False)
        assert (await outbox.rows(), gateway.asked) == ([], 0)
        assert post.count("dropped") == 1
        assert post.log.events == []

    async def test_may_have_lost_its_subject_while_it_waited(self, outbox: Outbox) -> None:
        await outbox.queue()
        gateway = Scripted(PUT_OFF)
        post = Post(gateway)
        await post.run(outbox)
        await outbox.change("DELETE FROM instance")
        await post.run(outbox, after=timedelta(hours=1))
        assert (await outbox.rows(), gateway.taken) == ([], [])

    async def test_of_a_kind_that_nobody_here_knows_waits_for_who_does(self, outbox: Outbox) -> None:
        await outbox.queue(kind="from_the_future")
        await outbox.queue()
        gateway = Scripted()
        await Post(gateway).run(outbox)
        assert await outbox.states() == ["queued", "sent"]


class TestADefect:
    async def test_in_one_kind_stops_no_other(self, outbox: Outbox) -> None:
        async def broken(
            wanted: Wanted, *, store: UnitOfWork, randomness: Randomness, policy: Policy, now: datetime
        ) -> Letter | None:
            raise KeyError(wanted.to)

        await outbox.queue(kind="broken")
        await outbox.queue()
        gateway = Scripted()
        post = Post(gateway, {**COMPOSERS, "broken": broken})
        await post.run(outbox)
        assert await outbox.states() == ["queued", "sent"]
        defective, put_off = post.log.events
        assert (defective["event"], defective["exception"]) == ("mail_defective", "KeyError")
        assert (put_off["event"], put_off["reason"]) == ("mail_put_off", "defect")
        assert ADA not in str(post.log.events)


class TestARun:
    async def test_has_a_bound_and_says_so(self, outbox: Outbox) -> None:
        for number in range(7):
            await outbox.queue(f"{number}@example.org")
        gateway = Scripted()
        post = Post(gateway, at_most=5)
        assert await post.run(outbox) == Outcome(0, more=True)
        assert len(gateway.taken) == 5
        assert await post.run(outbox) == Outcome(0, more=False)
        assert sorted(mail.to for mail in gateway.taken) == [f"{number}@example.org" for number in range(7)]

    async def test_takes_the_oldest_first(self, outbox: Outbox) -> None:
        now = datetime.now(UTC)
        await outbox.queue("younger@example.org", now=now - timedelta(minutes=1))
        await outbox.queue("older@example.org", now=now - timedelta(minutes=2))
        await Post(gateway := Scripted(), at_most=1).run(outbox)
        assert [mail.to for mail in gateway.taken] == ["older@example.org"]

    async def test_of_several_servers_at_once_sends_each_mail_once(self, outbox: Outbox) -> None:
        for number in range(30):
            await outbox.queue(f"{number}@example.org")
        gateways = [Scripted() for _ in range(5)]
        await asyncio.gather(*(Post(gateway).run(outbox) for gateway in gateways))
        taken = [mail.to for gateway in gateways for mail in gateway.taken]
        assert sorted(taken) == sorted(f"{number}@example.org" for number in range(30))


def test_pauses_reach_over_an_evening() -> None:
    total = sum((pause_after(attempt) for attempt in range(1, ATTEMPTS)), timedelta())
    assert timedelta(hours=3) < total < timedelta(hours=6)
