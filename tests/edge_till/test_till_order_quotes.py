"""An order quoted anew: what was agreed about its payment is kept, for another total."""

import msgspec

from contract.facts import Instalment, OrderKind, QuoteLine
from edge.books import fold_orders
from trade.acts import OpenOrder, PromiseOrder, QuoteOrder


def test_a_new_quote_shares_what_is_left_by_the_days_that_were_agreed(shop):
    shop.done(OpenOrder(order="o-1", kind=OrderKind.SPECIAL, client="p-1", title="Ring", currency="EUR"))

    def quote(minor):
        line = QuoteLine(line="l", description="A rare ring", gross_minor=minor, tax_bp=2_000)
        return shop.done(QuoteOrder(order="o-1", lines=(line,)))

    quote(90_000)
    days = tuple(Instalment(due_day=day, amount_minor=30_000) for day in ("2026-12-01", "2027-01-01", "2027-02-01"))
    terms = msgspec.structs.replace(fold_orders.load(shop.books.db, "o-1").terms, instalments=days)
    shop.done(PromiseOrder(order="o-1", terms=terms))
    (entry,) = quote(120_000).entries
    order = fold_orders.load(shop.books.db, "o-1")
    assert [each.amount_minor for each in order.terms.instalments] == [40_000, 40_000, 40_000]
    assert order.terms.deposit_bp == terms.deposit_bp
    assert [type(fact).__name__ for fact in entry.facts] == ["OrderQuoted", "OrderPromised", "OrderMoved"]
    (entry,) = quote(120_000).entries
    assert [type(fact).__name__ for fact in entry.facts] == ["OrderQuoted", "OrderMoved"], (
        "of the same total nothing is redone"
    )
