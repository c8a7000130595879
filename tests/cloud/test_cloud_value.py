"""What the house owes, transfers it waits for, goods by measure, pieces taken in payment: as the office keeps them."""

import msgspec
import pytest
import sqlalchemy as sa
from house_owing import CARD, CODE, answers, ask, owed

from cloud import changes, today
from cloud.forfeits import NOTED
from cloud.pos.goods import desk as goods
from cloud.pos.goods.desk import GoodsError
from cloud.pos.ledger import closing
from cloud.pos.ledger import queries as ledger
from cloud.pos.payments import transfers
from cloud.pos.payments.transfers import TransferError, TransferState
from cloud.pos.shifts import banking
from cloud.pos.shifts import queries as shifts
from cloud.pos.value import by_hand, queries
from cloud.tables import case_file, piece_backing, piece_past, sale_tender
from cloud.work import begin
from contract.commands import AnswerValue, KeepValue, RecallValue, TellValue
from contract.facts import (
    CashBanked,
    Conversion,
    ForeignCount,
    LineKind,
    ReturnedLine,
    ReturnRecorded,
    SaleLine,
    ShiftClosed,
    Tender,
    TenderKind,
    TradeIn,
    TradeInTaken,
    ValueInquired,
    ValueKept,
)
from contract.feed import GoodsCard, Unit
from contract.giftcard import label
from contract.ids import AccountId
from trade.guards import ALL


def test_a_card_is_loaded_given_once_and_its_balance_is_found_by_its_code(house):
    paris, lyon = house.store("paris"), house.store("lyon")
    paris.write(owed(paris, house, "s1", 10_000))
    paris.send()
    lyon.write(ask("a1", 7_000))
    assert answers(lyon) == [AnswerValue(ask="a1", account=CARD, amount_minor=7_000, left_minor=3_000)]
    paris.write(ask("a2", 7_000))
    assert answers(paris)[-1].amount_minor == 3_000
    with house.office.reading() as tx:
        (row,) = queries.listing(tx, q=CODE.lower())
        assert queries.listing(tx, q="nobody") == []
        assert [(each.kind, each.balance_minor) for each in queries.owed(tx)] == [("gift_card", 10_000)]
    assert (row.label, row.balance_minor, row.held_minor) == (label(CODE), 10_000, 10_000)


def test_a_deposit_is_not_sold_today(house):
    paris = house.store("paris")
    polished = owed(paris, house, "s1", 4_000, kind=LineKind.SERVICE, account="")
    paris.write(polished, owed(paris, house, "s2", 50_000, kind=LineKind.DEPOSIT, account="dep-1"))
    paris.send()
    with house.office.reading() as tx:
        _, (taken,) = today.takings(tx, ["paris"])
    assert (taken.total_minor, taken.sales) == (4_000, 1)


def test_a_deposit_is_called_by_all_of_what_it_is_for(house):
    paris = house.store("paris")
    sale = owed(paris, house, "s1", 50_000, kind=LineKind.DEPOSIT, account="dep-1")
    line = msgspec.structs.replace(sale.lines[0], description="Deposit: L-1001, Ring for her birthday")
    paris.write(msgspec.structs.replace(sale, lines=(line,)))
    paris.send()
    with house.office.reading() as tx:
        (row,) = queries.listing(tx, q="dep-1")
    assert row.label == "L-1001, Ring for her birthday"


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (ask("a1", 1, account=AccountId("gc-none")), "knows none"),
        (ask("a1", 1, currency="CHF"), "it is in EUR"),
        (ask("a1", 1, kind=TenderKind.DEPOSIT), "it is a gift card"),
    ],
)
@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
def test_what_cannot_be_given_says_why(house, asked, words):
    paris = house.store("paris")
    paris.write(owed(paris, house, "s1", 10_000))
    paris.write(asked)
    (answer,) = answers(paris)
    assert (answer.amount_minor, words in answer.why) == (0, True), answer.why


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
def test_an_allowance_is_told_to_its_store_and_a_block_asks_it_back(house):
    paris = house.store("paris")
    paris.write(owed(paris, house, "s1", 10_000))
    paris.send()
    with house.office.transaction() as tx:
        work = begin(tx, ALL, 5)
        assert "free" in by_hand.allow(work, "paris", CARD, 10_001, by="ana")
        assert by_hand.allow(work, "paris", CARD, 4_000, by="ana") == ""
        assert by_hand.block(work, CARD, "reported stolen", by="ana")
        assert "stolen" in by_hand.allow(work, "paris", CARD, 1, by="ana")
        noted = changes.listing(tx, what=NOTED, subject=CARD)
    assert [(each.by, each.store, each.differences[0].now) for each in noted] == [
        ("ana", "", "reported stolen"), ("ana", "paris", "40.00 EUR more")
    ]  # fmt: skip
    kept, recalled = answers(paris)
    assert isinstance(kept, KeepValue)
    assert (kept.amount_minor, kept.kind, kept.label) == (4_000, TenderKind.GIFT_CARD, label(CODE))
    assert recalled == RecallValue(account=CARD)


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
def test_spending_more_than_a_store_held_opens_a_case(house):
    """Only a lost disk can: the box itself refuses."""
    paris = house.store("paris")
    paris.write(owed(paris, house, "s1", 10_000), ValueKept(
        account=CARD, kind=TenderKind.GIFT_CARD, amount_minor=1_000, currency="EUR"
    ))  # fmt: skip
    tender = Tender(kind=TenderKind.GIFT_CARD, amount_minor=2_000, account=CARD)
    paris.write(
        msgspec.structs.replace(
            owed(paris, house, "s2", 2_000, receipt_number=2, account=AccountId("gc-2")), tenders=(tender,)
        )
    )
    paris.send()
    assert [row["kind"] for row in house.rows(sa.select(case_file.c.kind))] == ["value overspent"]


def came_back(house, box, *tenders, sale="s1", receipt=9):
    base = house.sale(box, sale)
    total = sum(each.amount_minor for each in tenders)
    return ReturnRecorded(
        sale=base.sale, lines=(), pieces=(), till=base.till, shift=base.shift, receipt_number=receipt,
        business_day=base.business_day, currency="EUR", tenders=tenders, total_minor=total, tax_minor=0,
        reason="too small",
    )  # fmt: skip


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
def test_money_that_goes_back_becomes_a_balance_once_and_is_owed_in_the_ledger(house):
    """Onto the card that paid, and as credit: spent at another store like any other."""
    paris, lyon = house.store("paris", "ring"), house.store("lyon")
    paris.write(house.sale(paris, "s1", "ring"))
    card = Tender(kind=TenderKind.GIFT_CARD, amount_minor=20_000, account=CARD, reference=label(CODE))
    credit = Tender(
        kind=TenderKind.STORE_CREDIT, amount_minor=100_000, account=AccountId("credit-c1"), reference="of c1"
    )
    kept = ValueKept(account=credit.account, kind=credit.kind, amount_minor=30_000, currency="EUR", client="c1")
    paris.write(came_back(house, paris, card, credit), kept)
    paris.send()
    with house.office.reading() as tx:
        found = {each.account: each for each in queries.listing(tx)}
        legs = [leg for row in ledger.postings(tx) for leg in row.legs]
    assert {name: (each.balance_minor, each.held_minor, each.client) for name, each in found.items()} == {
        CARD: (20_000, 0, ""), "credit-c1": (100_000, 30_000, "c1"),
    }  # fmt: skip
    owed_now = {(leg.account, leg.by): leg.amount_minor for leg in legs if leg.account.endswith("liability")}
    assert owed_now == {("gift_card_liability", CARD): -20_000, ("store_credit_liability", "credit-c1"): -100_000}
    lyon.write(ask("a1", 100_000, account=credit.account, kind=TenderKind.STORE_CREDIT))
    (given,) = answers(lyon)
    assert given.amount_minor == 70_000, "what paris keeps is not given twice"


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
def test_money_of_another_currency_joins_no_balance_and_somebody_is_told(house):
    paris = house.store("paris")
    paris.write(owed(paris, house, "s1", 10_000, currency="CHF"))
    paris.write(came_back(house, paris, Tender(kind=TenderKind.GIFT_CARD, amount_minor=20_000, account=CARD)))
    paris.send()
    with house.office.reading() as tx:
        (row,) = queries.listing(tx)
    assert (row.currency, row.balance_minor) == ("CHF", 10_000)
    (told,) = house.rows(sa.select(case_file))
    assert (told["kind"], "200.00 EUR" in told["sentence"], "in CHF" in told["sentence"]) == (
        "value mismatch",
        True,
        True,
    )


def lasting(fact, expires):
    lines = tuple(msgspec.structs.replace(line, expires=expires) for line in fact.lines)
    return msgspec.structs.replace(fact, lines=lines)


def test_a_balance_is_told_to_who_asks_with_what_other_stores_keep_and_its_last_day(house):
    paris, lyon = house.store("paris"), house.store("lyon")
    kept = ValueKept(account=CARD, kind=TenderKind.GIFT_CARD, amount_minor=4_000, currency="EUR")
    paris.write(lasting(owed(paris, house, "s1", 10_000), "2026-12-31"), kept)
    paris.send()
    lyon.write(ValueInquired(inquiry="i1", till="t1", account=CARD, kind=TenderKind.GIFT_CARD))
    lyon.write(ValueInquired(inquiry="i2", till="t1", account="gc-none", kind=TenderKind.GIFT_CARD))
    lyon.write(ValueInquired(inquiry="i3", till="t1", account=CARD, kind=TenderKind.DEPOSIT))
    known, *unknown = answers(lyon)
    assert known == TellValue(
        inquiry="i1", account=CARD, balance_minor=10_000, elsewhere_minor=4_000, currency="EUR", label=label(CODE),
        expires="2026-12-31",
    )  # fmt: skip
    assert all("knows none" in each.why and not each.currency for each in unknown)


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("day", "given"), [("2026-11-22", 7_000), ("2026-11-23", 0)])
def test_after_its_last_day_nothing_is_given_of_a_card_until_the_office_says_another(house, day, given):
    paris, lyon = house.store("paris"), house.store("lyon")
    paris.write(lasting(owed(paris, house, "s1", 10_000), "2026-11-22"), kept := ValueKept(
        account=CARD, kind=TenderKind.GIFT_CARD, amount_minor=1_000, currency="EUR", expires="2026-11-22"
    ))  # fmt: skip
    paris.send()
    lyon.write(msgspec.structs.replace(ask("a1", 7_000), business_day=day))
    (answer,) = answers(lyon)
    assert answer.amount_minor == given
    assert bool(given) or "another day" in answer.why
    with house.office.transaction() as tx:
        work = begin(tx, ALL, 5)
        assert "Write the day" in by_hand.extend(work, CARD, "31.12.2027", by="eva", why="kindness")
        assert by_hand.extend(work, CARD, "2027-12-31", by="eva", why="kindness") == ""
        (noted,) = changes.listing(tx, what=NOTED, subject=CARD)
    assert (noted.why, noted.differences[0].was, noted.differences[0].now) == ("kindness", "2026-11-22", "2027-12-31")
    (told,) = [each for each in answers(paris) if isinstance(each, KeepValue)]
    assert (told.amount_minor, told.expires) == (0, "2027-12-31")
    assert kept.account == told.account
    lyon.write(msgspec.structs.replace(ask("a2", 1_000), business_day=day))
    assert answers(lyon)[-1].amount_minor == 1_000


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
def test_a_transfer_is_awaited_and_somebody_says_what_the_bank_says(house):
    paris = house.store("paris", "ring")
    tenders = (Tender(kind=TenderKind.BANK_TRANSFER, amount_minor=120_000, reference="RING-7"),)
    paris.write(msgspec.structs.replace(house.sale(paris, "s1", "ring"), tenders=tenders))
    paris.send()
    with house.office.transaction() as tx:
        work = begin(tx, ALL, 5)
        (row,) = transfers.listing(tx, state=TransferState.AWAITED)
        assert (row.reference, row.amount_minor) == ("RING-7", 120_000)
        with pytest.raises(TransferError, match="Say what"):
            transfers.settle(work, "paris", "s1", 1, TransferState.MISSING, by="eva", note=" ")
        transfers.settle(work, "paris", "s1", 1, TransferState.MISSING, by="eva", note="called the client")
        transfers.settle(work, "paris", "s1", 1, TransferState.ARRIVED, by="eva", note="")
        with pytest.raises(TransferError, match="arrived"):
            transfers.settle(work, "paris", "s1", 1, TransferState.MISSING, by="eva", note="x")
        with pytest.raises(LookupError):
            transfers.settle(work, "paris", "s9", 1, TransferState.ARRIVED, by="eva", note="")
    assert [row["kind"] for row in house.rows(sa.select(case_file.c.kind))] == ["transfer missing"]


def test_francs_come_go_short_and_reach_the_bank_at_the_rates_they_were_taken_at(house):
    """Two rates, ten francs missing: the position ends with nothing in it, in either currency."""
    paris = house.store("paris", "ring", "brooch")
    for n, (piece, rate, worth) in enumerate((("ring", 1_000_000_000, 10_000), ("brooch", 1_100_000_000, 11_000)), 1):
        said = Conversion(currency="CHF", amount_minor=10_000, rate_e9=rate, source="ECB", quoted_us=7)
        tenders = (
            Tender(kind=TenderKind.CASH, amount_minor=worth, conversion=said),
            Tender(kind=TenderKind.CARD, amount_minor=120_000 - worth, reference="slip"),
        )
        paris.write(msgspec.structs.replace(house.sale(paris, f"s{n}", piece, receipt=n), tenders=tenders))
    count = ForeignCount(currency="CHF", expected_minor=20_000, counted_minor=19_000)
    paris.write(
        ShiftClosed(
            shift="shift-1", till="till-1", z_number=1, business_day="2026-11-22", currency="EUR", sales=2, returns=0,
            gross_minor=240_000, tax_minor=40_000, cash_expected_minor=0, cash_counted_minor=0, foreign=(count,),
        )
    )  # fmt: skip
    banked = CashBanked(move="b1", business_day="2026-11-23", currency="CHF", amount_minor=19_000, reference="bag 7")
    paris.write(banked)
    paris.write(banked)
    paris.send()
    with house.office.reading() as tx:
        sums = {(each.account, each.currency): each.amount_minor for each in ledger.balances(tx, store="paris")}
        (listed,) = shifts.bankings(tx, store="paris")
    assert (sums["bank", "EUR"], sums["cash_over_short", "EUR"]) == (19_950, 1_050)
    left = {key: amount for key, amount in sums.items() if key[1] == "CHF" or key[0] == "currency_position"}
    assert not any(left.values()), left
    assert (listed.reference, listed.amount_minor, listed.currency) == ("bag 7", 19_000, "CHF")
    assert (listed.booked_minor, listed.own, listed.credited_minor) == (19_950, "EUR", None)

    def gave(*amounts):
        """What the bank gave, as somebody said and said again; the bank and the difference then."""
        with house.office.transaction() as tx:
            for amount in amounts:
                banking.credited(begin(tx, ALL, 9), "paris", "b1", amount, by="eva")
        with house.office.reading() as tx:
            sums = {(each.account, each.currency): each.amount_minor for each in ledger.balances(tx, store="paris")}
            (listed,) = shifts.bankings(tx)
        assert listed.credited_minor == amounts[-1]
        return sums["bank", "EUR"], sums.get(("exchange_difference", "EUR"), 0)

    assert gave(19_700, 19_700) == (19_700, 250)
    assert gave(20_100) == (20_100, -150), "put right: the bank gave more than the tills had taken them for"
    with house.office.transaction() as tx:
        with pytest.raises(LookupError, match="brought no b9"):
            banking.credited(begin(tx, ALL, 9), "paris", "b9", 1, by="eva")
        with pytest.raises(closing.NotCorrectableError, match="what the bank gave"):
            closing.reverse(begin(tx, ALL, 9), "paris", "bank_credited:b1/1", by="eva", why="a slip")


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
def test_what_the_bank_counts_otherwise_of_the_houses_own_cash_was_over_or_short(house):
    paris = house.store("paris")
    paris.write(CashBanked(move="b1", business_day="2026-11-23", currency="EUR", amount_minor=5_000, reference="bag 8"))
    paris.send()
    with house.office.transaction() as tx:
        banking.credited(begin(tx, ALL, 9), "paris", "b1", 4_980, by="eva")
        sums = {each.account: each.amount_minor for each in ledger.balances(tx, store="paris")}
    assert (sums["bank"], sums["cash_over_short"]) == (4_980, 20)


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
def test_goods_by_measure_leave_the_stock_of_their_store(house):
    paris = house.store("paris")
    card = GoodsCard(goods="melee", title="Melee", unit=Unit.CARAT, unit_minor=45_000, currency="EUR")
    with house.office.transaction() as tx:
        work = begin(tx, ALL, 5)
        goods.put(work, card, by="eva")
        goods.moved(work, "melee", "paris", 10_000, why="delivery 7", ref="r1", by="eva")
        goods.moved(work, "melee", "paris", 10_000, why="delivery 7", ref="r1", by="eva")
        with pytest.raises(GoodsError):
            goods.put(work, msgspec.structs.replace(card, goods="no name"), by="eva")
        with pytest.raises(LookupError):
            goods.moved(work, "gravel", "paris", 1, why="x", ref="r2", by="eva")
    line = SaleLine(
        line="l1", kind=LineKind.GOODS, description="Melee", list_price_minor=45_000, gross_minor=56_250, tax_bp=0,
        tax_minor=0, goods="melee", unit="ct", quantity_milli=1_250,
    )  # fmt: skip
    tender = Tender(
        kind=TenderKind.CASH, amount_minor=56_250,
        conversion=Conversion(currency="CHF", amount_minor=53_920, rate_e9=1_043_210_000, source="ECB", quoted_us=7),
    )  # fmt: skip
    base = house.sale(paris, "s1")
    paris.write(msgspec.structs.replace(base, lines=(line,), total_minor=56_250, tenders=(tender,)))
    paris.send()
    with house.office.reading() as tx:
        (row,) = goods.listing(tx)
    assert row.stock_milli == {"paris": 8_750}
    (kept,) = house.rows(sa.select(sale_tender))
    assert (kept["foreign_currency"], kept["foreign_minor"], kept["rate_e9"]) == ("CHF", 53_920, 1_043_210_000)


def melee(box, house, name, quantity, receipt):
    line = SaleLine(
        line=f"{name}-1", kind=LineKind.GOODS, description="Melee", list_price_minor=45_000, gross_minor=56_250,
        tax_bp=0, tax_minor=0, goods="melee", unit="ct", quantity_milli=quantity,
    )  # fmt: skip
    tender = Tender(kind=TenderKind.CASH, amount_minor=56_250)
    base = house.sale(box, name, receipt=receipt)
    return msgspec.structs.replace(base, lines=(line,), total_minor=56_250, tax_minor=0, tenders=(tender,))


def test_melee_is_sold_at_its_average_cost_comes_back_at_what_it_left_for_and_is_put_right(house):
    paris = house.store("paris")
    card = GoodsCard(goods="melee", title="Melee", unit=Unit.CARAT, unit_minor=45_000, currency="EUR")

    def book(quantity, ref, cost=None):
        with house.office.transaction() as tx:
            goods.moved(
                begin(tx, ALL, 5), "melee", "paris", quantity, why="delivery", ref=ref, by="eva", cost_minor=cost
            )

    def sums():
        with house.office.reading() as tx:
            (row,) = goods.listing(tx)
            told = {each.account: each.amount_minor for each in ledger.balances(tx, store="paris")}
        assert row.value_minor["paris"][0] == told.get("inventory", 0), "the stock and the ledger say the same"
        return row.stock_milli["paris"], told.get("inventory", 0), told.get("cost_of_goods_sold", 0)

    with house.office.transaction() as tx:
        goods.put(begin(tx, ALL, 5), card, by="eva")
    book(10_000, "r1", 200_000)
    book(10_000, "r2", 300_000)
    book(10_000, "r2", 300_000)
    sale = melee(paris, house, "s1", 1_250, 1)
    paris.write(sale)
    paris.send()
    assert sums() == (18_750, 468_750, 31_250)
    for n, quantity in enumerate((500, 750), 2):
        part = ReturnedLine(line="s1-1", gross_minor=100, quantity_milli=quantity)
        paris.write(
            msgspec.structs.replace(
                came_back(house, paris, Tender(kind=TenderKind.CASH, amount_minor=100), receipt=n), lines=("s1-1",),
                parts=(part,), sold=sale.lines, returns=f"b{n}",
            )
        )  # fmt: skip
    paris.send()
    assert sums() == (20_000, 500_000, 0)
    book(-1_000, "r3")
    assert sums() == (19_000, 475_000, 0)
    paris.write(melee(paris, house, "s2", 20_000, 4))
    paris.send()
    assert sums() == (-1_000, -25_000, 500_000)
    book(2_000, "r4", 60_000)
    assert sums() == (1_000, 30_000, 505_000), "the carat sold before it came in cost 300, not 250"
    with pytest.raises(GoodsError, match="leave it out"):
        book(-1, "r5", 5)


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
def test_a_piece_taken_in_payment_is_the_houses_with_its_past_and_is_not_for_sale_yet(house):
    paris = house.store("paris", "p1")
    given = TradeIn(
        piece="ti-1", title="Old brooch", category="brooch", client="c-1", value_minor=30_000, currency="EUR",
        provenance="her aunt's", proof="identity card", metal="gold", weight_mg=8_250,
    )  # fmt: skip
    paid = Tender(kind=TenderKind.TRADE_IN, amount_minor=30_000, account="ti-a")
    sold = msgspec.structs.replace(house.sale(paris, "s1", "p1", price_minor=30_000), tenders=(paid,))
    paris.write(sold, TradeInTaken(account="ti-a", sale="s1", trade_in=given))
    paris.send()
    assert house.token("ti-1") == ("paris", "here", "")
    (behind,) = house.rows(sa.select(piece_backing).where(piece_backing.c.piece == "ti-1"))
    assert (behind["cost_minor"], behind["provenance"]) == (30_000, "Bought of client c-1, sale s1")
    (past,) = house.rows(sa.select(piece_past).where(piece_past.c.piece == "ti-1"))
    assert (past["client"], past["provenance"]) == ("c-1", "her aunt's"), "as the box sealed it: here it had no key"
