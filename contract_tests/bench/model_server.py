"""The provider of `assistant`: answers OpenAI's chat completions, whole or in pieces, always the same and at
once. It runs beside the sides, on the driver's core, and is itself what both are compared with.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Final

import uvloop

WORDS: Final = ("A ", "heron ", "stands ", "where ", "the ", "water ", "is ", "still.")
USAGE: Final = {"prompt_tokens": 12, "completion_tokens": len(WORDS), "total_tokens": 12 + len(WORDS)}
_COMMON: Final = {"id": "chatcmpl-bench", "created": 1_795_305_600, "model": "heron-1"}


def _message(body: bytes, media_type: str) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _whole() -> bytes:
    message = {"role": "assistant", "content": "".join(WORDS)}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    said = {**_COMMON, "object": "chat.completion", "choices": [choice], "usage": USAGE}
    return _message(json.dumps(said).encode(), "application/json")


def _in_pieces() -> bytes:
    common = {**_COMMON, "object": "chat.completion.chunk"}
    said = [
        {**common, "choices": [{"index": 0, "delta": {"content": word}, "finish_reason": None}]}
        for word in WORDS
    ]
    said.append({**common, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    said.append({**common, "choices": [], "usage": USAGE})
    events = "".join(f"data: {json.dumps(each)}\n\n" for each in said)
    return _message(f"{events}data: [DONE]\n\n".encode(), "text/event-stream")


_WHOLE: Final = _whole()
_PIECES: Final = _in_pieces()


class _Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._write = transport.write  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            whole = end + 4 + _length(self._received[:end])
            if len(self._received) < whole:
                return
            request, self._received = self._received[:whole], self._received[whole:]
            stream = b'"stream":true' in request or b'"stream": true' in request
            self._write(_PIECES if stream else _WHOLE)


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    return 0


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(_Connection, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
