"""What the office does with clients, in a real browser, over a house that has known two hundred people for two years."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from cloud.app import Cloud
from cloud.messages.consents import digest
from cloud.pos.segments.job import Divisions
from cloud.pos.stores.desk import open_store
from cloud.tables import campaign, campaign_member, inbox, sale
from contract.facts import Stream
from contract.feed import StoreCard
from contract.ids import UserId
from simulator.app import plan
from vitrine.seed_clients import person_of, sow_clients

TILL, PHONE = (1280, 800), (390, 844)
BY_THEME = ("color-contrast", "link-in-text-block")
LINK = "0123456789abcdef"
PATHS = (
    "/segments", "/segments/list?of=rising", "/segments/list?of=lapsing", "/segments/list?of=value", "/segments/tiers",
    "/loyalty", "/owed?kind=points", "/campaigns", "/campaigns/new", "/campaigns/past-autumn", "/campaigns/past-evening",
    "/campaigns/past-evening/edit",
    f"/clients/{person_of(0)}/edit", "/help", "/changes",
)  # fmt: skip


@pytest.fixture(scope="module")
def office(tmp_path_factory, serve, make_office: Callable[[Path], Cloud]) -> Iterator[str]:
    cloud = make_office(tmp_path_factory.mktemp("clienteling"))
    world = plan(("flagship", "boutique"), seed=3, pieces={"flagship": 10, "boutique": 10})
    with cloud.desk.work() as work:
        for store in world.stores:
            layout = store.layout
            open_store(work, StoreCard(store=layout.store, name=layout.name, currency="EUR", city=layout.city))
        assert sow_clients(work, cloud.ring, world.stores, [UserId("manager"), UserId("associate")], 200) > 300
        for row in work.tx.rows(sa.select(sale.c.store, sale.c.seq).where(sale.c.store == "flagship")):
            kept = {"epoch": "", "stream": Stream.TRADE, "heard_us": 1, "leaf": b"", "head": b"", "body": b""}
            work.tx.add_new(inbox, {**row, **kept})  # what its receipt is drawn of; the boutique's are of before
        evening = {"campaign": "evening", "name": "Evening", "state": "running", "channel": "email"}
        work.tx.add(
            campaign, evening | {"template": "invitation", "event_day": "2099-12-12", "place": "Flagship, Paris"}
        )
        guest = {"campaign": "evening", "person": person_of(0), "arm": "sent", "digest": digest(LINK)}
        work.tx.add(campaign_member, guest)
    Divisions(cloud.desk, "Europe/Paris", run=lambda work: work()).start(UserId("manager"))
    yield serve(cloud.app)
    cloud.office.close()


def name_of(path: str) -> str:
    return path.translate(str.maketrans("/?=&", "----"))


@pytest.mark.looks_at("/owed/{account}", *PATHS)
def test_every_page_is_accessible_in_every_size(
    office: str, signed_in: Callable[..., Page], look_at: Callable[[Page, str], None]
) -> None:
    page = signed_in(office, "/", user="admin")
    for path in PATHS:
        assert page.goto(office + path).status == 200, path
        look_at(page, f"office{name_of(path)}")
    page.goto(office + "/owed?kind=points")
    page.locator("tbody a").first.click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    look_at(page, "office-owed-account")


@pytest.mark.looks_at("/clients/{person}")
def test_a_profile_says_where_its_client_stands(
    office: str, signed_in: Callable[..., Page], look_at: Callable[[Page, str], None]
) -> None:
    page = signed_in(office, f"/clients/{person_of(0)}", user="associate")
    expect(page.get_by_role("region", name="Standing").get_by_text("As of")).to_be_visible()
    look_at(page, "office-client-standing")


@pytest.mark.looks_at("/invited/{link}")
def test_a_guest_answers_on_a_page_of_their_own(
    office: str, open_page: Callable[..., Page], look_at: Callable[[Page, str], None]
) -> None:
    page = open_page(f"{office}/invited/{LINK}", size=PHONE)
    look_at(page, "invited")
    page.get_by_role("button", name="I will come").click()
    expect(page.get_by_text("we look forward to it")).to_be_visible()
    expect(page.get_by_role("button", name="I will come")).to_have_count(0)
    look_at(page, "invited-answered")


@pytest.mark.looks_at("/your-history")
def test_a_client_sees_their_own_page_by_a_link_that_is_handed_on(
    office: str, signed_in: Callable[..., Page], open_page: Callable[..., Page], look_at: Callable[[Page, str], None],
    expected_errors: list[str],
) -> None:  # fmt: skip
    expected_errors.append("404")
    page = signed_in(office, "/segments/list?of=value", user="associate")
    page.locator("td a.title").first.click()
    page.get_by_text("Their own page").click()
    page.get_by_role("button", name="Make the link").click()
    link = page.get_by_label("Copy it, and send it to them alone").input_value()
    look_at(page, "office-client-link")
    theirs = open_page(link, size=PHONE)
    expect(theirs.get_by_role("region", name="Bought")).to_contain_text("Receipt")
    look_at(theirs, "your-history")
    theirs.goto(link + "x")
    expect(theirs.get_by_text("This link has ended.")).to_be_visible()
    look_at(theirs, "your-history-ended")


@pytest.mark.looks_at("/clients/{person}/appraisals")
def test_something_of_a_clients_own_is_appraised_and_signed(
    office: str, signed_in: Callable[..., Page], look_at: Callable[[Page, str], None]
) -> None:
    page = signed_in(office, f"/clients/{person_of(0)}", user="manager")
    page.get_by_role("link", name="Appraisals of what they brought").click()
    expect(page).to_have_url(f"{office}/clients/{person_of(0)}/appraisals")
    for label, text in (
        ("What it is", "Ring with an old-cut diamond"), ("Metal", "Platinum 950"), ("Weight", "4.2 g"),
        ("Stones", "1 diamond, old European cut, 1.01 ct"), ("Declared by the owner", "Inherited in 1998"),
        ("Value", "12 500"), ("Currency", "EUR"), ("For", "Insurance"), ("Appraiser", "Ida"), ("Day", "2026-01-31"),
    ):  # fmt: skip
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_role("button", name="Keep the draft").click()
    photo = Path(__file__).parents[3] / "docs" / "guide" / "pictures" / "alarm-why.png"
    page.get_by_label("A photo: JPEG").set_input_files(photo)
    page.get_by_role("button", name="Add the photo").click()
    thing = page.get_by_role("region", name="Ring with an old-cut diamond")
    thing.get_by_text("Sign it", exact=True).click()
    look_at(page, "office-client-appraisal-draft")
    page.get_by_label("Credentials of Ida").fill("FGA")
    page.get_by_role("button", name="Sign it for ever").click()
    expect(thing.get_by_role("link", name="The signed paper")).to_be_visible()
    look_at(page, "office-client-appraisals")
    name = str(thing.get_attribute("id")).removeprefix("a-")
    page.goto(f"{office}/clients/appraisals/{name}")
    page.get_by_role("link", name="The profile").click()
    page.get_by_text("Their own page").click()
    page.get_by_role("button", name="Make the link").click()
    page.goto(page.get_by_label("Copy it, and send it to them alone").input_value())
    expect(page.get_by_role("region", name="Appraised")).to_contain_text("Ring with an old-cut diamond")
    look_at(page, "your-history-appraised")


def test_somebody_divides_the_clients_and_sees_when_it_was_done(office: str, signed_in: Callable[..., Page]) -> None:
    page = signed_in(office, "/segments", user="manager")
    page.get_by_role("button", name="Divide them now").click()
    expect(page.get_by_role("button", name="Divide them now")).to_be_visible(timeout=60_000)
    page.get_by_text("How it was reckoned").click()
    expect(page.get_by_text("Manager, in")).to_be_visible()
