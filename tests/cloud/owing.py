"""A gift card that the house owes, as a store sells it and asks for it. `conftest` makes this importable as `house_owing`."""

import msgspec

from contract.facts import LineKind, SaleLine, Tender, TenderKind, ValueAsked
from contract.giftcard import account_of, label, make

CODE = make(b"twelve bytes")
CARD = account_of(CODE)


def owed(box, house, name, amount, kind=LineKind.GIFT_CARD, account=CARD, **more):
    """A sale of one line that the house owes from then on."""
    line = SaleLine(
        line=f"{name}-1", kind=kind, description=f"Gift card {label(CODE)}", list_price_minor=amount,
        gross_minor=amount, tax_bp=0, tax_minor=0, account=account,
    )  # fmt: skip
    base = house.sale(box, name)
    tender = Tender(kind=TenderKind.CARD, amount_minor=amount, reference="slip")
    return msgspec.structs.replace(base, lines=(line,), total_minor=amount, tenders=(tender,), **more)


def ask(name, wanted, account=CARD, kind=TenderKind.GIFT_CARD, currency="EUR"):
    return ValueAsked(
        ask=name, sale=f"sale-{name}", till="t1", account=account, kind=kind, currency=currency, wanted_minor=wanted
    )


def answers(box):
    return [each.command for each in box.obey(box.send())]
