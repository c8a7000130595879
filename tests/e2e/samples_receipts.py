"""Samples of the receipts' pages: handed over, not printed, a copy on its own page, looked up."""

from contract.facts import (
    CardSlip,
    LineKind,
    LineTax,
    LineText,
    ReceiptText,
    SaleLine,
    SaleRecorded,
    Seller,
    Tender,
    TenderKind,
)
from edge.api.receipts.views import FoundView, GivenView
from trade.receipt import as_gift, receipt_of
from web.receipts.page import shown

NOON_US = 1_794_830_400_000_000
SELLER = Seller(
    name="Maison Lumière", legal_name="Lumière Joaillerie SAS", address=("12, place Vendôme", "75001 Paris"),
    tax_number="FR 40 303265045", contact="+33 1 42 00 00 00",
)  # fmt: skip


def _line(name, text, gross, off=0):
    tax = gross // 6
    return SaleLine(
        line=name, kind=LineKind.PIECE, description=text, list_price_minor=gross + off, gross_minor=gross, tax_bp=2_000,
        tax_minor=tax, discount_minor=off, taxes=(LineTax(code="FR20", rate_bp=2_000, base_minor=gross - tax, tax_minor=tax),),
    )  # fmt: skip


LINES = (_line("a", "Solitaire ring, 0.71 ct", 1_200_000, 40_000), _line("b", "Riviera bracelet", 865_000))
TEXT = ReceiptText(
    template=1, language="en", time_zone="Europe/Paris", seller=SELLER,
    lines=(LineText(line="a", details=("Platinum 950 · 4.1 g", "Brilliant 0.71 ct F VS1", "Serial no. A-20391", "GIA 2141438171")),),
    slips=(CardSlip(payment="p1", brand="Visa", last4="4242", auth_code="83Z2K1"),),
    foot="Thank you for your visit.\nPlease keep this receipt with the certificate of your piece.",
    check_url="https://maison.example/receipt",
)  # fmt: skip
SOLD = SaleRecorded(
    sale="sale-1", till="till-1", shift="shift-1", receipt_number=1042, business_day="2026-11-22", associate="ana",
    currency="EUR", lines=LINES, total_minor=2_065_000, tax_minor=344_166, receipt=TEXT,
    tenders=(
        Tender(kind=TenderKind.CARD, amount_minor=2_000_000, payment="p1"),
        Tender(kind=TenderKind.CASH, amount_minor=65_000, change_minor=5_000),
    ),
)  # fmt: skip
RECEIPT = receipt_of(
    "flagship",
    SOLD,
    at_us=NOON_US,
    by="ana",
    head=bytes(range(90, 122)),
    people={"ana": "Ana Lindqvist"},
    otherwise=TEXT,
)
PRINTED = GivenView(
    give="g1", form="paper", gift=False, copy=0, by="ana", at_us=NOON_US, state="printed", words="", paper_low=True
)
FAILED = GivenView(
    give="g1", form="paper", gift=False, copy=0, by="ana", at_us=NOON_US, state="failed",
    words="It is out of paper: put in a new roll.", paper_low=False,
)  # fmt: skip
UNKNOWN = GivenView(
    give="g2", form="paper", gift=False, copy=1, by="ana", at_us=NOON_US, state="unknown",
    words="The connection to it broke while it printed: look whether the receipt came out whole.", paper_low=False,
)  # fmt: skip
FOUND = tuple(
    FoundView(
        receipt=f"s{n}", sale=f"s{n}", till="till-1", number=n, is_return=n == 1041, business_day="2026-11-22",
        currency="EUR", total_minor=n * 1_730, at_us=NOON_US - n,
    )
    for n in (1042, 1041, 1040)
)  # fmt: skip


def pages(common, piece):
    del piece
    page = {
        **common, "till": "till-1", "sent": False, "returned": [], "given": (PRINTED,), "printer": True, "drawer": "",
        "mail": True, "next_copy": 1, "next_gift": 0, "give": "g9", "problem": "", "said": "",
        "path_of": "/register/receipt/sale-1", **shown(RECEIPT),
    }  # fmt: skip
    copy = {**common, "back": "/register/receipt/sale-1"}
    from msgspec.structs import replace

    return {
        "receipt": ("edge/receipt.html", page),
        "receipt-failed": (
            "edge/receipt.html",
            {
                **page,
                "given": (FAILED, UNKNOWN),
                "drawer": "It does not answer: look whether it is switched on.",
                "next_copy": 2,
            },
        ),
        "receipt-alone": ("edge/receipt.html", {**page, "given": (), "printer": False, "mail": False, "next_copy": 0}),
        "receipt-copy": ("edge/receipt_page.html", {**copy, **shown(replace(RECEIPT, copy=2))}),
        "receipt-gift": ("edge/receipt_page.html", {**copy, **shown(as_gift(RECEIPT))}),
        "receipts": ("edge/receipts.html", {**common, "found": FOUND, "q": "", "till": "till-1"}),
        "receipts-none": ("edge/receipts.html", {**common, "found": (), "q": "77", "till": "till-1"}),
    }
