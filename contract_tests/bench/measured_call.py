"""The call that `overhead` measures on both sides: which operation, which token, which answer."""

from __future__ import annotations

from contract_tests.bench.call import with_token

OPERATION = "get_instance_workspace"
PATH = "/instance/workspace"
TOKEN = "cit_2f6c1a9be04d7358q1w2e3r4t5y6u7i8o9p0aBCDEFGH"
ANSWER = {"generation": 7, "id": "01KAJ3S9QW0A9C8E7G6J5M4P3R", "name": "Ada's workspace"}

CALLS = (with_token("GET", PATH, TOKEN),)
