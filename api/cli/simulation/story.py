"""What a simulated instance does in its first minutes, and what is told of it: no secret is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from api.cli.failures import Refused
from api.cli.simulation.instance import SimulatedInstance


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be played. With `pat` the sign-in is approved; with `wait`, by a person who is shown the
    code; with neither there is none.
    """

    key: str | None
    pat: str | None
    wait: bool
    say: Callable[[str], None]
    """Tells a waiting person what to do, at once."""


@dataclass(slots=True)
class Told:
    """One instance's story: its steps in order, and the facts for programs."""

    number: int
    steps: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)


async def play(number: int, *, http: httpx.AsyncClient, plan: Plan) -> Told:
    """Play one instance. Raises Refused, which names the instance."""
    told = Told(number)
    try:
        instance = SimulatedInstance(http)
        claimed = await _as_itself(instance, plan, told)
        if plan.pat is not None or plan.wait:
            await _with_a_person(instance, plan, told)
        else:
            hint = "" if claimed else "; claim it first: scripts/admin instance claim"
            told.steps.append(f"nobody signs in (--pat or --wait would){hint}")
    except Refused as failure:
        raise Refused(f"Instance {number}: {failure}") from None
    except KeyError as missing:
        raise Refused(f"Instance {number}: an answer lacks the published member {missing}.") from None
    return told


async def _as_itself(instance: SimulatedInstance, plan: Plan, told: Told) -> bool:
    await instance.register(plan.key)
    told.steps.append(f"registered as client {instance.client_id}")
    token = await instance.own_token()
    told.steps.append("got a token of its own")
    await instance.alive(token)
    told.steps.append("said that it is alive")
    owner = await instance.owner(token)
    told.facts |= {"client_id": instance.client_id, "claimed": owner is not None, "workspace_id": None}
    if owner is None:
        told.steps.append("is unclaimed: it has no workspace yet")
        return False
    workspace = await instance.workspace(token)
    told.facts["workspace_id"] = workspace["id"]
    told.steps.append(f"belongs to workspace {workspace['id']} of {owner['kind']} {owner['id']}")
    return True


async def _with_a_person(instance: SimulatedInstance, plan: Plan, told: Told) -> None:
    started = await instance.start_sign_in()
    if plan.pat is not None:
        await instance.approve(plan.pat, started["user_code"])
    else:
        plan.say(
            f"Instance {told.number} (client {instance.client_id}) waits {started['expires_in']} s for "
            f"someone to approve {started['user_code']} at {started['verification_uri_complete']}"
        )
    tokens = await instance.signed_in(started)
    session = await instance.session(tokens["access_token"])
    told.facts |= {"session_id": session["id"], "user_id": session["user_id"]}
    told.steps.append(f"signed in user {session['user_id']}: session {session['id']}")
    profile = await instance.profile(tokens["access_token"])
    told.steps.append(f"read the profile: plan {profile['subscription']['plan']['name']}")
    if "refresh_token" not in tokens:
        told.steps.append("got no refresh token: the scope offline was not granted")
        return
    successors = await instance.refreshed(tokens["refresh_token"])
    again = await instance.session(successors["access_token"])
    if again["id"] != session["id"]:
        raise Refused("token: the refreshed tokens belong to another session.")
    told.steps.append("refreshed its tokens: the session goes on")
