"""`python -m contract_tests.interface.golden`: every operation with its method, path, tag and security.

The list is kept in `golden.txt`, so that a change of who may call what is seen as a line in a review, also
when it hides in a long change of the contract. With `--write` the kept list becomes the current one.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from contract_tests.harness.contract import contract

KEPT = Path(__file__).with_name("golden.txt")


def lines() -> Iterator[str]:
    """The list as the contract has it, in the contract's order."""
    for each in contract().operations.values():
        ways = each.declared.get("security", ["undeclared"])
        security = " or ".join(map(_way, ways)) or "public"
        called = f"{each.operation_id:30} {each.method.upper():6} {each.path:42}"
        yield f"{called} {each.declared['tags'][0]:10} {security}\n"


def _way(way: Mapping[str, list[str]]) -> str:
    told = [f"{scheme}({' '.join(scopes)})" if scopes else scheme for scheme, scopes in way.items()]
    return "+".join(told) or "no credential"


def main() -> None:
    """Print the list, or keep it."""
    if "--write" in sys.argv[1:]:
        KEPT.write_text("".join(lines()))
    else:
        sys.stdout.writelines(lines())


if __name__ == "__main__":
    main()
