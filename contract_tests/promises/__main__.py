"""`scripts/promises`: writes PROMISES.md. `--check` writes nothing; exit code 1 if it is not current."""

from __future__ import annotations

import sys

from contract_tests.promises.markers import MarkerRefused, proofs
from contract_tests.promises.page import PAGE, page
from contract_tests.promises.table import groups, still_open


def main(options: list[str]) -> int:
    """The exit code."""
    if options not in ([], ["--check"]):
        sys.stderr.write("usage: scripts/promises [--check]\n")
        return 2
    try:
        current = page(groups(), proofs(), still_open())
    except MarkerRefused as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1
    if not options:
        PAGE.write_text(current)
    elif not PAGE.exists() or PAGE.read_text() != current:
        sys.stderr.write("PROMISES.md is not current: run scripts/promises.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
