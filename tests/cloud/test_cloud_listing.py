"""Lists of the database: what is looked for by a name, counted, and read through when it is taken out."""

import pytest
import sqlalchemy as sa

from cloud import listing
from cloud.listing import listed
from cloud.pages import lists
from cloud.tables import sale
from web.tables import ROWS, Asked, Column, taken_out

COLUMNS = (
    Column("sale", "Sale", lambda row: row["sale"]),
    Column("total", "Total", lambda row: row["total_minor"], number=True),
)


@pytest.fixture
def shop(house):
    """Paris sold three pieces, by Ana."""
    box = house.store("paris", "p1", "p2", "p3")
    for n in (1, 2, 3):
        box.write(house.sale(box, f"s{n}", f"p{n}", price_minor=n * 1_000, receipt=n))
    box.send()
    house.store("lyon", "l1")
    return house


def ask(shop, what: Asked, names: dict[str, str] | None = None):
    with shop.office.reading() as tx:
        found = listed(
            tx, sa.select(sale), COLUMNS, what, dict, by={"total": sale.c.total_minor}, first=(sale.c.sale,),
            seek=(sale.c.sale, (sale.c.store, names or {})),
        )  # fmt: skip
        return found, [row["sale"] for row in found.all_rows or found.rows]


def test_a_row_is_found_by_what_its_store_is_called(shop):
    named = {"paris": "Rue de la Paix", "lyon": "Bellecour"}
    assert ask(shop, Asked("/x", rest=(("q", "paix"),)), named)[1] == ["s1", "s2", "s3"]
    assert ask(shop, Asked("/x", rest=(("q", "bellecour"),)), named)[1] == []
    assert ask(shop, Asked("/x", rest=(("q", "paix"),)))[1] == [], "the control: nobody calls it so"


def test_rows_beyond_what_anybody_reads_are_not_counted(shop, monkeypatch):
    monkeypatch.setattr(listing, "ROWS", 1)
    assert ask(shop, Asked("/x"))[0].total == 3
    monkeypatch.setattr(listing, "COUNTED_MAX", 1)
    found, rows = ask(shop, Asked("/x", sort="total", down=True, page=2))
    assert (found.total, rows, found.more) == (2, ["s2"], True)


def test_what_is_taken_out_is_all_of_it_in_its_order_a_part_at_a_time(shop, monkeypatch):
    monkeypatch.setattr(listing, "LINES_AT_ONCE", 2)
    with shop.office.reading() as tx:
        what = Asked("/x", sort="total", down=True, csv=True)
        found = listed(tx, sa.select(sale), COLUMNS, what, dict, by={"total": sale.c.total_minor}, first=(sale.c.sale,))
        out = taken_out(found, "sales")
        assert "yield_per" not in tx.connection.get_execution_options(), "what is asked next is no cursor of a server"
    assert (out.body.decode("utf-8-sig").split(), out.rows) == (["Sale,Total", "s3,3000", "s2,2000", "s1,1000"], 3)


def test_pieces_that_search_finds_are_those_of_the_store_that_is_asked_for(shop):
    with shop.office.reading() as tx:

        def found(rest, **more):
            return [line.row.piece for line in lists.of_pieces(tx, Asked("/pieces", rest=rest), {}, **more).rows]

        assert found((("q", "p2"),), store="") == ["p2"]
        assert found((("q", "l1"),), store="paris") == []
        assert found((("q", "l1"),), store="lyon") == ["l1"], "the control"
        assert len(found((), store="")) <= ROWS
