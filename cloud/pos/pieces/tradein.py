"""A piece taken in payment: owned by the house, second-hand, with its past; kept apart until somebody looked at it."""

from typing import Final

from cloud import settlements
from cloud.custody import Custody
from cloud.pos.pieces.columns import Backing
from cloud.pos.pieces.desk import bring_in
from cloud.work import Heard
from contract.commands import CustodyState
from contract.facts import TradeInTaken
from contract.feed import Condition, PieceCard

CASE: Final = "trade-in"


def taken(tokens: Custody, heard: Heard, fact: TradeInTaken) -> None:
    """Where the list will not have the piece, its money stands all the same, and a person brings it in."""
    given = fact.trade_in
    card = PieceCard(
        piece=given.piece, sku="", title=given.title, category=given.category, metal=given.metal,
        fineness=given.fineness, weight_mg=given.weight_mg, stones="", price_minor=0, currency=given.currency,
        tax_bp=0, epc="", second_hand=True, condition=Condition.QUARANTINED,
    )  # fmt: skip
    past = f"{given.provenance} (client {given.client}, shown: {given.proof}, sale {fact.sale})"
    backing = Backing(
        cost_minor=given.value_minor,
        cost_currency=given.currency,
        source=f"trade-in of {given.client}",
        provenance=past,
    )
    settlements.trade_in(tokens.work, heard.store, fact.account, fact.sale, given, at_us=heard.at_us)
    tokens.flush()
    done = bring_in(
        tokens.work, [card], heard.store, state=CustodyState.HERE, by=heard.by, why="trade-in",
        backings={given.piece: backing},
    )  # fmt: skip
    if done.errors:
        wrong = "; ".join(f"{each.field}: {each.why}" for each in done.errors)
        sentence = f"{heard.store} took in {given.title} as {given.piece}, which is no record yet: {wrong}"
        tokens.work.open_case(CASE, sentence, store=heard.store, piece=given.piece, ref=fact.sale)
