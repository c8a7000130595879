"""Pieces come in by a list, by hand and by category, and are looked for, in a real browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from cloud.pos.stores.desk import open_store
from contract.feed import StoreCard

HEAD = "Stock No.;Article number;Title;Category;Price;Currency;tax_percent;Metals;Remark\n"
RING = "R-1;AU-1961;Aurora ring;ring;1.240,50;EUR;20;gold, 18 kt, 3.1 g;old\n"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, serve, make_office) -> Iterator[str]:
    cloud = make_office(tmp_path_factory.mktemp("office"))
    with cloud.desk.work() as work:
        open_store(work, StoreCard(store="flagship", name="Flagship", currency="EUR"))
    yield serve(cloud.app)
    cloud.office.close()


def give(page: Page, office: str, folder: Path, text: str) -> None:
    page.goto(f"{office}/pieces/import")
    file = folder / "spring.csv"
    file.write_text(text, encoding="utf-8")
    page.get_by_label("The list:").set_input_files(file)
    page.get_by_label("How the list writes numbers").select_option("comma")
    page.get_by_role("button", name="Try the list").click()


@pytest.mark.looks_at("/pieces/import", "/pieces/import/{list_id}")
def test_a_list_is_tried_asked_about_mended_and_imported(office, signed_in, look_at, tmp_path, expected_errors) -> None:
    expected_errors += ["422"]
    page = signed_in(office, "/pieces/import", user="admin")
    look_at(page, "import")
    give(page, office, tmp_path, HEAD + RING + RING.replace("R-1", "R-2").replace("1.240,50", "12.40"))
    expect(page.get_by_role("heading", name="1 heading we do not know")).to_be_visible()
    look_at(page, "import-headings")
    page.get_by_label("Remark").select_option("Leave it out")
    page.get_by_role("button", name="Try it so").click()
    expect(page.get_by_role("alert").filter(has_text="nothing is imported")).to_be_visible()
    look_at(page, "import-mistakes")
    give(page, office, tmp_path, HEAD.replace(";Remark", "") + RING.replace(";old", ""))
    expect(page.get_by_role("heading", name="The list is sound")).to_be_visible()
    expect(page.get_by_text("New pieces, for Flagship")).to_be_visible()
    look_at(page, "import-sound")
    page.get_by_role("button", name="Import 1 rows").click()
    expect(page.get_by_text("1 new, 0 changed, 0 as they were.")).to_be_visible()
    give(page, office, tmp_path, HEAD.replace(";Remark", "") + RING.replace(";old", ""))
    expect(page.get_by_text("This very list was imported before.")).to_be_visible()


@pytest.mark.looks_at("/pieces/categories", "/pieces/new")
def test_a_category_asks_and_a_piece_entered_by_hand_answers(office, signed_in, look_at, expected_errors) -> None:
    expected_errors += ["422"]
    page = signed_in(office, "/pieces/categories")
    page.get_by_label("Category, as its pieces name it").fill("Necklace")
    page.get_by_label("Name", exact=True).first.fill("Length")
    page.get_by_label("Kind").first.select_option("number")
    page.get_by_label("Unit, of a number").first.fill("cm")
    page.get_by_label("Must it be said?").first.select_option("yes")
    page.get_by_role("button", name="Keep the list").click()
    expect(page.get_by_role("link", name="Necklace")).to_be_visible()
    look_at(page, "categories")
    page.goto(f"{office}/pieces/new")
    for label, text in (("Title", "Vega chain"), ("Category", "necklace"), ("Price", "900"), ("Currency", "EUR")):
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_role("button", name="Keep the piece").click()
    expect(page.get_by_text("Length: a necklace has to say it.")).to_be_visible()
    look_at(page, "new-piece")
    page.get_by_label("Attributes").fill("length = 42.5")
    page.get_by_role("button", name="Keep the piece").click()
    expect(page.get_by_role("heading", name="Vega chain")).to_be_visible()
    expect(page.get_by_text("42.5 cm")).to_be_visible()
    expect(page.get_by_text("Price EUR: €900.00")).to_be_visible()
    page.goto(f"{office}/pieces?q=length:42..43")
    expect(page.get_by_role("link", name="Vega chain")).to_be_visible()
    page.goto(f"{office}/pieces?q=colour:red")
    expect(page.get_by_role("alert").filter(has_text="There is no field 'colour'")).to_be_visible()
    look_at(page, "seek")
