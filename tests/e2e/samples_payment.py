"""Samples of the payment page with every way of paying, what has no tag, what comes back, and the PINs."""

from dataclasses import replace
from types import SimpleNamespace

from contract.facts import Tender, TenderKind
from contract.feed import GoodsCard, Unit
from edge.api import shapes
from edge.api.balances.views import BalanceView
from edge.api.devices.routes import DeviceView
from edge.api.returns.views import CardRefundView, LineLeft, NextCard, ReturnView
from trade.disposition import WORDS
from trade.refund import Paid
from trade.value import Ask, AskState, Slice

DEPOSIT = Slice(
    account="d1",
    kind=TenderKind.DEPOSIT,
    currency="EUR",
    client="c-204",
    label="Bridal set, drawing 3",
    held_minor=250_000,
)
ASKS = (
    Ask(ask="a1", account="g1", sale="sale-1", kind=TenderKind.GIFT_CARD, label="…7Q4M", state=AskState.READY, granted_minor=20_000, left_minor=5_000),
    Ask(ask="a2", account="c1", sale="sale-1", kind=TenderKind.STORE_CREDIT, label="c-204", state=AskState.ASKING, wanted_minor=90_000, kept_minor=10_000),
    Ask(ask="a3", account="g2", sale="sale-1", kind=TenderKind.GIFT_CARD, label="…K2PX", state=AskState.REFUSED, why="It was blocked by the office"),
)  # fmt: skip
GOODS = (
    GoodsCard(goods="melee", title="Melee, round brilliant, G VS", unit=Unit.CARAT, unit_minor=62_000, currency="EUR"),
    GoodsCard(
        goods="sizing", title="Sizing a ring", unit=Unit.PIECE, unit_minor=6_500, currency="EUR", service=True,
        quantity_milli_min=1000,
    ),
)  # fmt: skip
REFUNDS = (
    CardRefundView("r1", "p1", "done", 800_000, 800_000, ""),
    CardRefundView("r2", "p2", "failed", 440_000, 0, "the card has expired"),
)
GOING = ReturnView("ret-1", "sale-1", "begun", "EUR", 1_240_000, 206_667, 440_000, None, REFUNDS)
ASKED = ReturnView(
    "ret-1",
    "sale-1",
    "begun",
    "EUR",
    800_000,
    133_333,
    0,
    None,
    (CardRefundView("r1", "p1", "in_doubt", 800_000, 0, ""),),
)


def pages(common, piece):
    till = {**common, "till": "till-1"}
    line = shapes.SaleLineView(
        line="l1", piece=piece.piece, description=piece.title, list_price_minor=piece.price_minor, discount_minor=0,
        approved_by="", promotion="", promotion_minor=0, gross_minor=piece.price_minor, tax_minor=206_667, kind="piece",
        quantity_milli=1000, unit="", account="", returned=False,
    )  # fmt: skip
    sale = shapes.SaleView(
        sale="sale-1", till="till-1", state="open", associate="ana", currency="EUR", lines=(line,), tenders=(),
        total_minor=1_240_000, tax_minor=206_667, exemption="", receipt_number=1042, business_day="2026-11-22", sent=True,
    )  # fmt: skip
    tender = {
        **till, "sale": sale, "may_override": True, "terminal": "", "payments": (), "asks": ASKS, "deposits": (DEPOSIT,),
        "rates": ("CHF", "USD"), "rest_minor": 1_140_003, "cash_due_minor": 1_140_005, "plain_rest": "11 400.03",
        "notes": ((1_140_005, "11400.05"), (1_140_500, "11405"), (1_141_000, "11410")), "problem": "", "client": "c-204",
        "client_name": "Mme Élodie Exemple", "agrees": False,
        "tenders": (Tender(kind=TenderKind.CASH, amount_minor=1_140_003, change_minor=4_995, rounding_minor=2),),
    }  # fmt: skip
    left = (
        LineLeft("l1", piece.title, piece.piece, 1000, 1_240_000, on_pad=True),
        LineLeft(
            "l2", "Pearl strand with a name so long that a phone has to break it", "p2", 1000, 380_000, on_pad=False
        ),
        LineLeft("l3", "Watch strap, calf", "", 0, 0, on_pad=False),
    )
    back = {
        **till, "typed": "1042", "why": "", "sale": sale, "lines": left, "has_pad": True, "terminal": False, "cart": True,
        "ways": (
            Paid(kind=TenderKind.CARD, amount_minor=1_000_000, payment="p1"),
            Paid(kind=TenderKind.GIFT_CARD, amount_minor=40_000, account="g1", label="…7Q4M"),
            Paid(kind=TenderKind.DEPOSIT, amount_minor=200_000, account="d1"),
        ),
        "total_minor": 1_240_000, "becomes": WORDS, "client": "c-204", "fresh": "7Q4M-K2PX-9RTW-3HVB-CD5F",
    }  # fmt: skip
    nothing = {**back, "sale": None, "lines": (), "typed": "", "ways": ()}
    other = {**till, "goods": GOODS, "deposits": (DEPOSIT,), "client": "", "client_name": "", "code": "", "amount": 0}
    told = BalanceView(
        inquiry="i1", kind=TenderKind.GIFT_CARD, name="gift card …7Q4M", client="", currency="EUR", answered=True,
        balance_minor=30_000, elsewhere_minor=6_000, here_minor=4_000, aside_minor=1_000, expires="2028-11-22",
        expired=False, why="",
    )  # fmt: skip
    over = replace(
        told,
        expires="2025-11-22",
        expired=True,
        why="it could be spent until 2025-11-22: the office may give it another day",
    )
    going = {**till, "client": "", "fresh": "7Q4M-K2PX-9RTW-3HVB-CD5F", "card": None}
    pins = {**common, "problem": "", "chosen": ""}
    people = tuple(
        SimpleNamespace(user=user, name=name, has_pin=user != "ana") for user, name in common["people"].items()
    )
    noon_us = 1_794_830_400_000_000
    kept = tuple(
        DeviceView(name, words, till, "marc", noon_us, noon_us, ended, "marc" if ended else "")
        for name, words, till, ended in (
            ("d1", "Till at the window", "till-1", 0), ("d2", "Tablet of the private salon", "", 0), ("d3", "Old phone", "", noon_us),
        )
    )  # fmt: skip
    devices = {
        **common, "devices": kept, "tills": ("till-1", "till-2"), "here": "d1", "code": "", "named": "", "minutes": 10,
        "address": "https://flagship.local:8443/this-device", "only": True,
    }  # fmt: skip
    return {
        "devices": ("edge/devices.html", devices),
        "devices-code": ("edge/devices.html", {**devices, "code": "7Q4MK-2PX9R", "named": "Till at the door"}),
        "devices-none": ("edge/devices.html", {**devices, "devices": (), "only": False}),
        "this-device": ("edge/this_device.html", {"device": None, "only": True, "now_s": int, "device_store": "flagship"}),
        "this-device-known": ("edge/this_device.html", {"device": kept[0], "only": True}),
        "tender-every-way": ("edge/tender.html", tender),
        "other": ("edge/other.html", other),
        "other-code": ("edge/other.html", {**other, "goods": (), "deposits": (), "code": "7Q4M-K2PX-9RTW-3HVB-CD5F", "amount": 50_000}),
        "balance": ("edge/balance.html", {**till, "one": told}),
        "balance-expired": ("edge/balance.html", {**till, "one": over}),
        "balance-none": ("edge/balance.html", {**till, "one": None}),
        "return": ("edge/return.html", back),
        "return-none": ("edge/return.html", nothing),
        "return-unknown": ("edge/return.html", {**nothing, "typed": "77", "why": "No sale of this store answers to “77”"}),
        "return-going": ("edge/return_going.html", {**going, "one": GOING}),
        "return-next-card": ("edge/return_going.html", {**going, "one": GOING, "card": NextCard("p2", 440_000, "visa …4242")}),
        "return-asked": ("edge/return_going.html", {**going, "one": ASKED}),
        "people": ("edge/people.html", {**pins, "people": people, "me": "marc"}),
        "people-wrong": ("edge/people.html", {**pins, "people": people, "me": "marc", "problem": "The two PINs differ. Type the new one twice.", "chosen": "ana"}),
        "own-pin": ("edge/own_pin.html", pins),
    }  # fmt: skip
