"""The ledger balances by construction and by the database, and never changes."""

import msgspec
import pytest
import sqlalchemy as sa
from house_templates import empty_office
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloud.ledger import Kind, post
from cloud.pos.ledger import closing
from cloud.pos.ledger.queries import balances, postings
from cloud.pos.sales.desk import NotQuarantinedError, resolve
from cloud.tables import ledger_close, ledger_line, posting, sale
from cloud.work import begin
from contract.facts import LineKind, SaleLine, SaleRecorded, Tender, TenderKind
from contract.ids import SaleId, StoreId, UserId
from contract.money import tax_within
from trade.accounts import Account
from trade.guards import ALL
from trade.posting import Posting, post_sale

PARIS = StoreId("paris")


def legs(*amounts: int) -> list[Posting]:
    return [Posting(account=Account.CASH, amount_minor=amount, currency="EUR") for amount in amounts]


def write(office, *amounts: int, ref: str = "s1", kind: Kind = Kind.SALE) -> None:
    with office.transaction() as tx:
        post(begin(tx, ALL, 9), legs(*amounts), store=PARIS, kind=kind, ref=ref, business_day="2026-11-22", at_us=1)


@pytest.mark.parametrize("amounts", [(100, -99), (100,), (100, -100, 1)])
def test_a_posting_that_does_not_balance_is_refused_by_the_database(office, amounts):
    with pytest.raises(sa.exc.IntegrityError):
        write(office, *amounts)
    with office.reading() as tx:
        assert tx.rows(sa.select(ledger_line)) == []


@pytest.mark.parametrize("kind", [*closing.FOLLOWS, Kind.SALE])
def test_what_is_kept_elsewhere_too_is_not_reversed_in_the_ledger_alone(office, kind):
    """A sale is the control."""
    write(office, 100, -100, kind=kind)
    with office.reading() as tx:
        name = str(tx.value(sa.select(posting.c.posting)))
    with office.transaction() as tx:
        work = begin(tx, ALL, 10)
        if kind in closing.FOLLOWS:
            with pytest.raises(closing.NotCorrectableError, match="follow"):
                closing.reverse(work, PARIS, name, by=UserId("ada"), why="by mistake")
        else:
            closing.reverse(work, PARIS, name, by=UserId("ada"), why="by mistake")
    with office.reading() as tx:
        assert len(tx.rows(sa.select(posting))) == 1 + (kind not in closing.FOLLOWS)


def test_lines_without_a_posting_are_refused(office):
    line = {"store": PARIS, "posting": "x", "n": 1, "account": "cash", "amount_minor": 5, "currency": "EUR"}
    with pytest.raises(sa.exc.IntegrityError), office.transaction() as tx:
        tx.add(ledger_line, line)


def test_a_posting_is_never_changed_deleted_or_added_to(office):
    write(office, 100, -100)
    line = {"store": PARIS, "posting": "sale:s1", "n": 3, "account": "cash", "amount_minor": 5, "currency": "EUR"}
    for statement in (
        sa.update(ledger_line).values(amount_minor=7), sa.delete(ledger_line), sa.update(posting).values(ref="other"),
        sa.delete(posting), sa.insert(ledger_line).values(**line),
    ):  # fmt: skip
        with pytest.raises(sa.exc.IntegrityError), office.transaction() as tx:
            tx.run(statement)
    with office.reading() as tx:
        assert [row["amount_minor"] for row in tx.rows(sa.select(ledger_line).order_by(ledger_line.c.n))] == [100, -100]


def test_raw_sql_cannot_replace_empty_or_reopen_anything(office):
    """What a person with a SQL prompt would try."""
    write(office, 100, -100)
    with office.transaction() as tx:
        tx.run(sa.text("INSERT INTO ledger_close (store, period, closed_us) VALUES ('paris', '2026-11', 1)"))
    new = "(store, posting, kind, ref, business_day, period, at_us) VALUES ('paris', '{}', 'sale', '{}', '', '{}', 1)"
    line = "(store, posting, n, account, amount_minor, currency) VALUES ('paris', 'sale:s1', {}, 'safe', 100, 'EUR')"
    tries = [
        "UPDATE ledger_close SET period = '2026-10'",
        "DELETE FROM ledger_close",
        "INSERT INTO ledger_close (store, period) VALUES ('paris', '2026-10')",
        f"INSERT INTO posting {new.format('x', 'x', '2026-12')}",  # without lines
        f"INSERT INTO ledger_line {line.format(3)}",
    ]
    if office.engine.dialect.name == "sqlite":
        tries += [
            f"INSERT OR REPLACE INTO posting {new.format('sale:s1', 's1', '2026-12')}",
            "UPDATE OR REPLACE posting SET ref = 'y'",
            f"INSERT OR REPLACE INTO ledger_line {line.format(1)}",
            "INSERT OR REPLACE INTO ledger_close (store, period, why) VALUES ('paris', '2026-11', 'mine')",
        ]
    else:
        tries += [f"TRUNCATE {table} CASCADE" for table in ("posting", "ledger_line", "ledger_close")]
    for each in tries:
        with pytest.raises(sa.exc.IntegrityError), office.transaction() as tx:
            tx.run(sa.text(each))
    with office.reading() as tx:
        assert [row["account"] for row in tx.rows(sa.select(ledger_line).order_by(ledger_line.c.n))] == ["cash", "cash"]
        assert [row["ref"] for row in tx.rows(sa.select(posting))] == ["s1"]


def test_a_closed_month_takes_no_posting_whatever_code_runs(office):
    """The database's own rule: a posting that says November after its close is refused with its lines."""
    with office.transaction() as tx:
        tx.add(ledger_close, {"store": PARIS, "period": "2026-11"})
    key = {"store": PARIS, "posting": "sale:s1"}
    lines = [
        {**key, "n": n, "account": "cash", "amount_minor": amount, "currency": "EUR"} for n, amount in ((1, 5), (2, -5))
    ]
    row = {**key, "kind": "sale", "ref": "s1", "business_day": "2026-11-22", "period": "2026-11", "at_us": 1}
    with pytest.raises(sa.exc.IntegrityError, match="period is closed"):
        seal(office, lines, row)
    seal(office, lines, {**row, "period": "2026-12"})


def seal(office, lines: list[dict], row: dict) -> None:
    with office.transaction() as tx:
        tx.add(ledger_line, *lines)
        tx.add(posting, row)


def test_what_comes_after_the_close_goes_into_the_open_month_and_is_marked_late(office):
    with office.transaction() as tx:
        tx.add(ledger_close, {"store": PARIS, "period": "2026-12"})
    write(office, 100, -100)
    with office.reading() as tx:
        (row,) = tx.rows(sa.select(posting))
    assert (row["business_day"], row["period"], row["late"]) == ("2026-11-22", "2027-01", 1)


def test_nothing_is_posted_twice(office):
    write(office, 100, -100)
    with pytest.raises(sa.exc.IntegrityError):
        write(office, 100, -100)


money = st.integers(min_value=1, max_value=10**12)


@st.composite
def recorded(draw: st.DrawFn) -> SaleRecorded:
    lines = []
    for n in range(draw(st.integers(1, 5))):
        gross, rate = draw(money), draw(st.integers(0, 3_000))
        lines.append(
            SaleLine(
                line=f"l{n}", kind=LineKind.SERVICE, description="work", list_price_minor=gross, gross_minor=gross,
                tax_bp=rate, tax_minor=tax_within(gross, rate),
            )
        )  # fmt: skip
    total = sum(line.gross_minor for line in lines)
    cash = draw(st.integers(0, total))
    tenders = [Tender(kind=TenderKind.CASH, amount_minor=cash), Tender(kind=TenderKind.CARD, amount_minor=total - cash)]
    return SaleRecorded(
        sale=SaleId("s"), till="t", shift="z", receipt_number=1, business_day="2026-11-22", associate=UserId("a"),
        currency=draw(st.sampled_from(["EUR", "JPY", "KWD"])), lines=tuple(lines),
        tenders=tuple(each for each in tenders if each.amount_minor), total_minor=total,
        tax_minor=sum(line.tax_minor for line in lines),
    )  # fmt: skip


@pytest.fixture(scope="module")
def small_office():
    office = empty_office()
    yield office
    office.close()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sales=st.lists(recorded(), min_size=1, max_size=4))
def test_whatever_is_sold_the_sum_of_all_accounts_is_nothing(small_office, sales):
    with small_office.transaction() as tx:
        known = len(tx.rows(sa.select(posting)))
        for n, fact in enumerate(sales, known):
            post(
                begin(tx, ALL, 9),
                post_sale(fact),
                store=PARIS,
                kind=Kind.SALE,
                ref=f"s{n}",
                business_day="2026-11-22",
                at_us=n,
            )
    with small_office.reading() as tx:
        sums: dict[str, int] = {}
        for each in balances(tx):
            sums[each.currency] = sums.get(each.currency, 0) + each.amount_minor
    assert set(sums.values()) == {0}


def test_a_quarantined_sales_money_waits_for_a_person(house):
    paris, lyon = house.store("paris", "p1"), house.store("lyon")
    lyon.ce["p1"] = paris.ce["p1"]
    lyon.write(house.sale(lyon, "s2", "p1"))
    lyon.send()
    with house.office.reading() as tx:
        assert postings(tx) == []
    with house.office.transaction() as tx:
        work = begin(tx, ALL, 9)
        resolve(work, StoreId("lyon"), SaleId("s2"), post_it=True, by=UserId("marc"), outcome="client keeps it")
    assert house.rows(sa.select(sale.c.state)) == [{"state": "resolved"}]
    with house.office.reading() as tx:
        (row,) = postings(tx)
    assert (row.store, row.ref, sum(leg.amount_minor for leg in row.legs)) == ("lyon", "s2", 0)
    with pytest.raises(NotQuarantinedError), house.office.transaction() as tx:
        resolve(begin(tx, ALL, 9), StoreId("lyon"), SaleId("s2"), post_it=False, by=UserId("marc"), outcome="again")


def test_cash_and_change_are_posted_as_what_counts_towards_the_total(house):
    box = house.store("paris", "p1")
    sold = house.sale(box, "s1", "p1")
    tender = Tender(kind=TenderKind.CASH, amount_minor=120_000, change_minor=5_000)
    box.write(msgspec.structs.replace(sold, tenders=(tender,)))
    box.send()
    with house.office.reading() as tx:
        told = {each.account: each.amount_minor for each in balances(tx, store="paris")}
    assert told == {"cash": 120_000, "sales": -100_000, "sales_tax_payable": -20_000}
