"""What stores bought from the public: its pieces, its money, its days untouched, and scrap that goes to a refiner."""

import datetime as dt
import threading

import msgspec
import pytest
import sqlalchemy as sa

from cloud import feed
from cloud.people import Keyring
from cloud.pos.compliance import queries as compliance
from cloud.pos.ledger.queries import balances
from cloud.pos.pieces import desk, melting
from cloud.pos.pieces.checks import RecordError
from cloud.pos.purchases import metals, queries
from cloud.remarks import Remarks
from cloud.sealing import passing
from cloud.tables import case_file, client_alias, custody, piece, piece_backing, posting, purchase_item, value_account
from cloud.work import begin
from contract.facts import CashKind, CashMoved, PurchaseRecorded, Spot, Tender, TenderKind, TradeIn
from contract.feed import Condition, MetalPriceCard
from trade.guards import ALL

DAY_US = 86_400_000_000
BOUGHT = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
NOW = int(BOUGHT.timestamp() * 1e6)
SPOT = Spot(minor_per_kg=12_000_000, currency="EUR", source="LBMA", quoted_us=5)


def chain(name, value=76_500, **more):
    return TradeIn(
        piece=name, title="Chain", category="chain", client="c-1", value_minor=value, currency="EUR", metal="gold",
        fineness=750, weight_mg=10_000, provenance="her mother's", proof="passport", scrap=True, spot=SPOT,
        payout_bp=8_500, hold_until="2026-12-06", **more,
    )  # fmt: skip


def purchase(*items, tenders=None, name="p-1"):
    total = sum(each.value_minor for each in items)
    return PurchaseRecorded(
        purchase=name, number=1, till="till-1", shift="shift-1", business_day="2026-11-22", client="c-1",
        currency="EUR", items=items, tenders=tenders or (Tender(kind=TenderKind.CASH, amount_minor=total),),
        total_minor=total,
    )  # fmt: skip


def cash_out(amount):
    return CashMoved(
        move="m-1", shift="shift-1", till="till-1", kind=CashKind.OUT, amount_minor=amount, currency="EUR",
        reason="purchase 1",
    )  # fmt: skip


@pytest.fixture
def paris(house):
    return house.store("paris", "p1")


def money(house):
    with house.office.reading() as tx:
        return {row.account: row.amount_minor for row in balances(tx) if row.amount_minor}


def at(house, days):
    """A unit of work so many days after it was bought."""
    return lambda tx: begin(tx, ALL, NOW + days * DAY_US)


def test_what_was_bought_is_a_piece_of_the_house_kept_apart_and_its_money_stands(house, paris):
    paris.write(purchase(chain("b-1")), cash_out(76_500))
    paris.send()
    (row,) = house.rows(sa.select(piece).where(piece.c.piece == "b-1"))
    assert (row["condition"], row["second_hand"], row["fineness"]) == ("quarantined", 1, 750)
    assert money(house) == {"inventory_second_hand": 76_500, "cash": -76_500}
    with house.office.reading() as tx:
        kept, items = queries.one(tx, Remarks(tx, Keyring(passing())), "paris", "p-1")
        (year,) = compliance.bought(tx)
    assert (kept.client, items[0].spot_minor_per_kg, items[0].hold_until) == ("c-1", 12_000_000, "2026-12-06")
    assert (year.number, year.amount_minor) == (1, 76_500)


def test_told_twice_it_is_bought_once(house, paris):
    fact = purchase(chain("b-1"))
    paris.write(fact)
    paris.write(fact)
    paris.send()
    with house.office.reading() as tx:
        assert len(queries.listing(tx)) == 1
    assert money(house)["inventory_second_hand"] == 76_500


def test_a_label_bought_twice_before_the_office_answered_loses_neither_thing_nor_money(house, paris):
    """Two tills, or two stores, offline: both things are in the register, both are paid, and a person sorts them."""
    lyon = house.store("lyon")
    lyon.write(purchase(chain("b-1", 50_000), name="p-9"))
    paris.write(purchase(chain("b-1")))
    paris.write(purchase(chain("b-1", 20_000), name="p-2"))
    for box in (paris, lyon):
        box.send()
    bought = house.rows(sa.select(purchase_item).order_by(purchase_item.c.value_minor))
    assert [(row["store"], row["value_minor"]) for row in bought] == [
        ("paris", 20_000),
        ("lyon", 50_000),
        ("paris", 76_500),
    ]
    assert house.token("b-1")[:2] == ("paris", "here")
    posted = house.rows(sa.select(posting.c.store, posting.c.ref).where(posting.c.kind == "purchase"))
    assert {(row["store"], row["ref"]) for row in posted} == {("paris", "p-1"), ("paris", "p-2"), ("lyon", "p-9")}
    (record,) = house.rows(sa.select(piece_backing).where(piece_backing.c.piece == "b-1"))
    assert record["cost_minor"] == 76_500, "the first one heard of is the record"
    told = [row["sentence"] for row in house.rows(sa.select(case_file)) if row["kind"] == "trade-in"]
    assert len(told) == 2
    assert all("Bring this thing in under a number of its own" in each for each in told)
    with house.office.reading() as tx:
        assert [each.value_minor for each in melting.here(tx, "paris")] == [20_000]


def test_credit_for_what_was_bought_is_owed_to_the_client(house, paris):
    credit = Tender(kind=TenderKind.STORE_CREDIT, amount_minor=76_500, account="credit-c-1")
    paris.write(purchase(chain("b-1"), tenders=(credit,)))
    paris.send()
    assert money(house) == {"inventory_second_hand": 76_500, "store_credit_liability": -76_500}
    (row,) = house.rows(sa.select(value_account))
    assert (row["account"], row["client"], row["issued_minor"]) == ("credit-c-1", "c-1", 76_500)


def test_a_held_piece_changes_its_condition_only_when_its_days_are_over(house, paris):
    paris.write(purchase(chain("b-1")))
    paris.send()

    def sound(days):
        with house.office.transaction() as tx:
            work = at(house, days)(tx)
            record = desk.records(tx, ["b-1"])["b-1"]
            card = msgspec.structs.replace(record.card, condition=Condition.OK, price_minor=150_000)
            desk.edit(work, card, record.backing, by="admin", why="looked at")

    with pytest.raises(RecordError, match="lies untouched until 2026-12-06"):
        sound(14)
    sound(15)
    (row,) = house.rows(sa.select(piece).where(piece.c.piece == "b-1"))
    assert row["condition"] == "ok"


def send(house, pieces, days=15, lot="lot-1"):
    with house.office.transaction() as tx:
        return melting.send(at(house, days)(tx), lot, "paris", pieces, "Refiner & Sons", by="admin")


def test_one_lot_sent_twice_at_once_leaves_once_and_says_so(postgres_office, empty_postgres, house_type):
    house = house_type(postgres_office)
    box = house.store("paris")
    box.write(purchase(chain("b-1"), chain("b-2")), cash_out(153_000))
    box.send()
    told = []

    def other(pieces):
        try:
            told.append(send(house, pieces))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told
            told.append(error)

    for pieces in (["b-1"], ["b-2"]):
        second = threading.Thread(target=other, args=(pieces,))
        with house.office.transaction() as tx:
            if pieces == ["b-1"]:
                first = melting.send(at(house, 15)(tx), "lot-1", "paris", ["b-1"], "Refiner & Sons", by="admin")
            second.start()
            second.join(1)
        second.join(30)
    same, another = told
    assert same == first, "asked again with the same name it left already"
    assert isinstance(another, melting.MeltError)


def test_scrap_leaves_in_a_lot_after_its_days_and_the_refiner_pays_once(house, paris):
    paris.write(purchase(chain("b-1"), chain("b-2")), cash_out(153_000))
    paris.send()
    with pytest.raises(melting.MeltError, match="lies untouched until"):
        send(house, ["b-1", "b-2"], days=14)
    lot = send(house, ["b-1", "b-2"])
    assert (lot.fine_mg, lot.cost_minor, lot.metal) == (15_000, 153_000, "gold")
    assert send(house, ["b-1", "b-2"]) == lot
    assert money(house) == {"cash": -153_000, "inventory_write_off": 153_000}

    def settle(amount, reference="S-7"):
        with house.office.transaction() as tx:
            return melting.settle(at(house, 30)(tx), "lot-1", amount, 14_950, reference, by="admin")

    settle(175_000)
    settle(175_000)
    assert money(house) == {"cash": -153_000, "inventory_write_off": -22_000, "bank": 175_000}
    with pytest.raises(melting.MeltError, match="settled as S-7 already"):
        settle(1)
    with house.office.reading() as tx:
        assert melting.here(tx, "paris") == []


def test_a_lot_that_left_is_not_taken_for_one_of_other_pieces(house, paris):
    paris.write(purchase(chain("b-1"), chain("b-2")), cash_out(153_000))
    paris.send()
    send(house, ["b-1"])
    with pytest.raises(melting.MeltError, match="with other pieces"):
        send(house, ["b-2"])
    with house.office.reading() as tx:
        assert [each.piece for each in melting.here(tx, "paris")] == ["b-2"]


def test_scrap_that_was_sold_after_all_is_not_melted(house, paris):
    paris.write(purchase(chain("b-1"), chain("b-2")), cash_out(153_000))
    paris.send()
    with house.office.transaction() as tx:
        record = desk.records(tx, ["b-1"])["b-1"]
        card = msgspec.structs.replace(record.card, condition=Condition.OK, price_minor=150_000)
        desk.edit(at(house, 15)(tx), card, record.backing, by="admin", why="looked at")
    (token,) = house.rows(sa.select(custody).where(custody.c.piece == "b-1"))
    paris.ce["b-1"] = token["ce"]
    paris.write(house.sale(paris, "s-1", "b-1", price_minor=150_000))
    paris.send()
    with pytest.raises(melting.MeltError, match="was sold"):
        send(house, ["b-1", "b-2"])
    with house.office.reading() as tx:
        assert [each.piece for each in melting.here(tx, "paris")] == ["b-2"]


@pytest.mark.parametrize(
    ("pieces", "words"),
    [
        ([], "Choose 1 to"),
        (["b-1", "b-1"], "each once"),
        (["p1"], "was not bought at paris"),
        (["ring"], "bought to be sold again"),
        (["b-1", "silver"], "one metal"),
    ],
)
def test_what_cannot_be_melted_so_is_refused_and_stays(house, paris, pieces, words):
    silver = msgspec.structs.replace(chain("silver"), metal="silver")
    ring = msgspec.structs.replace(chain("ring"), scrap=False)
    paris.write(purchase(chain("b-1"), silver, ring))
    paris.send()
    with pytest.raises(melting.MeltError, match=words):
        send(house, pieces)
    with house.office.reading() as tx:
        assert {each.piece for each in melting.here(tx, "paris")} == {"b-1", "silver"}


GOLD = MetalPriceCard(
    metal="gold", currency="EUR", minor_per_kg=12_000_000, payout_bp=8_500, source="LBMA", quoted_us=NOW
)


def quote(house, card, why="of the day"):
    with house.office.transaction() as tx:
        metals.put(begin(tx, ALL, NOW), card, by="admin", why=why)


def test_a_metals_price_goes_to_every_store_with_the_feed_and_is_taken_back(house, paris):
    quote(house, GOLD)
    with house.office.reading() as tx:
        assert metals.prices(tx) == [GOLD]
        assert [row.body for row in feed.page(tx, "paris", 0).rows if isinstance(row.body, MetalPriceCard)] == [GOLD]
        older = feed.page(tx, "paris", 0, contract=2)
        assert not [row for row in older.rows if isinstance(row.body, MetalPriceCard)]
    with house.office.transaction() as tx:
        metals.end(begin(tx, ALL, NOW), "gold", "EUR", by="admin", why="not any more")
    with house.office.reading() as tx:
        assert metals.prices(tx) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"metal": "tin"}, "not quoted"),
        ({"currency": "eur"}, "three capital letters"),
        ({"minor_per_kg": 0}, "more than nothing"),
        ({"payout_bp": 10_001}, "not more than all"),
        ({"source": " "}, "where the price comes from"),
        ({"quoted_us": NOW + 10**12}, "a time that has been"),
    ],
)
def test_a_price_that_cannot_be_is_refused(house, change, words):
    with pytest.raises(metals.MetalError, match=words):
        quote(house, msgspec.structs.replace(GOLD, **change))


def test_an_older_price_does_not_replace_a_newer_one(house):
    quote(house, GOLD)
    with pytest.raises(metals.MetalError, match="newer price is known"):
        quote(house, msgspec.structs.replace(GOLD, quoted_us=NOW - 1))


def test_purchases_of_two_ids_of_one_client_stand_together(house, paris):
    paris.write(purchase(chain("b-1")), cash_out(76_500))
    paris.send()
    merge = {"merge": "m", "survivor": "c-new", "absorbed": "c-1", "by": "admin", "at_us": 1, "undone_us": 0}
    with house.office.transaction() as tx:
        assert queries.listing(tx, client="c-new") == []
        tx.add(client_alias, merge)
        assert [each.purchase for each in queries.listing(tx, client="c-new")] == ["p-1"]
