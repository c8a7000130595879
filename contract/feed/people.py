"""Who works here, and what each role may do."""

from enum import StrEnum

from contract.feed.body import FeedBody
from contract.ids import StoreId, UserId


class Role(StrEnum):
    """What a person may do. A policy names the roles it admits."""

    ADMIN = "admin"
    MANAGER = "manager"
    ASSOCIATE = "associate"
    LOSS_PREVENTION = "loss_prevention"


class Permission(StrEnum):
    """One thing a role may do at a store. Pages and rules ask for these, never for a role by name."""

    SELL = "sell"
    DISCOUNT = "discount"
    """Up to the role's own limit; above it somebody with a higher one approves."""
    PRICE_OVERRIDE = "price_override"
    PAD_OVERRIDE = "pad_override"
    """Record a sale whose pad and cart do not match."""
    TAX_EXEMPT = "tax_exempt"
    VOID = "void"
    REFUND = "refund"
    REFUND_LATE = "refund_late"
    """After the days the store gives."""
    REFUND_OTHERWISE = "refund_otherwise"
    """Give money back another way than it came."""
    DISPOSE = "dispose"
    """Say how a piece is: sound again, damaged, in repair."""
    CASH_MOVE = "cash_move"
    DRAWER_OPEN = "drawer_open"
    SHIFT = "shift"
    BREAK_LEASE = "break_lease"
    TRANSFER = "transfer"
    APPROVE_COUNT = "approve_count"
    CLOSE_ALARM = "close_alarm"
    TAGS = "tags"
    SEE_COST = "see_cost"
    STAFF = "staff"
    SETTINGS = "settings"


class RoleCard(FeedBody, frozen=True, tag="role"):
    """What a role may do; scope says at which stores. `*` first, then the store's own, which wins."""

    role: Role
    permissions: tuple[Permission, ...]
    discount_bp_max: int = 0
    """Of a line's list price."""
    refund_minor_max: int = 0
    """Without somebody else's approval, in the store's currency; 0: none."""


class StaffCard(FeedBody, frozen=True, tag="staff"):
    user: UserId
    name: str
    roles: tuple[Role, ...]
    stores: tuple[StoreId, ...] = ()
    """Empty: every store."""
    active: bool = True
