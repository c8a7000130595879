"""What is put down with a sale or a return, for its receipt, out of the scene it was decided in."""

from collections.abc import Sequence

import msgspec

from contract.facts import ReceiptText, ReturnedLine, SaleLine, SaleRecorded, Tender
from trade import receipts
from trade.points import sure
from trade.scene import Scene


def receipt_text(scene: Scene, lines: Sequence[SaleLine], tenders: Sequence[Tender]) -> ReceiptText:
    """As the house says it at this moment."""
    standing = {piece: each.card for piece, each in scene.pieces.items() if each.card is not None}
    return receipts.text_of(
        lines,
        tenders,
        store=scene.store,
        settings=scene.settings,
        cards={**scene.offer.cards, **standing},
        taxes=scene.offer.taxes.values(),
        payments=scene.payments,
    )


def with_points(scene: Scene, sold: SaleRecorded) -> SaleRecorded:
    """With what it earns its client on its receipt, as far as this store can be sure of it."""
    amount, least = sure(sold, scene.earn_rules)
    if sold.receipt is None or not amount:
        return sold
    text = msgspec.structs.replace(sold.receipt, points_minor=amount, points_least=least)
    return msgspec.structs.replace(sold, receipt=text)


def as_given_back(lines: Sequence[SaleLine], parts: Sequence[ReturnedLine]) -> tuple[SaleLine, ...]:
    """The lines that came back as a refund's receipt shows them: what went back for each, and no discount again."""
    known = {line.line: line for line in lines}
    return tuple(
        msgspec.structs.replace(
            known[part.line],
            quantity_milli=part.quantity_milli or 1000,
            unit=known[part.line].unit if part.quantity_milli else "",
            gross_minor=part.gross_minor,
            tax_minor=part.tax_minor,
            taxes=part.taxes,
            discount_minor=0,
            promotion_minor=0,
        )
        for part in parts
        if part.line in known
    )
