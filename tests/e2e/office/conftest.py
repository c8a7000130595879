"""A head office in a real browser: one is made, and people sign in."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from cloud.app import Cloud, build
from cloud.config import CloudConfig
from cloud.pos.staff.desk import Passwords, put_staff
from contract.feed import Role, StaffCard
from contract.ids import UserId

PASSWORD = "a long enough password"


@pytest.fixture(scope="session")
def make_office() -> Callable[[Path], Cloud]:
    """A head office with somebody of each role, who all have one password."""

    def make(folder: Path) -> Cloud:
        cloud = build(
            CloudConfig(database_url=f"sqlite:///{folder / 'office.sqlite3'}", port=0, house="Maison Auclair")
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
