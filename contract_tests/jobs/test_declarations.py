"""A retention that cannot be kept is refused at start, with a sentence that names the record."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from api.contract.document import ContractError
from api.contract.duration import duration
from api.contract.retention import compile_retention
from contract_tests.harness.schedule import scheduled
from persistence.retention import Expiry

FIELDS = {"id": {"type": "varchar(26)"}, "at": {"type": "timestamptz"}}


def compiled(retention: object, *, record: str = "visit", **further: str) -> list[Expiry]:
    fields = FIELDS | {name: {"type": kind} for name, kind in further.items()}
    return compile_retention(contract(retention, record, fields))


def contract(retention: object, record: str, fields: dict[str, Any]) -> dict[str, Any]:
    return {"components": {"x-records": {record: {"retention": retention, "fields": fields}}}}


def test_a_duration_and_a_column() -> None:
    assert compiled({"delete-after": "P90D", "from": "at"}) == [Expiry("visit", "at", timedelta(days=90))]


def test_an_event_is_not_the_jobs() -> None:
    assert compiled({"until": "account-closed"}) == []


def test_an_event_and_a_time_for_what_is_unclaimed() -> None:
    unclaimed = {"delete-after": "PT24H", "from": "at", "text": "Or as the operator says."}
    assert compiled({"until": "instance-deleted", "unclaimed": unclaimed}, workspace_id="varchar(26)") == [
        Expiry("visit", "at", timedelta(hours=24), unclaimed=True)
    ]


@pytest.mark.parametrize(
    ("retention", "sentence"),
    [
        (None, "The record visit does not say how long its rows are kept"),
        ("P90D", "The record visit does not say how long its rows are kept"),
        ({"delete-after": "P90D"}, "The record visit does not say how long its rows are kept"),
        ({"delete-after": "P90D", "from": "at", "until": "x"}, "The record visit does not say how long"),
        ({"delete-after": "P90D", "from": "gone"}, "counts its retention from gone, a column that it lacks."),
        ({"delete-after": "P90D", "from": ["at"]}, "a column that it lacks."),
        ({"delete-after": "P90D", "from": "id"}, "from id, which is no point in time (timestamptz)."),
        ({"delete-after": "P90D past its end", "from": "at"}, "'P90D past its end', which is no ISO 8601"),
        ({"until": "x", "unclaimed": "PT24H"}, "does not say how long its unclaimed rows are kept"),
        (
            {"until": "x", "unclaimed": {"delete-after": "PT24H", "from": "at"}},
            "The record visit has no workspace_id, so none of its rows is unclaimed.",
        ),
    ],
)
def test_what_cannot_be_kept_is_refused(retention: object, sentence: str) -> None:
    with pytest.raises(ContractError) as refused:
        compiled(retention)
    assert sentence in str(refused.value)
    assert "visit" in str(refused.value)


def test_a_record_without_a_table_is_refused() -> None:
    retention = {"delete-after": "P90D", "from": "at"}
    with pytest.raises(ContractError, match="no point in time at in a table visit"):
        scheduled(contract(retention, "visit", FIELDS))


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("P90D", timedelta(days=90)),
        ("PT24H", timedelta(hours=24)),
        ("P1DT2H3M4S", timedelta(days=1, hours=2, minutes=3, seconds=4)),
        ("P", None),
        ("PT", None),
        ("P1Y", None),
        ("P1M", None),
        ("P-1D", None),
        ("p1d", None),
        ("P1D ", None),
        ("P٣D", None),
        ("P999999999D", None),
        (f"P{'9' * 30}D", None),
        (90, None),
        (None, None),
    ],
)
def test_durations(text: object, length: timedelta | None) -> None:
    assert duration(text) == length
