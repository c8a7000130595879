"""One open transaction of the office's database: the few words in which everything is read and written.

What nothing reads before the commit is collected, and written then in sets.
"""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from cloud import setwise
from contract.ids import StoreId

Row = Mapping[str, Any]


class Tx:
    """One open transaction. Everything the office reads or writes goes through these few words."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self.dialect = connection.dialect.name
        self.pokes: set[StoreId] = set()
        self.before_commit: list[Callable[[], None]] = []
        self.after_commit: list[Callable[[], object]] = []
        self._soon: dict[tuple[str, sa.Table, tuple[str, ...]], list[Row]] = {}

    def run(self, statement: sa.Executable, rows: Sequence[Row] | None = None) -> int:
        """Rows changed."""
        if rows is not None:
            return self.connection.execute(statement, [dict(row) for row in rows]).rowcount if rows else 0
        return self.connection.execute(statement).rowcount

    def rows(self, statement: sa.Executable, values: Row | None = None) -> Sequence[sa.RowMapping]:
        """`values`: what the parameters of a statement that is built once stand for."""
        return self.connection.execute(statement, values).mappings().all()

    def each(self, statement: sa.Executable, at_once: int = 5_000) -> Iterator[sa.RowMapping]:
        """The same, not all in memory at a time: for what is read through once."""
        result = self.connection.execute(statement, execution_options={"yield_per": at_once})
        yield from result.mappings()

    def row(self, statement: sa.Executable, values: Row | None = None) -> sa.RowMapping | None:
        return self.connection.execute(statement, values).mappings().first()

    def value(self, statement: sa.Executable) -> Any:
        """First column of the first row, None when there is none."""
        return self.connection.execute(statement).scalar()

    def add(self, table: sa.Table, *rows: Row) -> None:
        """Insert rows that must be new: a repeat is an error. All rows name the same columns."""
        if rows and self._in_sets:
            self._set(setwise.insert(table, rows))
        elif rows:
            self.run(sa.insert(table), rows)

    def add_new(self, table: sa.Table, row: Row) -> bool:
        """Insert unless the row is there (any unique index); True when it was new."""
        statement = self._insert(table).values(dict(row)).on_conflict_do_nothing()
        return self.value(statement.returning(*table.primary_key.columns)) is not None

    def put(self, table: sa.Table, *rows: Row, keep: Sequence[str] = ()) -> None:
        """Insert, or overwrite what has the same primary key (`keep` names columns that stay as they were).

        All rows name the same columns; of two rows with one key the later wins.
        """
        if not rows:
            return
        key = [column.name for column in table.primary_key.columns]
        last = _last(key, rows)
        changed = tuple(name for name in rows[0] if name not in key and name not in keep)
        if self._in_sets:
            self._set(setwise.put(table, last, changed))
        else:
            self.run(_put(table, changed), last)

    def put_by(self, table: sa.Table, key: Sequence[str], rows: Sequence[Row]) -> None:
        """`put`, by another unique key than the primary one."""
        if not rows:
            return
        last = {tuple(row[name] for name in key): row for row in rows}
        insert = self._insert(table)
        change = {name: insert.excluded[name] for name in rows[0] if name not in key}
        self.run(insert.on_conflict_do_update(index_elements=list(key), set_=change), list(last.values()))

    # Writes that nothing reads before the commit are collected: a batch of messages costs one statement a table.

    def add_soon(self, table: sa.Table, *rows: Row) -> None:
        """`add`, by the end of the transaction."""
        self._collect("add", table, rows)

    def put_soon(self, table: sa.Table, *rows: Row) -> None:
        """`put`, by the end of the transaction."""
        self._collect("put", table, rows)

    def change_soon(self, table: sa.Table, row: Row) -> None:
        """By the end of the transaction, after what was collected before: set the columns of a row named by its key."""
        self._collect("change", table, (row,))

    def _collect(self, how: str, table: sa.Table, rows: Sequence[Row]) -> None:
        for row in rows:
            self._soon.setdefault((how, table, tuple(row)), []).append(row)

    def settle(self) -> None:
        """Write what was collected, in the order in which each kind of write was first asked for."""
        soon, self._soon = self._soon, {}
        for (how, table, columns), rows in soon.items():
            if how == "add":
                self.add(table, *rows)
            elif how == "put":
                self.put(table, *rows)
            else:
                key = [column.name for column in table.primary_key.columns]
                if self._in_sets:
                    self._set(setwise.change(table, _last(key, rows)))
                    continue
                named = [{f"key_{name}" if name in key else name: row[name] for name in columns} for row in rows]
                self.run(_change(table, columns), named)

    def advance(self, table: sa.Table, column: str, rows: Sequence[Row]) -> int:
        """Set the other columns of the rows named by their key, of each that has in `column` what its `known_as` says.

        Returns how many that were.
        """
        if self._in_sets:
            return self._set(setwise.change(table, rows, only_if=column)) if rows else 0
        key, done = [each.name for each in table.primary_key.columns], 0
        for row in rows:
            columns = tuple(name for name in row if name != setwise.WAS)
            named = {f"key_{name}" if name in key else name: row[name] for name in row}
            done += self.connection.execute(_change(table, columns, only_if=column), named).rowcount
        return done

    def poke(self, store: StoreId) -> None:
        """After the commit, tell this store that there is something for it."""
        self.pokes.add(store)

    def _set(self, statement: setwise.Statement) -> int:
        """Rows changed."""
        return self.connection.exec_driver_sql(statement.sql, statement.columns).rowcount

    @property
    def _in_sets(self) -> bool:
        return self.dialect == "postgresql"

    def _insert(self, table: sa.Table) -> "postgresql.Insert | sqlite.Insert":
        return postgresql.insert(table) if self.dialect == "postgresql" else sqlite.insert(table)


# Statements that differ in nothing but their values are built once: building one costs several times what SQLite needs.


@functools.cache
def _put(table: sa.Table, changed: tuple[str, ...]) -> sqlite.Insert:
    """`put` on SQLite."""
    insert = sqlite.insert(table)
    if not changed:
        return insert.on_conflict_do_nothing()
    key = [column.name for column in table.primary_key.columns]
    return insert.on_conflict_do_update(index_elements=key, set_={name: insert.excluded[name] for name in changed})


@functools.cache
def _change(table: sa.Table, columns: tuple[str, ...], only_if: str = "") -> sa.Update:
    """Sets columns of the row whose key the parameters `key_…` name, if `only_if` has the value `known_as`."""
    key = [column.name for column in table.primary_key.columns]
    mine = [table.c[name] == sa.bindparam(f"key_{name}") for name in key]
    if only_if:
        mine.append(table.c[only_if] == sa.bindparam(setwise.WAS))
    return sa.update(table).where(*mine).values({name: sa.bindparam(name) for name in columns if name not in key})


def _last(key: Sequence[str], rows: Sequence[Row]) -> list[Row]:
    """Of rows with one key the last."""
    return list({tuple(row[name] for name in key): row for row in rows}.values())
