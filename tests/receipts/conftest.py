"""A receipt with everything on it that a jeweller may have to print."""

import msgspec
import pytest

from contract.facts import (
    CardSlip,
    LineKind,
    LineTax,
    LineText,
    ReceiptText,
    SaleLine,
    SaleRecorded,
    Seller,
    TaxName,
    TaxScheme,
    Tender,
    TenderKind,
)
from trade.receipt import receipt_of

SELLER = Seller(
    name="Maison Lumière", legal_name="Lumière Joaillerie SAS", address=("12, place Vendôme", "75001 Paris"),
    tax_number="FR 40 303265045", contact="+33 1 42 00 00 00",
)  # fmt: skip


def line(name, text, gross, *, off=0, scheme=TaxScheme.STANDARD):
    tax = 0 if scheme is not TaxScheme.STANDARD else gross // 6
    taxes = (LineTax(code="FR20", rate_bp=2_000, base_minor=gross - tax, tax_minor=tax),) if tax else ()
    return SaleLine(
        line=name, kind=LineKind.PIECE, description=text, list_price_minor=gross + off, gross_minor=gross, tax_bp=2_000,
        tax_minor=tax, discount_minor=off, scheme=scheme, taxes=taxes,
    )  # fmt: skip


LINES = (
    line("a", "Solitaire «Aurore»", 420_000, off=20_000),
    line("b", "Bague ancienne, saphir de Ceylan", 180_000, scheme=TaxScheme.MARGIN),
)


def fact(lines=LINES, language="fr", **more):
    total = sum(each.gross_minor for each in lines)
    cash = Tender(kind=TenderKind.CASH, amount_minor=50_003, change_minor=10_000, rounding_minor=2)
    text = ReceiptText(
        template=1, language=language, time_zone="Europe/Paris", seller=SELLER,
        lines=(LineText(line="a", details=("Platine 950 · 4,1 g", "N° de série A-20391")),),
        tax_names=(TaxName(code="FR20", name="TVA normale"),),
        slips=(CardSlip(payment="p1", brand="Visa", last4="4242", auth_code="83Z2K1", aid="A0000000031010"),),
        foot="Merci de votre visite.", check_url="https://maison.example/receipt",
    )  # fmt: skip
    made = SaleRecorded(
        sale="sale-1", till="till-1", shift="s", receipt_number=12, business_day="2026-11-29", associate="ana",
        currency="EUR", lines=lines, tenders=(Tender(kind=TenderKind.CARD, amount_minor=total - 50_003, payment="p1"), cash),
        total_minor=total, tax_minor=sum(each.tax_minor for each in lines), receipt=text,
    )  # fmt: skip
    return msgspec.structs.replace(made, **more)


def drawn(made=None, **more):
    made = made or fact(**more)
    return receipt_of(
        "paris", made, at_us=1_796_000_000_000_000, by="ana", head=bytes(range(32)), people={"ana": "Ana Lindqvist"},
        otherwise=made.receipt or fact().receipt,
    )  # fmt: skip


@pytest.fixture
def receipt():
    return drawn()


@pytest.fixture
def make():
    """Makes receipts: lines, language, and whatever else of the fact."""
    return drawn


@pytest.fixture
def a_line():
    return line
