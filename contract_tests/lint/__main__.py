"""`python -m contract_tests.lint`: the contract's rules of style, a line for each breach; 1 if there is one.

Where there is no Node it says what it leaves out and ends well, except on the machine that checks every
change.
"""

from __future__ import annotations

import sys

from contract_tests.harness.contract import CONTRACT
from contract_tests.harness.npm import NodeMissing, expected_here
from contract_tests.lint.linter import lint


def main() -> int:
    """Print the findings; 1 if there are any."""
    try:
        found = lint([CONTRACT])
    except NodeMissing as reason:
        print(f"check: the contract's rule set is left out: {reason}", file=sys.stderr)
        return 1 if expected_here() else 0
    for each in found:
        print(each)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
