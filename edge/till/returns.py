"""The scene of acts of giving back: what came back of a sale before, and how its money came and went."""

import msgspec

from contract.facts import Tender
from contract.ids import AccountId, LineId, ReturnId
from edge.books.db import Database
from edge.books.fold_returns import begun_of, load_begun, load_paid, load_parts, load_went
from edge.books.fold_value import load_slice
from edge.till.look import Look, busy, printed, with_sale, with_till
from edge.till.offers import cash_rules, settings_here
from trade.acts import (
    AbandonReturn,
    BeginReturn,
    Exchange,
    FinishReturn,
    HearCardRefund,
    RequestCardRefund,
    ReturnPieces,
)
from trade.card_refund import CardRefund
from trade.cash import PLAIN
from trade.payment import Payment
from trade.scene import Scene
from trade.value import Slice

Begun = RequestCardRefund | FinishReturn | AbandonReturn
Returning = ReturnPieces | BeginReturn | Begun | HearCardRefund


def scene_of(look: Look, scene: Scene, act: Returning) -> Scene:
    match act:
        case ReturnPieces():
            return _back(look, scene, act)
        case BeginReturn():
            return _back(look, scene, msgspec.structs.replace(act.back, returns=act.returns))
        case RequestCardRefund():
            asked = look.db.one("card_refund", CardRefund, refund=act.refund)
            return msgspec.structs.replace(_begun(look, scene, act), card_refund=asked)
        case FinishReturn() | AbandonReturn():
            return _begun(look, scene, act)
        case HearCardRefund():
            asked = look.db.one("card_refund", CardRefund, refund=act.said.refund)
            return msgspec.structs.replace(scene, card_refund=asked)


def exchanged(look: Look, scene: Scene, act: Exchange) -> Scene:
    """Of the half that comes back."""
    begun = as_begun(look.db, act.back.returns, act.back.tenders)
    return _back(look, scene, begun or act.back)


def _back(look: Look, scene: Scene, act: ReturnPieces) -> Scene:
    terminal = look.terminals.get(act.till, "")
    found = with_till(look, with_sale(look, scene, act.sale), act.till)
    back = msgspec.structs.replace(
        with_what_came_back(look.db, found, act),
        pieces=look.standings(act.pieces),
        terminal=terminal,
        terminal_busy=busy(look.db, terminal),
        cash=cash_rules(look.db, found.sale.currency) if found.sale else PLAIN,
    )
    return printed(look, back)


def _begun(look: Look, scene: Scene, act: Begun) -> Scene:
    name = act.returns
    begun = as_begun(look.db, name, act.tenders if isinstance(act, FinishReturn) else ())
    if begun is None:
        return msgspec.structs.replace(scene, return_known=is_recorded(look.db, name))
    return _back(look, scene, begun)


def with_what_came_back(db: Database, scene: Scene, act: ReturnPieces) -> Scene:
    """Parts of other returns that have begun count as well: two tills never give one line back."""
    others = tuple(part for began in begun_of(db, act.sale, act.returns) for part in began.parts)
    refunds = tuple(db.rows("card_refunds_of", CardRefund, returns=act.returns)) if act.returns else ()
    return msgspec.structs.replace(
        scene,
        returned=frozenset(LineId(line) for line in db.words("returned", sale=act.sale)),
        back=(*load_parts(db, act.sale), *others),
        paid=load_paid(db, act.sale),
        went=load_went(db, act.sale),
        returning=load_begun(db, act.returns),
        return_known=is_recorded(db, act.returns),
        card_refunds=refunds,
        payments=tuple(db.rows("payments_of", Payment, sale=act.sale)),
        settings=settings_here(db),
        slices=slices_of(db, act.tenders),
    )


def slices_of(db: Database, tenders: tuple[Tender, ...]) -> dict[AccountId, Slice]:
    """What this store keeps of the accounts that these name."""
    found = (load_slice(db, each.account) for each in tenders if each.account)
    return {each.account: each for each in found if each is not None}


def as_begun(db: Database, name: ReturnId, tenders: tuple[Tender, ...] = ()) -> ReturnPieces | None:
    """A return that has begun, as it was asked for, and how its money goes; None: it has not, or is over."""
    began = load_begun(db, name)
    if began is None:
        return None
    pieces = tuple(part.piece for part in began.parts if part.piece is not None)
    return ReturnPieces(
        sale=began.sale, pieces=pieces, till=began.till, tenders=tenders, reason=began.reason, returns=name
    )


def is_recorded(db: Database, name: ReturnId) -> bool:
    return bool(name) and db.number("return_recorded", returns=name) > 0
