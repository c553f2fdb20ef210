"""Statements as text: each is compiled once for its dialect, and runs on the raw driver from then on."""

from collections.abc import Mapping

from sqlalchemy import Dialect, Executable
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import psycopg

from yett.adapters.sql.steps import NOTHING, Query

SQLITE = sqlite.dialect(paramstyle="named")
POSTGRESQL: Dialect = psycopg.dialect()  # type: ignore[no-untyped-call]


class Rendered:
    """The text of each statement, and the values that stand in it for good."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._known: dict[Executable, tuple[str, Mapping[str, object]]] = {}

    def __call__(self, query: Query) -> tuple[str, Mapping[str, object]]:
        """Text and values of a query."""
        text, fixed = self._known.get(query.statement) or self._compile(query.statement)
        return text, {**fixed, **query.params} if fixed else query.params

    def _compile(self, statement: Executable) -> tuple[str, Mapping[str, object]]:
        compiled = statement.compile(dialect=self._dialect)  # type: ignore[attr-defined]
        given = {name for name, value in compiled.binds.items() if value.required}
        fixed = {name: value for name, value in compiled.params.items() if name not in given}
        self._known[statement] = (str(compiled), fixed or NOTHING)
        return self._known[statement]
