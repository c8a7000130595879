"""What a person may do at this store, as the office set it: roles of the person, cards of the roles, limits.

A house that set nothing has `DEFAULTS`. Of two cards of a role the store's own wins over the house's, whole.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from contract.feed import Permission, Role, RoleCard, StaffCard
from contract.ids import StoreId, UserId
from contract.money import BASIS_POINTS

NO_LIMIT_MINOR: Final = 20 * 10**12
"""More than any sale comes to (`trade.sale.SALE_MINOR_MAX`)."""
OF_THE_OFFICE: Final = frozenset({Permission.STAFF, Permission.SETTINGS, Permission.SEE_COST})

ADMIN: Final = RoleCard(
    role=Role.ADMIN,
    permissions=tuple(Permission),
    discount_bp_max=BASIS_POINTS,
    refund_minor_max=NO_LIMIT_MINOR,
)
DEFAULTS: Final = (
    RoleCard(
        role=Role.ASSOCIATE,
        permissions=(
            Permission.SELL,
            Permission.DISCOUNT,
            Permission.VOID,
            Permission.REFUND,
            Permission.CASH_MOVE,
            Permission.DRAWER_OPEN,
            Permission.SHIFT,
            Permission.TAGS,
        ),
        discount_bp_max=1_000,
        refund_minor_max=500_000,
    ),
    RoleCard(
        role=Role.MANAGER,
        permissions=tuple(each for each in Permission if each not in OF_THE_OFFICE),
        discount_bp_max=BASIS_POINTS,
        refund_minor_max=NO_LIMIT_MINOR,
    ),
    RoleCard(role=Role.LOSS_PREVENTION, permissions=(Permission.CLOSE_ALARM,)),
    ADMIN,
)


class Allowed(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody may do here and now: of several roles all permissions, and the highest limit of each."""

    permissions: frozenset[Permission] = frozenset()
    discount_bp_max: int = 0
    refund_minor_max: int = 0


NOTHING: Final = Allowed()
EVERYTHING: Final = Allowed(
    permissions=frozenset(Permission), discount_bp_max=BASIS_POINTS, refund_minor_max=NO_LIMIT_MINOR
)


class Approved(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's word for one act. `over` is the sentence they saw; what they may is as it is now, not as it was."""

    by: UserId
    over: str
    allowed: Allowed = NOTHING


def roles_here(own: Iterable[RoleCard], house: Iterable[RoleCard]) -> tuple[RoleCard, ...]:
    """The card of each role at this store. An admin's cannot be taken down: somebody must be able to mend the rest."""
    cards = {card.role: card for card in (*DEFAULTS, *house, *own) if card.role is not Role.ADMIN}
    return (*cards.values(), ADMIN)


def works_here(card: StaffCard, store: StoreId) -> bool:
    """Active, and of this store or of every store."""
    return card.active and (not card.stores or store in card.stores)


def allowed(person: StaffCard | None, store: StoreId, roles: Iterable[RoleCard]) -> Allowed:
    """Nothing for who is not of this store, or no longer of the house."""
    if person is None or not works_here(person, store):
        return NOTHING
    return together(card for card in roles if card.role in person.roles)


def together(roles: Iterable[RoleCard]) -> Allowed:
    """What somebody may who has all these roles."""
    cards = tuple(roles)
    return Allowed(
        permissions=frozenset(each for card in cards for each in card.permissions),
        discount_bp_max=max((card.discount_bp_max for card in cards), default=0),
        refund_minor_max=max((card.refund_minor_max for card in cards), default=0),
    )
