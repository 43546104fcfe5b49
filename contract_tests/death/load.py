"""Instances and people who use a server whatever happens to it, and write down what they are told.

What must follow from what is already known is asserted at once: a step that was not made works when it is
tried again, one that was made does not work twice, and a retry after silence is answered as the rules of
rotation and redemption say.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress

from contract_tests.death.calls import Caller, Fate, Reply
from contract_tests.death.journal import Family, Flow, Installed, Journal
from contract_tests.harness.instances import DEVICE_CODE, GRANT_TYPES, SCOPE
from contract_tests.harness.people import Person

CALLERS = 4
BETWEEN_S = 0.04  # between two calls of a caller: constant work, and some of the machine left for the server
UNWATCHED_S = 0.25  # the same while nobody waits for what is called, but for a process that starts meanwhile
BREATH_S = 0.12  # before a call is repeated that the server could not serve
SOON_S = 60.0
ROTATIONS = 3


class Load:
    """The callers. `progress` waits for them; an exception in any of them ends all."""

    def __init__(self, url: str, people: Sequence[Person], journal: Journal) -> None:
        self.journal = journal
        self.callers = [Caller(url) for _ in range(CALLERS)]
        self._people = people
        self._pace = Pace()

    @property
    def answers(self) -> dict[int, int]:
        """How many answers came with each status."""
        counted: dict[int, int] = {}
        for caller in self.callers:
            for status, count in caller.answers.items():
                counted[status] = counted.get(status, 0) + count
        return counted

    @property
    def broken(self) -> int:
        """How many calls ended without an answer."""
        return sum(caller.broken for caller in self.callers)

    @property
    def slowest_s(self) -> float:
        """The longest wait for an answer."""
        return max(caller.slowest_s for caller in self.callers)

    def forget(self) -> None:
        """Count answers anew."""
        for caller in self.callers:
            caller.forget()

    async def progress(self, calls: int) -> float:
        """Wait until so many further calls were confirmed; how many seconds that took."""
        return await self._until(lambda: self.journal.confirmed, calls)

    async def outage(self, calls: int = 1) -> None:
        """Wait until so many further calls were not served. Raises AssertionError if that does not come
        about."""
        await self._until(lambda: self.journal.unserved, calls)

    async def _until(self, count: Callable[[], int], more: int) -> float:
        clock = asyncio.get_running_loop().time
        began, wanted = clock(), count() + more
        with self._pace.watched():
            while count() < wanted:
                assert clock() - began < SOON_S, f"not within {SOON_S:.0f} s: {self.answers}"
                await asyncio.sleep(0.01)
        return clock() - began

    async def run(self) -> None:
        """Use the server until `end`."""
        async with asyncio.TaskGroup() as group:
            for number, caller in enumerate(self.callers):
                person = self._people[number % len(self._people)]
                group.create_task(Life(caller, person, self.journal, self._pace).live())

    def end(self) -> None:
        """Let every caller finish the call it is in, and no more."""
        self._pace.end()


@asynccontextmanager
async def loaded(url: str, people: Sequence[Person], journal: Journal) -> AsyncIterator[Load]:
    """A load for as long as the block lasts. What a caller found wrong is raised at its end at the latest."""
    load = Load(url, people, journal)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(load.run())
            try:
                yield load
            finally:
                load.end()
    finally:
        for caller in load.callers:
            await caller.close()


class Over(Exception):
    """The load ends between two calls."""


class Pace:
    """How fast the callers call: slower while nobody watches, and not at all any more once it is over."""

    def __init__(self) -> None:
        self.over = False
        self._hurry = asyncio.Event()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Somebody waits for what comes of the calls."""
        self._hurry.set()
        try:
            yield
        finally:
            if not self.over:
                self._hurry.clear()

    def end(self) -> None:
        """No further call; nobody is kept from noticing it."""
        self.over = True
        self._hurry.set()

    async def between(self, at_least_s: float) -> None:
        """Wait between two calls of a caller."""
        await asyncio.sleep(at_least_s)
        with suppress(TimeoutError):
            async with asyncio.timeout(UNWATCHED_S - at_least_s):
                await self._hurry.wait()


class Life:
    """One caller: installs the tool, signs a person in, works for a while, leaves; again and again."""

    def __init__(self, caller: Caller, person: Person, journal: Journal, pace: Pace) -> None:
        self._caller = caller
        self._person = person
        self._journal = journal
        self._pace = pace

    async def live(self) -> None:
        """Until the load is over."""
        lives = 0
        while not self._pace.over:
            try:
                await self._one(revoking=lives % 3 == 0, abandoning=lives % 3 == 1)
            except Over:
                return
            lives += 1

    async def _one(self, *, revoking: bool, abandoning: bool) -> None:
        instance = await self._register()
        await self._own_token(instance)
        flow = await self._start(instance)
        await self._approve(flow)
        if abandoning:
            return
        family = await self._redeem(flow)
        if family is None:
            return
        await self._once_more(flow)
        for _ in range(ROTATIONS):
            await self._rotate(family)
            await self._look(family)
        if revoking:
            await self._revoke(family)

    async def _register(self) -> Installed:
        while True:
            key = self._journal.key()
            key.unknown += 1  # until told otherwise, so that no other caller counts on its room
            body: dict[str, object] = {
                "grant_types": GRANT_TYPES,
                "scope": SCOPE,
                "instance_registration_key": key.text,
            }
            reply = await self._tried(lambda body=body: self._caller.post("/oauth2/register", json=body))  # type: ignore[misc]
            if reply.fate is not Fate.UNKNOWN:
                key.unknown -= 1
            if reply.fate is Fate.DONE:
                assert reply.status == 201, reply
                key.confirmed += 1
                instance = Installed(reply.text("client_id"), reply.text("client_secret"))
                self._journal.instances.append(instance)
                return instance

    async def _own_token(self, instance: Installed) -> None:
        form = {**instance.credentials, "grant_type": "client_credentials"}
        while (reply := await self._tried(lambda: self._token(form))).fate is not Fate.DONE:
            self._journal.own_tokens_unknown += reply.fate is Fate.UNKNOWN
        assert reply.status == 200, reply
        token = reply.text("access_token")
        self._journal.own_tokens.append(token)
        await self._until_done(lambda: self._caller.post("/instance/alive", token=token), 200)
        self._journal.alive.append(instance)

    async def _start(self, instance: Installed) -> Flow:
        form = {**instance.credentials, "scope": SCOPE}
        while (
            reply := await self._tried(lambda: self._caller.post("/oauth2/device/authorize", form=form))
        ).fate:
            if reply.fate is Fate.DONE:
                break
            self._journal.flows_unknown += reply.fate is Fate.UNKNOWN
        assert reply.status == 200, reply
        flow = Flow(instance, reply.text("device_code"), reply.text("user_code"))
        self._journal.flows.append(flow)
        return flow

    async def _approve(self, flow: Flow) -> None:
        query, pat = {"user_code": flow.user_code}, self._person.pat
        before: Fate | None = None
        while True:
            flow.approved = Fate.UNKNOWN
            reply = await self._tried(
                lambda: self._caller.post("/oauth2/device/approve", query=query, token=pat)
            )
            flow.approved = _later(before, reply.fate)
            if reply.fate is Fate.DONE:
                break
            before = flow.approved
        # Only a decision that may have been made already can make the code unusable.
        assert reply.status == 200 or (before is Fate.UNKNOWN and reply.status == 404), reply

    async def _redeem(self, flow: Flow) -> Family | None:
        """The tokens; None when an attempt that stayed without an answer had got them."""
        form = {**flow.instance.credentials, "grant_type": DEVICE_CODE, "device_code": flow.device_code}
        before: Fate | None = None
        while True:
            flow.redeemed = Fate.UNKNOWN
            reply = await self._tried(lambda: self._token(form))
            flow.redeemed = _later(before, reply.fate)
            if reply.fate is Fate.DONE:
                break
            before = flow.redeemed
        if reply.status == 400:
            assert before is Fate.UNKNOWN, reply
            return None
        assert reply.status == 200, reply
        family = Family(flow.instance, [reply.text("access_token")], [reply.text("refresh_token")])
        self._journal.families.append(family)
        return family

    async def _once_more(self, flow: Flow) -> None:
        form = {**flow.instance.credentials, "grant_type": DEVICE_CODE, "device_code": flow.device_code}
        await self._until_done(lambda: self._token(form), 400)

    async def _rotate(self, family: Family) -> None:
        form = {
            **family.instance.credentials,
            "grant_type": "refresh_token",
            "refresh_token": family.refresh[-1],
        }
        family.rotating = Fate.UNKNOWN
        reply = await self._until_done(lambda: self._token(form), 200)
        family.access.append(reply.text("access_token"))
        family.refresh.append(reply.text("refresh_token"))
        family.rotating = None

    async def _look(self, family: Family) -> None:
        token = family.access[-1]
        await self._until_done(lambda: self._caller.get("/instance/user/session", token=token), 200)
        family.looked = True

    async def _revoke(self, family: Family) -> None:
        form = {**family.instance.credentials, "token": family.refresh[-1]}
        family.revoked = Fate.UNKNOWN
        await self._until_done(lambda: self._caller.post("/oauth2/revoke", form=form), 200)
        family.revoked = Fate.DONE

    def _token(self, form: dict[str, str]) -> Awaitable[Reply]:
        return self._caller.post("/oauth2/token", form=form)

    async def _until_done(self, call: Callable[[], Awaitable[Reply]], status: int) -> Reply:
        """Repeat a call that may be repeated, until it is answered with the status that it must have."""
        while (reply := await self._tried(call)).fate is not Fate.DONE:
            pass
        assert reply.status == status, (status, reply.answer and reply.answer.text)
        return reply

    async def _tried(self, call: Callable[[], Awaitable[Reply]]) -> Reply:
        if self._pace.over:
            raise Over
        reply = await call()
        if reply.fate is Fate.DONE:
            self._journal.confirmed += 1
        else:
            self._journal.unserved += 1
        await self._pace.between(BETWEEN_S if reply.fate is Fate.DONE else BREATH_S)
        return reply


def _later(before: Fate | None, now: Fate) -> Fate:
    """What is known after a further attempt: what may have happened earlier may still have happened."""
    return Fate.UNKNOWN if now is Fate.ABSENT and before is Fate.UNKNOWN else now
