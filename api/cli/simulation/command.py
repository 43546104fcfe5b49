"""The command that plays simulated instances against a running server."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from api.cli.failures import Refused
from api.cli.outcome import Outcome
from api.settings import Settings

if TYPE_CHECKING:
    from api.cli.simulation.story import Plan, Told

_AT_ONCE = 8
_TIMEOUT_S = 30.0


def simulate_instance(
    settings: Settings,
    *,
    server: Annotated[
        str, typer.Option(metavar="URL", help="Where the server is, such as http://127.0.0.1:8080.")
    ],
    registration_key: Annotated[
        str | None, typer.Option(metavar="K", help="Register with it; otherwise the instance is unclaimed.")
    ] = None,
    count: Annotated[int, typer.Option(min=1, max=10_000, metavar="N", help="How many instances.")] = 1,
    pat: Annotated[
        str | None,
        typer.Option(
            metavar="TOKEN", help="Sign in the owner of this personal access token on each instance."
        ),
    ] = None,
    wait: Annotated[
        bool | None,
        typer.Option(
            help="Without --pat: show a code and wait for a person to approve it (default: at a terminal)."
        ),
    ] = None,
) -> Outcome:
    """Play an instance: register, own token, alive, workspace, sign-in, session, profile, refresh.

    It speaks HTTP only; what it registers stays (see `instance delete`).
    """
    from api.cli.simulation.story import Plan  # httpx: the other commands do not wait for it

    plan = Plan(
        key=registration_key,
        pat=pat,
        wait=pat is None and (sys.stdin.isatty() if wait is None else wait),
        say=_say,
    )
    stories = asyncio.run(_played(_origin(server), count, plan))
    data = {"server": _origin(server), "instances": [{**told.facts, "steps": told.steps} for told in stories]}
    lines = [f"instance {told.number}: {step}" for told in stories for step in told.steps]
    return Outcome(data, "\n".join(lines))


async def _played(server: str, count: int, plan: Plan) -> list[Told]:
    """Every instance's story, in order; the first failure ends all."""
    import httpx

    from api.cli.simulation.story import play

    turn = asyncio.Semaphore(_AT_ONCE)
    async with httpx.AsyncClient(base_url=server, timeout=_TIMEOUT_S) as http:

        async def one(number: int) -> Told:
            async with turn:
                return await play(number, http=http, plan=plan)

        playing = [asyncio.ensure_future(one(number)) for number in range(1, count + 1)]
        try:
            return list(await asyncio.gather(*playing))
        finally:
            for each in playing:
                each.cancel()
            await asyncio.gather(*playing, return_exceptions=True)


def _origin(server: str) -> str:
    try:
        parts = urlsplit(server.strip())
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise Refused("--server must be a URL such as http://127.0.0.1:8080.")
    return server.strip().rstrip("/")


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()
