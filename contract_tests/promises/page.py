"""PROMISES.md, made from the table, the markers and the list of what is open."""

from __future__ import annotations

from collections.abc import Iterator

from contract_tests.harness.contract import REPOSITORY
from contract_tests.promises.markers import Proof
from contract_tests.promises.table import Open, Promise

PAGE = REPOSITORY / "PROMISES.md"

_HEAD = """\
# Promises

What Candor promises, where its contract says so, and the tests that fail when a promise is broken.
`scripts/promises` writes this page from [the table](contract_tests/promises/table.yaml) and the tests'
markers; a test fails when it is not current. What is not proven yet, or not all of it, says so.
"""


def page(groups: dict[str, list[Promise]], proofs: list[Proof], missing: Open) -> str:
    """The whole page."""
    return "\n".join([_HEAD, *_counts(groups, missing), *_tables(groups, proofs, missing)]) + "\n"


def _counts(groups: dict[str, list[Promise]], missing: Open) -> Iterator[str]:
    total = sum(len(rows) for rows in groups.values())
    proven = total - len(missing.partly) - len(missing.unproven)
    rest = f"{len(missing.partly)} partly and {len(missing.unproven)} not yet"
    yield f"Of {total} promises, {proven} are proven, {rest}."


def _tables(groups: dict[str, list[Promise]], proofs: list[Proof], missing: Open) -> Iterator[str]:
    for heading, rows in groups.items():
        yield from ("", f"## {heading}", "", "| id | promise | declared | proof |", "|---|---|---|---|")
        for row in rows:
            declared = ", ".join(f"`{each}`" for each in row.declared)
            yield f"| {row.id} | {row.promise} | {declared} | {_proof(row.id, proofs, missing)} |"


def _proof(promise: str, proofs: list[Proof], missing: Open) -> str:
    links = [each.link for each in proofs if each.promise == promise]
    if promise in missing.partly:
        links.append(f"*not all of it yet: {missing.partly[promise]}*")
    if promise in missing.unproven:
        links.append(f"*not yet: {missing.unproven[promise]}*")
    return "<br>".join(links)
