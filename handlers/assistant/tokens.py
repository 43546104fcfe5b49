"""How many tokens a text may be, for as long as its provider has not said.

What a model counts is known to its provider alone, and its tables are not there to be asked offline. So bytes
are counted: most text has three to four to a token, what has fewer is rare. Setting credits aside takes two,
so that a hold rarely falls short; paying by estimate takes four.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from handlers.ports import Message

_AROUND_EACH: Final = 8  # tokens that mark a message's role and its ends
_AROUND_ALL: Final = 40  # what a model's template says on its own before a conversation
_BYTES_AT_LEAST: Final = 2
_BYTES_USUALLY: Final = 4


def of_messages_at_most(messages: Sequence[Message]) -> int:
    """What a provider will hardly exceed when it counts these messages."""
    return _AROUND_ALL + sum(_AROUND_EACH + _ceiling(each.content, _BYTES_AT_LEAST) for each in messages)


def of_messages(messages: Sequence[Message]) -> int:
    """About what a provider will count."""
    return sum(_ceiling(each.content, _BYTES_USUALLY) for each in messages)


def of_answer(text: str) -> int:
    """About what a provider counts for an answer, or the beginning of one."""
    return _ceiling(text, _BYTES_USUALLY)


def _ceiling(text: str, bytes_to_a_token: int) -> int:
    return -(-len(text.encode()) // bytes_to_a_token)
