"""The desk: an act in, its facts written or a refusal in words, in one transaction on the house thread."""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from contract.entries import Entry
from contract.facts import ClaimKind, CommandRefused, CountVerdict
from contract.feed import CommissionCard, GoodsCard, MetalPriceCard, StoreCard
from contract.ids import AccountId, AppointmentId, PaymentId, PieceId, SaleId, StoreId, TillId, UserId, ZoneId
from contract.remarks import mapped
from edge.books import replica, seeking
from edge.books.db import Database
from edge.books.fold_purchases import PURCHASES
from edge.books.fold_purchases import load as load_purchase
from edge.books.fold_receipts import load_handed
from edge.books.fold_sales import RECEIPTS, load_sale
from edge.books.fold_shifts import ZS, last_z_digest, load_movements, load_receipts
from edge.books.fold_value import load_asks, load_live, load_slice, load_trade_ins
from edge.books.journal import Books, Tx
from edge.books.rows import AlarmRow, AlarmState, CountRow, Mode, counters_of
from edge.till import appointing, ordering
from edge.till.appointing import AppointmentAct
from edge.till.approvals import Approval
from edge.till.offers import cash_rules, offer, settings_here
from edge.till.ordering import OrderAct
from edge.till.returns import Begun, Returning, as_begun, is_recorded, slices_of, with_what_came_back
from edge.till.saying import Remarks, Unsealed, in_journal, sealed
from trade.acts import (
    AbandonReturn,
    AddGoods,
    AddOrder,
    AddOther,
    AddPiece,
    AnyAct,
    ApproveCount,
    AskValue,
    BankCash,
    BeginReturn,
    BindTag,
    BreakLease,
    BuyPieces,
    CloseAlarm,
    CloseShift,
    DiscountCart,
    DiscountLine,
    DisposePiece,
    EndAsk,
    Exchange,
    ExemptSale,
    FinishReturn,
    GiveDepositBack,
    GiveReceipt,
    GiveUpPayment,
    HearCardRefund,
    HearPayment,
    HoldPiece,
    InquireValue,
    MoveCash,
    OpenSale,
    OpenShift,
    ParkSale,
    RecordSale,
    ReleaseHold,
    RemoveLine,
    RequestCardRefund,
    RequestPayment,
    ResumeSale,
    ReturnPieces,
    SellGiftCard,
    ShareSale,
    Ship,
    Sight,
    TakeDeposit,
    TakeTradeIn,
    VoidSale,
    name_of,
)
from trade.card_refund import CardRefund
from trade.cash import PLAIN
from trade.claim import Claim, ClaimState
from trade.custody import Token
from trade.decide import decide
from trade.orders.order import Order
from trade.paying import busy_with
from trade.payment import Payment
from trade.permissions import Approved
from trade.piece import Hold, Standing
from trade.refusal import Refusal, Why
from trade.sale import Sale
from trade.scene import NOWHERE, CountTotals, Scene
from trade.shift import Shift
from trade.value import Ask, Inquiry

Seen = Callable[[PieceId], bool]
NewId = Callable[[], str]
QUIET: Final = (Sight,)
"""Acts of the floor: what they cannot do is not worth an entry."""


ValueAct = AddGoods | SellGiftCard | TakeDeposit | GiveDepositBack | AskValue | InquireValue | TakeTradeIn | EndAsk


class Done(msgspec.Struct, frozen=True):
    """What became true; no entries when it was true already."""

    entries: tuple[Entry, ...] = ()


class Refused(msgspec.Struct, frozen=True):
    """Why not, in words for people. Stands in the journal too."""

    refusal: Refusal


class Desk:
    """Runs acts against the books. `verified` is memory only: what was read since this box started.

    terminals: the card terminal of each till that has one connected, by name. store: what receipts call this store
    until the office says it.
    """

    def __init__(
        self, books: Books, terminals: Mapping[TillId, str] | None = None, store: StoreCard | None = None,
        remarks: Remarks | None = None,
    ) -> None:  # fmt: skip
        self._books = books
        self._remarks: Remarks = remarks or Unsealed()
        self._store = store
        self._terminals = terminals or {}
        self._verified: set[PieceId] = set()

    def do(
        self,
        act: AnyAct,
        *,
        by: UserId,
        now_us: int,
        new_id: NewId,
        seen: Seen,
        pad: frozenset[PieceId] = frozenset(),
        pad_zone: ZoneId = NOWHERE,
        approval: Approval | None = None,
    ) -> Done | Refused:
        """Decides and writes in one transaction. now_us: wall time, µs. pad: pieces on this till's pad now."""
        if isinstance(act, Sight):
            self._verified.update(act.pieces)
        self._verified |= pad
        with self._books.transaction() as tx:
            node = tx.node()
            if node.mode is not Mode.ACTIVE:
                return Refused(Refusal(Why.NOT_SERVING, f"This store's box decides nothing now: {node.why}"))
            scene = msgspec.structs.replace(
                self._scene(tx, act, seen, pad, self._today(tx.db, now_us)),
                pad_zone=pad_zone,
                allowed=replica.allowed(tx.db, by, node.store),
                approved=_approved(tx.db, node.store, approval),
                roles=replica.roles(tx.db),
            )
            answer = decide(scene, act, by=by, new_id=new_id)
            if not isinstance(answer, Refusal):
                facts = sealed(self._remarks, answer, act, scene)
                entries = tx.write(at_us=now_us, by=by, why=name_of(act), facts=facts) if facts else []
                return Done(tuple(entries))
            if not isinstance(act, QUIET):
                said = in_journal(self._remarks, answer, act, scene)
                refused = CommandRefused(command=name_of(act), code=answer.code, why=said, piece=answer.piece)
                tx.write(at_us=now_us, by=by, why=name_of(act), facts=(refused,))
            return Refused(msgspec.structs.replace(answer, why=self._remarks.open(answer.why)))

    def standing(self, db: Database, piece: PieceId, seen: Seen, pad: frozenset[PieceId] = frozenset()) -> Standing:
        """A piece as books and eyes have it now."""
        on_pad = piece in pad
        claim = db.one("claim_live", Claim, piece=piece)
        keeps = ordering.of_claim(db, claim)
        return Standing(
            piece=piece,
            card=replica.piece(db, piece),
            token=db.one("token", Token, piece=piece),
            claim=claim,
            hold=db.one("hold", Hold, piece=piece),
            seen=on_pad or seen(piece),
            verified=piece in self._verified,
            on_pad=on_pad,
            order=keeps.number if keeps is not None else "",
        )

    def _today(self, db: Database, now_us: int) -> str:
        here = replica.store(db, self._books.node().store) or self._store
        return ordering.day_here(now_us, here.time_zone if here is not None else "UTC")

    def forget_sightings(self) -> None:
        """After a rejoin every piece is unverified until a reader sees it (custody.md §2.1)."""
        if self._books.guards.verify_after_rejoin:
            self._verified.clear()

    def _scene(self, tx: Tx, act: AnyAct, seen: Seen, pad: frozenset[PieceId], today: str) -> Scene:  # noqa: PLR0915 - a table of acts
        db = tx.db
        scene = Scene(guards=self._books.guards, feed_rev=tx.node().feed_rev, pad=pad, calendar_day=today)
        if isinstance(act, OrderAct):
            found = ordering.scene_of(db, scene, act, lambda each: self.standing(db, each, seen, pad), tx.node().store)
            return found if found.order is None else msgspec.structs.replace(found, order=self._read(found.order))
        if isinstance(act, AppointmentAct):
            return appointing.scene_of(db, scene, act, lambda each: self.standing(db, each, seen, pad))
        if isinstance(act, ValueAct):
            return self._value_scene(db, scene, act)
        match act:
            case OpenShift():
                begun = db.one("shift", Shift, shift=act.shift) is not None
                found = self._till_scene(db, scene, act.till)
                return msgspec.structs.replace(found, shift_known=begun, settings=settings_here(db))
            case MoveCash():
                made = db.number("move_known", move=act.move) > 0
                return msgspec.structs.replace(
                    self._counted(db, self._till_scene(db, scene, act.till)), move_known=made
                )
            case BuyPieces():
                found = self._till_scene(db, scene, act.till)
                return msgspec.structs.replace(
                    found,
                    purchase=load_purchase(db, act.purchase),
                    move_known=db.number("move_known", move=act.move) > 0,
                    pieces={each.piece: self.standing(db, each.piece, seen) for each in act.items},
                    purchase_next=db.number("till_counter", till=act.till, series=PURCHASES) + 1,
                    metal_prices=tuple(replica.cards(db, MetalPriceCard)),
                    settings=settings_here(db),
                    slices=slices_of(db, act.tenders),
                )
            case BankCash():
                made = db.number("move_known", move=act.move) > 0
                here = replica.store(db, tx.node().store) or self._store or scene.store
                return msgspec.structs.replace(
                    scene, move_known=made, store=here, cash=cash_rules(db, here.currency or act.currency)
                )
            case CloseShift():
                return self._counted(db, self._till_scene(db, scene, act.till))
            case OpenSale() | ResumeSale():
                found = self._till_scene(db, scene, act.till)
                return msgspec.structs.replace(found, sale=load_sale(db, act.sale))
            case AddPiece():
                pieces = {act.piece: self.standing(db, act.piece, seen, pad)}
                if act.appointment:
                    scene = appointing.named(db, scene, act.appointment)
                return self._priced(db, msgspec.structs.replace(scene, sale=load_sale(db, act.sale), pieces=pieces))
            case AddOrder():
                found = self._priced(db, self._sale_scene(db, scene, act.sale))
                if found.sale is not None:
                    found = self._till_scene(db, found, found.sale.till)
                return ordering.picked_up(db, found, act, lambda each: self.standing(db, each, seen, pad))
            case AddOther():
                return self._priced(db, self._sale_scene(db, scene, act.sale))
            case DiscountLine() | DiscountCart() | ExemptSale():
                return self._priced(db, self._sale_scene(db, scene, act.sale))
            case RemoveLine() | ShareSale() | ParkSale() | VoidSale():
                return self._earning(db, self._sale_scene(db, scene, act.sale))
            case RecordSale():
                found = self._sale_scene(db, scene, act.sale)
                sale = found.sale
                if sale is None:
                    return found
                known = {each: self.standing(db, each, seen, pad) for each in {*_whole_sets(db, sale), *pad}}
                found = self._paying(db, self._till_scene(db, found, sale.till), sale)
                found = self._earning(db, msgspec.structs.replace(found, pieces=known))
                return self._printed(db, self._priced(db, found))
            case RequestPayment():
                found = self._sale_scene(db, scene, act.sale)
                if found.sale is not None:
                    known = {each: self.standing(db, each, seen, pad) for each in _whole_sets(db, found.sale)}
                    found = self._paying(db, self._till_scene(db, found, found.sale.till), found.sale)
                    found = msgspec.structs.replace(found, pieces=known)
                known_one = db.one("payment", Payment, payment=act.payment)
                return self._priced(db, msgspec.structs.replace(found, payment=known_one))
            case GiveUpPayment():
                return self._payment_scene(db, scene, act.payment)
            case HearPayment():
                return self._payment_scene(db, scene, act.said.payment)
            case (
                ReturnPieces()
                | BeginReturn()
                | RequestCardRefund()
                | FinishReturn()
                | AbandonReturn()
                | HearCardRefund()
                | Exchange()
            ):
                return self._returning(tx, scene, act, seen, pad)
            case GiveReceipt():
                return msgspec.structs.replace(scene, handed=load_handed(db, act.receipt))
            case HoldPiece() | BreakLease() | DisposePiece():
                return msgspec.structs.replace(scene, pieces={act.piece: self.standing(db, act.piece, seen, pad)})
            case ReleaseHold():
                claim = db.one("claim", Claim, claim=act.claim)
                live = claim if claim is not None and claim.state is ClaimState.HELD else None
                if live is not None and live.kind is ClaimKind.TRAY:
                    scene = appointing.named(db, scene, AppointmentId(live.ref))
                return msgspec.structs.replace(scene, claim=live, order=ordering.of_claim(db, live))
            case Ship():
                known = {each: self.standing(db, each, seen, pad) for each in act.pieces}
                left = frozenset(PieceId(each) for each in db.words("shipment", transfer=act.transfer))
                return msgspec.structs.replace(scene, pieces=known, shipment=left)
            case Sight():
                known = {each: self.standing(db, each, seen, pad) for each in act.pieces}
                return msgspec.structs.replace(scene, pieces=known)
            case BindTag():
                known = {act.piece: self.standing(db, act.piece, seen, pad)}
                holder = replica.tag_holder(db, act.epc, act.tid)
                held = None if holder is None else self.standing(db, holder, seen)
                return msgspec.structs.replace(scene, pieces=known, tag_holder=held)
            case ApproveCount():
                return msgspec.structs.replace(scene, count=_count(db, act))
            case CloseAlarm():
                alarm = db.one("alarm", AlarmRow, alarm=act.alarm)
                open_now = alarm is not None and alarm.state is AlarmState.OPEN
                return msgspec.structs.replace(scene, alarm_open=open_now)

    def _read(self, order: Order) -> Order:
        """With its words: they are compared with those of the act."""
        return mapped(order, self._remarks.open)

    def _value_scene(self, db: Database, scene: Scene, act: ValueAct) -> Scene:
        """Of acts about goods of the list, and about money the house owes."""
        match act:
            case AddGoods():
                found = self._priced(db, self._sale_scene(db, scene, act.sale))
                return msgspec.structs.replace(found, goods=replica.card(db, GoodsCard, act.goods))
            case SellGiftCard():
                return self._sale_scene(db, scene, act.sale)
            case TakeDeposit() | GiveDepositBack():
                found = self._sale_scene(db, scene, act.sale)
                if found.sale is not None:
                    orders = ordering.of_sale(db, found.sale, (act.account,))
                    found = msgspec.structs.replace(found, orders=orders)
                return self._valued(db, found, act.account)
            case AskValue() | TakeTradeIn():
                found = self._sale_scene(db, scene, act.sale)
                if found.sale is not None:
                    found = self._paying(db, self._till_scene(db, found, found.sale.till), found.sale)
                known_ask = db.one("value_ask", Ask, ask=act.ask)
                found = self._valued(db, self._priced(db, found), act.account)
                return msgspec.structs.replace(found, ask=known_ask)
            case InquireValue():
                made = db.one("value_inquiry", Inquiry, inquiry=act.inquiry) is not None
                return msgspec.structs.replace(scene, inquiry_known=made)
            case EndAsk():
                asked = db.one("value_ask", Ask, ask=act.ask)
                found = self._sale_scene(db, scene, asked.sale) if asked is not None else scene
                return msgspec.structs.replace(found, ask=asked)

    def _sale_scene(self, db: Database, scene: Scene, sale: SaleId) -> Scene:
        claims = tuple(db.rows("claims_of", Claim, ref=sale))
        asks, known = load_asks(db, sale), load_sale(db, sale)
        orders = ordering.of_sale(db, known) if known is not None else {}
        slices = {**scene.slices, **ordering.slices_of(db, orders.values())}
        return msgspec.structs.replace(scene, sale=known, sale_claims=claims, asks=asks, orders=orders, slices=slices)

    def _valued(self, db: Database, scene: Scene, account: AccountId) -> Scene:
        """With what this store may spend of an account, and what its sales have set aside of it."""
        return msgspec.structs.replace(scene, slice=load_slice(db, account), account_asks=load_live(db, account))

    def _returning(self, tx: Tx, scene: Scene, act: Returning, seen: Seen, pad: frozenset[PieceId]) -> Scene:
        db = tx.db
        match act:
            case ReturnPieces():
                return self._back_scene(db, scene, act, seen, pad)
            case BeginReturn():
                back = msgspec.structs.replace(act.back, returns=act.returns)
                return self._back_scene(db, scene, back, seen, pad)
            case RequestCardRefund():
                asked = db.one("card_refund", CardRefund, refund=act.refund)
                return msgspec.structs.replace(self._begun_scene(db, scene, act, seen, pad), card_refund=asked)
            case FinishReturn() | AbandonReturn():
                return self._begun_scene(db, scene, act, seen, pad)
            case HearCardRefund():
                return msgspec.structs.replace(
                    scene, card_refund=db.one("card_refund", CardRefund, refund=act.said.refund)
                )
            case Exchange():
                begun = as_begun(db, act.back.returns, act.back.tenders)
                back_scene = self._back_scene(db, scene, begun or act.back, seen, pad)
                found = self._scene(tx, act.give, seen, pad, scene.calendar_day)
                known = {**back_scene.pieces, **found.pieces}
                return msgspec.structs.replace(found, pieces=known, exchange=back_scene, settings=back_scene.settings)

    def _back_scene(self, db: Database, scene: Scene, act: ReturnPieces, seen: Seen, pad: frozenset[PieceId]) -> Scene:
        terminal = self._terminals.get(act.till, "")
        found = self._till_scene(db, self._sale_scene(db, scene, act.sale), act.till)
        back = msgspec.structs.replace(
            with_what_came_back(db, found, act),
            pieces={each: self.standing(db, each, seen, pad) for each in act.pieces},
            terminal=terminal,
            terminal_busy=self._busy(db, terminal),
            cash=cash_rules(db, found.sale.currency) if found.sale else PLAIN,
        )
        return self._printed(db, back)

    def _begun_scene(self, db: Database, scene: Scene, act: Begun, seen: Seen, pad: frozenset[PieceId]) -> Scene:
        name = act.returns
        begun = as_begun(db, name, act.tenders if isinstance(act, FinishReturn) else ())
        if begun is None:
            return msgspec.structs.replace(scene, return_known=is_recorded(db, name))
        return self._back_scene(db, scene, begun, seen, pad)

    def _busy(self, db: Database, terminal: str) -> PaymentId | None:
        """What a terminal has not answered for yet: a payment, or money that goes back."""
        refunds = db.rows("card_refunds_at", CardRefund, terminal=terminal)
        return busy_with(tuple(db.rows("payments_at", Payment, terminal=terminal))) or next(
            (each.refund for each in refunds), None
        )

    def _payment_scene(self, db: Database, scene: Scene, name: PaymentId) -> Scene:
        payment = db.one("payment", Payment, payment=name)
        if payment is None:
            return scene
        of_sale = tuple(db.rows("payments_of", Payment, sale=payment.sale))
        return msgspec.structs.replace(scene, sale=load_sale(db, payment.sale), payment=payment, payments=of_sale)

    def _paying(self, db: Database, scene: Scene, sale: Sale) -> Scene:
        """With what terminals took for this sale, and the one its till asks."""
        terminal = self._terminals.get(sale.till, "")
        settings = settings_here(db)
        return msgspec.structs.replace(
            scene,
            terminal=terminal,
            terminal_busy=self._busy(db, terminal),
            payments=tuple(db.rows("payments_of", Payment, sale=sale.sale)),
            offline_card_minor_max=settings.offline_card_minor_max,
            settings=settings,
            cash=cash_rules(db, sale.currency),
            trade_ins=load_trade_ins(db, sale.sale),
        )

    def _priced(self, db: Database, scene: Scene) -> Scene:
        """With what the house asks today; the business day is that of the till's open shift."""
        sale = scene.sale
        if sale is None:
            return scene
        return msgspec.structs.replace(scene, offer=offer(db, sale))

    def _earning(self, db: Database, scene: Scene) -> Scene:
        """With who works here, and what they earn by selling."""
        here = replica.staff_of(db, self._books.node().store)
        return msgspec.structs.replace(scene, staff=here, commissions=tuple(replica.cards(db, CommissionCard)))

    def _printed(self, db: Database, scene: Scene) -> Scene:
        """With what its receipt says beside it."""
        node = self._books.node()
        store = replica.store(db, node.store) or self._store or scene.store
        found = msgspec.structs.replace(scene, settings=settings_here(db), store=store)
        if scene.sale is None or scene.offer.cards:
            return found
        return msgspec.structs.replace(found, offer=offer(db, scene.sale))

    def _counted(self, db: Database, scene: Scene) -> Scene:
        """With what the till's Z is to count."""
        shift = scene.shift
        if shift is None:
            return scene
        return msgspec.structs.replace(
            scene,
            receipts=load_receipts(db, shift.shift),
            movements=load_movements(db, shift.shift),
            z_previous=last_z_digest(db, shift.till),
            cash=cash_rules(db, shift.currency),
            settings=settings_here(db),
        )

    def _till_scene(self, db: Database, scene: Scene, till: TillId) -> Scene:
        shift = db.one("shift_open", Shift, till=till)
        sold = tuple(PieceId(piece) for piece in db.words("tokens_of_z", shift=shift.shift)) if shift else ()
        return msgspec.structs.replace(
            scene,
            shift=shift,
            tokens_sold=sold,
            open_sales=db.number("sales_open", till=till) + db.number("returns_begun_count", till=till),
            receipt_next=db.number("till_counter", till=till, series=RECEIPTS) + 1,
            z_next=db.number("till_counter", till=till, series=ZS) + 1,
        )


def _approved(db: Database, store: StoreId, approval: Approval | None) -> Approved | None:
    """With what they may as the books have it now: who was sent away since approves nothing."""
    if approval is None:
        return None
    return Approved(by=approval.by, over=approval.over, allowed=replica.allowed(db, approval.by, store))


def _count(db: Database, act: ApproveCount) -> CountTotals | None:
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


def _whole_sets(db: Database, sale: Sale) -> frozenset[PieceId]:
    """The pieces of a cart, and all that are of their sets."""
    return frozenset(sale.pieces()).union(*(seeking.of_one_set(db, each) for each in sale.pieces()))
