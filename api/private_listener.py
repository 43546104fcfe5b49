"""The private listener, for the operator's monitoring: `/metrics` and `/readyz`, by default on loopback.

It is no part of the contract and shares nothing with the public listener but the process. It has no
operation that changes anything: administration is the command line on the host.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from api.metrics import CONTENT_TYPE

Ready = Callable[[], Awaitable[str | None]]  # None when requests can be answered, else one sentence why not


def private_application(*, metrics: Callable[[], bytes], ready: Ready) -> Starlette:
    """The application of the private listener.

    `/readyz` is 200 while requests can be answered and 503 with the reason otherwise; `/metrics` is
    Prometheus' text.
    """

    async def readyz(request: Request) -> Response:
        reason = await ready()
        return PlainTextResponse(reason or "ready", status_code=503 if reason else 200, headers=_NOT_KEPT)

    async def exposition(request: Request) -> Response:
        return Response(metrics(), headers={"Content-Type": CONTENT_TYPE, **_NOT_KEPT})

    @asynccontextmanager
    async def nothing_to_open(app: Starlette) -> AsyncIterator[None]:
        yield

    routes = [Route("/readyz", readyz), Route("/metrics", exposition)]
    return Starlette(routes=routes, lifespan=nothing_to_open)


_NOT_KEPT = {"Cache-Control": "no-store"}
