"""The one row of numbers that is kept of a call of the assistant, which every end of a call writes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CTE, ColumnElement, FromClause, insert, select

from persistence.tables import metadata

_call = metadata.tables["assistant_call"]

Value = ColumnElement[Any]


def metered(
    call: FromClause,
    *,
    prompt_tokens: Value,
    completion_tokens: Value,
    credits: Value,  # noqa: A002 (the column's name)
    absorbed: Value,
    estimated: Value,
    latency_ms: Value,
    error_code: Value,
    created_at: Value,
) -> CTE:
    """What writes it for each row of `call`, which has its id, person, model and price per token."""
    values: dict[str, Value] = {
        "id": call.c.id,
        "user_id": call.c.user_id,
        "model": call.c.model,
        "token_credit": call.c.token_credit,
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "credits": credits,
        "absorbed": absorbed,
        "estimated": estimated,
        "latency_ms": latency_ms,
        "error_code": error_code,
        "created_at": created_at,
    }
    rows = insert(_call).from_select(list(values), select(*values.values()))
    return rows.returning(_call.c.id).cte("metered")
