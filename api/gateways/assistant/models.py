"""The real `LanguageModels`: asks whoever a question is for, and once more where nothing was said yet."""

from __future__ import annotations

import asyncio
import importlib
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from api.contract.forwarding import BODY
from api.gateways.assistant import demo
from api.gateways.assistant.limits import LOCAL, OUTSIDE, Limits, Line
from api.gateways.assistant.local import LocalServer
from handlers.ports import End, Piece, Question, UpstreamFailed

if TYPE_CHECKING:
    from api.gateways.assistant.call import Call
    from api.gateways.assistant.client import Client

PROCESSORS: Final = ("openai", "anthropic", "moonshot", "other_provider")
FORWARDED: Final = frozenset(f"{BODY}{name}" for name in ("messages", "max_tokens", "temperature"))
"""How the contract calls whoever gets questions, those that come with the server and any other that an
operator adds, and what it must say that operations send there: the fields that leave."""

LOCAL_NAME: Final = "local"
MOST_CLIENTS: Final = 16
_PAUSE_S: Final = 0.2
_LONGEST_PAUSE_S: Final = 2


@dataclass(slots=True)
class _Kept:
    client: Client
    users: int = 0


class Models:
    """Asks outside providers, the local model where there is one, and the demo.

    `local` says where the local model is just now; None is that none was set up.
    """

    def __init__(
        self,
        *,
        local: Callable[[], LocalServer | None] | None = None,
        limits: Limits = OUTSIDE,
        local_limits: Limits = LOCAL,
        most_clients: int = MOST_CLIENTS,
    ) -> None:
        self._local = local
        self._limits = limits
        self._local_limits = local_limits
        self._most_clients = most_clients
        self._lines: dict[str, Line] = {}
        self._clients: OrderedDict[tuple[str, str, str], _Kept] = OrderedDict()

    @property
    def own(self) -> frozenset[str]:
        """See `LanguageModels`."""
        return frozenset({demo.NAME} if self._local is None else {demo.NAME, LOCAL_NAME})

    def ask(self, question: Question) -> AsyncGenerator[Piece | End, None]:
        """See `LanguageModels`."""
        return demo.answer(question) if question.provider == demo.NAME else self._asked(question)

    async def close(self) -> None:
        """See `LanguageModels`."""
        clients = [each.client for each in self._clients.values()]
        self._clients.clear()
        for each in clients:
            await each.close()

    async def _asked(self, question: Question) -> AsyncGenerator[Piece | End, None]:
        question, limits = self._addressed(question)
        async with self._line(question.provider, limits):
            kept = await self._kept(question, limits)
            kept.users += 1
            try:
                call, portion = await _begun(kept.client, question, limits)
                try:
                    while True:
                        for each in portion:
                            yield each
                        if isinstance(portion[-1], End):
                            return
                        portion = await call.next()
                finally:
                    await call.close()
            finally:
                kept.users -= 1
                await self._close_surplus()

    def _addressed(self, question: Question) -> tuple[Question, Limits]:
        """Raises UpstreamFailed for a provider of our own that is not there, and one without an address."""
        if question.provider != LOCAL_NAME:
            if question.base_url is None:
                raise UpstreamFailed("unreachable")
            return question, self._limits
        server = self._local() if self._local is not None else None
        if server is None:
            raise UpstreamFailed("unreachable")
        return replace(question, base_url=server.base_url, key=server.key), self._local_limits

    def _line(self, provider: str, limits: Limits) -> Line:
        line = self._lines.get(provider)
        if line is None:
            line = self._lines[provider] = Line(limits)
        return line

    async def _kept(self, question: Question, limits: Limits) -> _Kept:
        """The client for this address and key; a key that was replaced goes with its client, in time."""
        if not self._clients:
            # It takes seconds, in which others are served.
            await asyncio.to_thread(importlib.import_module, "api.gateways.assistant.call")
        from api.gateways.assistant.client import Client

        base_url, key = question.base_url or "", question.key or ""
        place = question.provider, base_url, key
        kept = self._clients.get(place)
        if kept is None:
            kept = self._clients[place] = _Kept(Client(base_url, key, limits))
        self._clients.move_to_end(place)
        return kept

    async def _close_surplus(self) -> None:
        surplus = len(self._clients) - self._most_clients
        if surplus > 0:
            idle = [place for place, kept in self._clients.items() if not kept.users]
            for each in [self._clients.pop(place) for place in idle[:surplus]]:
                await each.client.close()


async def _begun(client: Client, question: Question, limits: Limits) -> tuple[Call, list[Piece | End]]:
    """The question, asked, and what was said first. Asked again if that may help. Raises UpstreamFailed."""
    from api.gateways.assistant.call import Call

    began = asyncio.get_running_loop().time()
    again = True
    while True:
        call = Call(client, question, limits, began=began)
        try:
            return call, await call.first()
        except BaseException as failure:
            await call.close()
            pause = _pause_before_another(failure) if again else None
            if pause is None:
                raise
        again = False
        await asyncio.sleep(pause)


def _pause_before_another(failure: BaseException) -> float | None:
    """Seconds; None when it would not help to ask again, or not soon."""
    if not isinstance(failure, UpstreamFailed):
        return None
    if failure.fault in ("unreachable", "failed"):
        return _PAUSE_S
    soon = failure.retry_after_s is not None and failure.retry_after_s <= _LONGEST_PAUSE_S
    return failure.retry_after_s if failure.fault == "overloaded" and soon else None
