"""What the contract declares about data, swept over every operation and every record of it."""

from __future__ import annotations

from typing import Any

import pytest

from contract_tests.harness.contract import contract

RECORDS: dict[str, Any] = contract().document["components"]["x-records"]
COLLECTED = {
    (operation.operation_id, field): source["from"]
    for operation in contract().operations.values()
    for each in operation.declared["x-collect"]
    for field, source in each["set"].items()
}
ABOUT_THE_CALL = {
    "$context.instance_id",
    "$context.user_id",
    "$context.operationId",
    "$context.client_ip",
    "$context.now",
}


@pytest.mark.promise("C3", "C9")
def test_only_address_operation_time_and_who_called_are_collected() -> None:
    assert COLLECTED
    assert set(COLLECTED.values()) <= ABOUT_THE_CALL
    observed = {name for name, record in RECORDS.items() if record["origin"] == "observed"}
    assert observed == {
        "interaction",
        "interaction_clock",
        "attempt",
        "sign_in",
        "registration",
        "assistant_call",
    }
    assert set(RECORDS["interaction"]["fields"]) == {"id", "instance_id", "user_id", "operation", "ip", "at"}


@pytest.mark.promise("N1")
@pytest.mark.parametrize("name", RECORDS)
def test_every_record_says_why_on_which_ground_and_how_long(name: str) -> None:
    record = RECORDS[name]
    assert record["purpose"]["dpv"].startswith("dpv:")
    assert len(record["purpose"]["text"]) > 10
    assert record["basis"]["gdpr"].startswith("eu-gdpr:") or record["subject"] == "none"
    assert {"delete-after", "until"} & record["retention"].keys()
    assert record["on-close"] in ("delete", "anonymise", "keep", "none")
    assert record["fields"]


@pytest.mark.promise("N1")
def test_every_operation_says_what_it_collects_and_into_declared_columns() -> None:
    for operation in contract().operations.values():
        for each in operation.declared["x-collect"]:
            assert set(each["set"]) <= set(RECORDS[each["record"]]["fields"]), operation.operation_id
            assert each["cadence"]["every"].startswith("PT")
