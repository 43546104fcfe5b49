"""Whether a call may be made, and how many credits are set aside for it: rules, without a database.

A hold covers the longest answer that may come, or what one call may cost, or what is there, whichever is
least; and the answer is then bounded by what the hold buys. So a call is rather cut short than refused, can
never spend what is not there, and leaves room for others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from handlers.assistant import tokens
from handlers.ports import Message
from persistence.unit_of_work import Record

SHORT_ANSWER: Final = 16  # tokens; what buys less is not worth asking


@dataclass(frozen=True, slots=True)
class Price:
    """What a model costs and can: credits to a token, and its bounds in tokens."""

    token_credit: int
    context: int
    max_output: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to set aside, in credits: `most` for the longest answer, not less than `least`. `answer` is the
    longest answer in tokens, `prompt` what the messages may be.
    """

    most: int
    least: int
    prompt: int
    answer: int


def wanted(price: Price, messages: Sequence[Message], *, max_tokens: int | None) -> Wanted:
    """What a call with these messages wants to have set aside.

    Of messages that do not fit the model nothing is said here: its provider counts better.
    """
    prompt = min(tokens.of_messages_at_most(messages), price.context)
    longest = min(price.max_output, max_tokens or price.max_output)
    room = max(1, min(longest, price.context - tokens.of_messages(messages)))
    return Wanted(
        most=min(prompt + room, price.context) * price.token_credit,
        least=min(prompt + min(room, SHORT_ANSWER), price.context) * price.token_credit,
        prompt=prompt,
        answer=room,
    )


def answer_bound(call: Wanted, price: Price, *, held: int) -> int:
    """How many tokens the answer may have: what the hold buys beyond the messages, and no more than was
    wanted."""
    if price.token_credit == 0:
        return call.answer
    return max(1, min(call.answer, held // price.token_credit - call.prompt))


def needs_refresh(purse: Record) -> bool:
    """Whether the wallet has to be brought up to date before it can be believed: it is not there, the month's
    credits were not given yet, or some of its credits are over.
    """
    return purse["posted"] is None or bool(purse["due"])
