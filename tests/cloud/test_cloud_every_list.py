"""Every list of the office is paged, sorted, looked through and taken out: the routes and templates are asked, not a list of them."""

import csv
import io
import re
from pathlib import Path
from typing import ClassVar

import jinja2
import pytest

import cloud
from cloud.app import build
from cloud.config import CloudConfig
from cloud.pos.staff.desk import put_staff
from contract.feed import Role, StaffCard
from contract.ids import UserId
from web.policy import declared
from web.tables import COUNTED_MAX, Asked, Listed

HOME = Path(cloud.__file__).parent
OF_ONE_THING = {
    "templates/today.html": "stores at a glance, so many as `STORES_SHOWN`",
    "pos/appointments/templates/day.html": "a day of one store, as many as `SHOWN_MAX`",
    "pos/clients/templates/doubles.html": "what is known of two clients",
    "pos/commissions/templates/list.html": "rates that hold",
    "pos/compliance/templates/page.html": "what a month holds",
    "pos/consigned/templates/list.html": "owners of what is here",
    "pos/counts/templates/count.html": "verdicts and totals of one count",
    "pos/ledger/templates/account.html": "what an account is kept by, the largest",
    "pos/ledger/templates/entry.html": "legs of one entry",
    "pos/ledger/templates/trial.html": "newest months that were closed",
    "pos/messages/templates/templates.html": "a text for each purpose and channel",
    "pos/pieces/templates/categories.html": "fields of categories",
    "pos/pieces/templates/import_list.html": "mistakes of one list, the first of them",
    "pos/pieces/templates/scrap.html": "lots that are open, and what waits for one",
    "pos/purchases/templates/list.html": "a price for each metal",
    "pos/purchases/templates/one.html": "things of one purchase",
    "pos/reports/templates/stock.html": "five ages",
    "pos/sales/templates/sale.html": "lines, tenders and payments of one sale",
    "pos/segments/templates/segments.html": "a row for each segment",
    "pos/shifts/templates/list.html": "newest bankings, as many as `BANKINGS_SHOWN`",
    "pos/shifts/templates/shift.html": "tenders of one shift",
    "pos/transfers/templates/list.html": "what is on the road now, as many as `ON_THE_ROAD_MAX`",
    "pos/value/templates/account.html": "moves of one account",
}
"""Templates with a table that is no list: how far it can grow."""


class Recorded(jinja2.Template):
    """Remembers the list each page was given."""

    tables: ClassVar[list[Listed]] = []

    def render(self, *told, **more):
        given = dict(*told, **more)
        if isinstance(given.get("table"), Listed):
            Recorded.tables.append(given["table"])
        return super().render(*told, **more)


@pytest.fixture(scope="module")
def office(tmp_path_factory, browse, house_type):
    """An office with two stores and a sale, everybody's pages, and a browser that reads them as an admin."""
    folder = tmp_path_factory.mktemp("every-list")
    made = build(CloudConfig(database_url=f"sqlite:///{folder / 'office.sqlite3'}", port=0, second_factor=False))
    made.app.state.front.templates.template_class = Recorded
    with made.desk.work() as work:
        put_staff(work, StaffCard(user=UserId("admin"), name="Admin", roles=(Role.ADMIN,)))
    house = house_type(made.office)
    for name in ("paris", "lyon"):
        box = house.store(name, f"{name}-1", f"{name}-2")
        box.write(house.sale(box, f"{name}-s", f"{name}-1", price_minor=90_000, receipt=1))
        box.send()
    browser, token = browse(made.app), made.logins.begin(UserId("admin")).token

    def read(path: str):
        Recorded.tables.clear()
        return browser.get(path, headers={"authorization": f"Bearer {token}", "accept": "text/html"})

    yield made.app, read
    made.office.close()


def plain_tables(template: str) -> int:
    """Tables a template draws by itself."""
    bare = re.sub(r'<table class="cards">\s*{{ heads\(', "", template)
    return len(re.findall(r"<table", bare))


def test_no_template_draws_a_list_by_itself():
    drawn = {
        path.relative_to(HOME).as_posix()
        for path in HOME.rglob("*.html")
        if plain_tables(path.read_text(encoding="utf-8"))
    }
    assert drawn == OF_ONE_THING.keys(), "draw it with `whole` of web/_table.html, or say why it stays short"
    assert plain_tables('<div><table class="cards"><tbody>{% for each in rows %}') == 1, "the control"


def test_every_list_is_sorted_looked_through_paged_and_taken_out(office):
    app, read = office
    pages = [each.path for each in declared(app) if each.method == "GET" and "{" not in each.path]
    lists = {}
    for path in pages:
        answer = read(path) if not path.startswith(("/api/", "/edge/", "/static", "/health")) else None
        if answer is not None and Recorded.tables:
            assert answer.status_code == 200, path
            lists[path] = Recorded.tables[0]
    assert len(lists) > 25, sorted(lists)
    for path, table in lists.items():
        for each in (each for each in table.columns if each.sorts and each.shown):
            assert read(f"{path}?sort=-{each.name}").status_code == 200, (path, each.name)
            assert Recorded.tables[0].order_of(each) == "descending", (path, each.name)
        assert table.seeks or table.choices, f"{path} is not looked through"
        page = read(f"{path}?q=zz9&page=2")
        assert (page.status_code, len(Recorded.tables[0].rows)) == (200, 0), path
        assert f"{path}?" in Recorded.tables[0].before, path
        out = read(f"{path}?as=csv")
        assert out.headers["content-type"].startswith("text/csv"), path
        heading = next(csv.reader(io.StringIO(out.content.decode("utf-8-sig"))))
        assert heading == [str(each.title) for each in table.columns], path


def test_more_than_anybody_counts_is_said_to_be_more():
    many = Listed((), [1], Asked("/rings"), COUNTED_MAX + 1)
    assert (many.many, Listed((), [1], Asked("/rings"), 1).many) == (COUNTED_MAX, 0)
