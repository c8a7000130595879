"""The scene of acts about goods of the list, and about money the house owes: cards, credit, deposits, trade-ins."""

import msgspec

from contract.feed import GoodsCard
from contract.ids import AccountId, PieceId
from edge.books import replica
from edge.books.fold_purchases import labels_taken
from edge.books.fold_value import load_live, load_slice
from edge.till import ordering
from edge.till.look import Look, paying, priced, with_sale, with_till
from trade.acts import (
    AddGoods,
    AskValue,
    EndAsk,
    GiveDepositBack,
    InquireValue,
    SellGiftCard,
    TakeDeposit,
    TakeTradeIn,
)
from trade.scene import Scene
from trade.value import Ask, Inquiry

ValueAct = AddGoods | SellGiftCard | TakeDeposit | GiveDepositBack | AskValue | InquireValue | TakeTradeIn | EndAsk


def scene_of(look: Look, scene: Scene, act: ValueAct) -> Scene:
    db = look.db
    match act:
        case AddGoods():
            found = priced(look, with_sale(look, scene, act.sale))
            return msgspec.structs.replace(found, goods=replica.card(db, GoodsCard, act.goods))
        case SellGiftCard():
            return with_sale(look, scene, act.sale)
        case TakeDeposit() | GiveDepositBack():
            found = with_sale(look, scene, act.sale)
            if found.sale is not None:
                orders = ordering.of_sale(db, found.sale, (act.account,))
                found = msgspec.structs.replace(found, orders=orders)
            return _valued(look, found, act.account)
        case AskValue() | TakeTradeIn():
            found = with_sale(look, scene, act.sale)
            if found.sale is not None:
                found = paying(look, with_till(look, found, found.sale.till), found.sale)
            known_ask = db.one("value_ask", Ask, ask=act.ask)
            found = _valued(look, priced(look, found), act.account)
            found = msgspec.structs.replace(found, ask=known_ask)
            return _coming_in(look, found, act.trade_in.piece) if isinstance(act, TakeTradeIn) else found
        case InquireValue():
            made = db.one("value_inquiry", Inquiry, inquiry=act.inquiry) is not None
            return msgspec.structs.replace(scene, inquiry_known=made)
        case EndAsk():
            asked = db.one("value_ask", Ask, ask=act.ask)
            found = with_sale(look, scene, asked.sale) if asked is not None else scene
            return msgspec.structs.replace(found, ask=asked)


def _valued(look: Look, scene: Scene, account: AccountId) -> Scene:
    """With what this store may spend of an account, and what its sales have set aside of it."""
    return msgspec.structs.replace(scene, slice=load_slice(look.db, account), account_asks=load_live(look.db, account))


def _coming_in(look: Look, scene: Scene, label: PieceId) -> Scene:
    pieces = {**scene.pieces, label: look.stand_off_pad(label)}
    return msgspec.structs.replace(scene, pieces=pieces, labels_taken=labels_taken(look.db, (label,)))
