"""The office asks a store to count."""

from collections.abc import Sequence

from cloud.pos.counts.apply import REQUESTED
from cloud.tables import stock_count
from cloud.work import Work
from contract.commands import RequestCount
from contract.facts import CountPlace
from contract.ids import CountId, StoreId, UserId, ZoneId


def request(
    work: Work, store: StoreId, count: CountId, place: CountPlace, *, zones: Sequence[ZoneId] = (), by: UserId
) -> None:
    """The store counts when it hears of it; its figures come back under this id."""
    row = {
        "store": store, "count_id": count, "place": place, "state": REQUESTED, "requested_by": by,
        "zones": " ".join(zones), "changed_us": work.now_us,
    }  # fmt: skip
    work.tx.add(stock_count, row)
    work.command(store, RequestCount(count=count, place=place, zones=tuple(zones)))
