"""Who may call an operation in two contracts: every caller who was let in must still be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from api.contract.differences.change import Change, Verdict


@dataclass(frozen=True, slots=True)
class Alternative:
    """One way in: the schemes that it asks for, each by its definition, with the scopes asked of it."""

    asked: Mapping[bytes, frozenset[str]]
    told: str

    def admits(self, other: Alternative) -> bool:
        """Whether whoever comes the other way can come this way."""
        return all(
            scheme in other.asked and scopes <= other.asked[scheme] for scheme, scopes in self.asked.items()
        )


def of_security(
    name: str,
    old: tuple[Mapping[str, Any], Mapping[str, Any]],
    new: tuple[Mapping[str, Any], Mapping[str, Any]],
) -> Iterator[Change]:
    """Differences of who is let in. `old` and `new` are a document and the operation in it."""
    before, after = _alternatives(*old), _alternatives(*new)
    for each in before:
        if not any(way.admits(each) for way in after):
            yield Change(Verdict.BREAKING, name, "security", f"does not admit {each.told} any more")
    for each in after:
        if not any(way.admits(each) for way in before):
            yield Change(Verdict.COMPATIBLE, name, "security", f"admits {each.told} now")


def _alternatives(tree: Mapping[str, Any], operation: Mapping[str, Any]) -> list[Alternative]:
    declared = operation.get("security", tree.get("security", [])) or [{}]
    schemes = tree.get("components", {}).get("securitySchemes", {})
    return [_alternative(each, schemes) for each in declared]


def _alternative(declared: Mapping[str, list[str]], schemes: Mapping[str, Any]) -> Alternative:
    """Schemes are known by what they are, so that another name for the same is no difference."""
    asked = {}
    for name, scopes in declared.items():
        what = {word: value for word, value in schemes.get(name, {}).items() if word != "description"}
        asked[orjson.dumps(what, option=orjson.OPT_SORT_KEYS)] = frozenset(scopes)
    told = " with ".join(
        f"{name} ({', '.join(scopes)})" if scopes else name for name, scopes in declared.items()
    )
    return Alternative(asked, told or "anybody")
