"""Who calls."""

from typing import Any


async def who_am_i(*, caller: Any) -> Any:
    return {"kind": caller.kind, "scopes": sorted(caller.scopes)}


async def perhaps_me(*, caller: Any) -> Any:
    return {"kind": caller.kind}
