"""An endpoint that speaks OpenAI's protocol, on a socket of this machine, with answers from a script.

It keeps every request byte for byte and notices who leaves in the middle of an answer. What it answers is a
stream, as the server under test asks for nothing else. `python -m contract_tests.assistant.upstream` runs it
as a process of its own, for measurements: it prints its URL, answers each request in the same way, those for
no stream with the same text at once, and keeps nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final, Self

import orjson
import uvloop

from api.serve.sockets import bind, port_of
from contract_tests.assistant.answers import WORDS, Answer, Step, normal, status, whole

KEY: Final = "sk-of-the-tests-0123456789abcdefghij"
_PATH: Final = "/v1/chat/completions"
_STREAMS: Final = re.compile(rb'"stream": ?true')


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came, and when, by the monotonic clock."""

    head: bytes
    body: bytes
    at: float

    @property
    def line(self) -> str:
        """The request line."""
        return self.head.split(b"\r\n", 1)[0].decode()

    @property
    def headers(self) -> dict[str, str]:
        """By their names as they were sent."""
        lines = self.head.decode("latin-1").split("\r\n")[1:]
        return dict(each.split(": ", 1) for each in lines if each)

    @property
    def json(self) -> Any:
        """The body."""
        return orjson.loads(self.body)


class Upstream:
    """The simulator. A context manager: it answers inside of the block.

    `key` None answers whoever asks. What `play` was given is answered first, in that order; then `usual`.
    `at_once`, if given, is what requests get that ask for no stream.
    """

    def __init__(
        self,
        *,
        key: str | None = KEY,
        usual: Answer | None = None,
        at_once: Answer | None = None,
        keep: bool = True,
    ) -> None:
        self.asked: list[Asked] = []
        self.left: list[float] = []
        """When somebody left in the middle of an answer, by the monotonic clock."""
        self.usual: Answer = normal() if usual is None else usual
        self.connections = 0
        self.under_way = 0
        self.most_under_way = 0
        self.port = 0
        self._key = None if key is None else f"Bearer {key}".encode()
        self._keep = keep
        self._at_once = at_once
        self._script: deque[Answer] = deque()
        self._changed = threading.Condition()
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._server: asyncio.AbstractServer | None = None

    @property
    def url(self) -> str:
        """The provider's base URL."""
        return f"http://127.0.0.1:{self.port}/v1"

    def play(self, *answers: Answer) -> None:
        """Answer the next requests in these ways."""
        self._script.extend(answers)

    @contextmanager
    def always(self, answer: Answer) -> Iterator[None]:
        """Answer in that way until the end of the block."""
        usual, self.usual = self.usual, answer
        try:
            yield
        finally:
            self.usual = usual

    def wait(self, happened: Callable[[], bool], *, within_s: float = 5.0) -> bool:
        """Wait until something is so here, and say whether it is."""
        with self._changed:
            return self._changed.wait_for(happened, within_s)

    async def until(self, happened: Callable[[], bool], *, within_s: float = 5.0) -> bool:
        """The same, without holding up an event loop."""
        return await asyncio.to_thread(self.wait, happened, within_s=within_s)

    def forget(self) -> None:
        """As if nobody had asked yet."""
        self.asked.clear()
        self.left.clear()
        self._script.clear()
        self.connections = self.most_under_way = 0

    def __enter__(self) -> Self:
        self._thread.start()
        assert self.wait(lambda: self.port > 0)
        return self

    def __exit__(self, *failure: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def serve(self) -> None:
        """Answer in this thread, until it is interrupted. Prints the URL."""
        self._loop.create_task(self._open(print_url=True))
        with suppress(KeyboardInterrupt):
            self._loop.run_forever()

    def next_answer(self, request: Asked) -> Answer:
        """Take note of a request, and say how it is answered."""
        if self._keep:
            self.asked.append(request)
        if self._key is not None and self._key not in request.head:
            return status(401, {"error": {"message": "no such key", "code": "invalid_api_key"}})
        if not request.head.startswith(b"POST " + _PATH.encode() + b" "):
            return status(404, {"error": {"message": "no such path", "code": None}})
        if self._at_once is not None and _STREAMS.search(request.body) is None:
            return self._at_once
        return self._script.popleft() if self._script else self.usual

    def note(self, *, connections: int = 0, under_way: int = 0, left: bool = False) -> None:
        """Count what happens, and tell who waits for it."""
        self.connections += connections
        self.under_way += under_way
        self.most_under_way = max(self.most_under_way, self.under_way)
        if left:
            self.left.append(time.monotonic())
        if self._keep:
            with self._changed:
                self._changed.notify_all()

    def _run(self) -> None:
        self._loop.run_until_complete(self._open())
        self._loop.run_forever()
        if self._server is not None:
            self._server.close()
        for each in asyncio.all_tasks(self._loop):
            each.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _open(self, *, print_url: bool = False) -> None:
        listener = bind("127.0.0.1", 0)
        self._server = await self._loop.create_server(lambda: _Connection(self), sock=listener)
        self.port = port_of(listener)
        self.note()
        if print_url:
            print(self.url, flush=True)


class _Connection(asyncio.Protocol):
    """One connection: requests one after the other, as HTTP/1.1 has them."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._answering: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport) or hasattr(transport, "write")
        self._transport = transport  # type: ignore[assignment]
        self._upstream.note(connections=1)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if self._answering is None:
            self._take()

    def connection_lost(self, failure: Exception | None) -> None:
        self._transport = None
        if self._answering is not None:
            self._answering.cancel()
            self._upstream.note(left=True)

    def _take(self) -> None:
        """Answer the request that is there, if it is whole."""
        head, blank, rest = self._received.partition(b"\r\n\r\n")
        if not blank:
            return
        length = _length(head)
        if len(rest) < length:
            return
        self._received = rest[length:]
        answer = self._upstream.next_answer(Asked(head, rest[:length], time.monotonic()))
        if len(answer) == 1 and isinstance(answer[0], bytes) and self._transport is not None:
            self._upstream.note()
            self._transport.write(answer[0])
            return
        self._answering = asyncio.get_running_loop().create_task(self._play(answer))

    async def _play(self, answer: Answer) -> None:
        self._upstream.note(under_way=1)
        try:
            for step in answer:
                await self._step(step)
        finally:
            self._upstream.note(under_way=-1)
        self._answering = None
        if self._received:
            self._take()

    async def _step(self, step: bytes | float | Step) -> None:
        if self._transport is None:
            return
        if isinstance(step, bytes):
            self._transport.write(step)
        elif step is Step.HANG:
            await asyncio.get_running_loop().create_future()
        elif isinstance(step, Step):
            self._answering = None  # who is sent away has not left
            (self._transport.abort if step is Step.RESET else self._transport.close)()
        else:
            await asyncio.sleep(step)


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def main(arguments: Iterable[str] | None = None) -> None:
    """Run it for measurements."""
    parser = argparse.ArgumentParser(prog="python -m contract_tests.assistant.upstream")
    parser.add_argument("--pieces", type=int, default=16, help="of which an answer is made")
    parser.add_argument("--pause-ms", type=float, default=0.0, help="between them (0: all at once)")
    options = parser.parse_args(None if arguments is None else list(arguments))
    words = [WORDS[number % len(WORDS)] for number in range(options.pieces)]
    usage: Mapping[str, int] = {"prompt_tokens": 11, "completion_tokens": options.pieces}
    answer = normal(words, usage=usage, pause_s=options.pause_ms / 1000)
    Upstream(key=None, usual=answer, at_once=whole(words, usage=usage), keep=False).serve()


if __name__ == "__main__":
    main()
