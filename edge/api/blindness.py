"""What a blind count keeps from whoever counts: every figure of the books and readers for its zones.

Until figures are submitted these are kept from those who take part in the count and from everybody but managers and
loss prevention. Single pieces can still be looked up and sold.
"""

from typing import Final

from contract.feed import Permission
from contract.ids import ZoneId
from edge.api.shop import Shop
from edge.books.rows import CountRow, counters_of, zones_of
from trade import stocktake
from web.logins import Login
from web.problems import ProblemError

OVERSEERS: Final = (Permission.APPROVE_COUNT, Permission.CLOSE_ALARM)


def hidden_from(row: CountRow, who: Login) -> bool:
    """Whether this person may not see what the books expect there: who counts blind, until figures are submitted."""
    if not row.awaits_figures or row.state in stocktake.STOCKTAKE.ends:
        return False
    return who.user in counters_of(row) or not who.may(*OVERSEERS)


def hidden_zones(shop: Shop, who: Login | None) -> frozenset[ZoneId]:
    """Zones whose figures are kept from this person now; None is anybody."""
    rows = shop.db.rows("counts_blind", CountRow)
    return frozenset(zone for row in rows if who is None or hidden_from(row, who) for zone in zones_of(row))


def refuse_hidden(shop: Shop, zone: str, who: Login) -> None:
    """Raises a 409 problem when what lies in this zone is kept from this person."""
    if zone and ZoneId(zone) in hidden_zones(shop, who):
        mend = "What lies there is listed once the figures of the count have been submitted."
        raise ProblemError(409, "blind", "A blind count is under way there", mend)
