"""What a call of the assistant needs to know before it is made, in one look; which models there are; and what
is known of a call by its key, or by its id.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import and_, bindparam, delete, exists, func, literal, select

from persistence import plans
from persistence.credits.months import month_of
from persistence.credits.refreshing import IS_DUE
from persistence.statement import Statement
from persistence.tables import metadata
from persistence.unit_of_work import Record, UnitOfWork

FEATURE: Final = "feature:assistant"

_account = metadata.tables["account"]
_entitlement = metadata.tables["plan_entitlement"]
_wallet = metadata.tables["credit_wallet"]
_model = metadata.tables["model"]
_provider = metadata.tables["provider"]
_provider_key = metadata.tables["provider_key"]
_hold = metadata.tables["credit_hold"]
_call = metadata.tables["assistant_call"]
_key = metadata.tables["assistant_key"]

_entitled = exists(
    select(literal(1))
    .select_from(_entitlement)
    .where(_entitlement.c.plan == plans.IN_FORCE, _entitlement.c.entitlement == FEATURE)
    .correlate(_account)
)
_PURSE = (
    _entitled.label("entitled"),
    _wallet.c.posted,
    _wallet.c.held,
    _wallet.c.open_holds,
    IS_DUE.label("due"),
)
_with_purse = _account.outerjoin(_wallet, _wallet.c.user_id == _account.c.id)
_of_user = _account.c.id == bindparam("user_id")
_PURSE_OF = Statement(select(*_PURSE).select_from(_with_purse).where(_of_user))

_asked = and_(_model.c.id == bindparam("model"), _model.c.disabled_at.is_(None))
_OFFERED = (
    _model.c.id,
    _model.c.name,
    _model.c.provider,
    _model.c.token_credit,
    _model.c.context,
    _model.c.max_output,
)
_STANDING = Statement(
    select(
        *_PURSE,
        *_OFFERED,
        _model.c.upstream,
        _provider.c.base_url,
        _provider_key.c.key_sealed,
    )
    .select_from(
        _with_purse.outerjoin(_model, _asked)
        .outerjoin(_provider, _provider.c.name == _model.c.provider)
        .outerjoin(_provider_key, _provider_key.c.provider == _model.c.provider)
    )
    .where(_of_user)
)
_MODELS = Statement(
    select(*_OFFERED, _provider_key.c.provider.is_not(None).label("has_key"))
    .select_from(
        _model.join(_provider, _provider.c.name == _model.c.provider).outerjoin(
            _provider_key, _provider_key.c.provider == _model.c.provider
        )
    )
    .where(_model.c.disabled_at.is_(None))
    .order_by(_model.c.name, _model.c.id)
    .limit(bindparam("at_most"))
)
_BY_KEY = Statement(
    select(
        _key.c.call_id,
        _key.c.fingerprint,
        _hold.c.id.is_not(None).label("under_way"),
        _call.c.credits,
        _call.c.error_code,
    )
    .select_from(
        _key.outerjoin(_hold, _hold.c.id == _key.c.call_id).outerjoin(_call, _call.c.id == _key.c.call_id)
    )
    .where(_key.c.user_id == bindparam("user_id"), _key.c.key_hash == bindparam("key_hash"))
)
_FORGET_KEY = Statement(
    delete(_key)
    .where(
        _key.c.user_id == bindparam("user_id"),
        _key.c.key_hash == bindparam("key_hash"),
        _key.c.call_id == bindparam("call_id"),
    )
    .returning(_key.c.call_id)
)
_OUTCOME = Statement(
    select(
        _call.c.credits,
        _call.c.absorbed,
        _call.c.error_code,
        func.coalesce(_wallet.c.posted, 0).label("balance"),
    )
    .select_from(_call.outerjoin(_wallet, _wallet.c.user_id == _call.c.user_id))
    .where(_call.c.id == bindparam("id"))
)


async def purse(store: UnitOfWork, *, user_id: str, now: datetime) -> Record | None:
    """Whether the plan in force switches the assistant on (`entitled`), what the wallet holds (None without
    one), and whether that has to be brought up to date before it can be believed (`due`); None when there is
    no such account.
    """
    return await store.row(_PURSE_OF, user_id=user_id, now=now, month=month_of(now))


async def standing(store: UnitOfWork, *, user_id: str, model: str, now: datetime) -> Record | None:
    """The same, with the model's columns and the address and sealed key of its provider: `id` is None when
    there is no such model, or it is disabled.
    """
    return await store.row(_STANDING, user_id=user_id, model=model, now=now, month=month_of(now))


async def models(store: UnitOfWork, *, at_most: int) -> Sequence[Record]:
    """The models that are not disabled, by name, and whether their provider's key is there (`has_key`)."""
    return await store.rows(_MODELS, at_most=at_most)


async def by_key(store: UnitOfWork, *, user_id: str, key_hash: bytes) -> Record | None:
    """The call that was made under this person's key: its `fingerprint`, whether it is `under_way`, and once
    it has ended its `credits` and `error_code`. None when the key is new.
    """
    return await store.row(_BY_KEY, user_id=user_id, key_hash=key_hash)


async def forget_key(store: UnitOfWork, *, user_id: str, key_hash: bytes, call_id: str) -> bool:
    """Let a key be used again whose call came to nothing; False when somebody else did."""
    return await store.alone(_FORGET_KEY, user_id=user_id, key_hash=key_hash, call_id=call_id) is not None


async def outcome(store: UnitOfWork, *, id: str) -> Record | None:
    """What a call that has ended cost, why it failed if it did, and the balance now; None while it is under
    way."""
    return await store.row(_OUTCOME, id=id)
