"""Sales as the store shows them."""

from contract.facts import Conversion, Stream
from contract.ids import PaymentId, SaleId
from edge.api import shapes
from edge.api.shop import Shop
from edge.api.views_pieces import missing
from edge.books.rows import Counter, SaleRow
from edge.till import queries
from trade.payment import Payment
from trade.sale import SaleState
from web.problems import ProblemError

CARTS = (SaleState.OPEN, SaleState.PARKED)
"""Carts: shown at what the house asks now; what is recorded stands."""
SALES_SHOWN = (SaleState.OPEN, SaleState.PARKED, SaleState.TENDERING, SaleState.RECORDED, SaleState.VOIDED)


def sale(shop: Shop, sale_id: SaleId) -> shapes.SaleView:
    row = queries.sale_row(shop.db, sale_id)
    if row is None:
        raise missing("sale", sale_id)
    return _sale(shop, row)


def sales(shop: Shop, state: str) -> list[shapes.SaleView]:
    """Newest first. Raises a 422 problem for a state that is none."""
    if state not in SALES_SHOWN:
        raise ProblemError(422, "invalid", f"{state!r} is no state of a sale", f"Use {', '.join(SALES_SHOWN)}.")
    return [_sale(shop, row) for row in queries.sales_in(shop.db, SaleState(state))]


def _sale(shop: Shop, row: SaleRow) -> shapes.SaleView:
    db = shop.db
    returned = queries.returned_lines(db, row.sale)
    log = db.one("counter", Counter, epoch=row.epoch, stream=Stream.TRADE) if row.epoch else None
    lines = queries.asked(db, row.sale) if row.state in CARTS else queries.sale_lines(db, row.sale)
    return shapes.SaleView(
        sale=row.sale,
        till=row.till,
        state=str(row.state),
        associate=row.associate,
        currency=row.currency,
        lines=tuple(
            shapes.SaleLineView(
                line=line.line,
                piece=line.piece or "",
                description=line.description,
                list_price_minor=line.list_price_minor,
                discount_minor=line.discount_minor,
                approved_by=line.approved_by,
                promotion=line.promotion,
                promotion_minor=line.promotion_minor,
                gross_minor=line.gross_minor,
                tax_minor=line.tax_minor,
                kind=str(line.kind),
                quantity_milli=line.quantity_milli,
                unit=line.unit,
                account=line.account,
                returned=line.line in returned,
            )
            for line in lines
        ),
        tenders=tuple(
            shapes.TenderView(
                kind=tender.kind,
                amount_minor=tender.amount_minor,
                change_minor=tender.change_minor,
                reference=tender.reference,
                rounding_minor=tender.rounding_minor,
                account=tender.account,
                foreign=_foreign(tender.foreign),
            )
            for tender in queries.sale_tenders(db, row.sale)
        ),
        total_minor=sum(line.gross_minor for line in lines),
        tax_minor=sum(line.tax_minor for line in lines),
        exemption=row.exemption,
        receipt_number=row.receipt_number or None,
        business_day=row.business_day,
        sent=log is not None and 0 < row.trade_seq <= log.upto,
        shares=tuple(
            shapes.ShareView(associate=each.associate, share_bp=each.share_bp) for each in queries.shares(db, row.sale)
        ),
    )


def _foreign(said: Conversion | None) -> shapes.ForeignView | None:
    if said is None:
        return None
    return shapes.ForeignView(
        currency=said.currency,
        amount_minor=said.amount_minor,
        rate_e9=said.rate_e9,
        source=said.source,
        quoted_us=said.quoted_us,
    )


def asks(shop: Shop, sale_id: SaleId) -> list[shapes.AskView]:
    """Money of gift cards, credit, deposits and trade-ins set aside for a sale."""
    return [
        shapes.AskView(
            ask=each.ask,
            account=each.account,
            kind=each.kind,
            label=each.label,
            state=str(each.state),
            amount_minor=each.amount_minor,
            wanted_minor=each.wanted_minor if each.live else 0,
            left_minor=each.left_minor,
            why=each.why,
        )
        for each in queries.asks(shop.db, sale_id)
    ]


def payments(shop: Shop, sale_id: SaleId) -> list[shapes.PaymentView]:
    """Of a sale, in the order they were asked for."""
    return [_payment(each) for each in queries.payments(shop.db, sale_id)]


def payment(shop: Shop, name: PaymentId) -> shapes.PaymentView:
    found = queries.payment(shop.db, name)
    if found is None:
        raise missing("payment", name)
    return _payment(found)


def _payment(row: Payment) -> shapes.PaymentView:
    return shapes.PaymentView(
        payment=row.payment,
        sale=row.sale,
        terminal=row.terminal,
        state=str(row.state),
        amount_minor=row.amount_minor,
        captured_minor=row.captured_minor,
        counted_minor=row.counted_minor if row.live else 0,
        currency=row.currency,
        brand=row.brand,
        last4=row.last4,
        stored_offline=row.stored_offline,
        given_up=row.given_up,
        why=row.why,
    )
