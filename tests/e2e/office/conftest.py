"""A head office in a real browser: one is made, and people sign in."""

import datetime as dt
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI
from house_hands import press_key
from playwright.sync_api import Page

from cloud.app import Cloud, build
from cloud.config import CloudConfig
from cloud.pos.staff.desk import Passwords, put_staff
from contract.facts import (
    AnyFact,
    CashBanked,
    CashKind,
    CashMoved,
    CountFinished,
    CountMissed,
    CountPlace,
    CountRecounting,
    CountStarted,
    CountSubmitted,
    CountTag,
    CountTotal,
    CountVerdict,
    SaleLine,
    ShiftClosed,
    ShiftOpened,
    TaxSum,
    TenderKind,
    TenderSum,
    Verdict,
    ZoneQuantity,
)
from contract.feed import Role, StaffCard
from contract.ids import UserId
from trade.zchain import receipts_digest
from vitrine.authority import Authority

PASSWORD = "a long enough password"
TILL, PHONE = (1024, 768), (390, 844)
BY_LOOKS = ("target-size", "scrollable-region-focusable", "color-contrast", "link-in-text-block")

LOOKS = (("till", TILL, "light", ()), ("phone", PHONE, "dark", BY_LOOKS))


@pytest.fixture(scope="session")
def make_office() -> Callable[[Path], Cloud]:
    """A head office with somebody of each role, who all have one password."""

    def make(folder: Path) -> Cloud:
        cloud = build(
            CloudConfig(
                database_url=f"sqlite:///{folder / 'office.sqlite3'}",
                port=0,
                house="Maison Auclair",
                second_factor=False,
            ),
            signer=Authority.open(folder / "house", dt.datetime.now(dt.UTC)),
        )
        verifier = Passwords().verifier(PASSWORD)
        with cloud.desk.work() as work:
            for role in Role:
                put_staff(
                    work, StaffCard(user=UserId(role), name=role.replace("_", " ").title(), roles=(role,)), verifier
                )
        return cloud

    return make


@pytest.fixture(scope="session")
def offices() -> dict[str, FastAPI]:
    """Every office that is served, by its address."""
    return {}


@pytest.fixture(scope="session")
def serve(serve: Callable[[FastAPI], str], offices: dict[str, FastAPI]) -> Callable[[FastAPI], str]:
    def remembered(app: FastAPI) -> str:
        url = serve(app)
        offices[url] = app
        return url

    return remembered


@pytest.fixture
def signed_in(open_page: Callable[..., Page], offices: dict[str, FastAPI]) -> Callable[..., Page]:
    """Opens a page of a head office of `make_office` as one of these people, whose login is begun behind the door.

    `by_form`: as people do it, with the password; that costs two pages and a hash.
    """

    def sign(
        url: str, path: str, *, user: str = "manager", size: tuple[int, int] = TILL, by_form: bool = False
    ) -> Page:
        if by_form:
            page = open_page(f"{url}{path}", size=size)
            page.get_by_label("Name").fill(user)
            page.get_by_label("Password").fill(PASSWORD)
            press_key(page, "Enter")
            page.wait_for_url(url + path)
            return page
        front = offices[url].state.front
        begun = front.logins.begin(UserId(user))
        assert begun is not None, f"there is nobody called {user}"
        page = open_page("about:blank", size=size)
        page.context.add_cookies([{"name": front.cookie, "value": begun.token, "url": url}])
        page.goto(url + path)
        return page

    return sign


def pattern_of(path: str) -> re.Pattern[str]:
    """Which addresses are this one, whose parts in braces are any word; its query says nothing of it."""
    return re.compile(re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(path.partition("?")[0])))


MANY_ROWS = "tbody > tr:nth-child(n+5), .facts > li:nth-child(n+5)"
"""Drawn by the same lines as those before them: axe reads each kind of row, not each row."""


@pytest.fixture
def look_at(
    request: pytest.FixtureRequest, check_accessible: Callable[..., list[str]], keep_shot: Callable[[Page, str], None]
) -> Iterator[Callable[..., None]]:
    """Judges the page that stands: at no size it scrolls sideways; axe reads it whole on a till in the light, and on a
    phone in the dark what size and colours decide. Contrasts in the light are in the whole.

    A test's mark `looks_at` names pages that it looks at, `{…}` for what it only learns on its way: at its end they
    all were. `test_e2e_office_pages.py` asks the marks whether a page was forgotten.
    """
    read: set[str] = set()

    def show(page: Page, *, rows: bool) -> None:
        page.evaluate(
            "([kind, shown]) => document.querySelectorAll(kind).forEach(row => row.toggleAttribute('hidden', !shown))",
            [MANY_ROWS, rows],
        )

    def look(
        page: Page, name: str, looks: tuple[tuple[str, tuple[int, int], str, tuple[str, ...]], ...] = LOOKS
    ) -> None:
        for label, size, theme, rules in looks:
            page.set_viewport_size({"width": size[0], "height": size[1]})
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            assert page.evaluate("document.documentElement.scrollWidth") <= size[0], f"{name} scrolls on the {label}"
            keep_shot(page, f"{name}-{label}-{theme}")
            show(page, rows=False)
            assert check_accessible(page, rules) == [], (name, label)
            show(page, rows=True)
        page.set_viewport_size({"width": TILL[0], "height": TILL[1]})
        read.add(urlsplit(page.url).path)

    yield look
    named = {path for mark in request.node.iter_markers("looks_at") for path in mark.args}
    assert [path for path in sorted(named) if not any(map(pattern_of(path).fullmatch, read))] == [], "not looked at"


@pytest.fixture(scope="session")
def shift_of() -> Callable[[SaleLine], tuple[AnyFact, ...]]:
    """The drawer of a shift `z1` in which `s1` was sold, one line paid by card; a ten is missing at its Z,
    and fifty go to the bank."""

    def make(line: SaleLine) -> tuple[AnyFact, ...]:
        price, tax = line.gross_minor, line.tax_minor
        return (
            ShiftOpened(shift="z1", till="till-1", business_day="2026-11-22", float_minor=20_000, currency="EUR"),
            CashMoved(
                move="m1", shift="z1", till="till-1", kind=CashKind.DROP, amount_minor=5_000, currency="EUR",
                reason="To the safe before lunch",
            ),
            ShiftClosed(
                shift="z1", till="till-1", z_number=1, business_day="2026-11-22", currency="EUR", sales=1, returns=0,
                gross_minor=price, tax_minor=tax, cash_expected_minor=15_000, cash_counted_minor=14_000,
                note="A ten is missing", receipts=(1, 1), moved_minor=-5_000, sales_digest=receipts_digest([(1, "s1")]),
                tenders=(TenderSum(kind=TenderKind.CARD, currency="EUR", amount_minor=price, number=1),),
                taxes=(TaxSum(code="20", rate_bp=2_000, base_minor=price - tax, tax_minor=tax),),
            ),
            CashBanked(move="b1", business_day="2026-11-22", currency="EUR", amount_minor=5_000, reference="Bag 401"),
        )  # fmt: skip

    return make


@pytest.fixture(scope="session")
def counted_twice() -> Callable[[tuple[str, ...]], list[AnyFact]]:
    def make(pieces: tuple[str, ...]) -> list[AnyFact]:
        """A blind count of two zones, one of them counted again; and a schedule that did not begin."""
        hard, unexpected, byhand = pieces

        def total(zone: str, tray: str, expected: int, found: int) -> CountTotal:
            return CountTotal(
                zone=zone, tray=tray, expected=expected, found=found, expected_mg=3200 * expected, found_mg=3200 * found,
                expected_minor=120_000 * expected, found_minor=120_000 * found,
            )  # fmt: skip

        def finished(number: int, found: int, zones: tuple[str, ...]) -> CountFinished:
            return CountFinished(
                count="c3", place=CountPlace.SHELF, rounds=9 * number, expected=40, found=found, p_complete=0.9712,
                why_stopped="the rest is sooner found by hand", value_minor=120_000 * found, weight_mg=3200 * found,
                currency="EUR", number=number, zones=zones, unknown_tags=1, unknown_more=2.4,
                totals=(total("case-1", "case-1/01", 12, 12), total("case-1", "case-1/02", 12, found - 28), total("case-2", "", 16, 16)),
                verdicts=(
                    CountVerdict(piece=hard, verdict=Verdict.HARD_TO_READ, zone="case-1", p_present=1.0, note="read in 2 of 9 rounds"),
                    CountVerdict(piece=unexpected, verdict=Verdict.UNEXPECTED, zone="case-2", p_present=1.0, note="belongs in safe 1"),
                    CountVerdict(piece=byhand, verdict=Verdict.CHECK_BY_HAND, zone="case-1", p_present=0.93, note="not read"),
                ),
                tags=(
                    CountTag(epc="30395DFA835A1C000000007B", verdict=Verdict.DUPLICATE, zone="case-1", rounds=9, note="two pieces have this EPC"),
                    CountTag(epc="E2801160200071C2A3B40912", verdict=Verdict.UNKNOWN_TAG, zone="case-2", rounds=8, note="read in 8 of 9 rounds"),
                ),
            )  # fmt: skip

        due_us = time.time_ns() // 1000 - 90_000_000_000
        return [
            CountMissed(schedule="Closing", place=CountPlace.SAFE, due_us=due_us, why="this box was off", more=2),
            CountStarted(count="c3", place=CountPlace.SHELF, zones=("case-1", "case-2"), expected=40, why="Midday", blind=True),
            finished(1, 38, ()),
            CountSubmitted(
                count="c3",
                quantities=(ZoneQuantity(zone="case-1", quantity=23), ZoneQuantity(zone="case-2", quantity=16)),
            ),
            CountRecounting(count="c3", zones=("case-1",), number=2, reason="a tray was on the counter"),
            finished(2, 39, ("case-1",)),
        ]  # fmt: skip

    return make
