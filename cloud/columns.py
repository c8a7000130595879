"""What the office's tables are made of: kinds of columns, names of indexes, and the one collection of all tables."""

from typing import Any, Final

import sqlalchemy as sa

NAMES: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = sa.MetaData(naming_convention=NAMES)
TAGGED: Final = sa.text("epc <> ''")
NAMED: Final = sa.text("client <> ''")
OPEN: Final = sa.text("ended = 0")
HOLDS: Final = sa.text("undone_us = 0")
RUNNING: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=True)


def number_key(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, primary_key=True, autoincrement=False)


def text(name: str, default: str | None = "") -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default=default)


def whole(name: str, default: int | None = 0) -> sa.Column[int]:
    shown = None if default is None else sa.text(str(default))
    return sa.Column(name, sa.BigInteger, nullable=False, server_default=shown)


def maybe_whole(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger)


def real(name: str) -> sa.Column[float]:
    return sa.Column(name, sa.Double, nullable=False, server_default=sa.text("0"))


def data(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=False)


def sealed(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=False, server_default=sa.text("''"))


def exact(name: str, *, key: bool = True) -> sa.Column[str]:
    """Compared byte by byte on both engines, so that a beginning is a range of the index."""
    kind = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    return sa.Column(name, kind, primary_key=key, nullable=False)


def table(name: str, *parts: Any) -> sa.Table:
    return sa.Table(name, metadata, *parts)
