"""What a page of a return shows: what is left of each line, how its money should go, and what the terminal said."""

from dataclasses import dataclass

from contract.ids import PaymentId, PieceId, ReturnId, SaleId
from edge.api.shop import Shop
from edge.books.fold_returns import begun_of, load_begun, load_paid, load_parts, load_recorded, load_went
from edge.till import queries
from trade.card_refund import CardRefund
from trade.refund import left_by, left_of
from web.problems import ProblemError


@dataclass(frozen=True, slots=True)
class LineLeft:
    line: str
    description: str
    piece: str
    left_milli: int
    left_minor: int
    on_pad: bool


@dataclass(frozen=True, slots=True)
class CardRefundView:
    refund: str
    payment: str
    state: str
    amount_minor: int
    refunded_minor: int
    why: str


@dataclass(frozen=True, slots=True)
class ReturnView:
    """`state`: begun, recorded. `rest_minor`: what neither went back by a card nor may have."""

    returns: str
    sale: str
    state: str
    currency: str
    total_minor: int
    tax_minor: int
    rest_minor: int
    receipt_number: int | None
    refunds: tuple[CardRefundView, ...]


def lines_left(shop: Shop, sale: SaleId, pad: frozenset[PieceId]) -> tuple[LineLeft, ...]:
    """Returns that have begun count as well."""
    db = shop.db
    begun = tuple(part for each in begun_of(db, sale) for part in each.parts)
    back = (*load_parts(db, sale), *begun)
    gone = queries.returned_lines(db, sale)
    found = []
    for line in queries.sale_lines(db, sale):
        quantity, worth = (0, 0) if line.line in gone else left_of(line, back)
        found.append(
            LineLeft(
                line=line.line,
                description=line.description,
                piece=line.piece or "",
                left_milli=quantity,
                left_minor=worth if quantity else 0,
                on_pad=line.piece is not None and line.piece in pad,
            )
        )
    return tuple(found)


def one(shop: Shop, name: ReturnId) -> ReturnView:
    """Raises a 404 problem for a return that is none, or was given up."""
    db = shop.db
    began, done = load_begun(db, name), load_recorded(db, name)
    fact = done or began
    if fact is None:
        raise ProblemError(404, "return", f"There is no return {name} here", "Look at the receipts of its sale.")
    refunds = db.rows("card_refunds_of", CardRefund, returns=name)
    return ReturnView(
        returns=name,
        sale=fact.sale,
        state="recorded" if done else "begun",
        currency=fact.currency,
        total_minor=fact.total_minor,
        tax_minor=fact.tax_minor,
        rest_minor=0 if done else fact.total_minor - sum(each.counted_minor for each in refunds),
        receipt_number=done.receipt_number if done else None,
        refunds=tuple(
            CardRefundView(
                refund=each.refund,
                payment=each.payment,
                state=each.state,
                amount_minor=each.amount_minor,
                refunded_minor=each.refunded_minor,
                why=each.why,
            )
            for each in refunds
        ),
    )


def sale_named(shop: Shop, typed: str, pad: frozenset[PieceId]) -> SaleId:
    """By receipt number (`12` or `till-1/12`), the sale's own id, or a piece's; by what lies on the pad when nothing
    is typed. Raises a 404 problem.
    """
    db, typed = shop.db, typed.strip()
    pieces = (PieceId(typed),) if typed else tuple(sorted(pad))
    for piece in pieces:
        for sale in db.words("sale_of_piece", piece=piece):
            return SaleId(sale)
    if typed and queries.sale_row(db, SaleId(typed)) is not None:
        return SaleId(typed)
    till, _, number = typed.rpartition("/")
    if number.strip().isdecimal() and len(number) < 12:
        for sale in db.words("sales_by_receipt", number=int(number)):
            row = queries.sale_row(db, SaleId(sale))
            if row is not None and till.strip() in ("", row.till):
                return SaleId(sale)
    what = f"No sale of this store answers to “{typed}”" if typed else "Nothing that was sold here lies on the pad"
    raise ProblemError(404, "sale", what, "Type the number on its receipt, or lay the piece on the pad.")


@dataclass(frozen=True, slots=True)
class NextCard:
    payment: str
    amount_minor: int
    card: str
    """As its holder knows it; empty: the terminal did not say."""


def next_card(shop: Shop, going: ReturnView) -> NextCard | None:
    """The card that the terminal should be asked for now; each is asked for once."""
    asked = {each.payment for each in going.refunds}
    for payment, left in payment_left(shop, SaleId(going.sale)).items():
        amount = min(left, going.rest_minor)
        if amount > 0 and payment not in asked:
            paid = queries.payment(shop.db, payment)
            named = f"{paid.brand} …{paid.last4}".strip() if paid is not None and paid.last4 else ""
            return NextCard(payment, amount, named)
    return None


def payment_left(shop: Shop, sale: SaleId) -> dict[PaymentId, int]:
    left = left_by(load_paid(shop.db, sale), load_went(shop.db, sale))
    return {way.payment: amount for way, amount in left.items() if way.payment and amount > 0}
