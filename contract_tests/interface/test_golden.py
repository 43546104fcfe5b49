"""Who may call what, against the list that was agreed on."""

from __future__ import annotations

from difflib import unified_diff

from contract_tests.interface.golden import KEPT, lines


def test_operations_and_their_security_are_those_agreed_on() -> None:
    agreed, current = KEPT.read_text().splitlines(keepends=True), list(lines())
    difference = "".join(unified_diff(agreed, current, "golden.txt", "cloud_instance.yaml", n=0))
    assert not difference, (
        f"Operations, tags or security changed:\n{difference}\n"
        "If that is meant: python -m contract_tests.interface.golden --write, and commit it as well."
    )
