"""The scene of an act: what `trade.decide` has to know to answer it. One table; the subjects are in files beside it."""

import msgspec

from contract.facts import ClaimKind, CountVerdict
from contract.feed import MetalPriceCard
from contract.ids import AppointmentId, PieceId
from edge.books import replica
from edge.books.db import Database
from edge.books.fold_purchases import PURCHASES, labels_taken
from edge.books.fold_purchases import load as load_purchase
from edge.books.fold_receipts import load_handed
from edge.books.fold_sales import load_sale
from edge.books.rows import AlarmRow, AlarmState, CountRow, counters_of
from edge.till import appointing, ordering, owing, returns
from edge.till.look import (
    Look,
    counted,
    earning,
    paying,
    priced,
    printed,
    whole_sets,
    with_payment,
    with_sale,
    with_till,
)
from edge.till.offers import cash_rules, settings_here
from trade import acts
from trade.claim import Claim, ClaimState
from trade.payment import Payment
from trade.scene import CountTotals, Scene
from trade.shift import Shift


def scene_of(look: Look, act: acts.AnyAct) -> Scene:  # noqa: PLR0915 - a table of acts
    db, scene = look.db, look.empty()
    if isinstance(act, acts.OrderAct | acts.ThingAct):
        found = ordering.scene_of(db, scene, act, look.stand, look.store)
        return found if found.order is None else msgspec.structs.replace(found, order=look.read(found.order))
    if isinstance(act, acts.AppointmentAct):
        return appointing.scene_of(db, scene, act, look.stand)
    if isinstance(act, owing.ValueAct):
        return owing.scene_of(look, scene, act)
    match act:
        case acts.OpenShift():
            begun = db.one("shift", Shift, shift=act.shift) is not None
            found = with_till(look, scene, act.till)
            return msgspec.structs.replace(found, shift_known=begun, settings=settings_here(db))
        case acts.MoveCash():
            made = db.number("move_known", move=act.move) > 0
            return msgspec.structs.replace(counted(look, with_till(look, scene, act.till)), move_known=made)
        case acts.BuyPieces():
            return _buying(look, scene, act)
        case acts.BankCash():
            made = db.number("move_known", move=act.move) > 0
            here = look.here or scene.store
            cash = cash_rules(db, here.currency or act.currency)
            return msgspec.structs.replace(scene, move_known=made, store=here, cash=cash)
        case acts.CloseShift():
            return counted(look, with_till(look, scene, act.till))
        case acts.OpenSale() | acts.ResumeSale():
            found = with_till(look, scene, act.till)
            return msgspec.structs.replace(found, sale=load_sale(db, act.sale))
        case acts.AddPiece():
            pieces = {act.piece: look.stand(act.piece)}
            if act.appointment:
                scene = appointing.named(db, scene, act.appointment)
            return priced(look, msgspec.structs.replace(scene, sale=load_sale(db, act.sale), pieces=pieces))
        case acts.AddOrder():
            found = priced(look, with_sale(look, scene, act.sale))
            if found.sale is not None:
                found = with_till(look, found, found.sale.till)
            return ordering.picked_up(db, found, act, look.stand)
        case acts.AddOther() | acts.DiscountLine() | acts.DiscountCart() | acts.ExemptSale():
            return priced(look, with_sale(look, scene, act.sale))
        case acts.RemoveLine() | acts.ShareSale() | acts.ParkSale() | acts.VoidSale():
            return earning(look, with_sale(look, scene, act.sale))
        case acts.RecordSale():
            return recording(look, scene, act)
        case acts.RequestPayment():
            found = with_sale(look, scene, act.sale)
            if found.sale is not None:
                known = look.standings(whole_sets(db, found.sale))
                found = paying(look, with_till(look, found, found.sale.till), found.sale)
                found = msgspec.structs.replace(found, pieces=known)
            known_one = db.one("payment", Payment, payment=act.payment)
            return priced(look, msgspec.structs.replace(found, payment=known_one))
        case acts.GiveUpPayment():
            return with_payment(look, scene, act.payment)
        case acts.HearPayment():
            return with_payment(look, scene, act.said.payment)
        case acts.Exchange():
            back = returns.exchanged(look, scene, act)
            found = recording(look, scene, act.give)
            known = {**back.pieces, **found.pieces}
            return msgspec.structs.replace(found, pieces=known, exchange=back, settings=back.settings)
        case (
            acts.ReturnPieces()
            | acts.BeginReturn()
            | acts.RequestCardRefund()
            | acts.FinishReturn()
            | acts.AbandonReturn()
            | acts.HearCardRefund()
        ):
            return returns.scene_of(look, scene, act)
        case acts.GiveReceipt():
            return msgspec.structs.replace(scene, handed=load_handed(db, act.receipt))
        case acts.HoldPiece() | acts.BreakLease() | acts.DisposePiece():
            return msgspec.structs.replace(scene, pieces={act.piece: look.stand(act.piece)})
        case acts.ReleaseHold():
            claim = db.one("claim", Claim, claim=act.claim)
            live = claim if claim is not None and claim.state is ClaimState.HELD else None
            if live is not None and live.kind is ClaimKind.TRAY:
                scene = appointing.named(db, scene, AppointmentId(live.ref))
            return msgspec.structs.replace(scene, claim=live, order=ordering.of_claim(db, live))
        case acts.Ship():
            left = frozenset(PieceId(each) for each in db.words("shipment", transfer=act.transfer))
            return msgspec.structs.replace(scene, pieces=look.standings(act.pieces), shipment=left)
        case acts.Sight():
            return msgspec.structs.replace(scene, pieces=look.standings(act.pieces))
        case acts.BindTag():
            holder = replica.tag_holder(db, act.epc, act.tid)
            held = None if holder is None else look.stand_off_pad(holder)
            return msgspec.structs.replace(scene, pieces={act.piece: look.stand(act.piece)}, tag_holder=held)
        case acts.ApproveCount():
            return msgspec.structs.replace(scene, count=_count(db, act))
        case acts.CloseAlarm():
            alarm = db.one("alarm", AlarmRow, alarm=act.alarm)
            open_now = alarm is not None and alarm.state is AlarmState.OPEN
            return msgspec.structs.replace(scene, alarm_open=open_now)


def recording(look: Look, scene: Scene, act: acts.RecordSale) -> Scene:
    found = with_sale(look, scene, act.sale)
    sale = found.sale
    if sale is None:
        return found
    known = look.standings(whole_sets(look.db, sale) | look.pad)
    found = paying(look, with_till(look, found, sale.till), sale)
    found = earning(look, msgspec.structs.replace(found, pieces=known))
    return printed(look, priced(look, found))


def _buying(look: Look, scene: Scene, act: acts.BuyPieces) -> Scene:
    db = look.db
    return msgspec.structs.replace(
        with_till(look, scene, act.till),
        purchase=load_purchase(db, act.purchase),
        move_known=db.number("move_known", move=act.move) > 0,
        pieces={each.piece: look.stand_off_pad(each.piece) for each in act.items},
        labels_taken=labels_taken(db, (each.piece for each in act.items)),
        purchase_next=db.number("till_counter", till=act.till, series=PURCHASES) + 1,
        metal_prices=tuple(replica.cards(db, MetalPriceCard)),
        settings=settings_here(db),
        slices=returns.slices_of(db, act.tenders),
    )


def _count(db: Database, act: acts.ApproveCount) -> CountTotals | None:
    row = db.one("count", CountRow, count=act.count)
    if row is None:
        return None
    return CountTotals(
        count=row.count,
        place=row.place,
        state=row.state,
        counted_by=counters_of(row),
        awaits_figures=row.awaits_figures,
        expected=row.expected,
        found=row.found,
        p_complete=row.p_complete,
        verdicts=tuple(db.rows("verdicts", CountVerdict, count=act.count)),
    )
