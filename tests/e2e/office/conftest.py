"""A head office in a real browser: one is made, and people sign in."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from cloud.app import Cloud, build
from cloud.config import CloudConfig
from cloud.pos.staff.desk import Passwords, put_staff
from contract.facts import (
    AnyFact,
    CashKind,
    CashMoved,
    SaleLine,
    ShiftClosed,
    ShiftOpened,
    TaxSum,
    TenderKind,
    TenderSum,
)
from contract.feed import Role, StaffCard
from contract.ids import UserId
from trade.zchain import receipts_digest

PASSWORD = "a long enough password"


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
            )
        )
        verifier = Passwords().verifier(PASSWORD)
        with cloud.desk.work() as work:
            for role in Role:
                put_staff(
                    work, StaffCard(user=UserId(role), name=role.replace("_", " ").title(), roles=(role,)), verifier
                )
        return cloud

    return make


@pytest.fixture
def signed_in(open_page: Callable[..., Page]) -> Callable[..., Page]:
    """Opens a page of a head office of `make_office` as one of these people."""

    def sign(url: str, path: str, *, user: str = "manager", size: tuple[int, int] = (1024, 768)) -> Page:
        page = open_page(f"{url}{path}", size=size)
        page.get_by_label("Name").fill(user)
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(url + path)
        return page

    return sign


@pytest.fixture(scope="session")
def shift_of() -> Callable[[SaleLine], tuple[AnyFact, ...]]:
    """The drawer of a shift `z1` in which `s1` was sold, one line paid by card; a ten is missing at its Z."""

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
        )  # fmt: skip

    return make
