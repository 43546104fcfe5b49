"""`python -m contract_tests.interface.golden`: every operation with its method, path, tag and security, and
every record with its columns, ground and retention.

The lists are kept in `golden.txt` and `golden_records.txt`, so that a change of who may call what, of what is
stored or of how long it stays is seen as a line in a review, also when it hides in a long change of the
contract. With `--write` the kept lists become the current ones.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from contract_tests.harness.contract import Contract, contract

KEPT = Path(__file__).with_name("golden.txt")
KEPT_RECORDS = Path(__file__).with_name("golden_records.txt")


def lines(rules: Contract) -> Iterator[str]:
    """The list as a contract has it, in the contract's order. Raises KeyError for what is left unsaid."""
    for each in rules.operations.values():
        security = " or ".join(map(_way, each.declared["security"])) or "public"
        called = f"{each.operation_id:30} {each.method.upper():6} {each.path:42}"
        yield f"{called} {' '.join(each.declared['tags']):10} {security}\n"


def _way(way: Mapping[str, list[str]]) -> str:
    told = [f"{scheme}({' '.join(scopes)})" if scopes else scheme for scheme, scopes in way.items()]
    return "+".join(told) or "no credential"


def record_lines(rules: Contract) -> Iterator[str]:
    """The records as a contract has them, in its order: how long they are kept, then their columns."""
    for name, record in rules.document["components"]["x-records"].items():
        kept = json.dumps(record["retention"], sort_keys=True)
        yield f"{name}: {record['basis']['gdpr']}, at closing: {record['on-close']}, {kept}\n"
        for column, field in record["fields"].items():
            yield f"    {column:28} {field['type']:16} {field.get('fides', '')}".rstrip() + "\n"


def main() -> None:
    """Print the lists, or keep them."""
    if "--write" in sys.argv[1:]:
        KEPT.write_text("".join(lines(contract())))
        KEPT_RECORDS.write_text("".join(record_lines(contract())))
    else:
        sys.stdout.writelines(lines(contract()))
        sys.stdout.writelines(record_lines(contract()))


if __name__ == "__main__":
    main()
