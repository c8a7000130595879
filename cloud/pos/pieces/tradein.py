"""A piece taken in payment, or bought: the house's, second-hand, with its past; apart until somebody looked at it."""

from typing import Final

import msgspec

from cloud import settlements
from cloud.custody import Custody
from cloud.pos.pieces.columns import Backing
from cloud.pos.pieces.desk import bring_in
from cloud.tables import piece_past
from cloud.work import Heard
from contract.commands import CustodyState
from contract.facts import PurchaseRecorded, TradeIn, TradeInTaken
from contract.feed import Condition, PieceCard
from contract.money import plain
from trade.custody import OfficeState

CASE: Final = "trade-in"
CASE_VALUE: Final = "value unfounded"
WHY: Final = "bought from a client"


def taken(tokens: Custody, heard: Heard, fact: TradeInTaken) -> None:
    """Where the list will not have the piece, its money stands all the same, and a person brings it in. It is worth
    what its sale was paid with it, whatever a box says: the house owes for no more.
    """
    given = fact.trade_in
    paid = settlements.traded(tokens.work, heard.store, fact.sale, fact.account, given.currency)
    worth = max(min(given.value_minor, paid), 0)
    if worth != given.value_minor:
        claimed, known = (plain(each, given.currency) for each in (given.value_minor, paid))
        sentence = (
            f"{heard.store} took in {given.title} for {claimed} {given.currency}, and its sale {fact.sale} was paid "
            f"with {known} of it: the rest was not believed. Ask who served, and look whether the box was stolen"
        )
        tokens.work.open_case(CASE_VALUE, sentence, store=heard.store, ref=f"{fact.account}/{heard.epoch}")
        given = msgspec.structs.replace(given, value_minor=worth)
    settlements.trade_in(tokens.work, heard.store, fact.account, fact.sale, given, at_us=heard.at_us)
    _bring_in(tokens, heard, given, past=f"sale {fact.sale}", ref=fact.sale)


def bought(tokens: Custody, heard: Heard, fact: PurchaseRecorded) -> None:
    """The same of everything in a purchase over the counter."""
    settlements.purchase(tokens.work, heard.store, fact, at_us=heard.at_us, by=heard.by)
    for given in fact.items:
        _bring_in(tokens, heard, given, past=f"purchase {fact.number} at {fact.till}", ref=fact.purchase)


def _bring_in(tokens: Custody, heard: Heard, given: TradeIn, *, past: str, ref: str) -> None:
    card = PieceCard(
        piece=given.piece, sku="", title=given.title, category=given.category, metal=given.metal,
        fineness=given.fineness, weight_mg=given.weight_mg, stones="", price_minor=0, currency=given.currency,
        tax_bp=0, epc="", second_hand=True, condition=Condition.QUARANTINED,
    )  # fmt: skip
    backing = Backing(
        cost_minor=given.value_minor,
        cost_currency=given.currency,
        source=f"bought of {given.client}",
        provenance=f"Bought of client {given.client}, {past}",
    )
    new = tokens.work.tx.add_new(
        piece_past,
        {
            "piece": given.piece, "ref": ref, "client": given.client, "provenance": given.provenance,
            "proof": given.proof, "at_us": heard.at_us,
        },
    )  # fmt: skip
    token = tokens.get(given.piece)
    if token is not None and token.state is not OfficeState.SOLD:
        if new:  # told again by a box that was lost, it is the very thing
            holder = token.holder or "nobody just now"
            sentence = (
                f"{heard.store} took in {given.title} as {given.piece}, which is a piece of the house with {holder}: "
                "what was paid is booked, the record is the other's. Bring this thing in under a number of its own"
            )
            tokens.work.open_case(CASE, sentence, store=heard.store, piece=given.piece, ref=ref)
        return
    tokens.flush()
    done = bring_in(
        tokens.work, [card], heard.store, state=CustodyState.HERE, by=heard.by, why=WHY,
        backings={given.piece: backing},
    )  # fmt: skip
    tokens.read_anew(given.piece)
    if done.errors:
        wrong = "; ".join(f"{each.field}: {each.why}" for each in done.errors)
        sentence = f"{heard.store} took in {given.title} as {given.piece}, which is no record yet: {wrong}"
        tokens.work.open_case(CASE, sentence, store=heard.store, piece=given.piece, ref=ref)
