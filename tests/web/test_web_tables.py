"""Lists: their order, their pages, what is looked for, and what is taken out."""

import re
from dataclasses import dataclass

import pytest
from starlette.requests import Request

from web.tables import ROWS, Asked, Column, Money, arrange, asked, taken_out


@dataclass(frozen=True)
class Ring:
    title: str
    price_minor: int
    weight_mg: int | None = None


COLUMNS = (
    Column("title", "Title", lambda row: row.title),
    Column("price", "Price", lambda row: Money(row.price_minor, "EUR"), number=True),
    Column("weight", "Weight", lambda row: row.weight_mg, number=True),
)
RINGS = [Ring("Aurora", 90_00, 3_000), Ring("vega", 12_50), Ring("Borealis", 120_00, 2_000)]


def ask(query: str) -> Asked:
    return asked(Request({"type": "http", "path": "/rings", "query_string": query.encode(), "headers": []}))


def titles(query: str) -> list[str]:
    return [row.title for row in arrange(COLUMNS, RINGS, ask(query)).rows]


def test_a_list_stands_as_it_came_until_somebody_sorts_it():
    assert titles("") == ["Aurora", "vega", "Borealis"]
    assert titles("sort=title") == ["Aurora", "Borealis", "vega"]
    assert titles("sort=-price") == ["Borealis", "Aurora", "vega"]
    assert titles("sort=no-such-column") == titles("")


def test_what_is_not_known_is_last_both_ways():
    assert titles("sort=weight")[-1] == titles("sort=-weight")[-1] == "vega"


def test_pressing_a_heading_again_turns_the_order_and_keeps_the_filters():
    listed = arrange(COLUMNS, RINGS, ask("store=paris&sort=-price"))
    assert listed.sorted_by(COLUMNS[1]) == "/rings?store=paris&sort=price"
    assert listed.sorted_by(COLUMNS[0]) == "/rings?store=paris&sort=title"
    assert (listed.order_of(COLUMNS[1]), listed.order_of(COLUMNS[0])) == ("descending", "none")


def test_every_word_has_to_be_in_a_row():
    assert titles("q=borea") == ["Borealis"]
    assert titles("q=vega+12.50") == ["vega"]
    assert titles("q=vega+aurora") == []


def test_pages_have_links_there_and_back():
    many = [Ring(f"Ring {n:03}", n) for n in range(ROWS + 1)]
    first, second = (arrange(COLUMNS, many, ask(query)) for query in ("q=ring", "q=ring&page=2"))
    assert (first.before, first.after, first.first, first.last) == ("", "/rings?q=ring&page=2", 1, ROWS)
    assert (second.before, second.after, second.first, second.last) == ("/rings?q=ring", "", ROWS + 1, ROWS + 1)
    assert ask("page=-1").page == ask("page=x").page == ask("page=99999999").page == 1


def test_what_is_taken_out_is_whole_and_runs_nothing():
    rings = [Ring("=HYPERLINK(1)", -5_00), *(Ring(f"Ring {n}", 1) for n in range(ROWS))]
    listed = arrange(COLUMNS, rings, ask("as=csv"))
    lines = taken_out(listed, "rings").body.decode("utf-8-sig").split("\r\n")
    assert lines[:2] == ["Title,Price,Weight", "'=HYPERLINK(1),-5.00,"]
    assert len(lines) == len(rings) + 2


@pytest.mark.parametrize("name", ["commissions-José", "commissions-řeka", 'a"; b="c', "a\r\nSet-Cookie: b"])
def test_whatever_its_page_is_called_a_file_has_a_name_that_every_header_takes(name):
    told = taken_out(arrange(COLUMNS, [], ask("as=csv")), name).headers["content-disposition"]
    assert re.fullmatch(r'attachment; filename="[A-Za-z0-9._-]+\.csv"', told)


def test_no_beginning_that_a_spreadsheet_runs_is_taken_out_bare():
    rings = [Ring(f"{sign}cmd", 1) for sign in "=+-@\t\r\n＝＋－＠"]
    told = taken_out(arrange(COLUMNS, rings, ask("as=csv")), "rings").body.decode("utf-8-sig")
    assert all(f"'{ring.title}" in told for ring in rings)
