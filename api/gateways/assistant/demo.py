"""The `demo` provider: no language model, and it says so. The same question has the same answer, and nothing
leaves the server.

A token is four bytes of UTF-8, begun ones counted, here and in what it says was used.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from typing import Final

from handlers.ports import End, Piece, Question, Usage

NAME: Final = "demo"
_BYTES: Final = 4

_ANSWER: Final = (
    "This is a demo answer: no language model is set up on this server, and none has read what you wrote. "
    "You sent {messages} of {bytes} bytes. To have real answers, whoever runs the server starts it with "
    "--local-model, or adds a provider and its key with scripts/admin."
)


def tokens(text: str) -> int:
    """How many tokens a text counts as."""
    return -(-len(text.encode()) // _BYTES)


async def answer(question: Question) -> AsyncGenerator[Piece | End, None]:
    """Word by word, and no more than was asked for."""
    count, size = len(question.messages), sum(len(each.content.encode()) for each in question.messages)
    whole = _ANSWER.format(messages=f"{count} message{'' if count == 1 else 's'}", bytes=size)
    said = whole[: question.max_tokens * _BYTES]
    for word in re.findall(r"\S+\s*", said):
        await asyncio.sleep(0)  # others have their turn
        yield Piece(word)
    prompt = sum(tokens(each.content) for each in question.messages)
    yield End("stop" if said == whole else "length", Usage(prompt, tokens(said)))
