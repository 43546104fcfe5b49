"""What PostgreSQL does for a statement, by its own account: the pages it looks at, and the tables that it
reads from end to end.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from contract_tests.harness.stored import rows
from persistence.statement import Statement


@dataclass(frozen=True, slots=True)
class Plan:
    """Pages of 8 KiB looked at, in memory or on disk, and the tables scanned in full."""

    pages: int
    scanned: frozenset[str]


def plan(url: str, statement: Statement, **values: object) -> Plan:
    """Run a reading statement under EXPLAIN."""
    query = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement.sql}"
    found = rows(url, query, *statement.arguments(values))[0]["QUERY PLAN"]
    root = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    scanned = {each["Relation Name"] for each in _nodes(root) if each["Node Type"] == "Seq Scan"}
    return Plan(root["Shared Hit Blocks"] + root["Shared Read Blocks"], frozenset(scanned))


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", ()):
        yield from _nodes(below)
