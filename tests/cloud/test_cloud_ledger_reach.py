"""Every fact of the contract reaches the ledger, or stands here with the reason why it moves no money and no goods."""

from collections.abc import Callable

import msgspec
import pytest
import sqlalchemy as sa

from cloud.pos.ledger.queries import balances
from cloud.pos.payments import transfers
from cloud.pos.payments.transfers import TransferState
from cloud.pos.sales.desk import resolve
from cloud.pos.value import by_hand
from cloud.work import begin
from contract import facts
from contract.facts import (
    CashBanked,
    CashKind,
    CashMoved,
    LineKind,
    OrderSettled,
    PaymentCaptured,
    PaymentGivenUp,
    PaymentKept,
    PaymentRefunded,
    PaymentRequested,
    PaymentVoided,
    PurchaseRecorded,
    ReturnRecorded,
    SaleLine,
    SaleRecorded,
    ShiftClosed,
    ShiftOpened,
    Tender,
    TenderKind,
    TradeIn,
    TradeInTaken,
    ValueReleased,
)
from contract.ids import StoreId, UserId
from trade.guards import ALL

MONEY_LATER = "money on its way: the sale or the return that is recorded with it posts it"
CART = "a cart is nobody's money yet"
CLAIM = "who may sell a piece moves no cost: it stays where it is carried"
FLOOR = "what readers see is evidence; a person's word or a sale moves goods"
COUNT = "a count is evidence; a piece it finds missing is written off when somebody changes its record"
SLICE = "which store may spend what is owed; what is owed stays the same"
PROMISE = "a promise to a client: its money comes with the sales of its order"
VISIT = "who comes, and what is shown to them; a sale from the tray posts itself"
CLIENT = "what is known of a client is nobody's money"
TALK = "talk between a store and the office"
SILENT: dict[str, str] = {
    **dict.fromkeys(("SaleOpened", "SaleLineAdded", "SaleLineRemoved", "SaleDiscounted", "SaleExempted", "SaleShared",
                     "SaleParked", "SaleResumed", "SaleVoided", "TenderingBegan", "TenderingEnded"), CART),
    **dict.fromkeys(("PaymentRequested", "PaymentInDoubt", "PaymentCaptured", "PaymentFailed", "PaymentGivenUp",
                     "CardRefundRequested", "CardRefundInDoubt", "CardRefundDone", "CardRefundFailed",
                     "ReturnBegan", "ReturnAbandoned", "TradeInOffered"), MONEY_LATER),
    **dict.fromkeys(("ClaimHeld", "ClaimEnded", "LeaseGranted", "LeaseRefused", "LeaseUnconvertible",
                     "CustodyReleased", "RecallRefused", "TagBound", "PieceLooked"), CLAIM),
    **dict.fromkeys(("PieceSighted", "PiecePresence", "ZoneVision", "ZonesCalibrated", "ReaderHealth", "ReaderChanged",
                     "CoverageGap", "AlarmRaised", "AlarmClosed", "AlarmBudgetSet", "RestockBegan", "RestockEnded",
                     "ExitSeen", "InputChanged", "OutputSet"), FLOOR),
    **dict.fromkeys(("CountStarted", "CountProgress", "CountFinished", "CountApproved", "CountAbandoned", "CountMissed",
                     "CountSubmitted", "CountRecounting", "CountExplained"), COUNT),
    **dict.fromkeys(("ValueKept", "ValueAsked", "ValueAskEnded", "ValueReleased"), SLICE),
    **dict.fromkeys(("OrderOpened", "OrderMoved", "OrderQuoted", "OrderAnswered", "OrderPromised", "OrderHeld",
                     "OrderResumed", "OrderItemTaken", "OrderItemChecked", "OrderItemGiven", "OrderPieceBound",
                     "OrderPaper", "OrderHanded", "OrderReceived"), PROMISE),
    **dict.fromkeys(("AppointmentPrepared", "AppointmentWent", "AppointmentClosed"), VISIT),
    **dict.fromkeys(("ClientTold", "ClientConsented", "ClientLooked"), CLIENT),
    **dict.fromkeys(("Rejoined", "ValueInquired", "CommandHeard", "CommandRefused", "ReceiptGiven",
                     "LanguageChosen", "DeviceNoted"), TALK),
    "PieceDisposed": "how a piece is: it stays in inventory, and is written off when the office says that it is gone",
}  # fmt: skip
MOVES_COST = ("CustodyReceived", "TransferShipped")
"""They post what is known of a piece's cost: `test_a_transfer_moves_the_cost_from_store_to_store`."""

GIVEN = TradeIn(
    piece="ti-1", title="Old brooch", category="brooch", client="c-1", value_minor=30_000, currency="EUR",
    provenance="her aunt's", proof="identity card",
)  # fmt: skip
KEPT = (
    PaymentRequested(payment="p1", sale="s1", till="till-1", terminal="desk-1", amount_minor=9_000, currency="EUR"),
    PaymentCaptured(payment="p1", sale="s1", amount_minor=9_000, currency="EUR"),
    PaymentGivenUp(payment="p1", sale="s1", reason="pays in cash"),
    PaymentKept(payment="p1", sale="s1", why="no line to the bank"),
)
AGAIN = PaymentGivenUp(payment="p1", sale="s1", reason="once more")


def service(amount: int, *tenders: Tender, sale: str = "s1", receipt: int = 1) -> SaleRecorded:
    line = SaleLine(line=f"{sale}-l", kind=LineKind.SERVICE, description="Polish", list_price_minor=amount,
                    gross_minor=amount, tax_bp=0, tax_minor=0)  # fmt: skip
    return SaleRecorded(
        sale=sale, till="till-1", shift="z", receipt_number=receipt, business_day="2026-11-22", associate="ana",
        currency="EUR", lines=(line,), tenders=tenders, total_minor=amount, tax_minor=0,
    )  # fmt: skip


def deposit(amount: int) -> SaleRecorded:
    line = SaleLine(line="s1-l", kind=LineKind.DEPOSIT, description="Deposit: ring", list_price_minor=amount,
                    gross_minor=amount, tax_bp=0, tax_minor=0, account="order-o")  # fmt: skip
    return msgspec.structs.replace(service(amount, cash(amount)), lines=(line,), client="c-1")


def back(amount: int, *tenders: Tender) -> ReturnRecorded:
    return ReturnRecorded(
        sale="s1", lines=("s1-l",), pieces=(), till="till-1", shift="z", receipt_number=2, business_day="2026-11-22",
        currency="EUR", tenders=tenders, total_minor=amount, tax_minor=0, reason="x",
    )  # fmt: skip


def cash(amount: int) -> Tender:
    return Tender(kind=TenderKind.CASH, amount_minor=amount)


POSTED: dict[str, tuple[Callable[[], tuple[facts.AnyFact, ...]], dict[str, int]]] = {
    "SaleRecorded": (lambda: (service(900, cash(900)),), {"cash": 900, "sales": -900}),
    "ReturnRecorded": (
        lambda: (service(900, cash(900)), back(900, cash(900))), {"sales": -900, "sales_returns": 900},
    ),
    "ShiftOpened": (
        lambda: (ShiftOpened(shift="z", till="till-1", business_day="2026-11-22", float_minor=70, currency="EUR"),),
        {"cash": 70, "safe": -70},
    ),
    "CashMoved": (
        lambda: (CashMoved(move="m", shift="z", till="till-1", kind=CashKind.DROP, amount_minor=50, currency="EUR",
                           reason="full"),),
        {"cash": -50, "safe": 50},
    ),
    "CashBanked": (
        lambda: (CashBanked(move="b", business_day="2026-11-22", currency="EUR", amount_minor=60, reference="bag 7"),),
        {"safe": -60, "bank": 60},
    ),
    "ShiftClosed": (
        lambda: (ShiftClosed(shift="z", till="till-1", z_number=1, business_day="2026-11-22", currency="EUR", sales=0,
                             returns=0, gross_minor=0, tax_minor=0, cash_expected_minor=80, cash_counted_minor=70),),
        {"cash": -80, "safe": 70, "cash_over_short": 10},
    ),
    "TradeInTaken": (
        lambda: (
            service(30_000, Tender(kind=TenderKind.TRADE_IN, amount_minor=30_000, account="ti-a")),
            TradeInTaken(account="ti-a", sale="s1", trade_in=GIVEN),
        ),
        {"inventory_second_hand": 30_000, "sales": -30_000},
    ),
    "OrderSettled": (
        lambda: (
            deposit(900),
            OrderSettled(order="o", account="order-o", client="c-1", currency="EUR", business_day="2026-11-22",
                         fee_minor=200, credit_minor=600, credit="credit-c-1"),
        ),
        {"cash": 900, "customer_deposits": -100, "forfeited_deposits": -200, "store_credit_liability": -600},
    ),
    "PurchaseRecorded": (
        lambda: (
            PurchaseRecorded(
                purchase="b", number=1, till="till-1", shift="z", business_day="2026-11-22", client="c-1",
                currency="EUR", items=(GIVEN,), tenders=(cash(30_000),), total_minor=30_000,
            ),
            CashMoved(move="b-cash", shift="z", till="till-1", kind=CashKind.OUT, amount_minor=30_000, currency="EUR",
                      reason="purchase 1"),
        ),
        {"inventory_second_hand": 30_000, "cash": -30_000},
    ),
    "PaymentKept": (lambda: KEPT, {"card_clearing": 9_000, "payments_kept": -9_000}),
    "PaymentVoided": (lambda: (*KEPT, AGAIN, PaymentVoided(payment="p1", sale="s1")), {}),
    "PaymentRefunded": (lambda: (*KEPT, AGAIN, PaymentRefunded(payment="p1", sale="s1")), {}),
}  # fmt: skip
"""What a store tells, and what the accounts hold then."""


def told(house) -> dict[str, int]:
    with house.office.reading() as tx:
        return {each.account: each.amount_minor for each in balances(tx) if each.amount_minor}


def test_every_fact_posts_or_says_why_not():
    named = {each.__name__ for each in facts.AnyFact.__args__}
    assert named == {*POSTED, *SILENT, *MOVES_COST}, "a new fact: show what it posts, or say why nothing"
    assert not set(POSTED) & set(SILENT)


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", POSTED)
def test_a_fact_of_money_stands_in_the_ledger(house, name):
    box = house.store("paris")
    made, expected = POSTED[name]
    box.write(*made())
    box.send()
    assert told(house) == expected
    box.write(*(each for each in made() if isinstance(each, PaymentKept | TradeInTaken)))
    box.send()
    assert told(house) == expected, "told again, it is posted once"


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
@pytest.mark.parametrize("apart", [False, True])
def test_a_sale_with_a_payment_that_was_kept_uses_up_what_is_owed(house, apart):
    box = house.store("paris")
    paid = service(9_000, Tender(kind=TenderKind.CARD, amount_minor=9_000, payment="p1"))
    box.write(*KEPT)
    if apart:
        box.send()
    box.write(paid)
    box.send()
    assert told(house) == {"card_clearing": 9_000, "sales": -9_000}


def settle(house, to: TransferState, note: str = "") -> None:
    with house.office.transaction() as tx:
        transfers.settle(begin(tx, ALL, 5), StoreId("paris"), "s1", 1, to, by=UserId("eva"), note=note)


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
def test_a_transfer_goes_from_clearing_to_the_bank_or_is_owed_by_the_client(house):
    box = house.store("paris")
    box.write(service(700, Tender(kind=TenderKind.BANK_TRANSFER, amount_minor=700, reference="RING 7")))
    box.send()
    assert told(house) == {"bank_clearing": 700, "sales": -700}
    settle(house, TransferState.MISSING, "called")
    assert told(house) == {"transfers_missing": 700, "sales": -700}
    settle(house, TransferState.ARRIVED)
    settle(house, TransferState.ARRIVED)
    assert told(house) == {"bank": 700, "sales": -700}


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
def test_a_missing_transfer_of_a_sale_held_apart_is_owed_when_a_person_posts_it(house):
    paris, lyon = house.store("paris", "ring"), house.store("lyon")
    tenders = (Tender(kind=TenderKind.BANK_TRANSFER, amount_minor=120_000, reference="RING 7"),)
    lyon.ce["ring"] = 99
    sold = house.sale(lyon, "s1", "ring")
    lyon.write(facts.SaleRecorded(**{**{f: getattr(sold, f) for f in sold.__struct_fields__}, "tenders": tenders}))
    lyon.send()
    del paris
    with house.office.transaction() as tx:
        transfers.settle(
            begin(tx, ALL, 5), StoreId("lyon"), "s1", 1, TransferState.MISSING, by=UserId("eva"), note="called"
        )
    assert "bank_clearing" not in told(house)
    with house.office.transaction() as tx:
        resolve(begin(tx, ALL, 6), StoreId("lyon"), "s1", post_it=True, by=UserId("eva"), outcome="the money is ours")
    assert told(house)["transfers_missing"] == 120_000
    assert "bank_clearing" not in told(house)


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
def test_a_deposit_nobody_claims_is_forfeited_when_no_store_keeps_any_of_it(house):
    box = house.store("paris")
    line = SaleLine(line="l", kind=LineKind.DEPOSIT, description="Deposit: ring", list_price_minor=500, gross_minor=500,
                    tax_bp=0, tax_minor=0, account="d-1")  # fmt: skip
    sold = service(500, cash(500))
    sold = SaleRecorded(**{**{f: getattr(sold, f) for f in sold.__struct_fields__}, "lines": (line,)})
    kept = facts.ValueKept(account="d-1", kind=TenderKind.DEPOSIT, amount_minor=500, currency="EUR", client="c-1")
    box.write(sold, kept)
    box.send()

    def forfeit(why: str = "not collected in a year", ref: str = "f1") -> str:
        with house.office.transaction() as tx:
            return by_hand.forfeit(begin(tx, ALL, 5), "d-1", ref=ref, by=UserId("eva"), why=why)

    assert "Say why" in forfeit(" ")
    assert "Block it first" in forfeit()
    with house.office.transaction() as tx:
        by_hand.block(begin(tx, ALL, 5), "d-1", "contract over", by=UserId("eva"))
    assert "paris still keep" in forfeit()
    assert told(house) == {"cash": 500, "customer_deposits": -500}
    box.write(ValueReleased(account="d-1", amount_minor=500, currency="EUR"))
    box.send()
    assert forfeit() == ""
    assert told(house) == {"cash": 500, "forfeited_deposits": -500}
    assert forfeit(ref="f2") == "Nothing is left of it"


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
def test_costs_of_a_batch_of_sales_are_asked_in_two_questions(house):
    box = house.store("paris", "p1", "p2", "p3")
    box.write(house.sale(box, "s1", "p1"))
    box.write(house.sale(box, "s2", "p2"))
    box.write(house.sale(box, "s3", "p3"))
    asked: list[str] = []

    def hear(_conn, _cursor, statement, *_more):
        if statement.startswith("SELECT") and ("stock_value" in statement or "piece_backing" in statement):
            asked.append(statement)

    sa.event.listen(house.office.engine, "before_cursor_execute", hear)
    box.send()
    assert len(asked) == 2
