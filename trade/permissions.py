"""What a person may do at a store, as the office set it: roles of the person, cards of the roles, limits.

A house that set nothing has `DEFAULTS`. Of two cards of a role the store's own wins over the house's, whole.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from contract.feed import Permission, Role, RoleCard, StaffCard
from contract.ids import StoreId, UserId
from contract.money import BASIS_POINTS

NO_LIMIT_MINOR: Final = 20 * 10**12
"""More than any sale comes to (`trade.sale.SALE_MINOR_MAX`)."""
OF_THE_OFFICE: Final = frozenset(
    {Permission.STAFF, Permission.SETTINGS, Permission.LEDGER_CLOSE, Permission.CLIENT_RIGHTS}
)
MONEY_OR_PEOPLE: Final = frozenset(
    {
        Permission.STAFF,
        Permission.SETTINGS,
        Permission.LEDGER,
        Permission.LEDGER_CLOSE,
        Permission.PIECES,
        Permission.REPLACE_BOX,
        Permission.CLIENT_RIGHTS,
    }
)
"""Who may do one of these at the office proves more than a password there."""

WORDS: Final[Mapping[Permission, str]] = {
    Permission.SELL: "sell",
    Permission.DISCOUNT: "give a discount",
    Permission.PAD_OVERRIDE: "sell a piece that the pad does not see",
    Permission.TAX_EXEMPT: "sell without tax",
    Permission.VOID: "give up a sale",
    Permission.REFUND: "give money back",
    Permission.REFUND_LATE: "give money back after the days the store gives",
    Permission.REFUND_OTHERWISE: "give money back another way than it came",
    Permission.CASH_MOVE: "put cash in or take it out",
    Permission.DRAWER_OPEN: "open the drawer without a sale",
    Permission.SHIFT: "open and close shifts",
    Permission.SEE_SHIFT: "see what a drawer should hold",
    Permission.BREAK_LEASE: "break a reservation of the web",
    Permission.TRANSFER: "send pieces away",
    Permission.COUNT: "count and look for pieces",
    Permission.APPROVE_COUNT: "approve counts",
    Permission.DISPOSE: "say how a piece is",
    Permission.CLOSE_ALARM: "close alarms and cases",
    Permission.OPEN_LOCKS: "open locks",
    Permission.TAGS: "bind tags",
    Permission.TAG_REPLACE: "replace a tag",
    Permission.CALIBRATE: "calibrate zones",
    Permission.DETECTORS: "weigh the detectors",
    Permission.PINS: "let people choose a PIN",
    Permission.PIECES: "bring pieces in and change their records",
    Permission.SEE_COST: "see what pieces cost",
    Permission.SEE_CLIENTS: "see clients",
    Permission.CLIENTS: "keep clients' profiles and what they consent to",
    Permission.ORDERS: "take clients' orders and work on them",
    Permission.ORDER_TERMS: "give an order other terms than the house's",
    Permission.CLIENT_RIGHTS: "hand out or erase all that is known of a client",
    Permission.LEDGER: "see the ledger and resolve sales",
    Permission.LEDGER_CLOSE: "close months and correct the ledger",
    Permission.REPLACE_BOX: "put another box in a store's place",
    Permission.SEE_STAFF: "see who works here",
    Permission.STAFF: "name people and say what roles may do",
    Permission.SETTINGS: "set taxes, promotions, rates and how stores sell",
}
"""`You may not …`."""

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
            Permission.COUNT,
            Permission.SEE_CLIENTS,
            Permission.CLIENTS,
            Permission.ORDERS,
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
    RoleCard(
        role=Role.LOSS_PREVENTION,
        permissions=(Permission.CLOSE_ALARM, Permission.COUNT, Permission.CALIBRATE),
    ),
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


def lacking(mine: Allowed, theirs: Allowed) -> tuple[str, ...]:
    """What `theirs` has above `mine`, in words; empty when nothing: nobody grants what they lack themselves."""
    more = [WORDS[each] for each in Permission if each in theirs.permissions - mine.permissions]
    if theirs.discount_bp_max > mine.discount_bp_max:
        more.append(f"give more than {mine.discount_bp_max / 100:g} % off")
    if theirs.refund_minor_max > mine.refund_minor_max:
        more.append("give more money back at once")
    return tuple(more)


class Rights(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody may do by store. `house` holds where no store has its own card of one of their roles."""

    house: Allowed = NOTHING
    own: Mapping[StoreId, Allowed] = {}
    """Only stores with cards of their own."""
    only: tuple[StoreId, ...] = ()
    """Of these stores alone; empty: of every store."""

    def at(self, store: StoreId) -> Allowed:
        if self.only and store not in self.only:
            return NOTHING
        return self.own.get(store, self.house)

    @property
    def everywhere(self) -> Allowed:
        """What touches every store: nothing for who is of some stores only."""
        return NOTHING if self.only else self.house


def rights(person: StaffCard, house: Iterable[RoleCard], own: Mapping[StoreId, Iterable[RoleCard]]) -> Rights:
    """`own`: cards by the store that has them. Nothing for who is no longer of the house."""
    if not person.active:
        return Rights()
    usual = tuple(house)
    return Rights(
        house=together(card for card in roles_here((), usual) if card.role in person.roles),
        own={
            store: together(card for card in roles_here(cards, usual) if card.role in person.roles)
            for store, cards in own.items()
        },
        only=person.stores,
    )


def beyond(mine: Rights, theirs: Rights) -> tuple[str, ...]:
    """What `theirs` lets somebody do that `mine` does not, anywhere, in words: it is not mine to give or to take."""
    if mine.only and not theirs.only:
        return ("be of every store",)
    if not set(theirs.only) <= set(mine.only or theirs.only):
        return (f"be of {', '.join(store for store in theirs.only if store not in mine.only)}",)
    more = [] if theirs.only else [*lacking(mine.house, theirs.house)]
    for store in theirs.only or sorted({*mine.own, *theirs.own}):
        more += [each for each in lacking(mine.at(store), theirs.at(store)) if each not in more]
    return tuple(more)
