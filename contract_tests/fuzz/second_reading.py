"""The suite's own reading of the contract, held against every answer that the fuzzer gets.

Schemathesis checks answers as well; this is the check that all other tests use, so that what the fuzzer
reached counts for the coverage of the contract by the same rule.
"""

from __future__ import annotations

import os
from typing import Any

import httpx
import schemathesis
from schemathesis import Case, CheckContext, Response

from contract_tests.harness import records
from contract_tests.harness.checking import check

records.keep_in(os.environ.get(records.VARIABLE))  # this process is the run's own


@schemathesis.check
def second_reading(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """The answer is one that the contract declares, as the tests' own reader understands it."""
    request = response.request
    answer = httpx.Response(
        response.status_code,
        headers=[
            (name, value)
            for name, values in response.headers.items()
            for value in values
            if name.lower() != "content-encoding"  # the body comes decoded
        ],
        content=response.content,
        request=httpx.Request(str(request.method), str(request.url)),
    )
    check(answer, body=response.content_size == len(response.content))
