"""Which noun understands which fact, in the order they are asked. Adding a noun is one line here."""

from collections.abc import Mapping
from typing import Final

from cloud.applying import Applier, Appliers
from cloud.pos.alarms import apply as alarms
from cloud.pos.alarms import elsewhere
from cloud.pos.appointments import apply as appointments
from cloud.pos.client_orders import apply as client_orders
from cloud.pos.clients import apply as clients
from cloud.pos.counts import apply as counts
from cloud.pos.floor import apply as floor
from cloud.pos.goods import apply as goods
from cloud.pos.ledger import apply as ledger
from cloud.pos.orders import apply as orders
from cloud.pos.payments import apply as payments
from cloud.pos.payments import transfers as bank
from cloud.pos.pieces import apply as pieces
from cloud.pos.purchases import apply as purchases
from cloud.pos.receipts import apply as receipts
from cloud.pos.sales import apply as sales
from cloud.pos.shifts import apply as shifts
from cloud.pos.staff import apply as staff
from cloud.pos.transfers import apply as transfers
from cloud.pos.value import apply as value
from cloud.pos.value import settled, told
from contract.facts import Fact

NOUNS: Final = (
    sales,
    receipts,
    shifts,
    ledger,
    payments,
    bank,
    value,
    told,
    settled,
    goods,
    transfers,
    pieces,
    purchases,
    orders,
    client_orders,
    appointments,
    counts,
    alarms,
    elsewhere,
    floor,
    clients,
    staff,
)
"""Sales decide about quarantine before the ledger posts; tokens move before reads of two stores are compared."""


def _merge(parts: tuple[Mapping[type[Fact], Applier], ...]) -> Appliers:
    merged: dict[type[Fact], tuple[Applier, ...]] = {}
    for part in parts:
        for kind, applier in part.items():
            merged[kind] = (*merged.get(kind, ()), applier)
    return merged


APPLIERS: Final = _merge(tuple(noun.APPLY for noun in NOUNS))
CATCH_UP: Final = (client_orders.caught_up, pieces.caught_up, told.caught_up)
"""Nouns whose facts mean something only after those ahead of them, or in the log that the next box folds."""
