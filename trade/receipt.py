"""A receipt as lines of text: what the printer, the screen and the mail share."""

from contract.facts import SaleRecorded
from contract.ids import StoreId
from contract.money import plain

WIDTH = 42


def number_of(store: StoreId, fact: SaleRecorded) -> str:
    """The receipt's name for people: store, till, gapless number."""
    return f"{store}-{fact.till}-{fact.receipt_number:06d}"


def receipt_lines(store: StoreId, store_name: str, fact: SaleRecorded) -> tuple[str, ...]:
    """Fixed-width text, 42 columns."""
    lines = [store_name, f"{number_of(store, fact)}  {fact.business_day}", "-" * WIDTH]
    for line in fact.lines:
        lines.append(_row(line.description, plain(line.gross_minor, fact.currency)))
        if line.discount_minor:
            lines.append(_row("  less discount", plain(line.discount_minor, fact.currency)))
    lines.append("-" * WIDTH)
    lines.append(_row(f"TOTAL {fact.currency}", plain(fact.total_minor, fact.currency)))
    lines.append(_row("of which tax", plain(fact.tax_minor, fact.currency)))
    for tender in fact.tenders:
        lines.append(_row(str(tender.kind), plain(tender.amount_minor, fact.currency)))
        if tender.change_minor:
            lines.append(_row("  change", plain(tender.change_minor, fact.currency)))
    return tuple(lines)


def _row(left: str, right: str) -> str:
    room = WIDTH - len(right) - 1
    return f"{left[:room]:<{room}} {right}"
