"""Samples of the drawer's pages: the blind count, X and Z."""

from dataclasses import replace

from contract.facts import CashKind, TenderKind
from edge.api import shapes

NOON_US = 1_794_830_400_000_000
OPEN = shapes.ShiftView(
    shift="shift-1", till="till-1", state="open", business_day="2026-11-22", float_minor=20_000, currency="EUR",
    z_number=None, sales=7, returns=1, gross_minor=4_120_000, cash_expected_minor=None, cash_counted_minor=None,
)  # fmt: skip
CLOSED = replace(OPEN, state="closed", z_number=311, cash_expected_minor=125_000, cash_counted_minor=124_500)
EURO = (50_000, 20_000, 10_000, 5_000, 2_000, 1_000, 500, 200, 100, 50, 20, 10)
X = shapes.ReportView(
    shift="shift-1", till="till-1", business_day="2026-11-22", currency="EUR", z_number=None, float_minor=20_000,
    sales=7, returns=1, gross_minor=4_120_000, tax_minor=686_667,
    tenders=(
        shapes.TenderSumView(kind=TenderKind.CARD, currency="EUR", amount_minor=3_965_000, number=5),
        shapes.TenderSumView(kind=TenderKind.CASH, currency="EUR", amount_minor=155_000, number=3),
        shapes.TenderSumView(kind=TenderKind.CASH, currency="USD", amount_minor=40_000, number=1),
    ),
    taxes=(shapes.TaxSumView(code="FR20", rate_bp=2_000, base_minor=3_433_333, tax_minor=686_667),),
    movements=(
        shapes.MovementView(kind=CashKind.DROP, currency="EUR", amount_minor=50_000, reason="to the safe at noon", by="ana", at_us=NOON_US),
        shapes.MovementView(kind=CashKind.DROP, currency="USD", amount_minor=10_000, reason="to the safe", by="ana", at_us=NOON_US),
        shapes.MovementView(kind=CashKind.NO_SALE, currency="EUR", amount_minor=0, reason="change for a client", by="ana", at_us=NOON_US),
    ),
    moved_minor=-50_000, opened_without_sale=1, rounding_minor=-3, first_receipt=1036, last_receipt=1042, late=(), late_receipts=(),
    cash_expected_minor=125_000, cash_counted_minor=None, counted_coins=(), note="",
    foreign=(shapes.ForeignCashView("USD", 30_000, None),), sales_digest="", previous_z_digest="",
)  # fmt: skip
Z = replace(
    X, z_number=311, cash_counted_minor=124_500, note="A five was given out twice this morning, says Ana",
    counted_coins=(shapes.CoinsView(value_minor=20_000, number=6), shapes.CoinsView(value_minor=500, number=9)),
    foreign=(shapes.ForeignCashView("USD", 30_000, 29_000),), late=("01936f2e-late",), late_receipts=("flagship-till-1-001029",), sales_digest="4f" * 32, previous_z_digest="b7" * 32,
)  # fmt: skip


def pages(common, piece):
    del piece
    banked = (shapes.BankingView("b1", "USD", 120_000, "Bag 0731", "ana", NOON_US),)
    drawer = {
        **common, "till": "till-1", "denominations": EURO, "zs": (), "report": None, "may_see": True,
        "foreign": ("CHF", "USD"), "bankings": banked, "may_move": True,
    }  # fmt: skip
    one_sum = {"denominations": (), "may_see": False, "foreign": (), "bankings": (), "may_move": False}
    return {
        "shift-close": ("edge/shift.html", {**drawer, "shift": OPEN}),
        "shift-close-one-sum": ("edge/shift.html", {**drawer, "shift": OPEN, **one_sum}),
        "shift-z": ("edge/shift.html", {**drawer, "shift": CLOSED, "report": Z, "zs": (CLOSED,)}),
        "shift-lost": ("edge/shift.html", {**drawer, "shift": replace(OPEN, state="closed")}),
        "shift-none": ("edge/shift.html", {**drawer, "shift": None}),
        "shift-x": ("edge/shift_report.html", {**common, "report": X}),
    }
