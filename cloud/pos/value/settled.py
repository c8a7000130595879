"""Deposits of orders that ended without being collected: the fee is the house's, credit the client's from here on."""

from typing import Final

from cloud.applying import Applier
from cloud.custody import Custody
from cloud.forfeits import OF_ORDER
from cloud.ledger import Kind, is_posted, post
from cloud.pos.value.apply import Move, book
from cloud.work import Heard
from contract.facts import Fact, OrderSettled, TenderKind
from trade.settling import post_settled


def settled(tokens: Custody, heard: Heard, fact: OrderSettled) -> None:
    """A box that was lost may have told of it before: then it is done already."""
    work, ref = tokens.work, f"{OF_ORDER}{fact.order}"
    if is_posted(work, heard.store, Kind.FORFEIT, ref):
        work.came_in.setdefault((heard, fact.credit), 0)
        return
    moves = [Move(fact.account, TenderKind.DEPOSIT, -fact.fee_minor - fact.credit_minor)]
    if fact.credit_minor:
        moves.append(Move(fact.credit, TenderKind.STORE_CREDIT, fact.credit_minor, expires=fact.expires))
    book(work, heard, ref, fact.currency, moves, client=fact.client)
    legs = post_settled(fact.fee_minor, fact.credit_minor, fact.currency, fact.account, fact.credit)
    post(
        work, legs, store=heard.store, kind=Kind.FORFEIT, ref=ref, business_day=fact.business_day, at_us=heard.at_us,
        by=heard.by,
    )  # fmt: skip


APPLY: Final[dict[type[Fact], Applier]] = {OrderSettled: settled}
