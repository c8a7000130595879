"""Staff and roles for lists and forms; never with a verifier."""

from dataclasses import dataclass

import sqlalchemy as sa

from cloud.db import Tx
from cloud.pos.staff import roles
from cloud.tables import second_factor, staff
from contract.feed import RoleCard
from contract.ids import StoreId
from trade.permissions import roles_here
from web.logins import Login


@dataclass(frozen=True, slots=True)
class StaffRow:
    user: str
    name: str
    roles: list[str]
    stores: list[str]
    active: bool
    has_password: bool
    has_second_factor: bool


@dataclass(frozen=True, slots=True)
class RoleRow:
    """`own`: this store's own card, rather than the house's."""

    role: str
    name: str
    permissions: list[str]
    discount_bp_max: int
    refund_minor_max: int
    own: bool


def listing(tx: Tx) -> list[StaffRow]:
    """By name."""
    proved = sa.select(second_factor.c.user).where(second_factor.c.confirmed_us > 0)
    with_factor = {row["user"] for row in tx.rows(proved)}
    return [
        StaffRow(
            user=row["user"],
            name=row["name"],
            roles=row["roles"].split(),
            stores=row["stores"].split(),
            active=bool(row["active"]),
            has_password=bool(row["password"]),
            has_second_factor=row["user"] in with_factor,
        )
        for row in tx.rows(sa.select(staff).order_by(staff.c.name))
    ]


def theirs(tx: Tx, who: Login) -> list[StaffRow]:
    """By name, who this person may see: who is of some stores only sees the people of those and of every store."""
    return [row for row in listing(tx) if not row.stores or any(map(who.of, row.stores))]


def role_rows(tx: Tx, store: str = "") -> list[RoleRow]:
    """What each role may do there, the admin's last."""
    own = roles.own_cards(tx).get(StoreId(store), []) if store else []
    theirs = {card.role for card in own}
    return [_role(card, own=card.role in theirs) for card in roles_here(own, roles.house_cards(tx))]


def role_names(tx: Tx) -> dict[str, str]:
    """What people call each role."""
    return {row.role: row.name for row in role_rows(tx)}


def _role(card: RoleCard, *, own: bool) -> RoleRow:
    return RoleRow(
        role=card.role,
        name=card.name or card.role.replace("_", " ").capitalize(),
        permissions=[str(each) for each in card.permissions],
        discount_bp_max=card.discount_bp_max,
        refund_minor_max=card.refund_minor_max,
        own=own,
    )
