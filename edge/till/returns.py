"""What the rules of giving back look at: what came back of a sale before, and how its money came and went."""

import msgspec

from contract.facts import Tender
from contract.ids import AccountId, LineId, ReturnId
from edge.books.db import Database
from edge.books.fold_returns import begun_of, load_begun, load_paid, load_parts, load_went
from edge.books.fold_value import load_slice
from edge.till.offers import settings_here
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
from trade.payment import Payment
from trade.scene import Scene
from trade.value import Slice

Begun = RequestCardRefund | FinishReturn | AbandonReturn
Returning = ReturnPieces | BeginReturn | RequestCardRefund | FinishReturn | AbandonReturn | HearCardRefund | Exchange


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
