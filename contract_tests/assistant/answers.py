"""How an endpoint that speaks OpenAI's protocol can answer: well, badly, partly, or not at all.

An answer is a list of steps that the simulator takes: bytes to send, a pause in seconds, or one of `Step`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum, auto
from typing import Any, Final, Literal

WORDS: Final = ("The ", "heron ", "waits ", "over ", "seven ", "quiet ", "lakes.")
"""What is answered when nothing else was scripted."""
USAGE: Final = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}

UsagePlace = Literal["last", "choice", "every", "nowhere"]


class Step(Enum):
    """What else an answer may do than send bytes and wait."""

    HANG = auto()  # say nothing more until the one who asked has gone
    CLOSE = auto()  # end the connection in good order
    RESET = auto()  # and in bad order


Answer = Sequence[bytes | float | Step]


def head(status: int, media_type: str, *more: str, length: int | None = None) -> bytes:
    """Status and headers; chunked without a length."""
    size = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    lines = [f"HTTP/1.1 {status} Said", f"Content-Type: {media_type}", size, *more]
    return "\r\n".join([*lines, "", ""]).encode()


def chunk(body: bytes) -> bytes:
    """One chunk of a chunked body."""
    return b"%x\r\n%s\r\n" % (len(body), body)


END_OF_BODY: Final = b"0\r\n\r\n"
STREAM: Final = head(200, "text/event-stream; charset=utf-8", "Cache-Control: no-cache")
DONE: Final = chunk(b"data: [DONE]\n\n")


def event(value: object) -> bytes:
    """One server-sent event with that JSON."""
    return chunk(b"data: " + json.dumps(value).encode() + b"\n\n")


def piece(text: str | None, *, finish: str | None = None, **more: Any) -> bytes:
    """A piece of the answer's text; `more` goes into the choice."""
    return event(_body([_choice(text, finish=finish) | more]))


def usage_alone(usage: object) -> bytes:
    """What OpenAI sends last when asked to include it."""
    return event(_body([]) | {"usage": usage})


def normal(
    words: Iterable[str] = WORDS,
    *,
    usage: object = USAGE,
    place: UsagePlace = "last",
    finish: str | None = "stop",
    pause_s: float = 0.0,
    before_s: float = 0.0,
    done: bool = True,
) -> Answer:
    """A whole answer, with its parts left out as wanted. Without pauses it is sent in one go."""
    pieces = [piece(word) for word in words]
    if place == "every":
        pieces = [
            event(_body([{"index": 0, "delta": {"content": each}}]) | {"usage": usage}) for each in words
        ]
    steps: list[bytes | float] = [STREAM, before_s, *_between(pieces, pause_s)]
    if finish is not None:
        steps.append(piece(None, finish=finish, **({"usage": usage} if place == "choice" else {})))
    if place == "last":
        steps.append(usage_alone(usage))
    if done:
        steps.append(DONE)
    steps.append(END_OF_BODY)
    return joined(steps)


def whole(words: Iterable[str] = WORDS, *, usage: object = USAGE) -> Answer:
    """The same as one JSON, for whoever asks for no stream."""
    message = {"role": "assistant", "content": "".join(words)}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    return status(200, _body([choice]) | {"object": "chat.completion", "usage": usage})


def joined(steps: Iterable[bytes | float | Step]) -> Answer:
    """The same with what is to be sent at once in one piece."""
    found: list[bytes | float | Step] = []
    for each in steps:
        if isinstance(each, bytes) and found and isinstance(found[-1], bytes):
            found[-1] += each
        elif each != 0.0:
            found.append(each)
    return found


def status(code: int, body: object = None, *headers: str, media_type: str = "application/json") -> Answer:
    """An answer that is no stream: a status, headers and a small body."""
    content = body if isinstance(body, bytes) else json.dumps(body if body is not None else {}).encode()
    return [head(code, media_type, *headers, length=len(content)) + content]


def error(code: int, word: str, message: str, *headers: str) -> Answer:
    """A refusal as OpenAI words it."""
    said: Mapping[str, Any] = {"error": {"message": message, "type": word, "param": None, "code": word}}
    return status(code, said, *headers)


def after(words: int, *then: bytes | float | Step) -> Answer:
    """The beginning of an answer, and what becomes of it."""
    return [STREAM + b"".join(piece(each) for each in WORDS[:words]), *then]


def _between(pieces: Sequence[bytes], pause_s: float) -> list[bytes | float]:
    found: list[bytes | float] = []
    for each in pieces:
        found += [each, pause_s]
    return found


def _choice(text: str | None, *, finish: str | None = None) -> dict[str, Any]:
    delta = {} if text is None else {"content": text}
    return {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}


def _body(choices: list[Any]) -> dict[str, Any]:
    return {
        "id": "chatcmpl-simulated",
        "object": "chat.completion.chunk",
        "created": 1_795_305_600,
        "model": "simulated",
        "choices": choices,
    }
