"""The office in a real browser: empty on its first day, then with two stores that have spoken."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from fastapi import FastAPI
from house_hands import press_key
from playwright.sync_api import Page, expect

from cloud.app import Cloud
from cloud.pos.pieces.desk import bring_in
from cloud.pos.stores.desk import open_store
from contract.commands import CustodyState
from contract.entries import Entry, encode_entry, first_head, keys_of, leaf_hash, next_head
from contract.facts import (
    AlarmKind,
    AlarmRaised,
    AnyFact,
    CountApproved,
    CountFinished,
    CountPlace,
    CountStarted,
    CountVerdict,
    CoverageGap,
    CustodyReleased,
    LineKind,
    PiecePresence,
    PresenceState,
    ReaderChanged,
    ReaderHealth,
    ReaderIdentity,
    ReaderLink,
    ReleaseWhy,
    SaleLine,
    SaleRecorded,
    Share,
    Stream,
    Tender,
    TenderKind,
    TransferShipped,
    Verdict,
    Vision,
    ZonesCalibrated,
    ZoneVision,
    ZoneWalked,
    stream_of,
)
from contract.facts.signals import InputChanged, InputKind, OutputKind, OutputSet
from contract.feed import StoreCard
from contract.ids import UserId
from contract.messages import Rejoin, Snapshot, Up
from simulator.app import plan
from web.policy import undeclared

PASSWORD = "a long enough password"
TILL, PHONE = (1024, 768), (390, 844)
ONCE = (("phone", PHONE, "light", ()),)
"""What teaches on an empty page is a few words: they are read whole, and once."""


def speak(cloud: Cloud, store: str, facts: Callable[[dict[str, int]], list[AnyFact]]) -> None:
    """A store joins and sends these facts, each in its own entry, as its box would."""
    asked = Rejoin(store=store, instance=f"machine-{store}", nonce=f"nonce-{store}", term=0, cloud_epoch=0)
    joined = cloud.rejoins.hear(asked, cloud.desk.now_us(), new_epoch=lambda: f"epoch-{store}")
    assert isinstance(joined, Snapshot), joined
    bodies: dict[Stream, list[bytes]] = {stream: [] for stream in Stream}
    at_us = time.time_ns() // 1000 - 3_600_000_000
    for fact in facts({row.piece: row.ce for row in joined.custody}):
        stream = stream_of(fact)
        at_us += 60_000_000
        seq = len(bodies[stream]) + 1
        entry = Entry(
            stream=stream,
            seq=seq,
            at_us=at_us,
            by=UserId("associate"),
            why="test",
            facts=(fact,),
            keys=keys_of((fact,)),
        )
        bodies[stream].append(encode_entry(entry))
    for number, (stream, rows) in enumerate(bodies.items(), 1):
        head = first_head(store, joined.epoch, stream)
        for body in rows:
            head = next_head(head, leaf_hash(body))
        up = Up(
            store=store, instance=f"machine-{store}", term=joined.term, epoch=joined.epoch, stream=stream, first_seq=1,
            rows=tuple(msgspec.Raw(body) for body in rows), head=head.hex(), last_seq=len(rows),
            cloud_epoch=joined.cloud_epoch, down_upto=0, boot="boot", message=number,
        )  # fmt: skip
        (down,) = cloud.ingest.hear(up, cloud.desk.now_us())
        assert down.acks[0].upto == len(rows), down


@pytest.fixture(scope="module")
def first_day(
    tmp_path_factory: pytest.TempPathFactory, serve: Callable[[FastAPI], str], make_office: Callable[[Path], Cloud]
) -> Iterator[str]:
    cloud = make_office(tmp_path_factory.mktemp("first-day"))
    yield serve(cloud.app)
    cloud.office.close()


@pytest.fixture(scope="module")
def office(
    tmp_path_factory: pytest.TempPathFactory, serve: Callable[[FastAPI], str], make_office: Callable[[Path], Cloud],
    shift_of: Callable[[SaleLine], tuple[AnyFact, ...]], counted_twice: Callable[[tuple[str, ...]], list[AnyFact]],
) -> Iterator[tuple[str, Cloud]]:  # fmt: skip
    cloud = make_office(tmp_path_factory.mktemp("office"))
    world = plan(("flagship", "boutique"), seed=3, pieces={"flagship": 130, "boutique": 20})
    for store in world.stores:
        layout = store.layout
        with cloud.desk.work() as work:
            open_store(work, StoreCard(store=layout.store, name=layout.name, currency="EUR", city=layout.city))
            assert not bring_in(work, store.cards, layout.store, state=CustodyState.HERE).errors
    flagship = world.stores[0].cards
    sold, gone, shipped = flagship[0], flagship[1], flagship[2]

    def day(ce: dict[str, int]) -> list[AnyFact]:
        line = SaleLine(
            line="l1", kind=LineKind.PIECE, description=sold.title, list_price_minor=sold.price_minor,
            gross_minor=sold.price_minor, tax_bp=2000, tax_minor=sold.price_minor - round(sold.price_minor / 1.2),
            piece=sold.piece, ce=ce[sold.piece],
        )  # fmt: skip
        net = line.gross_minor - line.tax_minor
        verdict = CountVerdict(
            piece=gone.piece, verdict=Verdict.MISSING, zone="case-1", p_present=0.0004, note="last read 13:58"
        )
        return [
            *(PiecePresence(piece=card.piece, state=PresenceState.PRESENT, zone=card.home_zone) for card in flagship[3:]),
            PiecePresence(piece=gone.piece, state=PresenceState.MISSING, zone="case-1", why="31 rounds without a read"),
            ReaderHealth(reader="case-reader-1", link=ReaderLink.READING, model="Speedway R420", firmware="6.4.1"),
            ReaderHealth(reader="gate-reader", link=ReaderLink.SILENT, why="nothing heard for 6 s"),
            CoverageGap(reader="case-reader-1", from_us=1_794_830_400_000_000, until_us=1_794_830_460_000_000, why="nothing heard for 3.0 s"),
            ReaderChanged(
                reader="case-reader-1", was=ReaderIdentity("Speedway R420", "5.12", "00:16:25:00:00:01"),
                now=ReaderIdentity("Speedway R420", "6.4.1", "00:16:25:00:00:02"),
            ),
            ZoneVision(zone="gate", vision=Vision.BLIND, why="its reader is silent", name="Street door"),
            *(
                ZonesCalibrated(
                    version=version, points="00", model="whitened kernel", temperature=1.1, accuracy=accuracy, tray_accuracy=0.99,
                    tray_temperature=1.0, antennas=(), put_back=1 if version == 3 else 0, zones=tuple(
                        ZoneWalked(zone=zone, positions=3, tried=24, right=right, name=name)
                        for zone, name, right in (("case-1", "Case 1, solitaires", 23), ("case-2", "Case 2, watches", 21), ("safe-1", "Safe", 24))
                    ),
                )
                for version, accuracy in ((1, 0.944), (2, 0.871), (3, 0.944))
            ),
            InputChanged(reader="gate-reader", port=1, name="Back door", kind=InputKind.DOOR, zone="gate", on=True),
            OutputSet(reader="gate-reader", port=1, name="Gate siren", kind=OutputKind.SIREN, zone="gate", on=False, why="the time is over"),
            AlarmRaised(
                alarm="a1", kind=AlarmKind.MISSING, pieces=(gone.piece,), zone="case-1", evidence_nats=27.4, rounds=31,
                sentence="Read 58 of 60 rounds until 14:03, then in none of 31 while 10 neighbours were read.",
                value_minor=gone.price_minor, currency="EUR",
            ),
            CountStarted(count="c1", place=CountPlace.SHELF, zones=("case-1",), expected=92),
            CountFinished(
                count="c1", place=CountPlace.SHELF, rounds=41, expected=92, found=91, p_complete=0.9996, why_stopped="nothing new",
                verdicts=(verdict,), value_minor=90_000_000, weight_mg=812_000, currency="EUR",
            ),
            CountApproved(
                count="c1", place=CountPlace.SHELF, business_day="2026-11-22", expected=92, found=91, missing=(gone.piece,),
                p_complete=0.9996, verdicts=(verdict,),
            ),
            CountStarted(count="c2", place=CountPlace.SAFE, zones=("safe-1",), expected=804),
            CountFinished(
                count="c2", place=CountPlace.SAFE, rounds=60, expected=804, found=803, p_complete=0.0025,
                why_stopped="the rest is sooner found by hand", value_minor=90_000_000, weight_mg=812_000, currency="EUR",
                verdicts=(CountVerdict(
                    piece=flagship[3].piece, verdict=Verdict.CHECK_BY_HAND, zone="safe-1", p_present=0.9975, note="not read",
                ),),
            ),
            *counted_twice(tuple(card.piece for card in flagship[4:7])),
            SaleRecorded(
                sale="s1", till="till-1", shift="z1", receipt_number=1, business_day="2026-11-22", associate="associate",
                currency="EUR", lines=(line,), total_minor=sold.price_minor, tax_minor=line.tax_minor, pad_verdict="matched",
                tenders=(Tender(kind=TenderKind.CARD, amount_minor=sold.price_minor),),
                shares=(Share(associate="associate", share_bp=10_000, rate_bp=100, base_minor=net, commission_minor=net // 100),),
            ),
            CustodyReleased(piece=shipped.piece, ce=ce[shipped.piece], why=ReleaseWhy.SHIPPED, to="boutique", transfer="t1"),
            TransferShipped(transfer="t1", to="boutique", pieces=(shipped.piece,)), *shift_of(line),
        ]  # fmt: skip

    speak(cloud, "flagship", day)
    with cloud.desk.work() as work:
        work.open_case(
            "sold_twice", "The solitaire was sold at the flagship and on the web.", store="flagship", piece=sold.piece
        )
    yield serve(cloud.app), cloud
    cloud.office.close()


SINGLE = (
    "/counts/flagship/c1", "/sales/flagship/s1", "/shifts", "/shifts/flagship/z1", "/stores/flagship",
    "/prices", "/prices?of=taxes", "/receipts/flagship/s1", "/help/cards/manager", "/me", "/me/second-factor",
    "/ledger/accounts/bank", "/commissions/associate",
)  # fmt: skip
PATHS = (
    "/", "/pieces", "/counts", "/sales", "/ledger", "/transfers", "/orders", "/client-orders", "/alarms", "/stores", "/staff",
    "/parked", "/receipts", "/segments", "/owed", "/bank-transfers", "/commissions", "/compliance", "/purchases", "/scrap",
    "/roles", "/jobs", "/ledger/entries", "/goods/moves", "/reports", "/reports?by=category&span=24m", "/reports/stock", "/reports/stock/oldest", "/reports/counts",
)  # fmt: skip


def name_of(path: str) -> str:
    return path.translate(str.maketrans("/?=&", "----"))


@pytest.mark.looks_at(*PATHS)
def test_every_page_of_the_first_day_teaches(first_day: str, signed_in: Callable[..., Page], look_at) -> None:
    page = signed_in(first_day, "/", user="admin")
    for path in PATHS:
        page.goto(first_day + path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        look_at(page, f"office-first-day{name_of(path)}", ONCE)


@pytest.mark.looks_at("/pieces/{piece}", *PATHS, *SINGLE)
def test_every_page_is_accessible_on_till_and_phone_in_the_light_and_the_dark(
    office: tuple[str, Cloud], signed_in: Callable[..., Page], look_at
) -> None:
    url, _ = office
    page = signed_in(url, "/", user="admin")
    page.goto(url + "/pieces")
    piece = page.locator("td a.title").first.get_attribute("href")
    for path in (*PATHS, piece, *SINGLE):
        assert page.goto(url + str(path)).status == 200, path
        look_at(page, f"office{name_of(str(path))}")


def test_a_piece_is_found_by_its_words_and_says_where_it_is(
    office: tuple[str, Cloud], signed_in: Callable[..., Page]
) -> None:
    url, _ = office
    page = signed_in(url, "/pieces", user="associate")
    page.get_by_label("Search").fill("ring")
    press_key(page, "Enter")
    expect(page.locator("tbody tr").first).to_be_visible()
    page.get_by_label("Search").fill("no such words")
    press_key(page, "Enter")
    expect(page.get_by_text("Nothing answers to that")).to_be_visible()


def test_lists_are_paged(office: tuple[str, Cloud], signed_in: Callable[..., Page]) -> None:
    url, _ = office
    page = signed_in(url, "/pieces")
    expect(page.locator("tbody tr")).to_have_count(50)
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_role("link", name="Before")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(50)


def test_a_sale_is_seen_with_its_lines(office: tuple[str, Cloud], signed_in: Callable[..., Page]) -> None:
    url, _ = office
    page = signed_in(url, "/sales")
    page.get_by_role("link", name="till-1 / 1").click()
    expect(page.get_by_text("Posted")).to_be_visible()
    page.get_by_role("row").nth(1).get_by_role("link").click()
    expect(page.get_by_role("heading", name="With a client")).to_be_visible()


def test_a_case_is_closed_by_a_person_with_a_word(office: tuple[str, Cloud], signed_in: Callable[..., Page]) -> None:
    url, _ = office
    page = signed_in(url, "/parked")
    expect(page.get_by_text("sold at the flagship and on the web")).to_be_visible()
    piece = page.locator("td.prose a")
    title, _, sku = piece.inner_text().removesuffix(")").rpartition(" (")
    piece.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.locator(".pairs").first).to_contain_text(sku)
    page.go_back()
    page.get_by_label("How it ended").fill("refunded the web order")
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_text("No open case")).to_be_visible()


def test_a_count_that_lacks_one_piece_leads_with_what_to_do(
    office: tuple[str, Cloud], signed_in: Callable[..., Page]
) -> None:
    url, _ = office
    page = signed_in(url, "/counts")
    row = page.get_by_role("row").filter(has_text="803 of 804")
    expect(row.get_by_text("1 to look for")).to_be_visible()
    expect(row.get_by_text("once found by hand")).to_be_visible()
    expect(row).not_to_contain_text("0.25")
    row.get_by_role("link").click()
    expect(page.locator(".figures")).to_contain_text("> 99.9")
    expect(page.locator(".figures")).to_contain_text("once found by hand")


def test_a_count_tells_its_totals_its_looks_and_who_took_part(
    office: tuple[str, Cloud], signed_in: Callable[..., Page], look_at
) -> None:
    url, _ = office
    page = signed_in(url, "/counts")
    expect(page.locator(".banner.warn")).to_contain_text("Closing was not counted.")
    expect(page.locator(".banner.warn")).to_contain_text("this box was off")
    page.get_by_label("State").select_option("Approved")
    page.get_by_role("button", name="Find").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.goto(url + "/counts")
    row = page.get_by_role("row").filter(has_text="39 of 40")
    expect(row).to_contain_text("Blind")
    row.get_by_role("link").click()
    for words in ("Duplicate EPC", "Unknown tag", "Hard to read", "Unexpected", "Look 2", "case-1/02", "Associate"):
        expect(page.get_by_role("main")).to_contain_text(words)
    totals = page.get_by_role("region", name="Quantity, weight and value")
    expect(totals.get_by_role("row").filter(has_text="case-1/02")).to_contain_text("−1")
    look_at(page, "count-one")


def test_a_phone_has_every_page_in_one_drawer_that_needs_no_script(
    office: tuple[str, Cloud], signed_in: Callable[..., Page], check_accessible: Callable[..., list[str]], keep_shot
) -> None:
    page = signed_in(office[0], "/", size=PHONE)
    expect(page.get_by_role("link", name="Transfers")).to_have_count(0)
    page.locator(".drawer summary").focus()
    press_key(page, "Enter")
    assert check_accessible(page) == []
    keep_shot(page, "office-drawer")
    page.get_by_role("link", name="Transfers", exact=True).click()
    expect(page.get_by_role("navigation", name="Stock").get_by_role("link", name="Transfers")).to_have_attribute(
        "aria-current", "page"
    )


def test_headings_lead_to_their_first_page_and_show_the_others(
    office: tuple[str, Cloud], signed_in: Callable[..., Page]
) -> None:
    page = signed_in(office[0], "/")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Reports").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What was sold")
    expect(page.get_by_role("navigation", name="Reports").get_by_role("link")).to_have_text(
        ["Sold", "In stock", "Counted"]
    )


def test_the_day_begins_with_what_waits_and_leads_there(
    office: tuple[str, Cloud], signed_in: Callable[..., Page]
) -> None:
    page = signed_in(office[0], "/")
    page.get_by_role("region", name="What needs you").get_by_role("link", name="alarm is open").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Alarms")


def test_a_page_with_times_says_once_whose_they_are(office: tuple[str, Cloud], signed_in: Callable[..., Page]) -> None:
    url, _ = office
    page = signed_in(url, "/alarms")
    expect(page.get_by_text("Times are those of UTC.")).to_have_count(1)
    page.goto(url + "/pieces")
    expect(page.get_by_text("Times are those of")).to_have_count(0)


def test_a_store_is_asked_to_count(office: tuple[str, Cloud], signed_in: Callable[..., Page]) -> None:
    page = signed_in(office[0], "/counts", user="loss_prevention")
    page.get_by_label("Ask a store to count").select_option("flagship")
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("safe")


def test_an_associate_sees_no_cases(
    office: tuple[str, Cloud], signed_in: Callable[..., Page], expected_errors: list[str]
) -> None:
    url, _ = office
    page = signed_in(url, "/", user="associate")
    expect(page.get_by_role("link", name="Cases", exact=True)).to_have_count(0)
    expected_errors.append("403")
    page.goto(url + "/parked")
    expect(page.get_by_text("This is not yours to do")).to_be_visible()


@pytest.mark.looks_at("/sign-in")
def test_a_wrong_password_is_told_without_a_hint(
    first_day: str, open_page: Callable[..., Page], expected_errors: list[str], look_at
) -> None:
    expected_errors.append("401")
    page = open_page(first_day + "/", size=TILL)
    page.get_by_label("Name").fill("manager")
    page.get_by_label("Password").fill("wrong")
    press_key(page, "Enter")
    expect(page.get_by_role("alert")).to_contain_text("do not fit")
    expect(page.get_by_label("Name")).to_have_value("manager")
    look_at(page, "office-sign-in-wrong")


def test_signing_out_ends_it(first_day: str, signed_in: Callable[..., Page]) -> None:
    page = signed_in(first_day, "/", by_form=True)
    page.get_by_role("button", name="Sign out").click()
    page.goto(first_day + "/sales")
    expect(page.get_by_label("Password")).to_be_visible()


@pytest.mark.looks_at("/ledger/entry")
def test_the_ledger_shows_what_a_sale_moved_and_that_it_sums_to_nothing(
    office: tuple[str, Cloud], signed_in: Callable[..., Page], look_at
) -> None:
    page = signed_in(office[0], "/ledger")
    together = page.locator(".figures dd")
    expect(together).to_contain_text("the two sides are equal")
    debit, credit = re.findall(r"€([0-9,.]+)", together.inner_text())
    assert debit == credit
    balances = page.get_by_role("table").first
    for account in ("Card clearing", "Sales tax payable"):
        expect(balances.get_by_role("row", name=re.compile(f"^{account}"))).to_have_count(1)
    page.get_by_role("link", name="Every entry").click()
    page.get_by_role("link", name="Sale", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sale")
    expect(page.get_by_role("row", name=re.compile("^Card clearing"))).to_have_count(1)
    look_at(page, "office-ledger-entry")


def test_what_the_bank_gave_is_said_beside_the_bag_and_the_ledger_follows(
    office: tuple[str, Cloud], signed_in: Callable[..., Page]
) -> None:
    page = signed_in(office[0], "/shifts")
    bag = page.get_by_role("row", name=re.compile("Bag 401"))
    bag.get_by_text("By the statement").click()
    bag.get_by_label("EUR").fill("49,80")
    bag.get_by_role("button", name="Keep").click()
    expect(bag).to_contain_text("Difference −€0.20")
    page.goto(office[0] + "/ledger/entry?store=flagship&posting=bank_credited:b1/1")
    expect(page.get_by_role("row", name=re.compile("^Cash over and short"))).to_contain_text("0.20")


def test_every_route_of_the_office_has_a_policy(office: tuple[str, Cloud]) -> None:
    assert undeclared(office[1].app) == []
