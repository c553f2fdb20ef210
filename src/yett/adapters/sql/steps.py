"""Operations without I/O: generators that yield statements and are given what became of them.

A driver runs each operation as one durable commit, and may begin it anew: it changes nothing but through its steps.
Each step is a batch, so that a network is crossed once for it.
"""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

from msgspec import Struct
from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Executable,
    LargeBinary,
    Table,
    Text,
    bindparam,
    case,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.sqlite import Insert, insert

from yett.adapters.sql.schema import meta

T = TypeVar("T")
Row = Sequence[Any]
NOTHING: Final[Mapping[str, object]] = {}


class Query(Struct, frozen=True, gc=False):
    """A statement and its values. `lost`: what the operation comes to if no row was touched."""

    statement: Executable
    params: Mapping[str, object] = NOTHING
    lost: str = ""


class Result(Struct, frozen=True, gc=False):
    """How many rows were touched, and those that came back."""

    touched: int
    rows: Sequence[Row] = ()


Step = Sequence[Query]
Steps = Generator[Step, Sequence[Result], T]
Operation = Callable[[], Steps[T]]


class Together(tuple[Query, ...]):
    """A step whose statements do not look at each other's work, and of which only the counts are wanted.

    PostgreSQL runs it as one statement, with one snapshot: what must see behind a lock is a step of its own.
    """

    __slots__ = ()


# An empty step undoes what the operation has done so far.
UNDO: Final[Step] = ()


class NotCommitted(Exception):
    """The commit failed, or nobody can say whether it did: nothing of it may be taken for done."""


class Taken(Exception):
    """A value that must be unique belongs to another row already, or the row that is referred to is gone.

    A driver raises it within the operation, whose doings it has undone.
    """


def lost(step: Iterable[Query], results: Iterable[Result]) -> str:
    """What the first statement that should have touched a row and did not says of it; "" if all did.

    A driver need not go on behind that one.
    """
    return next((query.lost for query, result in zip(step, results, strict=False) if query.lost and not result.touched), "")


def all_or_nothing(conditions: Step, consequences: Step = (), *, then: Step = ()) -> Steps[bool]:
    """Do it all if every condition touches its row and nothing is taken, else nothing.

    `then` is done behind the locks that the conditions have taken, and sees what others did before.
    """
    step = Together((*conditions, *consequences))
    try:
        missed = lost(step, (yield step))
        if then and not missed:
            yield then
    except Taken:
        return False
    if missed:
        yield UNDO
    return not missed


def number(name: str) -> BindParameter[int]:
    """A value that is given when the statement runs."""
    return bindparam(name, type_=BigInteger)


def word(name: str) -> BindParameter[str]:
    """The same, for text."""
    return bindparam(name, type_=Text)


def blob(name: str) -> BindParameter[bytes]:
    """The same, for bytes."""
    return bindparam(name, type_=LargeBinary)


NOW = number("now")
EPOCH = select(meta.c.epoch).scalar_subquery()


def later(one: ColumnElement[int], other: ColumnElement[int]) -> ColumnElement[int]:
    """The greater of two; SQLite and PostgreSQL name that function differently."""
    return case((one > other, one), else_=other)


# Written out, so that SQLite sees that the partial index over open challenges is meant.
OPEN: Final[ColumnElement[str]] = literal_column("'open'")


def either(name: ColumnElement[bytes], old: ColumnElement[bytes], shown: str, *still: ColumnElement[bool]) -> ColumnElement[bytes]:
    """The name in force of the row that has the name shown, or had it. An OR would cost the planner its index."""
    return func.coalesce(
        select(name).where(name == blob(shown)).scalar_subquery(),
        select(name).where(old == blob(shown), *still).limit(literal_column("1")).scalar_subquery(),
    )


def into(table: Table, **computed: object) -> Insert:
    """INSERT with every column, but for those that the statement works out.

    The construct is SQLite's because it has ON CONFLICT, which PostgreSQL spells alike and takes longer to load.
    """
    given = {column.name: bindparam(column.name, type_=column.type) for column in table.c if column.name not in computed}
    return insert(table).values(given | computed)


def upsert(table: Table, key: str) -> Insert:
    """INSERT, or replace the row that has this key."""
    row = into(table)
    rest = {column.name: row.excluded[column.name] for column in table.c if column.name != key}
    return row.on_conflict_do_update(index_elements=[key], set_=rest)


def renewed(table: Table, *names: str) -> dict[str, object]:
    """SET of these columns (none named: of all) to values that are named `new_...`."""
    chosen = [column for column in table.c if not names or column.name in names]
    return {column.name: bindparam(f"new_{column.name}", type_=column.type) for column in chosen}


def new(values: Mapping[str, object]) -> dict[str, object]:
    """The values that `renewed` asks for."""
    return {f"new_{name}": value for name, value in values.items()}
