"""Pieces of others: due back by a day, owed from their sale on, paid once, and so much less when one comes back."""

import msgspec
import pytest
import sqlalchemy as sa

from cloud import due_back, feed
from cloud.ledger import Kind
from cloud.pos.consigned import owing
from cloud.pos.ledger import closing
from cloud.pos.ledger.queries import balances
from cloud.pos.pieces.columns import BY_FIELD, Backing
from cloud.pos.pieces.desk import bring_in, edit, records
from cloud.tables import feed_row, posting
from cloud.work import begin
from contract.commands import CustodyState
from contract.facts import ReturnRecorded, Tender, TenderKind
from contract.feed import DueBackCard, Ownership, encode_page
from trade.guards import ALL
from web.tables import Money

DAY = "2026-11-29"
pytestmark = pytest.mark.parametrize("office", ["sqlite"], indirect=True)


@pytest.fixture
def paris(house):
    """Two rings of Moreau & Fils, one due back last week; one of Weber; one of the house."""
    box = house.store("paris", "own")
    lent = (
        ("a", Ownership.MEMO_IN, "Moreau & Fils", 40_000, "2026-11-20"),
        ("b", Ownership.CONSIGNED, "Moreau & Fils", 50_000, "2027-01-31"),
        ("c", Ownership.CONSIGNED, "Weber", 60_000, ""),
    )
    with house.office.transaction() as tx:
        work = begin(tx, ALL, 5)
        cards = [msgspec.structs.replace(house.card(name), ownership=how) for name, how, *_ in lent]
        backings = {
            name: Backing(cost_minor=cost, cost_currency="EUR", source=owner, due_back=due)
            for name, _, owner, cost, due in lent
        }
        result = bring_in(work, cards, "paris", state=CustodyState.HERE, backings=backings)
        assert result.errors == []
    box.obey(box.send())
    return box


def rows(house, **more):
    with house.office.reading() as tx:
        return {row.piece: row for row in owing.held(tx, ["paris", "lyon"], today=DAY, **more)}


def owners(house):
    return {
        (each.owner, each.owed_minor, each.paid_minor, each.overdue)
        for each in owing.owners(list(rows(house).values()))
    }


def sell(house, box, *pieces, name="s-1", receipt=1):
    box.write(house.sale(box, name, *pieces, receipt=receipt))
    box.send()


def pay(house, payment, amount, owner="Moreau & Fils", reference="SEPA 77"):
    with house.office.transaction() as tx:
        return owing.pay(
            begin(tx, ALL, 9),
            payment,
            owner,
            Money(amount, "EUR"),
            reference=reference,
            by="eva",
            stores=["paris"],
            today=DAY,
        )


def money(house):
    with house.office.reading() as tx:
        found = {row.account: row.amount_minor for row in balances(tx)}
    return {name: found.get(name, 0) for name in ("consignment_payable", "bank")}


def test_a_list_says_whose_a_piece_is_and_when_it_is_due_back(house, paris):
    assert list(rows(house)) == ["a", "b", "c"], "what is due first, and never the house's own"
    assert [(row.overdue, row.state, row.owed_minor) for row in rows(house).values()] == [
        (True, "here", 0), (False, "here", 0), (False, "here", 0),
    ]  # fmt: skip
    assert list(rows(house, owner="Weber")) == ["c"]
    with house.office.reading() as tx:
        assert owing.overdue(tx, ["paris"], today=DAY) == 1
        assert owing.overdue(tx, ["lyon"], today=DAY) == 0


def test_it_is_owed_from_the_sale_on_paid_once_and_posted(house, paris):
    sell(house, paris, "a", "b", "own")
    assert owners(house) == {("Moreau & Fils", 90_000, 0, 0), ("Weber", 0, 0, 0)}, "sold, it is due back no more"
    assert money(house) == {"consignment_payable": -90_000, "bank": 0}
    with pytest.raises(owing.SettlementError, match=r"900\.00 EUR are owed by now"):
        pay(house, "m-1", 80_000)
    with pytest.raises(owing.SettlementError, match="by what reference"):
        pay(house, "m-1", 90_000, reference=" ")
    assert pay(house, "m-1", 90_000) == 2
    assert pay(house, "m-1", 90_000) == 0, "told again it was paid already"
    with pytest.raises(owing.SettlementError, match="Nothing is owed to Moreau & Fils"):
        pay(house, "m-2", 90_000)
    assert owners(house) == {("Moreau & Fils", 0, 90_000, 0), ("Weber", 0, 0, 0)}
    assert [rows(house)[name].state for name in "abc"] == ["paid", "paid", "here"]
    assert money(house) == {"consignment_payable": 0, "bank": -90_000}
    with house.office.reading() as tx:
        (paid,) = owing.payments(tx, ["paris"])
        assert owing.payments(tx, ["lyon"]) == [], "who is of another store sees none of it"
    assert (paid.owner, paid.amount_minor, paid.pieces, paid.reference) == ("Moreau & Fils", 90_000, 2, "SEPA 77")


def test_what_was_paid_years_ago_hides_nothing_that_is_owed_or_due_back(house, paris, monkeypatch):
    sell(house, paris, "a")
    pay(house, "m-1", 40_000)
    monkeypatch.setattr(owing, "PIECES_MAX", 2)
    assert list(rows(house)) == ["b", "c"]


def test_a_settlement_that_is_reversed_in_the_ledger_is_owed_again_and_paid_anew(house, paris):
    sell(house, paris, "a")
    pay(house, "m-1", 40_000)
    (entry,) = house.rows(sa.select(posting.c.posting).where(posting.c.kind == Kind.CONSIGNOR_PAID))
    with house.office.transaction() as tx:
        closing.reverse(begin(tx, ALL, 9), "paris", entry["posting"], by="eva", why="the bank sent it back")
    assert money(house) == {"consignment_payable": -40_000, "bank": 0}
    assert (rows(house)["a"].state, rows(house)["a"].owed_minor) == ("sold", 40_000)
    assert pay(house, "m-2", 40_000) == 1
    assert money(house) == {"consignment_payable": 0, "bank": -40_000}


def test_one_that_came_back_after_it_was_paid_makes_the_next_settlement_less(house, paris):
    sell(house, paris, "a")
    pay(house, "m-1", 40_000)
    back = ReturnRecorded(
        sale="s-1", pieces=("a",), lines=("s-1-1",), till="till-1", shift="shift-1", receipt_number=2,
        business_day="2026-11-23", currency="EUR", total_minor=120_000, tax_minor=20_000,
        tenders=(Tender(kind=TenderKind.CARD, amount_minor=120_000),), reason="x",
    )  # fmt: skip
    paris.write(back)
    paris.send()
    assert (rows(house)["a"].state, rows(house)["a"].owed_minor) == ("back", -40_000)
    with pytest.raises(owing.SettlementError, match="Nothing is owed"):
        pay(house, "m-2", 1)
    sell(house, paris, "b", name="s-2", receipt=3)
    assert ("Moreau & Fils", 10_000, 40_000, 1) in owners(house)
    assert pay(house, "m-3", 10_000) == 2
    assert money(house) == {"consignment_payable": 0, "bank": -50_000}
    assert len(house.rows(sa.select(posting).where(posting.c.kind == Kind.CONSIGNOR_PAID))) == 2


def days_told(house):
    with house.office.reading() as tx:
        return {key: card.day for (_, key), card in feed.cards(tx, DueBackCard).items()}


def change(house, name, **behind):
    with house.office.transaction() as tx:
        work = begin(tx, ALL, 9)
        record = records(tx, [name])[name]
        edit(work, record.card, msgspec.structs.replace(record.backing, **behind), by="eva", why="as agreed")


def test_stores_hear_the_day_and_not_the_owner(house, paris):
    assert days_told(house) == {"due_back:a": "2026-11-20", "due_back:b": "2027-01-31"}
    with house.office.reading() as tx:
        page = feed.page(tx, "lyon", since=0)
        (old,) = [row for row in feed.page(tx, "lyon", since=0, contract=4).rows if row.key == "due_back:a"]
        assert not [row for row in feed.page(tx, "lyon", since=0, contract=3).rows if row.key == "due_back:a"]
    assert old.body == DueBackCard(piece="a", day="2026-11-20")
    assert b"Moreau" not in encode_page(page)
    change(house, "a", due_back="2026-12-24")
    change(house, "b", due_back="")
    assert days_told(house) == {"due_back:a": "2026-12-24"}


def test_an_office_that_never_told_them_does_so_at_its_start_and_not_twice(house, paris):
    with house.office.transaction() as tx:
        tx.run(sa.delete(feed_row).where(feed_row.c.key == "due_back:a"))
    assert "due_back:a" not in days_told(house)
    revs = []
    for _again in range(2):
        with house.office.transaction() as tx:
            due_back.tell_all(begin(tx, ALL, 9))
            revs.append(feed.newest(tx))
    assert days_told(house) == {"due_back:a": "2026-11-20", "due_back:b": "2027-01-31"}
    assert revs[0] == revs[1]


def test_a_day_that_is_none_is_refused_in_a_list(house, paris):
    with pytest.raises(ValueError, match="write the day as 2026-11-29"):
        BY_FIELD["due_back"].read("next month")
    assert BY_FIELD["due_back"].read("") == ""
