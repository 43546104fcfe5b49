"""What the events of one answer say: pieces of text, how it ended, how many tokens it took.

Read strictly, and by name: whatever else a provider adds is passed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson

from api.gateways.assistant.faults import error_event
from handlers.ports import End, FinishReason, Piece, UpstreamFailed, Usage

_DONE: Final = b"[DONE]"
_MOST_TOKENS: Final = 1_000_000_000
_REASONS: Final[Mapping[str, FinishReason]] = {
    "stop": "stop", "length": "length", "content_filter": "content_filter",
}  # fmt: skip


class Reading:
    """One answer, as far as it has come."""

    def __init__(self) -> None:
        self.began = False
        self.ended = False
        self.failed: UpstreamFailed | None = None
        self._reason: FinishReason | None = None
        self._usage: Usage | None = None

    def take(self, events: Iterable[bytes]) -> list[Piece | End]:
        """What these events add. Raises UpstreamFailed `invalid` for what is no answer, and what an error
        event means; if pieces came before it, it is kept in `failed` until they are given."""
        found: list[Piece | End] = []
        try:
            for data in events:
                if self.ended:
                    break
                if data == _DONE:
                    found.append(self._end(self._reason or "stop"))
                elif text := self._text_of(data):
                    self.began = True
                    found.append(Piece(text))
        except UpstreamFailed as failure:
            if not found:
                raise
            self.failed = failure
        return found

    def over(self) -> End:
        """The end of an answer whose stream ended without saying so. Raises UpstreamFailed when there was
        none."""
        if self._reason is None:
            raise self.broken()
        return self._end(self._reason)

    def broken(self) -> UpstreamFailed:
        """What it means that no more comes."""
        return UpstreamFailed("cut_off" if self.began else "unreachable")

    def _end(self, reason: FinishReason) -> End:
        self.ended = True
        return End(reason, self._usage)

    def _text_of(self, data: bytes) -> str:
        try:
            chunk = orjson.loads(data)
        except orjson.JSONDecodeError:
            chunk = None
        if not isinstance(chunk, dict):
            raise UpstreamFailed("invalid")
        if chunk.get("error"):
            raise UpstreamFailed("cut_off") if self.began else error_event(chunk["error"])
        self._usage = _usage(chunk.get("usage")) or self._usage
        choices = chunk.get("choices")
        if not choices and choices in (None, []):
            return ""
        if not isinstance(choices, list) or not isinstance(choices[0], dict):
            raise UpstreamFailed("invalid")
        return self._text_of_choice(choices[0])

    def _text_of_choice(self, choice: Mapping[str, Any]) -> str:
        self._usage = _usage(choice.get("usage")) or self._usage
        reason, delta = choice.get("finish_reason"), choice.get("delta")
        if reason is not None:
            self._reason = _REASONS.get(str(reason), "stop")
        if delta is None:
            return ""
        text = delta.get("content") if isinstance(delta, dict) else delta
        if text is None:
            return ""
        if not isinstance(text, str):
            raise UpstreamFailed("invalid")
        return text


def _usage(said: object) -> Usage | None:
    """What a chunk says was used, if it says so; half of it is nothing."""
    if not isinstance(said, dict):
        return None
    prompt, completion = _count(said.get("prompt_tokens")), _count(said.get("completion_tokens"))
    return None if prompt is None or completion is None else Usage(prompt, completion)


def _count(value: object) -> int | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= _MOST_TOKENS else None
