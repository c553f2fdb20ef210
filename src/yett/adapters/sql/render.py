"""Statements as text: each is compiled once for its dialect, and runs on the raw driver from then on."""

import re
from collections.abc import Mapping, Sequence
from functools import cache

from sqlalchemy import Dialect, Executable, Select
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.compiler import SQLCompiler

from yett.adapters.sql.steps import NOTHING, Query, Together

SQLITE = sqlite.dialect(paramstyle="qmark")
# A step of more statements than this is not made one, and not more kinds of steps than that are remembered.
MOST_TOGETHER = 24
MOST_KINDS = 1000


@cache
def _postgresql() -> Dialect:
    """Slow to import, and SQLite does without."""
    from sqlalchemy.dialects.postgresql import psycopg
    from sqlalchemy.dialects.sqlite.dml import OnConflictClause

    # Our ON CONFLICT is SQLite's, which names no constraint: PostgreSQL's compiler asks whether it does.
    OnConflictClause.constraint_target = None  # type: ignore[attr-defined]
    return psycopg.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]


def _compiled(statement: Executable, dialect: Dialect) -> tuple[SQLCompiler, Mapping[str, object]]:
    """The statement, and the values that stand in it for good."""
    compiled = statement.compile(dialect=dialect)  # type: ignore[attr-defined]
    given = {name for name, value in compiled.binds.items() if value.required}
    return compiled, {name: value for name, value in compiled.params.items() if name not in given} or NOTHING


class Rendered:
    """Statements for one dialect, with values by their place: drivers look up none by name."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._known: dict[Executable, tuple[str, Sequence[str], Mapping[str, object]]] = {}

    def __call__(self, query: Query) -> tuple[str, Sequence[object]]:
        """Text and values of a query."""
        text, names, fixed = self._known.get(query.statement) or self._compile(query.statement)
        values = {**fixed, **query.params} if fixed else query.params
        return text, [values[name] for name in names]

    def _compile(self, statement: Executable) -> tuple[str, Sequence[str], Mapping[str, object]]:
        compiled, fixed = _compiled(statement, self._dialect)
        self._known[statement] = (str(compiled), compiled.positiontup or (), fixed)
        return self._known[statement]


class Numbered(Rendered):
    """Statements for PostgreSQL, and steps of them as one."""

    def __init__(self) -> None:
        super().__init__(_postgresql())
        self._together: dict[tuple[Executable, ...], str] = {}

    def together(self, step: Together) -> tuple[str, Sequence[object]] | None:
        """A step as one statement, which answers how many rows each part has touched; None where that is too much."""
        values: list[object] = []
        for query in step:
            values += self(query)[1]
        statements = tuple(query.statement for query in step)
        text = self._together.get(statements)
        if text is None:
            if not 1 < len(step) <= MOST_TOGETHER or len(self._together) >= MOST_KINDS:
                return None
            text = self._together[statements] = self._joined(statements)
        return text, values

    def _joined(self, statements: Sequence[Executable]) -> str:
        """Each part is a CTE. They are counted in their order, and so take their locks in it."""
        parts, before = [], 0
        for at, statement in enumerate(statements):
            text, names, _ = self._known[statement]
            text = re.sub(r"\$(\d+)", lambda place, before=before: f"${int(place[1]) + before}", text)  # type: ignore[misc]
            parts.append(f"q{at} AS MATERIALIZED ({text}{'' if isinstance(statement, Select) else ' RETURNING 1'})")
            before += len(names)
        counts = (f"(SELECT count(*) FROM q{at})" for at in range(len(statements)))  # noqa: S608 -- of numbers alone
        return f"WITH {', '.join(parts)} SELECT {', '.join(counts)}"
