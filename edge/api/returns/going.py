"""How the money of a return goes, as tenders: all of it one way, or back by the ways it came."""

from typing import Final, NamedTuple

from contract.facts import Tender, TenderKind
from contract.ids import SaleId
from edge.api.owed import value_named
from edge.api.shop import Shop
from edge.books.fold_returns import load_paid, load_went
from edge.till import queries
from trade.refund import NO_WAY_BACK, Paid, Way, left_by, proposed
from web.figures import money
from web.problems import ProblemError

AS_PAID: Final = "as_paid"
ANOTHER: Final = "Choose another way for what is left; somebody may have to approve it."
MEND: Final = "Type the client, or choose another way for the money."


class Wanted(NamedTuple):
    """`way`: a tender's kind, or `as_paid`. `card`: the gift card's code; `client`: whose credit, if not the sale's."""

    way: str
    slip: str = ""
    card: str = ""
    client: str = ""


def tenders(shop: Shop, sale: SaleId, total_minor: int, wanted: Wanted, *, cards: bool = True) -> tuple[Tender, ...]:
    """`cards` False: what they could take went back to them. Raises a 422 problem that says what to type."""
    if not total_minor:
        return ()
    if wanted.way != AS_PAID:
        return (_one(shop, sale, TenderKind(wanted.way), total_minor, wanted),)
    found: dict[Way, Tender] = {}
    for part in ways(shop, sale, total_minor, cards=cards):
        tender = _back(shop, sale, part, wanted)
        way = Way(tender.kind, tender.payment, tender.account)
        before = found[way].amount_minor if way in found else 0
        found[way] = Tender(
            kind=tender.kind, amount_minor=before + tender.amount_minor, payment=tender.payment,
            account=tender.account, reference=tender.reference,
        )  # fmt: skip
    short = total_minor - sum(each.amount_minor for each in found.values())
    if short:
        row = queries.sale_row(shop.db, sale)
        amount = money(short, row.currency if row is not None else shop.config.currency, cents=True)
        raise ProblemError(422, "tender", f"{amount} came by a card that does not take it back", ANOTHER)
    return tuple(found.values())


def ways(shop: Shop, sale: SaleId, total_minor: int, *, cards: bool = True) -> tuple[Paid, ...]:
    """What the rules propose, with what may be shown of each account."""
    paid = load_paid(shop.db, sale)
    left = left_by(paid, load_went(shop.db, sale))
    if not cards:
        left = {way: amount for way, amount in left.items() if way.kind is not TenderKind.CARD}
    labels = {each.account: each.label for each in paid if each.account}
    return tuple(
        Paid(
            kind=each.kind, amount_minor=each.amount_minor, payment=each.payment, account=each.account,
            label=labels.get(each.account, ""),
        )
        for each in proposed(total_minor, left)
    )  # fmt: skip


def client_of(shop: Shop, sale: SaleId) -> str:
    """Of the sale's receipt; empty: nobody was named."""
    row = queries.sale_row(shop.db, sale)
    return row.client if row is not None else ""


def _back(shop: Shop, sale: SaleId, part: Paid, wanted: Wanted) -> Tender:
    if part.kind in NO_WAY_BACK:
        return _one(shop, sale, TenderKind.STORE_CREDIT, part.amount_minor, wanted, came=part.kind)
    reference = wanted.slip if part.kind is TenderKind.CARD else part.label
    return Tender(
        kind=part.kind, amount_minor=part.amount_minor, payment=part.payment, account=part.account, reference=reference
    )


def _one(shop: Shop, sale: SaleId, kind: TenderKind, minor: int, wanted: Wanted, *, came: str = "") -> Tender:
    if kind is TenderKind.STORE_CREDIT:
        name = wanted.client.strip() or client_of(shop, sale)
        if not name:
            why = f"What came by {came.replace('_', ' ')} has no way back. {MEND}" if came else MEND
            raise ProblemError(422, "value", "Say whose credit it becomes", why)
    elif kind is TenderKind.GIFT_CARD:
        name = wanted.card
    else:
        return Tender(kind=kind, amount_minor=minor, reference=wanted.slip if kind is TenderKind.CARD else "")
    account, _, label = value_named(kind, name, shop.config.currency)
    return Tender(kind=kind, amount_minor=minor, account=account, reference=label)
