"""One SQL statement, written with SQLAlchemy Core and compiled at most once.

Hot statements do not pass through an ORM session: a Core clause against the table classes is turned into text
with ``$n`` positions when it is used for the first time, and from then on only the arguments change, so that
asyncpg can keep it as a prepared statement. Nothing here talks to a database.
"""

from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import Delete, Insert, Update
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.sql import visitors
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement

_DIALECT: Final = PGDialect_asyncpg(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]


class Statement:
    """A statement and the names of the values it needs.

    It is compiled when anything is asked of it, because no process uses all statements that it imports. What
    cannot be compiled is found by the tests, which compile them all.

    The names are those of the clause's ``bindparam``s (and, for an ``insert()`` without ``values()``, its
    columns). Constants inside the clause become arguments too and are filled in here. Values reach asyncpg as
    they are: SQLAlchemy's type conversions are not applied, the driver's own codecs are the only ones.
    """

    __slots__ = ("_clause", "_constants", "_names", "_pick", "no_row_means_no_change", "sql")

    sql: str
    """The text sent to PostgreSQL, with ``$n`` positions."""

    no_row_means_no_change: bool
    """True for one INSERT, UPDATE or DELETE with RETURNING and no second one inside a CTE: when it returns no
    row, it has changed nothing, and can therefore run on its own without a transaction to undo it."""

    def __init__(self, clause: ClauseElement) -> None:
        """Keep ``clause`` until it is compiled.

        That raises TypeError for an expanding ``IN`` (its text would depend on its values: compare with
        ``any_(bindparam(..., type_=ARRAY(...)))`` instead).
        """
        self._clause: ClauseElement | None = clause

    def __getattr__(self, name: str) -> Any:
        """Compile: Python asks here only for what is not set, which it is from then on.

        Threads may do so at once, to the same end: the clause is forgotten when everything is set.
        """
        if name not in Statement.__slots__ or name == "_clause":
            raise AttributeError(name)
        clause = self._clause
        if clause is not None:
            self._compile(clause)
            self._clause = None
        return object.__getattribute__(self, name)

    def _compile(self, clause: ClauseElement) -> None:
        compiled = clause.compile(dialect=_DIALECT)
        if not isinstance(compiled, SQLCompiler):
            raise TypeError("a Statement is made from a query or a change of rows, not from a definition")
        if compiled.post_compile_params:
            raise TypeError("an expanding IN has no fixed text; compare with any_() of an array parameter")
        self.sql = str(compiled)
        order = tuple(compiled.positiontup or ())
        required = {name for name in order if compiled.binds[name].required}
        self._constants = {name: compiled.params[name] for name in order if name not in required}
        self._names = frozenset(required)
        self._pick = _picker(order)
        self.no_row_means_no_change = _is_one_change(clause, compiled)

    @property
    def names(self) -> frozenset[str]:
        """The keyword names that must be given, no more and no fewer."""
        return self._names

    def arguments(self, values: Mapping[str, object]) -> tuple[object, ...]:
        """The positional arguments for ``sql``. Raises TypeError when a name is missing or unknown."""
        if values.keys() != self._names:
            raise TypeError(self._complaint(values))
        return self._pick({**self._constants, **values} if self._constants else values)

    def _complaint(self, values: Mapping[str, object]) -> str:
        missing = ", ".join(sorted(self._names - values.keys())) or "none"
        surplus = ", ".join(sorted(values.keys() - self._names)) or "none"
        return f"wrong values for a statement: missing {missing}; unknown {surplus}"

    def __repr__(self) -> str:
        return f"Statement({self.sql!r})"


def _picker(order: tuple[str, ...]) -> Callable[[Mapping[str, object]], tuple[object, ...]]:
    """A function from values by name to a tuple in the order of the positions."""
    if not order:
        return lambda values: ()
    if len(order) == 1:
        only = order[0]
        return lambda values: (values[only],)
    return itemgetter(*order)


def _is_one_change(clause: ClauseElement, compiled: SQLCompiler) -> bool:
    """Whether the clause itself is the only change of rows in it, and tells so by returning them."""
    if not isinstance(clause, Insert | Update | Delete) or not compiled.effective_returning:
        return False
    return all(
        part is clause for part in visitors.iterate(clause) if isinstance(part, Insert | Update | Delete)
    )
