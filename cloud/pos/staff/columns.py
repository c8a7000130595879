"""Lists of people, of roles, and of what was changed: what may be sorted, looked through, and taken out."""

from collections.abc import Mapping

import sqlalchemy as sa

from cloud import changes
from cloud.changes import ChangeRow
from cloud.db import Tx
from cloud.listing import Names, listed, of_stores, when
from cloud.pos.staff.queries import RoleRow, StaffRow
from cloud.tables import office_change
from contract.feed import Permission
from web.tables import Asked, Column, Listed
from web.words import later


def of_staff(roles: Names, shops: Names) -> tuple[Column[StaffRow], ...]:
    return (
        Column("name", later("Name"), lambda row: row.name),
        Column("user", later("Signs in as"), lambda row: row.user, shown=False),
        Column("role", later("Role"), lambda row: ", ".join(roles.get(each, each) for each in row.roles)),
        Column("stores", later("Stores"), lambda row: ", ".join(shops.get(each, each) for each in row.stores)),
        Column("here", later("Here"), lambda row: "yes" if row.active else "no"),
    )


def of_roles(words: Mapping[Permission, str]) -> tuple[Column[RoleRow], ...]:
    return (
        Column("role", later("Role"), lambda row: row.name),
        Column("short", later("Short name"), lambda row: row.role, shown=False),
        Column("may", later("May"), lambda row: _may(row, words), sorts=False),
        Column("discount", later("Discount up to"), lambda row: row.discount_bp_max / 100, number=True),
        Column("refund", later("Refund up to"), lambda row: row.refund_minor_max / 100, number=True),
    )


def _may(row: RoleRow, words: Mapping[Permission, str]) -> str:
    told = {str(each): said for each, said in words.items()}
    return ", ".join(told.get(each, each) for each in row.permissions)


def of_changes(tx: Tx, what: Asked, names: Names, people: Names, *, store: str) -> Listed[ChangeRow]:
    """Of a store with what is the house's, newest first."""
    columns: tuple[Column[ChangeRow], ...] = (
        Column("when", later("When"), lambda row: when(row.at_us)),
        Column("what", later("What"), lambda row: f"{row.what} {row.subject}"),
        Column("store", later("Store"), lambda row: names.get(row.store, row.store)),
        Column("by", later("Who"), lambda row: people.get(row.by, row.by)),
        Column("why", later("Why"), lambda row: row.why, sorts=False),
        Column("differences", later("Was and is"), _differences, sorts=False, shown=False),
    )
    of = office_change.c
    query = sa.select(office_change).where(of.store.in_(["", store])) if store else sa.select(office_change)
    return listed(
        tx, query, columns, what, changes.row_of, by={"when": of.n, "what": of.what, "store": of.store, "by": of.by},
        first=(of.n.desc(),), seek=(of.what, of.subject, of.why, (of.by, people)), choices=of_stores(names),
    )  # fmt: skip


def _differences(row: ChangeRow) -> str:
    return "; ".join(f"{each.field}: {each.was} → {each.now}" for each in row.differences)
