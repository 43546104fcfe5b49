"""Statements are compiled once and take exactly the values that they name."""

import gc
import importlib
import pkgutil
import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import (
    ARRAY,
    Column,
    DateTime,
    Integer,
    MetaData,
    String,
    Table,
    any_,
    bindparam,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import INET
from sqlalchemy.dialects.postgresql import insert as upsert

import persistence
from persistence.statement import Statement

_METADATA = MetaData()
CODE = Table("code", _METADATA, Column("id", String, primary_key=True), Column("uses", Integer))
TOKEN = Table(
    "token",
    _METADATA,
    Column("id", String, primary_key=True),
    Column("code", String),
    Column("at", DateTime(timezone=True)),
    Column("tags", ARRAY(String)),
    Column("ip", INET),
)

_used = (
    update(CODE)
    .where(CODE.c.id == bindparam("code"), CODE.c.uses < 3)
    .values(uses=CODE.c.uses + 1)
    .returning(CODE.c.id)
    .cte("used")
)
_issued = upsert(TOKEN).from_select(
    ["id", "code", "at"],
    select(bindparam("token"), _used.c.id, bindparam("now", type_=DateTime(timezone=True))),
)
REDEEM = Statement(
    _issued.on_conflict_do_update(index_elements=["id"], set_={"at": bindparam("now")}).returning(
        TOKEN.c.id, TOKEN.c.at
    )
)


def test_a_chain_of_changes_is_one_text_with_numbered_positions() -> None:
    assert "WITH used AS" in REDEEM.sql
    assert "ON CONFLICT (id) DO UPDATE" in REDEEM.sql
    assert "RETURNING" in REDEEM.sql
    assert sorted(set(re.findall(r"[$]\d", REDEEM.sql))) == ["$1", "$2", "$3", "$4", "$5"]


def test_names_are_the_bound_parameters_and_constants_fill_themselves() -> None:
    assert REDEEM.names == {"code", "token", "now"}
    now = datetime(2030, 1, 1, tzinfo=UTC)
    arguments = REDEEM.arguments({"code": "c", "token": "t", "now": now})
    assert sorted(map(str, arguments)) == sorted(map(str, ("c", "t", now, 3, 1)))


def test_a_bare_insert_takes_its_columns() -> None:
    assert Statement(insert(CODE)).names == {"id", "uses"}


def test_a_statement_without_values_has_no_arguments() -> None:
    assert Statement(select(CODE.c.id)).arguments({}) == ()


@pytest.mark.parametrize("values", [{"code": "c"}, {"code": "c", "token": "t", "now": None, "scope": "x"}])
def test_refuses_missing_and_unknown_values(values: dict[str, object]) -> None:
    with pytest.raises(TypeError, match=r"missing .*unknown"):
        REDEEM.arguments(values)


def test_the_refusal_repeats_no_value() -> None:
    with pytest.raises(TypeError) as refusal:
        REDEEM.arguments({"code": "s3cret"})
    assert "s3cret" not in str(refusal.value)


def test_refuses_a_text_that_depends_on_values() -> None:
    with pytest.raises(TypeError, match="any_"):
        _ = Statement(select(CODE).where(CODE.c.id.in_(bindparam("ids", expanding=True)))).sql


def test_an_array_parameter_is_the_way_to_say_in() -> None:
    statement = Statement(select(CODE.c.id).where(CODE.c.id == any_(bindparam("ids", type_=ARRAY(String)))))
    assert statement.arguments({"ids": ["a", "b"]}) == (["a", "b"],)


def test_knows_when_no_row_means_no_change() -> None:
    one = insert(CODE).values(id=bindparam("id")).returning(CODE.c.id)
    assert Statement(one).no_row_means_no_change
    assert not Statement(insert(CODE).values(id=bindparam("id"))).no_row_means_no_change, "it never has a row"
    assert not REDEEM.no_row_means_no_change, "the update may have happened without the insert"
    assert not Statement(select(one.cte("done"))).no_row_means_no_change


def test_every_statement_of_the_program_can_be_compiled() -> None:
    """At its first use would be late to find that one cannot. Wherever it is kept: in a table, say."""
    for module in pkgutil.walk_packages(persistence.__path__, "persistence."):
        if ".migrations" not in module.name:
            importlib.import_module(module.name)
    found = [each for each in gc.get_objects() if type(each) is Statement]
    assert len(found) > 200, "the statements of the program are not there"
    assert all(each.sql for each in found)


def test_is_compiled_no_more_than_once() -> None:
    statement = Statement(select(CODE.c.id))
    assert statement.sql is statement.sql
    assert statement.names == frozenset()


def test_an_unknown_attribute_is_no_reason_to_compile() -> None:
    statement = Statement(select(CODE).where(CODE.c.id.in_(bindparam("ids", expanding=True))))
    assert not hasattr(statement, "text")
