"""Months closed for the tax office, cash that has to be reported, and what was bought from the public."""

import hashlib
import json
import threading

import msgspec
import pytest
import sqlalchemy as sa

from cloud import fiscal
from cloud.pos.compliance import desk, queries
from cloud.pos.ledger import closing
from cloud.tables import client_alias, fiscal_closing, shift
from cloud.work import begin
from contract.facts import SaleRecorded, ShiftClosed, ShiftOpened, Tender, TenderKind, TradeIn, TradeInTaken
from trade.fiscal import ClosingKind
from trade.guards import ALL
from trade.zchain import receipts_digest, z_digest

NOW = 1_800_000_000_000_000  # January 2027
DAY = 86_400_000_000


@pytest.fixture
def paris(house):
    return house.store("paris", "p1", "p2", "p3", "p4")


def with_z(house, box, n, month, piece, previous=None, **changes):
    """A shift with one sale, and its Z."""
    sold = msgspec.structs.replace(
        house.sale(box, f"s{n}", piece, receipt=n), shift=f"shift-{n}", business_day=f"{month}-05", **changes
    )
    z = ShiftClosed(
        shift=f"shift-{n}", till="till-1", z_number=n, business_day=f"{month}-05", currency="EUR", sales=1, returns=0,
        gross_minor=sold.total_minor, tax_minor=sold.tax_minor, cash_expected_minor=0, cash_counted_minor=0,
        receipts=(n, n), sales_digest=receipts_digest([(n, f"s{n}")]),
        previous_z_digest=z_digest(previous) if previous else "",
    )  # fmt: skip
    opened = ShiftOpened(shift=f"shift-{n}", till="till-1", business_day=f"{month}-05", float_minor=0, currency="EUR")
    for fact in (opened, sold, z):
        box.write(fact)
    box.send()
    return z


def close(house, period):
    with house.office.transaction() as tx:
        closing.close(begin(tx, ALL, NOW), "paris", period, by="admin", why="year end")


def chain(house):
    with house.office.reading() as tx:
        return queries.chain(tx, "paris")


def test_closing_a_month_closes_every_month_before_it_and_december_its_year(house, paris):
    first = with_z(house, paris, 1, "2026-10", "p1")
    with_z(house, paris, 2, "2026-12", "p2", first)
    close(house, "2026-12")
    found = chain(house)
    assert [(c.kind, c.period, c.totals.sales) for c in reversed(found.closings)] == [
        (ClosingKind.MONTH, "2026-10", 1), (ClosingKind.MONTH, "2026-12", 1), (ClosingKind.YEAR, "2026", 2),
    ]  # fmt: skip
    assert found.closings[0].ever.gross_minor == 240_000
    assert found.trouble == ""
    close(house, "2026-12")
    assert len(chain(house).closings) == 3


def test_a_year_without_a_december_of_its_own_is_closed_with_the_month_after_it(house, paris):
    first = with_z(house, paris, 1, "2026-10", "p1")
    close(house, "2026-10")
    with_z(house, paris, 2, "2027-01", "p2", first)
    with house.office.transaction() as tx:
        closing.close(begin(tx, ALL, NOW + 90 * DAY), "paris", "2027-01", by="admin", why="late")
    assert [c.period for c in reversed(chain(house).closings)] == ["2026-10", "2026", "2027-01"]
    assert chain(house).trouble == ""


def test_a_z_that_comes_late_is_counted_once_in_the_next_closing_and_marked(house, paris):
    first = with_z(house, paris, 1, "2026-10", "p1")
    close(house, "2026-10")
    late = with_z(house, paris, 2, "2026-10", "p2", first)
    close(house, "2026-11")
    november = chain(house).closings[0]
    assert (november.period, november.late, november.zs) == ("2026-11", (z_digest(late),), (z_digest(late),))


def test_a_closing_cannot_be_altered_and_a_z_that_is_is_found(house, paris):
    with_z(house, paris, 1, "2026-10", "p1")
    close(house, "2026-10")
    with pytest.raises(sa.exc.DBAPIError, match="immutable"), house.office.transaction() as tx:
        tx.run(sa.update(fiscal_closing).values(body="{}"))
    with house.office.transaction() as tx:
        body = tx.value(sa.select(shift.c.z_body)).replace('"gross_minor":120000', '"gross_minor":20000')
        tx.run(sa.update(shift).values(z_body=body))
    assert "not here any more" in chain(house).trouble


def test_the_archive_has_every_receipt_and_is_the_same_file_twice(house, paris):
    first = with_z(house, paris, 1, "2026-10", "p1")
    close(house, "2026-10")
    with house.office.reading() as tx:
        (october,) = fiscal.closings(tx, "paris")
    one = b"".join(fiscal.archive(house.office.reading, october))
    with_z(house, paris, 2, "2026-11", "p2", first)
    assert b"".join(fiscal.archive(house.office.reading, october)) == one
    lines = [json.loads(line) for line in one.splitlines()]
    assert lines[0]["closing"]["period"] == "2026-10"
    assert lines[1]["z"]["z_number"] == 1
    assert lines[2]["entry"]["facts"][0]["sale"] == "s1"
    assert lines[3]["sha256"] == hashlib.sha256(b"".join(one.splitlines(keepends=True)[:-1])).hexdigest()


def cash_sale(house, box, n, piece, amount, client="c-1"):
    sold = house.sale(box, f"s{n}", piece, receipt=n)
    tender = Tender(kind=TenderKind.CASH, amount_minor=amount)
    line = msgspec.structs.replace(sold.lines[0], gross_minor=amount, list_price_minor=amount, tax_minor=0)
    return msgspec.structs.replace(
        sold, client=client, tenders=(tender,), lines=(line,), total_minor=amount, tax_minor=0
    )


def reports(house):
    with house.office.reading() as tx:
        return queries.cash_reports(tx, DAY)


def test_of_two_who_file_one_report_at_once_the_second_is_told(postgres_office, empty_postgres, house_type):
    house = house_type(postgres_office)
    paris = house.store("paris", "p1")
    paris.write(cash_sale(house, paris, 1, "p1", 1_200_000))
    paris.send()
    (row,) = reports(house)
    told = []

    def file(reference):
        try:
            with house.office.transaction() as tx:
                desk.file_report(begin(tx, ALL, DAY), row.report.name, reference, by="ben")
        except desk.ComplianceError as error:
            told.append(str(error))

    second = threading.Thread(target=file, args=("R-2",))
    with house.office.transaction() as tx:
        desk.file_report(begin(tx, ALL, DAY), row.report.name, "R-1", by="admin")
        second.start()
        second.join(1)
    second.join(30)
    assert len(told) == 1
    assert reports(house)[0].reference == "R-1"


def test_two_cash_sales_to_one_client_on_one_day_are_one_report_and_it_is_filed_once(house, paris):
    for n, piece in ((1, "p1"), (2, "p2")):
        paris.write(cash_sale(house, paris, n, piece, 600_000))
    paris.send()
    (row,) = reports(house)
    assert (row.report.total_minor, row.report.client, row.filed_us) == (1_200_000, "c-1", 0)

    def file(reference):
        with house.office.transaction() as tx:
            desk.file_report(begin(tx, ALL, DAY), row.report.name, reference, by="admin")

    file("BSA 31000")
    file("BSA 31000")
    assert reports(house)[0].reference == "BSA 31000"
    with pytest.raises(desk.ComplianceError, match="was filed as BSA 31000 already"):
        file("another")
    with pytest.raises(LookupError), house.office.transaction() as tx:
        desk.file_report(begin(tx, ALL, DAY), "nothing", "x", by="admin")


def file(house, name, reference="R-1"):
    with house.office.transaction() as tx:
        desk.file_report(begin(tx, ALL, DAY), name, reference, by="admin")


def test_a_late_sale_renames_no_report_that_was_filed_and_amends_it(house, paris):
    for n, piece in ((2, "p2"), (3, "p3")):
        paris.write(cash_sale(house, paris, n, piece, 600_000))
    paris.send()
    (row,) = reports(house)
    file(house, row.report.name)
    lyon = house.store("lyon", "l1")
    early = msgspec.structs.replace(cash_sale(house, lyon, 1, "l1", 500_000), till="till-9")
    lyon.now_us = 1
    lyon.write(early)
    lyon.send()
    more, filed = reports(house)
    assert (filed.report, filed.reference) == (row.report, "R-1")
    assert (more.report.amends, more.filed_us) == (row.report.name, 0)
    file(house, more.report.name, "R-2")
    assert {each.reference for each in reports(house)} == {"R-1", "R-2"}


def test_cash_of_two_ids_of_one_client_is_one_payers(house, paris):
    for n, piece, client in ((1, "p1", "c-1"), (2, "p2", "c-2")):
        paris.write(cash_sale(house, paris, n, piece, 600_000, client=client))
    paris.send()
    assert reports(house) == []
    merge = {"merge": "m", "survivor": "c-2", "absorbed": "c-1", "by": "admin", "at_us": 1, "undone_us": 0}
    with house.office.transaction() as tx:
        tx.add(client_alias, merge)
    (row,) = reports(house)
    assert (row.report.total_minor, row.report.client) == (1_200_000, "c-2")
    with house.office.transaction() as tx:
        tx.run(sa.update(client_alias).values(undone_us=5))
    assert reports(house) == [], "two people after all"


def test_cards_and_two_clients_are_no_report(house, paris):
    paris.write(cash_sale(house, paris, 1, "p1", 600_000))
    paris.write(cash_sale(house, paris, 2, "p2", 600_000, client="c-2"))
    by_card: SaleRecorded = cash_sale(house, paris, 3, "p3", 2_000_000)
    paris.write(
        msgspec.structs.replace(by_card, tenders=(Tender(kind=TenderKind.CARD, amount_minor=2_000_000, reference="1"),))
    )
    paris.send()
    assert reports(house) == []


def test_what_clients_gave_in_payment_is_added_up_by_year(house, paris):
    given = TradeIn(
        piece="ti-1", title="Brooch", category="brooch", client="c-1", value_minor=30_000, currency="EUR",
        provenance="her aunt's", proof="identity card",
    )  # fmt: skip
    sold = cash_sale(house, paris, 1, "p1", 30_000)
    paid = Tender(kind=TenderKind.TRADE_IN, amount_minor=30_000, account="trade-1")
    paris.write(
        msgspec.structs.replace(sold, tenders=(paid,)),
        TradeInTaken(account="trade-1", sale=sold.sale, trade_in=given),
    )
    paris.send()
    with house.office.reading() as tx:
        (row,) = queries.bought(tx)
        (year,) = queries.bought_years([row])
    assert (row.store, row.number, row.amount_minor, year.amount_minor) == ("paris", 1, 30_000, 30_000)
