"""Media types compared the way RFC 9110 section 8.3.1 compares them: without regard to capitals, parameters
parsed.

A `Content-Type` that cannot be parsed is as good as an unknown one: nothing skips validation by being odd.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_NAME = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_ESSENCE = re.compile(rf"[ \t]*({_NAME}/{_NAME})[ \t]*")
_PARAMETER = re.compile(rf"[ \t]*(?:({_NAME})=(?:({_NAME})|\"((?:[^\"\\]|\\.)*)\"))?[ \t]*(?:;|$)")


@dataclass(frozen=True, slots=True)
class MediaType:
    """A media type: `type/subtype` in lower case, and its parameters with lower-case names."""

    essence: str
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def is_json(self) -> bool:
        """Whether the bytes are JSON (RFC 6839 section 3.1)."""
        return self.essence == "application/json" or self.essence.endswith("+json")

    @property
    def is_yaml(self) -> bool:
        """Whether the bytes are YAML (RFC 9512)."""
        return self.essence == "application/yaml" or self.essence.endswith("+yaml")

    @property
    def charset(self) -> str | None:
        """The charset parameter in lower case."""
        return next((value.lower() for name, value in self.parameters if name == "charset"), None)


@lru_cache(maxsize=256)
def parse(header: str) -> MediaType | None:
    """The media type that a header value or a contract's key names; None when it names none, or a parameter
    twice."""
    found = _ESSENCE.match(header)
    if found is None:
        return None
    essence, position = found.group(1).lower(), found.end()
    parameters: dict[str, str] = {}
    if position < len(header):
        if header[position] != ";":
            return None
        position += 1
    while position < len(header):
        each = _PARAMETER.match(header, position)
        if each is None or each.end() == position:
            return None
        position = each.end()
        if each.group(1) is None:
            continue
        name = each.group(1).lower()
        if name in parameters:
            return None
        quoted = each.group(3)
        value = each.group(2) if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
        parameters[name] = value.lower() if name == "charset" else value
    return MediaType(essence, tuple(sorted(parameters.items())))
