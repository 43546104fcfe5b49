"""The page that a person sees in place of an error document, where a browser was sent to an address that
cannot be answered.

It says what the document says, and nothing else: the words of `api/problems.py`, which hold no value that
was submitted, and the request's id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from types import MappingProxyType
from typing import Any, Final

from handlers.answers import Answer
from handlers.ports import StaticFile
from handlers.published.pages import page_headers

_BEGIN_AGAIN: Final = (
    "Go back to the program that sent you here and begin again. If that changes nothing, tell the people who"
    " make it what stands here."
)
_WAIT: Final = "Wait a little, then load this page again."
_UNANSWERED: Final = ("This cannot be answered", _BEGIN_AGAIN)
_WORDS: Final[Mapping[int, tuple[str, str]]] = MappingProxyType(
    {
        404: ("Page not found", "Perhaps the address was not copied whole, or what was here is gone."),
        429: ("Too many attempts", _WAIT),
        500: ("Something went wrong here", _WAIT),
        503: ("Not right now", _WAIT),
    }
)


class ProblemPage:
    """Makes the page of an error document."""

    def __init__(self, template: StaticFile) -> None:
        self._template = template.body.decode()
        self._media_type = template.media_type
        self._headers = page_headers(template)

    def __call__(self, document: Answer) -> Answer:
        """The page that says what `document` says, which is a problem document or an OAuth error."""
        body: Mapping[str, Any] = document.body  # type: ignore[assignment]
        title, advice = _WORDS.get(document.status, _UNANSWERED)
        page = self._template
        for place, text in (
            ("title", title),
            ("sentence", escape(body.get("error_description") or body["message"])),
            ("places", _listed(body.get("errors", ()))),
            ("advice", advice),
            ("request", escape(body["request_id"])),
        ):
            page = page.replace(f"<!-- {place} -->", text)
        return Answer(document.status, page.encode(), {**document.headers, **self._headers}, self._media_type)


def _listed(errors: Iterable[Mapping[str, str]]) -> str:
    """What is wrong in which place, as a list; nothing for none."""
    items = "".join(
        f"<li><code>{escape(each['pointer'])}</code> {escape(each['detail'])}</li>" for each in errors
    )
    return f"<ul>{items}</ul>" if items else ""
