"""Points of clients at the office: earned when a sale is posted, taken back when it comes back, lapsed by their day.

Each is a move of its account of what the house owes (`value_account`), a row that says at which rate and of what
(`points_move`), and a posting; none is ever changed. Which lapse when say lots (`cloud.points_lots`). What is spent,
kept by stores and asked for goes the way of all money that the house owes (`cloud.pos.value`).
"""

from typing import Final

import msgspec
import sqlalchemy as sa

from cloud import aliases, feed, house_settings
from cloud import points_joined as joined
from cloud import points_lots as lots
from cloud.db import Tx
from cloud.points_lots import Moving
from cloud.tables import (
    client,
    client_segment,
    points_move,
    refund_line,
    returned_line,
    value_slice,
)
from cloud.work import Work
from contract.commands import RecallValue
from contract.facts import SaleRecorded
from contract.feed import EarnRule, LoyaltyCard
from contract.ids import AccountId, PersonId, StoreId
from trade.periods import months_after
from trade.points import Earned, Lot, earned, is_revenue, points_account

NAME: Final = "points"
CARD: Final = "loyalty"
MONTHS: Final = 24


class Loyalty(msgspec.Struct, frozen=True, kw_only=True):
    """`months`: a purchase's points may be spent for so long after it; 0: for ever. No rules, no points."""

    rules: tuple[EarnRule, ...] = ()
    months: int = MONTHS


def rules(work: Work) -> Loyalty:
    """As they are now, asked once in a unit of work."""
    if work.loyalty is None:
        work.loyalty = house_settings.read(work.tx, NAME, Loyalty)
    found = work.loyalty
    assert isinstance(found, Loyalty)
    return found


def tell_rules(work: Work) -> None:
    """Stores print what a sale earns: they hear the rules when they change, and of an office that never told them."""
    told, known = house_settings.read(work.tx, NAME, Loyalty).rules, feed.card(work.tx, LoyaltyCard, CARD)
    if told != (() if known is None else known.rules):
        work.tell(feed.News(CARD, LoyaltyCard(rules=told)))


def sold(work: Work, store: StoreId, fact: SaleRecorded, *, at_us: int) -> None:
    """Its points, once: a sale that is posted again earns no more. What came back before it earns nothing.

    They are the id's that the sale was written of, whoever it is joined with by now: parted again, it has them.
    Whoever was erased meanwhile earns nothing: a store that was offline sold to them, and nothing is kept for nobody.
    """
    if not fact.client or _is_erased(work.tx, fact.client):
        return
    told, persons = rules(work), aliases.ids(work.tx, fact.client)
    _tell_stores(work, persons[0])
    if not told.rules:
        return
    tiers = sa.select(sa.func.max(client_segment.c.tier)).where(client_segment.c.person.in_(persons))
    tier = work.tx.value(tiers)
    of = earned(fact, told.rules, int(tier or 0))
    amount = 0 if of is None else of.left(_back(work.tx, fact))
    if of is None or not amount:
        return
    account, day = points_account(fact.client, fact.currency), fact.business_day
    last = months_after(day, told.months) if told.months and day else ""
    joined.open_account(work, store, account, expires=last, at_us=at_us)
    lots.settle(work, account, day, at_us=at_us)
    if Moving(work, store, account, fact.currency, day, at_us, fact.sale).to(amount, f"sale:{fact.sale}", of.rule, of):
        lots.earned(work, store, account, Lot(ref=f"sale:{fact.sale}", left_minor=amount, expires=last))


def came_back(
    work: Work, store: StoreId, fact: SaleRecorded, *, ref: str, business_day: str, at_us: int
) -> None:  # fmt: skip
    """What of a sale came back takes its points back, at the rate they were earned at. `store`: that sold it."""
    if not fact.client:
        return
    _tell_stores(work, aliases.ids(work.tx, fact.client)[0])
    mine = (points_move.c.sale == fact.sale, points_move.c.store == store)
    moves = [row for row in work.tx.rows(sa.select(points_move).where(*mine)) if not row["ref"].startswith("lapse:")]
    first = next((row for row in moves if row["ref"] == f"sale:{fact.sale}"), None)
    if first is None:
        return
    gross = sum(line.gross_minor for line in fact.lines if is_revenue(line))
    of = Earned(rule=first["rule"], rate_bp=first["rate_bp"], basis_minor=first["basis_minor"], gross_minor=gross)
    account = AccountId(first["account"])
    known = lots.locked(work.tx, account)
    so_far, lapsed = sum(row["amount_minor"] for row in moves), lots.lapsed_of(work.tx, store, first["ref"])
    taken = min(max(of.left(_back(work.tx, fact)), lapsed) - so_far, 0)
    if Moving(work, store, account, fact.currency, business_day, at_us, fact.sale).to(taken, ref, of.rule, of):
        lots.taken_back(work, store, first["ref"], -taken)
    left = known["issued_minor"] - known["spent_minor"] + taken
    if left < lots.held(work.tx, account):  # stores may spend what is no more: they are asked for it
        holds = sa.select(value_slice.c.store).where(value_slice.c.account == account, value_slice.c.held_minor > 0)
        for row in work.tx.rows(holds.order_by(value_slice.c.store)):
            work.command(StoreId(row["store"]), RecallValue(account=account))


def _is_erased(tx: Tx, person: PersonId) -> bool:
    return bool(tx.value(sa.select(client.c.erased_us).where(client.c.person == person)))


def _tell_stores(work: Work, person: PersonId) -> None:
    """Their card says what they bought and what they have: stores that keep it are to hear of it."""
    aliases.touch(work.tx, person, now_us=work.now_us)


def _back(tx: Tx, fact: SaleRecorded) -> int:
    """What came back of its goods so far, at whatever stores. Of a return of the first release whole lines."""
    tx.settle()
    gross = {line.line: line.gross_minor for line in fact.lines if is_revenue(line)}
    total = sa.func.sum(refund_line.c.gross_minor).label("total")
    parts = sa.select(refund_line.c.line, total).where(refund_line.c.sale == fact.sale).group_by(refund_line.c.line)
    back = {row["line"]: int(row["total"]) for row in tx.rows(parts)}
    ended = sa.select(returned_line.c.line).where(returned_line.c.sale == fact.sale)
    back = {row["line"]: gross.get(row["line"], 0) for row in tx.rows(ended)} | back
    return sum(min(back[line], gross[line]) for line in back if line in gross)
