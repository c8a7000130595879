"""What an admin does at the head office, in a real browser: stores are opened, people named; nobody else may."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from cloud.clienteling.identity.matching import Suggestion
from cloud.pos.clients import desk as clients
from cloud.pos.clients import pairs
from cloud.pos.clients.profile import Finger, RingSize, Source
from cloud.pos.prices.desk import put_promotion, put_tax
from cloud.pos.stores.desk import open_store
from contract.feed import (
    EVERY_STORE,
    PromotionCard,
    PromotionKind,
    StoreCard,
    TaxCard,
    TaxChange,
    TaxPart,
)

PASSWORD = "a long enough password"
BY_THEME = ("color-contrast", "link-in-text-block")
TILL, PHONE = (1024, 768), (390, 844)
CLIENT, TWIN = "01990000-0000-7000-8000-000000000001", "01990000-0000-7000-8000-000000000002"
FORMS = (
    ("/stores", "Open the store"), ("/stores/flagship/settings", "Keep it so"), ("/staff", "Name them"),
    ("/staff/associate", "Keep the change"), ("/roles/new", "Make the role"), ("/roles/manager", "Keep the change"),
    ("/prices/taxes/new", "Keep the tax"), ("/prices/promotions/new", "Keep the promotion"), ("/prices/rates", "Keep the rate"),
    ("/clients/new", "Keep them"), (f"/clients/{CLIENT}", "Keep the note"), ("/clients", "Find"),
    ("/clients/doubles", "The same person"),
    ("/prices/taxes/vat", "End it"), ("/prices/promotions/spring", "End it"), ("/goods", "Keep it"), ("/commissions", "Set the rate"),
)  # fmt: skip
"""A page with a form, and the word on its button."""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, serve, make_office) -> Iterator[str]:
    cloud = make_office(tmp_path_factory.mktemp("office"))
    with cloud.desk.work() as work:
        open_store(work, StoreCard(store="flagship", name="Flagship", currency="EUR"))
        vat = TaxPart(code="20", name="VAT", rate_bp=2_000)
        later = TaxChange(from_day="2099-01-01", parts=(vat,))
        put_tax(work, TaxCard(tax="vat", name="VAT", parts=(vat,), changes=(later,)), by="admin", why="it is due")
        spring = PromotionCard(promotion="spring", name="Spring", how=PromotionKind.PERCENT, off_bp=1_000)
        put_promotion(work, spring, EVERY_STORE, by="admin", why="for the spring")
        told = {
            "given_name": "Max",
            "family_name": "Muster",
            "emails": ("max@example.com",),
            "phones": ("+33199001234",),
        }
        size = RingSize(finger=Finger.LEFT_RING, circumference_um=54_400, source=Source.MEASURED, day="2026-11-22")
        clients.create(
            work, cloud.ring, CLIENT, {**told, "sizes": (size,)}, by="admin", store="flagship", why="he came in"
        )
        clients.create(work, cloud.ring, TWIN, told, by="admin", store="flagship", why="he came in again")
        said = Suggestion(CLIENT, TWIN, 20.0, ("the same mailbox, or nearly so", "the given names go together"))
        pairs.keep(work, [said])
    yield serve(cloud.app)
    cloud.office.close()


def test_the_ledger_and_the_staff_are_not_for_associates(
    office: str, signed_in: Callable[..., Page], expected_errors: list[str]
) -> None:
    url = office
    expected_errors.append("403")
    page = signed_in(url, "/sales", user="associate")
    for path, name in (("/ledger", "Ledger"), ("/staff", "Staff")):
        expect(page.get_by_role("link", name=name)).to_have_count(0)
        assert page.goto(url + path).status == 403


@pytest.mark.looks_at("/stores/flagship/enrol", *(path for path, _ in FORMS))
def test_the_forms_of_an_admin_are_accessible_in_every_size(
    office: str, signed_in: Callable[..., Page], look_at: Callable[[Page, str], None]
) -> None:
    url = office
    page = signed_in(url, "/", user="admin")
    for path, button in FORMS:
        assert page.goto(url + path).status == 200, path
        expect(page.get_by_role("button", name=button)).to_be_visible()
        look_at(page, f"office-admin{path.replace('/', '-')}")
    page.goto(url + "/stores/flagship/enrol")
    page.get_by_role("button", name="Take a token").click()
    expect(page.get_by_label("The command for the box")).to_contain_text("vitrine enrol flagship --office ")
    look_at(page, "office-admin-token")


def test_an_admin_opens_a_store_and_is_told_what_does_not_fit(
    office: str, signed_in: Callable[..., Page], expected_errors: list[str]
) -> None:
    url = office
    expected_errors.append("422")
    page = signed_in(url, "/stores", user="admin")
    for short, zone, said in (
        ("cloud", "Europe/Paris", "A store cannot be called 'cloud'"),
        ("flagship", "Europe/Paris", "There is a store 'flagship' already"),
        ("lyon", "Europe/Lion", "'Europe/Lion' is no time zone"),
        ("lyon", "Europe/Paris", ""),
    ):
        page.get_by_label("Short name").fill(short)
        page.get_by_label("Name people read").fill("Lyon, Presqu'île")
        page.get_by_label("Time zone").fill(zone)
        page.get_by_role("button", name="Open the store").click()
        if said:
            expect(page.get_by_role("alert")).to_contain_text(said)
    expect(page.get_by_role("heading", level=1)).to_have_text("Lyon, Presqu'île")


def test_a_manager_opens_no_store_and_names_nobody(office: str, signed_in: Callable[..., Page]) -> None:
    url = office
    page = signed_in(url, "/stores")
    expect(page.get_by_role("button", name="Open the store")).to_have_count(0)
    page.goto(url + "/staff")
    expect(page.get_by_role("button", name="Name them")).to_have_count(0)
    form = {"csrf": page.locator("input[name=csrf]").first.get_attribute("value") or ""}
    stolen = {**form, "user": "eve", "name": "Eve", "role": "admin", "password": "a long enough password"}
    assert page.request.post(url + "/staff", form=stolen, headers={"origin": url}).status == 403
    opened = {**form, "store": "eve", "name": "Eve", "currency": "EUR"}
    assert page.request.post(url + "/stores", form=opened, headers={"origin": url}).status == 403


def test_an_admin_names_a_manager_who_signs_in(
    office: str, signed_in: Callable[..., Page], expected_errors: list[str]
) -> None:
    url = office
    expected_errors.append("422")
    page = signed_in(url, "/staff", user="admin")
    for user, password, said in (
        ("associate", PASSWORD, "There is somebody called associate already"),
        ("mo", "mo-mo-mo-password", "first to be guessed"),
        ("mo", PASSWORD, ""),
    ):
        page.get_by_label("Signs in as").fill(user)
        page.get_by_label("Name people read").fill("Mo Adler")
        page.get_by_label("Role").select_option("manager")
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Name them").click()
        if said:
            expect(page.get_by_role("alert")).to_contain_text(said)
    expect(page.get_by_role("heading", level=1)).to_have_text("Mo Adler")
    expect(page.get_by_role("checkbox", name="Manager")).to_be_checked()
    signed_in(url, "/ledger", user="mo", by_form=True)
