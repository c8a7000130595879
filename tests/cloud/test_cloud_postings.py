"""From what stores tell to the ledger: goods at their cost, commissions, shifts, closed months, exports."""

import csv
import io

import msgspec
import pytest
import sqlalchemy as sa

from cloud import changes
from cloud.desk import Desk
from cloud.pos.commissions.desk import RateError, rates, set_rate
from cloud.pos.commissions.queries import by_associate, entries
from cloud.pos.ledger import closing, export
from cloud.pos.ledger.queries import balances, details, movements, postings, trial, trial_sums
from cloud.pos.pieces.desk import edit, records
from cloud.tables import case_file
from cloud.work import begin
from contract.commands import GrantCustody
from contract.facts import (
    CustodyReceived,
    CustodyReleased,
    ReleaseWhy,
    ReturnRecorded,
    Share,
    ShiftClosed,
    ShiftOpened,
    TaxScheme,
    Tender,
    TenderKind,
    TransferShipped,
)
from contract.feed import Condition
from contract.ids import PieceId, StoreId, UserId
from trade.accounts import Account
from trade.guards import ALL
from trade.posting import Posting

NOVEMBER_30 = 1_796_000_000_000_000
LATER = 1_830_000_000_000_000
"""Well into 2027."""


def told(house, store: str = "") -> dict[str, int]:
    with house.office.reading() as tx:
        return {each.account: each.amount_minor for each in balances(tx, store=store) if each.amount_minor}


def costs(house, piece: str, amount: int, currency: str = "EUR", **card) -> None:
    with house.office.transaction() as tx:
        work = begin(tx, ALL, NOVEMBER_30 + len(told_pieces) + amount)
        told_pieces.append(piece)
        was = records(tx, [PieceId(piece)])[PieceId(piece)]
        backing = msgspec.structs.replace(was.backing, cost_minor=amount, cost_currency=currency)
        edit(work, msgspec.structs.replace(was.card, **card), backing, by=UserId("marc"), why="invoice")


told_pieces: list[str] = []


def came_back(fact, *lines: str, receipt: int = 2) -> ReturnRecorded:
    back = [line for line in fact.lines if line.line in lines]
    total = sum(line.gross_minor for line in back)
    return ReturnRecorded(
        sale=fact.sale, lines=lines, pieces=tuple(line.piece for line in back if line.piece), till="till-1",
        shift="shift-1", receipt_number=receipt, business_day="2026-11-23", currency="EUR",
        tenders=(Tender(kind=TenderKind.CARD, amount_minor=total),), total_minor=total,
        tax_minor=sum(line.tax_minor for line in back), reason="too small",
    )  # fmt: skip


def test_a_piece_is_inventory_then_cost_of_goods_sold_then_inventory_again(house):
    box = house.store("paris", "p1")
    costs(house, "p1", 40_000)
    assert told(house) == {"inventory": 40_000, "goods_received_not_invoiced": -40_000}
    fact = house.sale(box, "s1", "p1")
    box.write(fact)
    box.send()
    assert told(house)["cost_of_goods_sold"] == 40_000
    assert "inventory" not in told(house)
    box.write(came_back(fact, "s1-1"))
    box.send()
    assert {name: amount for name, amount in told(house).items() if amount} == {
        "inventory": 40_000, "goods_received_not_invoiced": -40_000, "sales": -100_000, "sales_returns": 100_000,
    }  # fmt: skip


def test_a_cost_that_becomes_known_after_the_sale_is_posted_then_and_corrected_later(house):
    box = house.store("paris", "p1")
    box.write(house.sale(box, "s1", "p1"))
    box.send()
    assert "cost_of_goods_sold" not in told(house)
    costs(house, "p1", 40_000)
    costs(house, "p1", 42_000)
    assert told(house)["cost_of_goods_sold"] == 42_000
    with house.office.reading() as tx:
        kept = details(tx, "cost_of_goods_sold")
        assert [(each.by, each.amount_minor) for each in kept] == [("p1", 42_000)]
        assert [each.amount_minor for each in movements(tx, "cost_of_goods_sold", by="p1")] == [2_000, 40_000]


def test_second_hand_is_taxed_on_its_margin_when_the_cost_is_known(house):
    box = house.store("paris", "p1")
    fact = house.sale(box, "s1", "p1")
    (line,) = fact.lines
    line = msgspec.structs.replace(line, scheme=TaxScheme.MARGIN, tax_minor=0, tax="margin20")
    box.write(msgspec.structs.replace(fact, lines=(line,), tax_minor=0))
    box.send()
    assert "sales_tax_payable" not in told(house)
    costs(house, "p1", 60_000)
    assert told(house)["sales_tax_payable"] == -10_000
    assert told(house)["sales"] == -110_000


def test_a_margin_in_two_currencies_is_a_case(house):
    box = house.store("paris", "p1")
    costs(house, "p1", 60_000, "USD")
    fact = house.sale(box, "s1", "p1")
    (line,) = fact.lines
    line = msgspec.structs.replace(line, scheme=TaxScheme.MARGIN, tax_minor=0)
    box.write(msgspec.structs.replace(fact, lines=(line,), tax_minor=0))
    box.send()
    assert [row["kind"] for row in house.rows(sa.select(case_file.c.kind))] == ["margin unknown"]


def test_a_lost_piece_is_written_off(house):
    house.store("paris", "p1")
    costs(house, "p1", 40_000)
    costs(house, "p1", 40_000, condition=Condition.LOST)
    assert told(house) == {"inventory_write_off": 40_000, "goods_received_not_invoiced": -40_000}


def test_a_transfer_moves_the_cost_from_store_to_store(house):
    paris, lyon = house.store("paris", "p1"), house.store("lyon")
    costs(house, "p1", 40_000)
    released = CustodyReleased(piece="p1", ce=paris.ce["p1"], why=ReleaseWhy.SHIPPED, to="lyon", transfer="t1")
    paris.write(TransferShipped(transfer="t1", to="lyon", pieces=("p1",)), released)
    paris.send()
    assert told(house, "paris") == {"inventory_in_transit": 40_000, "goods_received_not_invoiced": -40_000}
    granted = [each.command for each in lyon.obey(lyon.send()) if isinstance(each.command, GrantCustody)]
    assert granted
    lyon.write(CustodyReceived(piece="p1", ce=lyon.ce["p1"], transfer="t1"))
    lyon.send()
    assert told(house, "lyon") == {"inventory": 40_000, "inter_store": -40_000}
    assert told(house, "paris") == {"inter_store": 40_000, "goods_received_not_invoiced": -40_000}


def test_a_drawer_is_empty_in_the_ledger_after_its_z(house):
    box = house.store("paris", "p1")
    opened = ShiftOpened(shift="shift-1", till="till-1", business_day="2026-11-22", float_minor=20_000, currency="EUR")
    fact = house.sale(box, "s1", "p1")
    fact = msgspec.structs.replace(fact, tenders=(Tender(kind=TenderKind.CASH, amount_minor=120_000),))
    closed = ShiftClosed(
        shift="shift-1", till="till-1", z_number=1, business_day="2026-11-22", currency="EUR", sales=1, returns=0,
        gross_minor=120_000, tax_minor=20_000, cash_expected_minor=140_000, cash_counted_minor=139_500,
    )  # fmt: skip
    box.write(opened)
    box.write(fact)
    box.write(closed)
    box.send()
    assert told(house) == {"safe": 119_500, "cash_over_short": 500, "sales": -100_000, "sales_tax_payable": -20_000}


SHARES = (
    Share(associate="ana", share_bp=6_000, rate_bp=200, base_minor=120_000, commission_minor=2_400),
    Share(associate="leo", share_bp=4_000, rate_bp=100, base_minor=80_000, commission_minor=800),
)


def test_commissions_are_owed_and_taken_back_at_the_shares_of_the_sale(house):
    box = house.store("paris", "p1", "p2")
    fact = msgspec.structs.replace(house.sale(box, "s1", "p1", "p2"), shares=SHARES)
    box.write(fact)
    box.write(came_back(fact, "s1-2"))
    box.send()
    with house.office.reading() as tx:
        found = {
            each.associate: (each.earned_minor, each.taken_back_minor, each.owed_minor) for each in by_associate(tx)
        }
        assert [each.amount_minor for each in entries(tx, "leo", period="2026-11")] == [-400, 800]
    assert found == {"ana": (2_400, 1_200, 1_200), "leo": (800, 400, 400)}
    box.write(came_back(fact, "s1-1", receipt=3))
    box.send()
    assert "commission_expense" not in told(house)


def test_a_rate_of_commission_is_told_to_the_stores_with_its_reason_kept(house):
    house.store("paris")
    with house.office.transaction() as tx:
        work = begin(tx, ALL, 9)
        set_rate(work, whose="associate", rate_bp=250, from_day="2026-11-01", by=UserId("marc"), why="new contract")
        with pytest.raises(RateError):
            set_rate(work, whose="nobody", rate_bp=250, from_day="2026-11-01", by=UserId("marc"), why="new contract")
        with pytest.raises(changes.WhyError):
            set_rate(work, whose="associate", rate_bp=300, from_day="2026-11-01", by=UserId("marc"), why="")
    with house.office.reading() as tx:
        assert [(card.role, card.rate_bp) for card in rates(begin(tx, ALL, 9))] == [("associate", 250)]


def closing_of(house, period: str, *, now_us: int = LATER, why: str = "audited") -> None:
    with house.office.transaction() as tx:
        closing.close(begin(tx, ALL, now_us), StoreId("paris"), period, by=UserId("marc"), why=why)


def test_a_closed_month_stays_as_it_is_and_what_comes_late_is_in_the_next(house):
    box = house.store("paris", "p1", "p2")
    box.write(house.sale(box, "s1", "p1"))
    box.send()
    with house.office.transaction() as tx:
        (open_now,) = closing.closable(begin(tx, ALL, LATER))
    assert open_now.period == "2026-11"
    closing_of(house, "2026-11")
    closing_of(house, "2026-11")  # asked again
    with house.office.reading() as tx:
        before = trial(tx, period="2026-11")
        (row,) = closing.closes(tx)
    assert (row.by, row.why) == ("marc", "audited")
    box.write(house.sale(box, "s2", "p2", receipt=2))
    box.send()
    with house.office.reading() as tx:
        assert trial(tx, period="2026-11") == before
        (late, _) = postings(tx)
        assert (late.ref, late.business_day, late.period, late.late) == ("s2", "2026-11-22", "2026-12", True)
        december = trial(tx, period="2026-12")
        assert {row.account: row.opening_minor for row in december} == {
            row.account: row.closing_minor for row in before
        }
        assert all(each.debit_minor == each.credit_minor for each in trial_sums(december))


@pytest.mark.parametrize(
    ("period", "now_us", "why"),
    [("2026-11", 1_795_000_000_000_000, "x y z"), ("2026-13", LATER, "x y z"), ("2026-11", LATER, " ")],
)
def test_a_month_is_not_closed_before_its_end_without_a_reason_or_when_it_is_none(house, period, now_us, why):
    house.store("paris")
    with pytest.raises(closing.NotClosableError):
        closing_of(house, period, now_us=now_us, why=why)
    with house.office.reading() as tx:
        assert closing.closes(tx) == []


def test_an_entry_is_corrected_by_its_reversal_once_and_by_an_entry_by_hand(house):
    box = house.store("paris", "p1")
    box.write(house.sale(box, "s1", "p1"))
    box.send()
    with house.office.transaction() as tx:
        work = begin(tx, ALL, LATER)
        closing.reverse(work, StoreId("paris"), "sale:s1", by=UserId("marc"), why="rung up twice")
    assert told(house) == {}
    with pytest.raises(closing.NotCorrectableError), house.office.transaction() as tx:
        closing.reverse(begin(tx, ALL, LATER), StoreId("paris"), "sale:s1", by=UserId("marc"), why="again")
    legs = [
        Posting(account=Account.SAFE, amount_minor=500, currency="EUR"),
        Posting(account=Account.OVER_SHORT, amount_minor=-500, currency="EUR", by="till-1"),
    ]
    for _ in range(2):
        with house.office.transaction() as tx:
            work = begin(tx, ALL, LATER)
            closing.correct(work, StoreId("paris"), legs, entry="found-500", by=UserId("marc"), why="found in the safe")
    assert told(house) == {"safe": 500, "cash_over_short": -500}


def test_the_journal_is_exported_whole_and_every_entry_balances(house):
    box = house.store("paris", "p1", "p2")
    costs(house, "p1", 40_000)
    box.write(msgspec.structs.replace(house.sale(box, "s1", "p1", "p2"), shares=SHARES))
    box.send()
    desk = Desk(house.office, lambda: LATER, lambda: 0, lambda: "id")
    rows = list(csv.DictReader(io.StringIO("".join(export.csv_of(desk, of="paris", period="")))))
    assert tuple(rows[0]) == export.CSV_COLUMNS
    for name in {row["posting"] for row in rows}:
        legs = [row for row in rows if row["posting"] == name]
        assert sum(float(row["debit"] or 0) - float(row["credit"] or 0) for row in legs) == 0
    with house.office.reading() as tx:
        assert len(rows) == sum(len(each.legs) for each in postings(tx))
    fec = list(csv.DictReader(io.StringIO("".join(export.fec_of(desk, of="paris", period="2026-11"))), delimiter="\t"))
    assert tuple(fec[0]) == export.FEC_COLUMNS
    assert sorted({int(row["EcritureNum"]) for row in fec}) == list(
        range(1, len({row["PieceRef"] + row["JournalCode"] for row in fec}) + 1)
    )


def test_pages_of_an_export_leave_nothing_out(house, monkeypatch):
    """The limit of a page is a figure, not a rule: at two legs a page the journal is the same."""
    box = house.store("paris", "p1")
    box.write(house.sale(box, "s1", "p1"))
    box.send()
    desk = Desk(house.office, lambda: LATER, lambda: 0, lambda: "id")
    whole = "".join(export.csv_of(desk, of="", period=""))
    monkeypatch.setattr(export, "LEGS_PER_PAGE", 2)
    assert "".join(export.csv_of(desk, of="", period="")) == whole
    monkeypatch.setattr(export, "LEGS_PER_EXPORT_MAX", 2)
    with house.office.reading() as tx, pytest.raises(export.TooLongError):
        export.check_size(tx, of="", period="")
