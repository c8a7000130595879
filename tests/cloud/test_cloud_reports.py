"""Reports say what the ledger says, whatever they are divided by."""

import datetime as dt
from zoneinfo import ZoneInfo

import msgspec
import pytest
import sqlalchemy as sa

from cloud.costs import learned
from cloud.ledger import OF_ITS_POSTING
from cloud.pos.reports.accuracy import counted
from cloud.pos.reports.flow import By, by_step, flows, together
from cloud.pos.reports.span import Grain, Span, Spans, as_day, asked, name_of, named
from cloud.pos.reports.stock import ages, held
from cloud.tables import custody_history, ledger_line, piece_backing, posting, sale
from cloud.work import begin
from contract.facts import LineKind, ReturnedLine, ReturnRecorded, SaleLine, Tender, TenderKind
from trade.accounts import Account
from trade.guards import ALL

NOVEMBER = Span(dt.date(2026, 11, 1), dt.date(2026, 11, 30))
EVERYWHERE = ("paris", "lyon")


def give_back(sold, day: str, *, pieces=True, part: int = 1):
    """The first line whole, or a part of its money as a gesture."""
    line = sold.lines[0]
    gross, tax = line.gross_minor // part, line.tax_minor // part
    return ReturnRecorded(
        sale=sold.sale, till="till-1", shift="shift-1", receipt_number=9, business_day=day, currency=sold.currency,
        lines=(line.line,), pieces=(line.piece,) if pieces else (), total_minor=gross, tax_minor=tax, reason="too small",
        tenders=(Tender(kind=TenderKind.CARD, amount_minor=gross),),
        parts=(
            ReturnedLine(
                line=line.line, quantity_milli=1_000 if pieces else 0, gross_minor=gross, tax_minor=tax, piece=line.piece
            ),
        ),
    )  # fmt: skip


@pytest.fixture
def trading(house):
    """Two stores, a sale with a gift card beside it, one that came back at the other store, costs known and learnt."""
    paris, lyon = house.store("paris", "p1", "p2"), house.store("lyon", "p3", "p4")
    with house.office.transaction() as tx:
        work = begin(tx, ALL, 5)
        for name, cost in (("p1", 40_000), ("p3", 30_000)):
            work.tx.put(piece_backing, {"piece": name, "cost_minor": cost, "cost_currency": "EUR"})
        learned(work, ["p1"], "paris", ref="c1")
        learned(work, ["p3"], "lyon", ref="c3")
    first = house.sale(paris, "s1", "p1")
    card = SaleLine(
        line="g", kind=LineKind.GIFT_CARD, description="Gift card", list_price_minor=5_000, gross_minor=5_000, tax_bp=0,
        tax_minor=0, account="card-1",
    )  # fmt: skip
    first = msgspec.structs.replace(
        first, lines=(*first.lines, card), total_minor=125_000,
        tenders=(Tender(kind=TenderKind.CARD, amount_minor=125_000),),
    )  # fmt: skip
    second = house.sale(lyon, "s2", "p3", price_minor=90_000)
    third = msgspec.structs.replace(house.sale(lyon, "s3", "p4"), business_day="2026-12-01", receipt_number=2)
    paris.write(first)
    paris.send()
    lyon.write(second)
    lyon.write(third)
    lyon.write(give_back(second, "2026-11-25"))
    paris.write(give_back(first, "2026-11-29", pieces=False, part=4))
    paris.send()
    lyon.send()
    return house


def ledger(house, *accounts: Account) -> int:
    """Of November, credit positive."""
    query = sa.select(sa.func.sum(ledger_line.c.amount_minor).label("sum")).join_from(
        ledger_line, posting, OF_ITS_POSTING
    )
    mine = (ledger_line.c.account.in_(accounts), posting.c.business_day.between("2026-11-01", "2026-11-30"))
    (row,) = house.rows(query.where(*mine))
    return -int(row["sum"] or 0)


@pytest.mark.parametrize("by", list(By))
def test_net_sales_and_costs_are_those_of_the_ledger(trading, by):
    with trading.office.reading() as tx:
        rows = flows(tx, NOVEMBER, by, stores=EVERYWHERE)
    (whole,) = together(rows).values()
    assert whole.net_minor == ledger(trading, Account.SALES, Account.SALES_RETURNS) == 75_000
    assert (whole.gross_minor, whole.back_minor, whole.pieces) == (210_000, 120_000, 2)


def test_a_cost_counts_when_it_moved_and_comes_back_with_its_piece(trading):
    with trading.office.reading() as tx:
        rows = {row.key: row for row in flows(tx, NOVEMBER, By.STORE, stores=EVERYWHERE)}
    assert (rows["paris"].cost_minor, rows["lyon"].cost_minor) == (40_000, 0)
    assert rows["paris"].margin == pytest.approx((75_000 - 40_000) / 75_000)
    assert rows["lyon"].margin is None


def test_what_comes_back_counts_on_its_own_day(trading):
    with trading.office.reading() as tx:
        days = flows(tx, NOVEMBER, By.TIME, stores=EVERYWHERE)
    assert {row.key: row.net_minor for row in days} == {
        "2026-11-22": 175_000,
        "2026-11-25": -75_000,
        "2026-11-29": -25_000,
    }
    weeks = by_step(days, Grain.WEEK)
    assert [(row.key, row.net_minor) for row in weeks] == [("2026-11-16", 175_000), ("2026-11-23", -100_000)]


def test_another_store_and_another_month_stay_out(trading):
    with trading.office.reading() as tx:
        (only,) = flows(tx, NOVEMBER, By.STORE, stores=("paris",))
        (december,) = flows(tx, Span(dt.date(2026, 12, 1), dt.date(2026, 12, 31)), By.STORE, stores=EVERYWHERE)
    assert (only.key, december.net_minor) == ("paris", 100_000)


def test_a_sale_of_a_day_that_never_was_stands_in_its_month(house):
    """Posted by an earlier office: today such a day is parked at the door."""
    paris = house.store("paris", "p1", "p2")
    paris.write(house.sale(paris, "s1", "p1"))
    paris.send()
    with house.office.transaction() as tx:
        tx.run(sa.update(sale).values(business_day="2026-11-31"))
        days = flows(tx, NOVEMBER, By.TIME, stores=EVERYWHERE)
        assert not flows(tx, Span(dt.date(2026, 12, 1), dt.date(2026, 12, 31)), By.TIME, stores=EVERYWHERE)
    for grain, step in ((Grain.DAY, "2026-11-30"), (Grain.MONTH, "2026-11-01")):
        (folded,) = by_step(days, grain)
        assert (folded.key, folded.gross_minor) == (step, 120_000)


@pytest.mark.parametrize(
    ("told", "day"),
    [
        ("2026-11-22", "2026-11-22"), ("2026-02-30", "2026-02-28"), ("2026-13-01", "2026-12-01"),
        ("2026-00-00", "2026-01-01"), ("", "1900-01-01"), ("0000-11-22", "1900-11-22"), ("today", "1900-01-01"),
    ],
)  # fmt: skip
def test_a_day_that_never_was_counts_to_the_last_one_before_it(told, day):
    assert as_day(told).isoformat() == day


def test_a_quarantined_sale_is_no_sale(house):
    paris, lyon = house.store("paris", "p1"), house.store("lyon")
    lyon.ce["p1"] = paris.ce["p1"]
    lyon.write(house.sale(lyon, "s2", "p1"))
    lyon.send()
    with house.office.reading() as tx:
        assert flows(tx, NOVEMBER, By.TIME, stores=EVERYWHERE) == []


def test_what_lies_here_is_told_by_age_and_what_it_cost(house):
    house.store("paris", "p1", "p2")
    day_us = 86_400_000_000
    with house.office.transaction() as tx:
        tx.run(sa.update(custody_history).where(custody_history.c.piece == "p1").values(since_us=10 * day_us))
        tx.run(sa.update(custody_history).where(custody_history.c.piece == "p2").values(since_us=700 * day_us))
        (rings,) = held(tx, ["paris"], 720 * day_us)
        told = {each.name: each.pieces for each in ages(tx, ["paris"], 720 * day_us)}
    assert (rings.pieces, rings.old, rings.price_minor) == (2, 1, 240_000)
    assert told == {"0–90": 1, "91–180": 0, "181–365": 0, "366–730": 1, "> 730": 0}


def test_no_count_is_no_accuracy(house):
    house.store("paris")
    with house.office.reading() as tx:
        assert counted(tx, NOVEMBER, ["paris"], ZoneInfo("UTC")) == []


def test_a_span_is_read_from_its_name_or_its_two_days():
    today = dt.date(2026, 3, 31)
    assert named(Spans.LAST_MONTH, today) == Span(dt.date(2026, 2, 1), dt.date(2026, 2, 28))
    assert named(Spans.MONTHS_12, today).first == dt.date(2025, 4, 1)
    assert asked("month", "2026-01-05", "2026-01-09", today) == Span(dt.date(2026, 1, 5), dt.date(2026, 1, 9))
    assert asked("month", "2026-01-09", "2026-01-05", today) == named(Spans.MONTH, today)
    assert asked("rubbish", "x", "y", today).days == 90
    own = Span(dt.date(2026, 1, 5), dt.date(2026, 1, 9))
    assert asked("2026-01-05..2026-01-09", "", "", today) == own
    assert asked("2026-01-09..2026-01-05", "", "", today).days == 90
    assert (name_of(own, "month", today), name_of(named(Spans.YEAR, today), "year", today)) == (
        "2026-01-05..2026-01-09", "year"
    )  # fmt: skip
    for first, last in (("0001-01-01", "0001-01-02"), ("9999-12-01", "9999-12-31"), ("1899-12-31", "1900-01-05")):
        assert asked("month", first, last, today) == named(Spans.MONTH, today)
    assert Span(dt.date(2026, 1, 1), dt.date(2026, 1, 30)).before == Span(dt.date(2025, 12, 2), dt.date(2025, 12, 31))


@pytest.mark.parametrize(
    ("days", "grain", "columns"), [(45, Grain.DAY, 45), (90, Grain.WEEK, 13), (365, Grain.MONTH, 13)]
)
def test_a_chart_has_no_more_columns_than_can_be_read(days, grain, columns):
    last = dt.date(2026, 11, 29)
    span = Span(last - dt.timedelta(days=days - 1), last)
    assert (span.grain, len(span.steps())) == (grain, pytest.approx(columns, abs=1))
