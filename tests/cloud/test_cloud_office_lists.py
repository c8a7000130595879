"""Lists of the office are sorted, looked through and taken out by their address; the day begins with what waits."""

import csv
import io
import re

import pytest

from cloud.app import build
from cloud.config import CloudConfig
from cloud.custody import Custody
from cloud.pos.client_orders.apply import heard_of
from cloud.pos.staff.desk import put_staff
from cloud.work import Heard
from contract.facts import OrderKind, OrderOpened, Stream
from contract.feed import Role, StaffCard
from contract.ids import ClientOrderId, UserId
from web.policy import declared
from web.words import ENGLISH, LANGUAGES_WITH_CATALOGUE


@pytest.fixture(scope="module")
def served(tmp_path_factory, browse, house_type):
    """An office with two stores and three sales, and a browser that reads it as a manager."""
    folder = tmp_path_factory.mktemp("lists")
    cloud = build(CloudConfig(database_url=f"sqlite:///{folder / 'office.sqlite3'}", port=0, second_factor=False))
    for role in (Role.MANAGER, Role.ASSOCIATE, Role.ADMIN):
        with cloud.desk.work() as work:
            put_staff(work, StaffCard(user=UserId(role), name=role.title(), roles=(role,)))
    house = house_type(cloud.office)
    for name, prices in (("paris", (90_000, 240_000)), ("lyon", (120_000,))):
        box = house.store(name, *(f"{name}-{n}" for n in range(len(prices))))
        for n, price in enumerate(prices):
            box.write(house.sale(box, f"{name}-s{n}", f"{name}-{n}", price_minor=price, receipt=n + 1))
        box.send()
    with cloud.desk.work() as work:
        heard = Heard(store="paris", epoch="e", stream=Stream.TRADE, seq=9, at_us=work.now_us, by="manager")
        order = OrderOpened(
            order=ClientOrderId("o1"), number="R-1", kind=OrderKind.REPAIR, client="c1", title="Claws", currency="EUR",
            account="a",
        )  # fmt: skip
        heard_of(Custody(work), heard, order)
    browser = browse(cloud.app)

    def read(path: str, user: str = "manager", language: str = ENGLISH):
        token = cloud.logins.begin(UserId(user)).token
        asked = {"authorization": f"Bearer {token}", "accept": "text/html", "accept-language": language}
        return browser.get(path, headers=asked)

    read.app = cloud.app
    yield read
    cloud.office.close()


def rows(answer) -> list[list[str]]:
    assert answer.headers["content-type"].startswith("text/csv"), answer.text[:200]
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_sales_are_sorted_and_taken_out_as_they_are_seen(served):
    heading, *sold = rows(served("/sales?as=csv&sort=-total"))
    at = heading.index("Total")
    assert [row[at] for row in sold] == ["2400.00", "1200.00", "900.00"]
    heading, *paris = rows(served("/sales?as=csv&store=paris&sort=total"))
    assert [row[at] for row in paris] == ["900.00", "2400.00"]


def test_words_are_looked_for_in_the_whole_list(served):
    assert "3 rows" in served("/sales?q=till").text
    assert "Nothing answers to that" in served("/sales?q=till%25").text


@pytest.mark.parametrize("path", ["/alarms", "/shifts", "/transfers", "/orders", "/reports", "/reports/stock/oldest"])
def test_every_long_list_is_taken_out_with_its_headings(served, path):
    assert len(rows(served(f"{path}?as=csv"))[0]) > 4
    assert served(f"{path}?sort=-nothing&page=3&q=x").status_code == 200


@pytest.mark.parametrize("path", ["/reports?by=store", "/reports/counts?by=store"])
def test_two_days_of_ones_own_stay_in_every_link_of_a_report(served, path):
    page = served(f"{path}&first=2020-01-01&last=2026-12-30").text
    days = "span=2020-01-01..2026-12-30"
    assert '<option value="2020-01-01..2026-12-30" selected>' in page
    assert '<option value="90d" selected>' in served(path).text, "the control"
    assert 'name="q"' not in page, "figures and chart would not hear of it"
    assert '<input type="hidden" name="by" value="store">' in page
    if "counts" not in path:
        links = re.findall(r'href="(/reports\?[^"]*)"', page)
        assert len(links) > 8
        assert [link for link in links if days not in link] == []
        assert len(rows(served(f"{path}&{days}&as=csv"))) == 3, "a heading and two stores"


def test_who_may_not_see_the_ledger_sees_no_report_and_takes_none_out(served):
    assert served("/reports?as=csv", "associate").status_code == 403
    assert "Reports" not in served("/", "associate").text


def test_an_associate_is_shown_nothing_that_only_others_can_end(served):
    assert "/bank-transfers" not in served("/", "associate").text
    assert served("/client-orders/board", "associate").status_code == 200


@pytest.mark.parametrize("language", LANGUAGES_WITH_CATALOGUE)
def test_every_page_without_a_name_in_its_address_is_drawn_in_every_language(served, language):
    """A page may fail in one language alone: what a template takes for a text may be one that is still to be looked up."""
    pages = sorted({
        each.path for each in declared(served.app)
        if each.method == "GET" and not re.search(r"[{.]|^/(api|static|metrics|healthz)", each.path)
    })  # fmt: skip
    assert len(pages) > 50
    drawn = {path: (served(path, "admin").status_code, served(path, "admin", language).status_code) for path in pages}
    assert {path: both for path, both in drawn.items() if both[0] != both[1] or both[0] >= 500} == {}


@pytest.mark.parametrize(
    "path", ["/pieces/new", "/roles", "/goods", "/purchases", "/commissions", "/stores", "/clients"]
)
def test_a_page_may_call_its_own_things_as_it_likes(served, path):
    """`groups` of a form is not the menu's."""
    page = served(path)
    assert page.status_code == 200
    assert 'aria-label="All pages"' in page.text
