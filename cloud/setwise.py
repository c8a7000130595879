"""Many rows in one statement of PostgreSQL: each column is an array, and `unnest` makes rows of them again.

One statement a row costs the server a round of parsing, planning and index work each; a set costs them once. Everything
else is as with single rows: constraints, defaults, the errors and their classes. SQLite has no arrays and needs none:
it is in this process.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

Row = Mapping[str, Any]


class Statement(NamedTuple):
    """SQL of the driver, and its values: a list for each column."""

    sql: str
    columns: dict[str, list[Any]]


WAS: Final = "known_as"
"""No column's name: the value a column must have for its row to be changed."""
_DIALECT: Final = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy lacks the annotation
_PLAIN: Final[Mapping[type, Callable[[Any], Any]]] = {sa.Text: str, sa.Integer: int, sa.Double: float}
"""The driver takes no list of mixed types, and a state machine's state is an enum to it, not its text."""


def insert(table: sa.Table, rows: Sequence[Row]) -> Statement:
    """Rows that must be new; all name the same columns."""
    return _statement(table, rows, _insert(table, tuple(rows[0])))


def put(table: sa.Table, rows: Sequence[Row], changed: tuple[str, ...]) -> Statement:
    """Insert, or change these columns of what has the same primary key; no key may repeat among the rows."""
    return _statement(table, rows, _put(table, tuple(rows[0]), changed))


def change(table: sa.Table, rows: Sequence[Row], only_if: str = "") -> Statement:
    """Set the other columns of the rows named by their primary key; no key may repeat among the rows.

    `only_if`: a column that has to have the value `known_as` of its row.
    """
    return _statement(table, rows, _change(table, tuple(rows[0]), only_if), was=only_if)


def _statement(table: sa.Table, rows: Sequence[Row], sql: str, was: str = "") -> Statement:
    columns = {name: _column(table.c[was if name == WAS else name], [row[name] for row in rows]) for name in rows[0]}
    return Statement(sql, columns)


def _column(column: sa.Column[Any], values: list[Any]) -> list[Any]:
    for kind, plain in _PLAIN.items():
        if isinstance(column.type, kind):
            return [None if value is None else plain(value) for value in values]
    return values


@functools.cache
def _insert(table: sa.Table, columns: tuple[str, ...]) -> str:
    names = ", ".join(f'"{name}"' for name in columns)
    return f'INSERT INTO "{table.name}" ({names}) SELECT {names} FROM {_given(table, columns)}'  # noqa: S608 — names are of our own tables


@functools.cache
def _put(table: sa.Table, columns: tuple[str, ...], changed: tuple[str, ...]) -> str:
    key = ", ".join(f'"{name}"' for name in table.primary_key.columns.keys())  # noqa: SIM118 — no mapping
    setting = ", ".join(f'"{name}" = excluded."{name}"' for name in changed)
    doing = f"DO UPDATE SET {setting}" if changed else "DO NOTHING"
    return f"{_insert(table, columns)} ON CONFLICT ({key}) {doing}"


@functools.cache
def _change(table: sa.Table, columns: tuple[str, ...], only_if: str) -> str:
    key = [column.name for column in table.primary_key.columns]
    setting = ", ".join(f'"{name}" = given."{name}"' for name in columns if name not in (*key, WAS))
    same = " AND ".join(f'mine."{name}" = given."{name}"' for name in key)
    if only_if:
        same += f' AND mine."{only_if}" = given."{WAS}"'
    given = _given(table, columns, only_if)
    return f'UPDATE "{table.name}" AS mine SET {setting} FROM {given} WHERE {same}'  # noqa: S608 — likewise


def _given(table: sa.Table, columns: tuple[str, ...], was: str = "") -> str:
    kinds = {name: table.c[was if name == WAS else name].type.compile(_DIALECT) for name in columns}
    types = {name: kind.partition(" COLLATE ")[0] for name, kind in kinds.items()}  # an array's type names none
    arrays = ", ".join(f"%({name})s::{kind}[]" for name, kind in types.items())
    names = ", ".join(f'"{name}"' for name in columns)
    return f"unnest({arrays}) AS given ({names})"
