"""The full record of a piece in a real browser: looked at, edited with a reason, appraised, taken apart."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from cloud.pos.pieces.columns import Backing
from cloud.pos.pieces.desk import bring_in
from cloud.pos.stores.desk import open_store
from contract.commands import CustodyState
from contract.feed import Condition, FinenessUnit, Metal, PieceCard, Price, Stone, StoreCard
from contract.ids import PieceId, UserId

TILL, PHONE = (1024, 768), (390, 844)


def a_card(name: str, title: str, **more: object) -> PieceCard:
    return PieceCard(
        piece=PieceId(name), sku="AU-1961", title=title, category="earrings", metal="", fineness=0, weight_mg=8_400, stones="",
        price_minor=1_240_000, currency="EUR", tax_bp=2_000, epc="", designer="Ida Auclair", collection="Aurora", **more,
    )  # fmt: skip


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, serve, make_office) -> Iterator[str]:
    cloud = make_office(tmp_path_factory.mktemp("office"))
    gem = Stone(
        kind="diamond", carat_milli=720, colour="F", clarity="VVS2", cut="cushion", certificate="IGI LG523456789"
    )
    one = a_card(
        "aurora-set", "Aurora parure", serial="B-1042", barcode="4006381333931", condition=Condition.ATTENTION,
        prices=(Price(currency="USD", amount_minor=1_390_000),), certificates=("GIA 2141438171",),
        metals=(Metal(metal="gold", fineness=18, unit=FinenessUnit.KARAT, weight_mg=6_100), Metal(metal="platinum", fineness=950)),
        gems=(gem, Stone(kind="sapphire", count=12, carat_milli=1_200)),
    )  # fmt: skip
    parts = [
        a_card(f"aurora-{n}", f"Aurora earring, {side}", set_of=PieceId("aurora-set"))
        for n, side in enumerate(("left", "right"))
    ]
    with cloud.desk.work() as work:
        open_store(work, StoreCard(store="flagship", name="Flagship", currency="EUR"))
        behind = {
            one.piece: Backing(
                cost_minor=610_000, cost_currency="USD", source="Estate sale", provenance="Bought in 1961"
            )
        }
        told = bring_in(
            work,
            [one, *parts],
            "flagship",
            state=CustodyState.HERE,
            by=UserId("manager"),
            why="spring list",
            backings=behind,
        )
        assert told.errors == []
    yield serve(cloud.app)
    cloud.office.close()


@pytest.mark.looks_at("/pieces/{piece}", "/pieces/{piece}/edit")
def test_the_record_and_its_form_are_accessible_in_every_size(
    office: str, signed_in: Callable[..., Page], look_at: Callable[[Page, str], None]
) -> None:
    page = signed_in(office, "/pieces/aurora-set", user="manager")
    for path in ("/pieces/aurora-set", "/pieces/aurora-set/edit"):
        page.goto(office + path)
        look_at(page, f"office{path.replace('/', '-')}")


def test_a_manager_mends_a_record_and_the_history_says_why(
    office: str, signed_in: Callable[..., Page], expected_errors: list[str]
) -> None:
    expected_errors.append("422")
    page = signed_in(office, "/pieces/aurora-set/edit", user="manager")
    page.get_by_label("Certificates").fill("GIA 12")
    page.get_by_label("Title").fill("Aurora parure of 1961")
    page.get_by_label("Why", exact=True).fill("letters from the family")
    page.get_by_role("button", name="Keep the change").click()
    expect(page.get_by_text("GIA numbers have 7 to 10 digits")).to_be_visible()
    expect(page.get_by_label("Title")).to_have_value("Aurora parure of 1961")
    page.get_by_label("Certificates").fill("GIA 2141438172")
    page.get_by_role("button", name="Keep the change").click()
    page.wait_for_url(f"{office}/pieces/aurora-set")
    history = page.get_by_role("region", name="Changes of the record")
    expect(history.get_by_text("Manager: letters from the family")).to_have_count(2)
    expect(history.get_by_text("Title: Aurora parure Aurora parure of 1961")).to_be_visible()


def test_somebody_elses_change_is_not_run_over(
    office: str, signed_in: Callable[..., Page], expected_errors: list[str]
) -> None:
    expected_errors.append("422")
    first = signed_in(office, "/pieces/aurora-0/edit", user="manager")
    second = signed_in(office, "/pieces/aurora-0/edit", user="admin")
    for page, tray in ((first, "T1"), (second, "T2")):
        page.get_by_label("Tray").fill(tray)
        page.get_by_label("Why", exact=True).fill("moved")
        page.get_by_role("button", name="Keep the change").click()
    first.wait_for_url(f"{office}/pieces/aurora-0")
    expect(second.get_by_role("alert")).to_contain_text("Somebody else changed this record meanwhile")


def test_an_associate_sees_the_piece_and_neither_its_cost_nor_a_way_to_change_it(
    office: str, signed_in: Callable[..., Page], expected_errors: list[str]
) -> None:
    expected_errors.append("403")
    page = signed_in(office, "/pieces/aurora-set", user="associate")
    expect(page.get_by_role("link", name="Edit")).to_have_count(0)
    expect(page.get_by_text("Estate sale")).to_have_count(0)
    assert page.goto(f"{office}/pieces/aurora-set/edit").status == 403


def test_a_set_is_appraised_and_taken_apart(office: str, signed_in: Callable[..., Page]) -> None:
    page = signed_in(office, "/pieces/aurora-set", user="manager")
    page.get_by_role("region", name="Appraisals").get_by_text("Add one").click()
    for label, text in (("Value", "15 000"), ("For", "Insurance"), ("Appraiser", "Ida"), ("Day", "2026-01-31")):
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_role("button", name="Keep the appraisal").click()
    expect(page.get_by_role("region", name="Appraisals").get_by_text("Insurance")).to_be_visible()
    page.get_by_label("Why it is taken apart").fill("sold singly")
    page.get_by_role("button", name="Take it apart").click()
    expect(page.get_by_role("heading", name="A set of 2")).to_have_count(0)
