"""Who works here, and what each role may do."""

from enum import StrEnum
from typing import TypeAlias

from contract.feed.body import FeedBody
from contract.ids import StoreId, UserId

RoleName: TypeAlias = str
"""A role of every house (`Role`), or one this house made for itself: a slug."""


class Role(StrEnum):
    """The roles every house has; it makes further ones. What each may do its `RoleCard` says."""

    ADMIN = "admin"
    MANAGER = "manager"
    ASSOCIATE = "associate"
    LOSS_PREVENTION = "loss_prevention"


class Permission(StrEnum):
    """One thing a role may do at a store. Pages and rules ask for these, never for a role by name."""

    SELL = "sell"
    DISCOUNT = "discount"
    """Up to the role's own limit; above it somebody with a higher one approves."""
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
    TAG_REPLACE = "tag_replace"
    """A new tag on a piece that has one: the old one may hang on another piece."""
    COUNT = "count"
    SEE_SHIFT = "see_shift"
    """What a drawer should hold before it is counted."""
    OPEN_LOCKS = "open_locks"
    CALIBRATE = "calibrate"
    """Walk the zones with the reference tray."""
    DETECTORS = "detectors"
    PINS = "pins"
    """Let somebody of this store choose a PIN."""
    PIECES = "pieces"
    """Bring pieces in and change their records, prices with them."""
    LEDGER = "ledger"
    """See the ledger, and end the cases of quarantined sales."""
    LEDGER_CLOSE = "ledger_close"
    """Close months for ever, reverse postings and make entries by hand."""
    REPLACE_BOX = "replace_box"
    SEE_STAFF = "see_staff"
    SEE_COST = "see_cost"
    SEE_CLIENTS = "see_clients"
    CLIENTS = "clients"
    """Make and change profiles, and keep what clients consent to."""
    ORDERS = "orders"
    """Take clients' orders and work on them."""
    ORDER_TERMS = "order_terms"
    """Other terms than the house's, work without its deposit, no fee when it is cancelled; and forfeits."""
    CLIENT_RIGHTS = "client_rights"
    """Hand out everything that is known of a client, and erase them."""
    STAFF = "staff"
    """Name people, set their passwords, give them roles, and say what roles may do."""
    SETTINGS = "settings"
    """Taxes, promotions, rates of exchange, and how stores sell."""


class RoleCard(FeedBody, frozen=True, tag="role"):
    """What a role may do; scope says at which stores. `*` first, then the store's own, which wins."""

    role: RoleName
    permissions: tuple[Permission, ...]
    discount_bp_max: int = 0
    """Of a line's list price."""
    refund_minor_max: int = 0
    """Without somebody else's approval, in the store's currency; 0: none."""
    name: str = ""
    """What people call it; empty: its slug."""


class StaffCard(FeedBody, frozen=True, tag="staff"):
    user: UserId
    name: str
    roles: tuple[RoleName, ...]
    stores: tuple[StoreId, ...] = ()
    """Empty: every store."""
    active: bool = True
    language: str = ""
    """What their pages speak, as they chose; empty: they chose none."""
