"""Who calls."""


async def who_am_i(*, caller):
    return {"kind": caller.kind, "scopes": sorted(caller.scopes)}


async def perhaps_me(*, caller):
    return {"kind": caller.kind}
