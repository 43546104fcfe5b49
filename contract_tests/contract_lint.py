"""`python -m contract_tests.contract_lint`: what the linter from npm cannot judge, a line a breach.

What makes a document impossible to serve is refused by the server itself, and its style is the matter of
`contract_tests/lint`. That linter sees no examples of header fields, follows no links, and passes over
extensions; those are checked here, and need no Node.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from contract_tests.harness.contract import OUTSIDE, Contract, ContractBroken, contract

REQUEST_ID = "X-Request-Id"
PROBLEM = "application/problem+json"
PAGE = "text/html; charset=utf-8"


def findings(rules: Contract) -> Iterator[str]:
    """Every place that breaks a rule."""
    for name, header in rules.document["components"]["headers"].items():
        try:
            rules.check_value(header["schema"], header["example"], f"header {name}: the example")
        except ContractBroken as failure:
            yield str(failure)
    for operation_id in rules.operations:
        for status, response in rules.responses_of(operation_id).items():
            for name, link in response.get("links", {}).items():
                for complaint in _link(rules, link):
                    yield f"{operation_id}: response {status}: link {name}: {complaint}"
    for status, response in rules.responses_of(OUTSIDE).items():
        yield from (f"{OUTSIDE}: response {status}: {complaint}" for complaint in _outside(status, response))


def _link(rules: Contract, link: Mapping[str, Any]) -> Iterator[str]:
    """It leads to an operation and gives it nothing that it does not take."""
    target = rules.operations.get(link.get("operationId", ""))
    if target is None:
        yield "it leads to no operation"
        return
    declared = [rules.resolve(each) for each in target.declared.get("parameters", [])]
    known = {f"{each['in']}.{each['name']}" for each in declared}
    for name in link.get("parameters", {}).keys() - known:
        yield f"{target.operation_id} has no parameter {name}"
    if "requestBody" in link and "requestBody" not in target.declared:
        yield f"{target.operation_id} takes no body"


def _outside(status: str, response: Mapping[str, Any]) -> Iterator[str]:
    """What is answered when a request belongs to no operation has the form of every other answer."""
    if REQUEST_ID not in response.get("headers", {}):
        yield f"it has no {REQUEST_ID}"
    if status[0] in "45" and list(response.get("content", {})) not in ([PROBLEM], [PROBLEM, PAGE]):
        yield f"an error that is not {PROBLEM}, and a page at most"


def main() -> int:
    """Print the findings; 1 if there are any."""
    found = list(findings(contract()))
    for each in found:
        print(f"cloud_instance.yaml: {each}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
