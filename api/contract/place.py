"""Where something stands in the contract: a node together with its JSON pointer, with references followed.

Schemas are compiled by pointer into the whole document instead of being cut out of it, so that `$ref`, its
siblings and recursion mean what JSON Schema says. For that, whoever walks the document must know where it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from api.contract.document import ContractError

_LONGEST_CHAIN = 32


class Place:
    """One node of the document and its pointer. `at` and `children` follow Reference Objects."""

    __slots__ = ("node", "pointer", "tree")

    def __init__(self, tree: dict[str, Any], node: Any, pointer: str = "") -> None:
        self.tree = tree
        self.node = node
        self.pointer = pointer

    def __contains__(self, key: str) -> bool:
        return isinstance(self.node, dict) and key in self.node

    def get(self, key: str, otherwise: Any = None) -> Any:
        """The plain value under `key`."""
        return self.node.get(key, otherwise) if isinstance(self.node, dict) else otherwise

    def at(self, key: str) -> Place:
        """The child under `key`, its reference followed; an empty mapping where there is none."""
        return self.schema(key).followed()

    def children(self, key: str) -> Iterator[tuple[str, Place]]:
        """The children of the mapping or list under `key`, references followed, each with its key."""
        for name, child in self.schemas(key):
            yield name, child.followed()

    def schema(self, key: str) -> Place:
        """The child under `key` as it stands: in a schema, `$ref` is a keyword beside others."""
        return Place(self.tree, self.get(key, {}), f"{self.pointer}/{escaped(key)}")

    def schemas(self, key: str) -> Iterator[tuple[str, Place]]:
        """The children of the mapping or list under `key` as they stand."""
        parent = self.schema(key)
        entries = parent.node.items() if isinstance(parent.node, dict) else enumerate(parent.node)
        for name, child in entries:
            yield str(name), Place(self.tree, child, f"{parent.pointer}/{escaped(str(name))}")

    def followed(self) -> Place:
        """What the node's reference leads to, or the node itself. Raises `ContractError` for one that leads
        nowhere."""
        place = self
        for _ in range(_LONGEST_CHAIN):
            reference = place.get("$ref")
            if not isinstance(reference, str):
                return place
            if not reference.startswith("#/"):
                raise ContractError(
                    f"The reference {reference!r} leads out of the contract; it must start with '#/'."
                )
            place = Place(self.tree, _looked_up(self.tree, reference[1:]), reference[1:])
        raise ContractError(f"The references at {self.pointer} lead in a circle.")


def members_of(body: Place) -> frozenset[str]:
    """The names of the members that a request body or a response declares, of whatever media type."""
    return frozenset(
        name
        for _, content in body.children("content")
        for name, _ in content.at("schema").children("properties")
    )


def escaped(segment: str) -> str:
    """One segment of a JSON pointer (RFC 6901 section 3)."""
    return segment.replace("~", "~0").replace("/", "~1")


def _looked_up(tree: dict[str, Any], pointer: str) -> Any:
    node: Any = tree
    for segment in pointer.split("/")[1:]:
        key = segment.replace("~1", "/").replace("~0", "~")
        try:
            node = node[int(key)] if isinstance(node, list) else node[key]
        except (KeyError, IndexError, ValueError, TypeError) as failure:
            raise ContractError(f"The reference '#{pointer}' leads nowhere in the contract.") from failure
    return node
