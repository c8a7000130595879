"""Pieces are found by name, by words and by filters, alike on both engines."""

import pytest
import sqlalchemy as sa

from cloud.db import UnsafeDatabaseError
from cloud.pos.pieces import queries, seeking
from cloud.pos.pieces.categories import set_rules
from cloud.pos.pieces.desk import bring_in
from cloud.schema import add_extensions
from cloud.tables import piece_key, piece_seek
from cloud.work import begin
from contract.feed import Attribute, Stone
from contract.ids import StoreId
from trade.attributes import AttributeKind, AttributeRule
from trade.seek import SeekError


@pytest.fixture
def stocked(house):
    house.store("paris")
    cards = [
        house.card("p1", title="Aurora ring", serial="B-1042", price_minor=120_000, certificates=("GIA 2141438171",)),
        house.card("p2", title="Aurora necklace", category="necklace", metal="platinum", price_minor=900_000,
                   attributes=(Attribute(name="length", value="42.5"), Attribute(name="clasp", value="box"))),
        house.card("p3", title="Ring Émeraude, 100 % hand made", serial="1042-B",
                   gems=(Stone(kind="emerald", carat_milli=2_100, colour="vs"),)),
        house.card("p4", title="Ring like p1 but B-1042 in words", sku="GIA-BOX"),
    ]  # fmt: skip
    rules = [
        AttributeRule(name="length", kind=AttributeKind.NUMBER),
        AttributeRule(name="clasp", kind=AttributeKind.TEXT),
    ]
    with house.office.transaction() as tx:
        set_rules(begin(tx, house.guards, 1), "necklace", rules, by="ana")
        assert bring_in(begin(tx, house.guards, 1), cards, StoreId("paris"), by="ana").errors == []
    return house


def found(house, query, **more):
    with house.office.reading() as tx:
        return [row.piece for row in queries.search(tx, query, **more)]


@pytest.mark.parametrize(
    ("query", "pieces"),
    [
        ("aurora", ["p1", "p2"]),
        ("AURORA ring", ["p1"]),
        ("urora", ["p1", "p2"]),
        ("emeraude", ["p3"]),
        ("b-1042", ["p1", "p4"]),
        ("gia 2141438171", ["p1"]),
        ("2141438171", ["p1"]),
        ("GIA", ["p4", "p1"]),
        ("100 %", ["p3"]),
        ('"hand made"', ["p3"]),
        ("vs emerald", ["p3"]),
        ("metal:platinum", ["p2"]),
        ("carat>=2.1", ["p3"]),
        ("carat>2.1", []),
        ("price<5000 aurora", ["p1"]),
        ("price:1000..2000 category:ring", ["p1", "p3", "p4"]),
        ("length:42..43", ["p2"]),
        ("length>42.5", []),
        ("clasp:box", ["p2"]),
        ("serial:B-10", ["p1"]),
        ("certificate:gia2141438171", ["p1"]),
        ("nobody", []),
        ('a"b', SeekError),
        ("colour:red", SeekError),
    ],
)
def test_a_query_finds_just_its_pieces_names_first(stocked, query, pieces):
    if pieces is SeekError:
        with pytest.raises(SeekError):
            found(stocked, query)
    else:
        assert found(stocked, query) == pieces


def test_a_page_goes_on_where_the_one_before_ended(stocked):
    assert found(stocked, "ring", limit=2) == ["p1", "p3"]
    assert found(stocked, "ring", limit=2, after="p3") == ["p4"]


def test_a_store_and_a_state_narrow_what_is_found_by_name_too(stocked):
    assert found(stocked, "b-1042", store="paris") == ["p1", "p4"]
    assert found(stocked, "b-1042", store="lyon") == []
    assert found(stocked, "b-1042", state="sold") == []


def test_a_changed_record_is_found_by_its_new_words_only(stocked):
    with stocked.office.transaction() as tx:
        changed = stocked.card("p1", title="Vega brooch", category="brooch", serial="V-1")
        assert bring_in(begin(tx, stocked.guards, 2), [changed], StoreId("paris"), by="ana").errors == []
    assert (found(stocked, "vega"), found(stocked, "V-1"), found(stocked, "aurora"), found(stocked, "2141438171")) == (
        ["p1"],
        ["p1"],
        ["p2"],
        [],
    )


def test_pieces_of_before_this_search_are_filled_in_once(stocked):
    with stocked.office.transaction() as tx:
        tx.run(sa.delete(piece_key))
        tx.run(sa.delete(piece_seek))
    assert found(stocked, "aurora") == [], "the control"
    with stocked.office.transaction() as tx:
        assert (seeking.fill(tx), seeking.fill(tx)) == (4, 0)
    assert found(stocked, "aurora") == ["p1", "p2"]


def test_an_office_without_the_extension_says_what_to_install(empty_postgres, postgres_office, monkeypatch):
    with postgres_office.engine.begin() as connection:
        connection.execute(sa.text("DROP ROLE IF EXISTS clerk"))
        connection.execute(sa.text("CREATE ROLE clerk LOGIN"))
    base = postgres_office.engine.url
    admin = sa.create_engine(base, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.text("DROP DATABASE IF EXISTS bare"))
        connection.execute(sa.text("CREATE DATABASE bare"))
    admin.dispose()
    from cloud.db import open_office

    office = open_office(
        base.set(database="bare", username="clerk", password=None).render_as_string(hide_password=False)
    )
    with pytest.raises(UnsafeDatabaseError, match="CREATE EXTENSION pg_trgm"):
        add_extensions(office)
    office.close()


def many(house, count=1_200):
    """More lines than are looked at first; of some the pair `zq` is in front, within, or the very end."""
    special = {3: "zq ring", 700: "ring azqb", 1_100: "ring", 1_150: "ring  z q"}
    cards = [house.card(f"m{at:04d}", title=special.get(at, "ring"), metal="gold") for at in range(count)]
    ends = house.card("m1100", title="ring", attributes=(Attribute(name="clasp", value="zq"),))
    cards[1_100] = ends
    house.store("paris")
    with house.office.transaction() as tx:
        set_rules(begin(tx, house.guards, 1), "ring", [AttributeRule(name="clasp", kind=AttributeKind.TEXT)], by="ana")
        for at in range(0, count, 400):
            some = cards[at : at + 400]
            assert bring_in(begin(tx, house.guards, 1), some, StoreId("paris"), by="ana").errors == []
    return cards


def test_two_letters_are_found_wherever_they_stand_in_a_line(house, monkeypatch):
    """By trigrams that hold the pair, or line by line: the same pieces in the same order."""
    many(house)
    queries_asked = ("zq", "zq ri", "ri", "qz", "q ", "zq price<1", "zq metal:gold", "%_", "go zq")
    quick = {query: found(house, query, by_name=False) for query in queries_asked}
    assert quick["zq"] == ["m0003", "m0700", "m1100"]
    assert quick["zq ri"] == quick["zq metal:gold"] == quick["zq"]
    assert found(house, "zq", limit=1, after="m0003") == ["m0700"]
    monkeypatch.setattr(seeking, "_is_rare", lambda _tx, _pair: False)
    assert {query: found(house, query, by_name=False) for query in queries_asked} == quick
