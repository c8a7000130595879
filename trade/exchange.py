"""An exchange: a return and a sale in one act, so that neither can stand without the other."""

import msgspec

from contract.facts import AnyFact, SaleRecorded, Tender, TenderKind
from trade.acts import Exchange
from trade.giving_back import begun, given_back
from trade.refusal import Refusal, Why
from trade.returning import Draft, draft, recorded, with_pad_without
from trade.sale import SaleState
from trade.scene import Scene
from trade.selling import record

Answer = tuple[AnyFact, ...] | Refusal


def exchange(scene: Scene, act: Exchange) -> Answer:
    """Both receipts, each naming the other. `scene` is the sale's; `scene.exchange` that of what comes back."""
    back_scene = scene.exchange
    assert back_scene is not None
    if scene.sale is not None and scene.sale.state is SaleState.RECORDED:
        return ()
    if act.back.sale == act.give.sale:
        return Refusal(Why.WRONG_STATE, "What comes back was sold before: name the sale of its receipt")
    if back_scene.return_known:
        return Refusal(Why.WRONG_STATE, "This return is recorded already: sell without it")
    back, given = act.back, tuple[Tender, ...]()
    if back_scene.returning is not None:
        back, made = begun(back_scene, back_scene.returning, act.back.tenders)
        went = given_back(back_scene)
        if isinstance(went, Refusal):
            return went
        given = went
    else:
        found = draft(back_scene, back)
        if isinstance(found, Refusal):
            return found
        if not isinstance(found, Draft):
            why = "The money of what comes back waits for the office: take it in as a return, and sell by itself"
            return Refusal(Why.NOT_OURS, why)
        made = found
    value = made.total_minor - sum(each.amount_minor for each in given)
    sold = record(with_pad_without(scene, back.pieces), act.give, value_minor=value, value_of=back.sale)
    if isinstance(sold, Refusal):
        return sold
    fact = next(each for each in sold if isinstance(each, SaleRecorded))
    worth = sum(each.amount_minor for each in fact.tenders if each.kind is TenderKind.EXCHANGE)
    paid = (Tender(kind=TenderKind.EXCHANGE, amount_minor=worth, reference=act.give.sale),) if worth else ()
    after = msgspec.structs.replace(back_scene, receipt_next=scene.receipt_next + 1, shift=scene.shift)
    returned = recorded(after, back, made, (*paid, *given, *act.back.tenders), exchange=act.give.sale)
    return returned if isinstance(returned, Refusal) else (*sold, *returned)
