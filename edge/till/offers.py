"""What the house asks today at this store, as the feed told it last: for the rules of a sale, and for its pages."""

from collections.abc import Iterable

from contract.feed import PieceCard, PromotionCard, RateCard, SettingsCard, TaxCard
from contract.ids import PieceId, TillId
from edge.books import replica
from edge.books.db import Database
from edge.books.rows import Node
from trade.cash import CashRules
from trade.price import Offer
from trade.sale import Sale
from trade.shift import Shift
from trade.tax import on_day


def settings_here(db: Database) -> SettingsCard:
    """How this store sells; as the house does it where nothing else was said."""
    node = db.one("node", Node)
    assert node is not None
    return replica.card(db, SettingsCard, node.store) or SettingsCard(store=node.store)


def cash_rules(db: Database, currency: str) -> CashRules:
    """The smallest coin of this store, and the rates the office gave for foreign cash."""
    rates = {card.currency: card for card in replica.cards(db, RateCard) if card.into == currency}
    settings = settings_here(db)
    return CashRules(max(settings.cash_step_minor, 1), rates, settings.cash_minor_max)


def offer(db: Database, sale: Sale) -> Offer:
    """For what is in this cart. The business day is that of the till's open shift."""
    return offer_of(db, sale.currency, business_day(db, sale.till), sale.pieces(), exemption=sale.exemption)


def business_day(db: Database, till: TillId) -> str:
    """Of its open shift; empty where none is."""
    shift = db.one("shift_open", Shift, till=till)
    return shift.business_day if shift else ""


def offer_of(db: Database, currency: str, day: str, pieces: Iterable[PieceId], *, exemption: str = "") -> Offer:
    """For these pieces on this day."""
    known: dict[PieceId, PieceCard] = {}
    for piece in pieces:
        card = replica.piece(db, piece)
        if card is not None:
            known[piece] = card
    settings = settings_here(db)
    return Offer(
        currency=currency,
        business_day=day,
        taxes={card.tax: on_day(card, day) for card in replica.cards(db, TaxCard)},
        promotions=tuple(replica.cards(db, PromotionCard)),
        cards=known,
        rounding=settings.tax_rounding,
        margin_scheme=settings.margin_scheme,
        exemption=exemption,
    )
