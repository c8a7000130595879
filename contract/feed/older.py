"""The feed as an older box can read it: it lags up to a year behind the cloud, and one word it does not know would
cost it the whole page, prices and staff with it.

A row of a kind it lacks is left out, and so are words it lacks inside a row: a right that is left out is one right
less, never one more. Once it is updated it reads the feed again from the start (`edge.books.journal`).
"""

from typing import Final

import msgspec

from contract.feed.appointments import AppointmentCard
from contract.feed.clients import ForgetCard
from contract.feed.commissions import CommissionCard
from contract.feed.goods import GoodsCard
from contract.feed.page import FeedRow
from contract.feed.people import Permission, Role, RoleCard, StaffCard
from contract.feed.pieces import DueBackCard
from contract.feed.prices import LoyaltyCard, MetalPriceCard

KINDS: Final[dict[int, tuple[type, ...]]] = {
    2: (CommissionCard, GoodsCard, ForgetCard),
    3: (MetalPriceCard, AppointmentCard),
    4: (LoyaltyCard, DueBackCard),
}
"""Contract version → kinds of cards that came with it."""
PERMISSIONS: Final[dict[int, tuple[Permission, ...]]] = {
    2: (
        Permission.REFUND_OTHERWISE,
        Permission.DISPOSE,
        Permission.TAG_REPLACE,
        Permission.COUNT,
        Permission.SEE_SHIFT,
        Permission.OPEN_LOCKS,
        Permission.CALIBRATE,
        Permission.DETECTORS,
        Permission.PINS,
        Permission.PIECES,
        Permission.LEDGER,
        Permission.LEDGER_CLOSE,
        Permission.REPLACE_BOX,
        Permission.SEE_STAFF,
        Permission.SEE_CLIENTS,
        Permission.CLIENTS,
        Permission.CLIENT_RIGHTS,
    ),
    3: (Permission.ORDERS, Permission.ORDER_TERMS),
}
"""Contract version → permissions that came with it."""
OWN_ROLES_SINCE: Final = 2
"""From here on a box knows roles that a house made for itself."""


def readable(row: FeedRow, contract: int) -> FeedRow | None:
    """The row for a box that reads this contract version; None: nothing of it."""
    body = row.body
    if isinstance(body, tuple(kind for since, kinds in KINDS.items() if since > contract for kind in kinds)):
        return None
    if isinstance(body, RoleCard):
        if contract < OWN_ROLES_SINCE and body.role not in list(Role):
            return None
        new = {each for since, some in PERMISSIONS.items() if since > contract for each in some}
        kept = tuple(each for each in body.permissions if each not in new)
        return msgspec.structs.replace(row, body=msgspec.structs.replace(body, permissions=kept))
    if isinstance(body, StaffCard) and contract < OWN_ROLES_SINCE:
        roles = tuple(role for role in body.roles if role in list(Role))
        return msgspec.structs.replace(row, body=msgspec.structs.replace(body, roles=roles))
    return row
