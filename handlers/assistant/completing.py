"""One call of the assistant, from the request to the answer that is paid.

Admitted by what the person has and may, paid in advance by a hold, asked, settled: each of the three steps in
the database is one statement and final by itself, so that a server may die between any two. A hold whose
server died is given back by a job. Once held, a call ends in exactly one settlement, whoever leaves and
whatever fails; what is kept of it is a row of numbers.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from handlers import secret
from handlers.assistant import admission, asking, offer, refusals
from handlers.assistant.admission import Price, Wanted
from handlers.assistant.asking import ErrorCode, Heard
from handlers.assistant.calls import Answered, Key, Running
from handlers.errors import InvalidToken
from handlers.ports import CannotOpen, Message, Ports, Question, UpstreamFailed
from handlers.presence import ClientGone, Presence
from persistence import assistant
from persistence.availability import StoreUnavailable
from persistence.credits import holding, refreshing, settling
from persistence.credits.settling import Settled, Settlement
from persistence.unit_of_work import Record, UnitOfWork

_ROLES: Final = frozenset({"system", "developer", "user", "assistant"})
_PAUSES_S: Final = (0.1, 0.5, 1.0, 2.0, 4.0)  # between attempts to settle while the store is away
_TO_SETTLE: Final = timedelta(seconds=sum(_PAUSES_S) + 60)

Stores = Callable[[], UnitOfWork]


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked, by whom, and under which key if there is one."""

    user_id: str
    model: str
    messages: Sequence[Message]
    max_tokens: int | None
    temperature: float | None
    key: Key | None

    @classmethod
    def of(cls, body: Mapping[str, Any], *, user_id: str, idempotency_key: str | None) -> Request:
        """From a body that matches the contract. Raises NothingAsked."""
        if not body["messages"] or any(each["role"] not in _ROLES for each in body["messages"]):
            raise refusals.NothingAsked
        return cls(
            user_id=user_id,
            model=body["model"],
            messages=[Message(each["role"], each["content"]) for each in body["messages"]],
            max_tokens=body.get("max_tokens"),
            temperature=body.get("temperature"),
            key=Key(user_id, secret.digest(idempotency_key)) if idempotency_key is not None else None,
        )

    def fingerprints(self, ports: Ports) -> tuple[bytes, ...]:
        """Which request it is, without anything that was said in it."""
        said = [[each.role, each.content] for each in self.messages]
        plain = json.dumps([self.model, said, self.max_tokens, self.temperature]).encode()
        return ports.sealing.fingerprints(plain, context=f"assistant:{self.user_id}")


async def answer(
    request: Request, *, stores: Stores, ports: Ports, presence: Presence, now: datetime
) -> Answered:
    """The answer, or that of the same request which is under way or was answered a moment ago.

    Raises what `handlers.assistant.refusals` has, InvalidToken when the account is gone, and ClientGone.
    """
    if request.key is None:
        call = _Call(request, Running(), stores, ports, now)
        return await ports.calls.begin(None, call.running, call.perform()).answer(presence)
    fingerprints = request.fingerprints(ports)
    running = ports.calls.running(request.key)
    if running is None:
        kept = ports.calls.kept(request.key)
        if kept is not None:
            _refuse_another(fingerprints, kept[1])
            return kept[0]
        call = _Call(request, Running(fingerprints), stores, ports, now)
        running = ports.calls.begin(request.key, call.running, call.perform())
    _refuse_another(fingerprints, running.fingerprints)
    return await running.answer(presence)


def _refuse_another(these: tuple[bytes, ...], those: tuple[bytes, ...]) -> None:
    if not set(these) & set(those):
        raise refusals.KeyReused


@dataclass(frozen=True, slots=True)
class _Admitted:
    """A call that is paid in advance: which it is, and exactly what its provider is asked."""

    id: str
    question: Question


class _Call:
    """A call under way. `running` can cut its asking short."""

    def __init__(
        self, request: Request, running: Running, stores: Stores, ports: Ports, now: datetime
    ) -> None:
        self.running = running
        self._request = request
        self._stores = stores
        self._ports = ports
        self._now = now
        self._began = time.monotonic()

    async def perform(self) -> Answered:
        """Admit, ask, settle."""
        admitted = await self._admitted()
        heard = Heard()
        code: ErrorCode | None = None
        failure: Exception | None = None
        try:
            listening = asking.listen(
                self._ports.models, admitted.question, heard, limit=self._ports.policy.call_limit
            )
            if not await self.running.asking(listening):
                code, failure = "cancelled", ClientGone()
        except UpstreamFailed as refused:
            code, failure = refused.fault, refusals.of(refused)
        except Exception as unforeseen:  # noqa: BLE001 (what was held is given back, whatever it is)
            code, failure = "internal", unforeseen
        settlement = self._settlement(admitted, heard, code)
        settled = await self._settle(settlement)
        if failure is not None:
            raise failure
        return self._answered(heard, settlement, settled)

    async def _admitted(self) -> _Admitted:
        standing = await self._standing()
        if not standing["entitled"]:
            raise refusals.NotInPlan
        if not await offer.is_offered(standing, own=self._ports.models.own, store=self._stores()):
            raise refusals.UnknownModel
        price = Price(standing["token_credit"], standing["context"], standing["max_output"])
        call = self._wanted(price)
        key = self._key(standing)
        id, held = await self._held(standing, call)
        bound = admission.answer_bound(call, price, held=held)
        return _Admitted(id, self._question(standing, key, bound))

    async def _standing(self) -> Record:
        """What the person has and may, brought up to date."""
        store = self._stores()
        wanted = {"user_id": self._request.user_id, "model": self._request.model}
        standing = await assistant.standing(store, **wanted, now=self._now)
        if standing is not None and standing["entitled"] and admission.needs_refresh(standing):
            async with self._stores() as refreshed:
                await refreshing.refresh(
                    refreshed,
                    user_id=self._request.user_id,
                    now=self._now,
                    randomness=self._ports.randomness,
                )
            standing = await assistant.standing(store, **wanted, now=self._now)
        if standing is None:
            raise InvalidToken
        return standing

    def _wanted(self, price: Price) -> Wanted:
        request = self._request
        call = admission.wanted(price, request.messages, max_tokens=request.max_tokens)
        if call.least > self._ports.policy.credits_per_call:
            raise refusals.TooExpensive
        return call

    async def _held(self, standing: Record, call: Wanted) -> tuple[str, int]:
        """Set credits aside: the call's id, and how many. Its key is taken with them."""
        request, policy = self._request, self._ports.policy
        for _ in range(2):  # again once, when a call under the same key had come to nothing
            id = self._ports.randomness.id(self._now)
            held = await holding.reserve(
                self._stores(),
                id=id,
                user_id=request.user_id,
                model=request.model,
                token_credit=standing["token_credit"],
                wanted=call.most,
                at_most=policy.credits_per_call,
                least=call.least,
                open_at_most=policy.calls_at_once,
                now=self._now,
                expires_at=self._now + policy.call_limit + _TO_SETTLE,
                key_hash=request.key.digest if request.key is not None else None,
                fingerprint=self.running.fingerprints[0] if request.key is not None else None,
            )
            if held is not None:
                return id, held
            if not await self._may_try_again():
                break
        raise await self._refusal(call)

    async def _may_try_again(self) -> bool:
        """Whether the key's earlier call came to nothing, and is forgotten now. Raises KeyReused, InFlight,
        AlreadyAnswered."""
        key = self._request.key
        if key is None:
            return False
        store = self._stores()
        earlier = await assistant.by_key(store, user_id=key.user_id, key_hash=key.digest)
        if earlier is None:
            return False
        if earlier["fingerprint"] not in self.running.fingerprints:
            raise refusals.KeyReused
        if earlier["credits"] is None:
            raise refusals.InFlight
        if earlier["error_code"] is None or earlier["credits"] > 0:
            raise refusals.AlreadyAnswered(cost=earlier["credits"])
        await assistant.forget_key(
            store, user_id=key.user_id, key_hash=key.digest, call_id=earlier["call_id"]
        )
        return True

    async def _refusal(self, call: Wanted) -> Exception:
        """Why nothing could be set aside, as it looks now."""
        purse = await assistant.purse(self._stores(), user_id=self._request.user_id, now=self._now)
        if purse is None:
            return InvalidToken()
        available = (purse["posted"] or 0) - (purse["held"] or 0)
        if available < call.least:
            return refusals.InsufficientCredits(required=call.least, available=available)
        return refusals.TooManyCalls()

    def _key(self, standing: Record) -> str | None:
        """The operator's key at the provider, if there is one. Raises ProviderMisconfigured when it cannot be
        opened."""
        sealed, provider = standing["key_sealed"], standing["provider"]
        if sealed is None:
            return None
        try:
            return self._ports.sealing.open(sealed, context=f"provider-key:{provider}").decode()
        except CannotOpen:
            raise refusals.ProviderMisconfigured from None

    def _question(self, standing: Record, key: str | None, bound: int) -> Question:
        return Question(
            provider=standing["provider"],
            base_url=standing["base_url"],
            key=key,
            model=standing["upstream"],
            messages=self._request.messages,
            max_tokens=bound,
            temperature=self._request.temperature,
        )

    def _settlement(self, admitted: _Admitted, heard: Heard, code: ErrorCode | None) -> Settlement:
        """What the call comes to, now that it has ended."""
        elapsed = time.monotonic() - self._began
        usage, estimated = heard.usage(admitted.question)
        return Settlement(
            id=admitted.id,
            user_id=self._request.user_id,
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            estimated=estimated,
            latency_ms=round(elapsed * 1000),
            error_code=code,
            charge=bool(heard.length) and code in (None, "cancelled"),
            now=self._now + timedelta(seconds=elapsed),
            transaction_id=self._ports.randomness.id(self._now),
        )

    async def _settle(self, call: Settlement) -> Settled:
        """Pay for it, once. Raises StoreUnavailable when that cannot be made final: then a job gives back
        what was held."""
        for pause in (*_PAUSES_S, None):
            try:
                settled = await settling.settle(self._stores(), call=call)
                return settled if settled is not None else await self._settled_before(call)
            except StoreUnavailable:
                if pause is None:
                    raise
            await asyncio.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    async def _settled_before(self, call: Settlement) -> Settled:
        """What an earlier attempt did, of which it was not known whether it had; or the job that gives holds
        back was first."""
        done = await assistant.outcome(self._stores(), id=call.id)
        if done is None or done["error_code"] != call.error_code:
            raise StoreUnavailable
        return Settled(done["credits"], done["absorbed"], done["balance"])

    def _answered(self, heard: Heard, call: Settlement, settled: Settled) -> Answered:
        assert heard.end is not None
        return Answered(
            model=self._request.model,
            text=heard.text,
            finish_reason=heard.end.finish_reason,
            prompt_tokens=call.prompt_tokens,
            completion_tokens=call.completion_tokens,
            estimated=call.estimated,
            credits=settled.credits,
            balance=settled.balance,
        )
