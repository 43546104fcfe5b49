"""The baseline of `overhead`: one Starlette route on uvicorn with the fast loop and parser, answering the
same JSON.

It looks at no token and checks nothing. What Candor costs more than this is what the contract costs.
"""

from __future__ import annotations

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from contract_tests.bench.measured_call import ANSWER, PATH


async def answer(request: Request) -> JSONResponse:
    """The whole work."""
    return JSONResponse(ANSWER)


app = Starlette(routes=[Route(PATH, answer)])

if __name__ == "__main__":
    uvicorn.run(
        app, port=int(sys.argv[1]), loop="uvloop", http="httptools", log_level="error", access_log=False
    )
