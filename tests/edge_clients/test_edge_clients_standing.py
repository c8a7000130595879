"""What a client's card tells a store of them: their tier, their points, and what to show them next, with why."""

import asyncio

import pytest
import sqlalchemy as sa
from clients_house import ANA, EVA, MAX, MILAN, ONE, OTHER, PARIS

from cloud import house_settings, points
from cloud.pos.clients import desk
from cloud.pos.clients.profile import Likes, Pin
from cloud.pos.sales.desk import resolve
from cloud.pos.segments import settings
from cloud.pos.segments.settings import Segmentation, Step
from cloud.tables import client, client_segment, custody, piece, points_lot, sale, sale_line, store, value_account
from contract.clients import ClientPoints, ClientsAsked, ClientStanding
from contract.facts import SaleRecorded, Tender, TenderKind
from edge.clients.syncing import sync

pytestmark = pytest.mark.parametrize("office", ["sqlite"], indirect=True)
STEPS = Segmentation(
    steps=(
        Step(name="Silver", from_minor=2, stays_from_minor=1),
        Step(name="Gold", from_minor=4, stays_from_minor=3, perks="Cleaning, free"),
    )
)


def bring(office, box):
    asyncio.run(sync(box, office, lambda: office.now_us))
    return box.one(ONE)


def add(office, table, **values):
    office.work(lambda work: work.tx.add(table, values))


def on_hand(office, name, at=PARIS, **card):
    told = {"sku": name, "title": f"The {name}", "category": "earrings", "metal": "gold", "price_minor": 100_000}
    add(office, piece, piece=name, currency="EUR", **{**told, **card})
    add(office, custody, piece=name, holder=at, ce=1, state="here")


@pytest.fixture
def house(office):
    office.keep(ONE, EVA)
    for name, city in ((PARIS, "Paris"), ("annex", "Paris"), (MILAN, "Milan")):
        row = {"store": name, "name": name, "currency": "EUR", "city": city}
        office.work(lambda work, row=row: work.tx.put(store, row))
    office.work(lambda work: house_settings.write(work, settings.NAME, STEPS, {}, by=ANA, why="a test"))
    return office


def earned(office, person, currency, issued, expires, *, spent=0):
    account = f"points-{person}:{currency}"
    add(
        office, value_account, account=account, kind=TenderKind.POINTS, client=person, currency=currency,
        issued_minor=issued, spent_minor=spent, expires=expires,
    )  # fmt: skip
    add(office, points_lot, store=PARIS, ref=account, account=account, left_minor=issued, expires=expires)


def likes(office, person, text):
    pin = Pin(about=Likes.METAL, text=text, by=ANA, at_us=1)
    office.change(person, desk.setting({"pins": (pin,)}))


def test_the_card_tells_tier_and_perks_and_points_that_may_be_spent(house, box):
    add(house, client_segment, person=ONE, tier=2, tier_since="2026-03-01")
    for currency, issued, spent, expires in (
        ("EUR", 5_000, 1_500, "2099-01-31"),
        ("CHF", 900, 0, "2001-01-01"),
        ("USD", 700, 700, ""),
    ):
        earned(house, ONE, currency, issued, expires, spent=spent)
    card = bring(house, box)
    assert card.standing == ClientStanding(
        tier="Gold", since="2026-03-01", perks="Cleaning, free",
        points=(ClientPoints(currency="EUR", balance_minor=3_500, lapses_minor=3_500, lapses="2099-01-31"),),
    )  # fmt: skip


def test_ids_that_are_one_person_stand_together(house, box):
    house.keep(OTHER, MAX)
    add(house, client_segment, person=OTHER, tier=1, tier_since="2026-05-01")
    for person, issued, expires in ((ONE, 100, "2099-05-01"), (OTHER, 40, "2099-03-01")):
        earned(house, person, "EUR", issued, expires)
    house.merge(ONE, OTHER)
    standing = bring(house, box).standing
    assert standing.tier == "Silver"
    assert standing.points == (ClientPoints(currency="EUR", balance_minor=140, lapses_minor=40, lapses="2099-03-01"),)


def test_a_kept_card_names_pieces_of_its_own_store_and_one_looked_at_those_near(house, box):
    likes(house, ONE, "Gold")
    on_hand(house, "P1")
    on_hand(house, "P2", at="annex", price_minor=90_000)
    on_hand(house, "P3", at=MILAN)
    kept = bring(house, box).standing.next
    assert [(each.piece, each.store, each.reasons) for each in kept] == [("P1", PARIS, ("likes gold",))]
    (found,) = asyncio.run(house.search_clients(ClientsAsked(box_key=box.public, by=ANA, person=ONE))).clients
    assert {each.piece for each in box.opened(found).standing.next} == {"P1", "P2"}


def test_at_most_three_are_named_and_none_that_they_bought(house, box):
    likes(house, ONE, "Gold")
    for n in range(6):
        on_hand(house, f"P{n}")
    add(house, piece, piece="OLD", sku="OLD", title="Old", category="necklace", metal="gold", price_minor=100_000)
    add(house, sale, store=PARIS, sale="s1", client=ONE, business_day="2026-11-01", state="posted")
    add(house, sale_line, store=PARIS, sale="s1", line="l", kind="piece", piece="OLD", gross_minor=100_000)
    told = bring(house, box).standing.next
    assert len(told) == 3
    assert all("goes with the Old" in each.reasons and each.price_minor == 100_000 for each in told)


def test_a_sale_brings_the_card_again(house, box):
    fact = SaleRecorded(
        sale="s2", associate=ANA, till="t1", shift="z1", receipt_number=1, business_day="2026-11-20", currency="EUR",
        total_minor=0, tax_minor=0, lines=(), tenders=(Tender(kind=TenderKind.CASH, amount_minor=0),), client=ONE,
    )  # fmt: skip
    before = changed_us(house)
    house.work(lambda work: points.sold(work, PARIS, fact, at_us=work.now_us))
    assert changed_us(house) > before, "else what they bought comes with tomorrow's pass, or never"


def test_a_sale_in_doubt_is_marked_on_the_card_until_it_is_resolved(house, box):
    """No money is posted of it, which would bring the card: the doubt itself does, and its end."""
    known = {"store": PARIS, "client": ONE, "business_day": "2026-11-20", "state": "quarantined"}
    add(house, sale, sale="s3", **known)
    add(house, sale_line, store=PARIS, sale="s3", line="l", kind="piece", piece="P1", description="Ring")
    assert [(each.what, each.in_doubt) for each in bring(house, box).bought] == [("Ring", True)]
    before = changed_us(house)
    house.work(lambda work: resolve(work, PARIS, "s3", post_it=False, by=ANA, outcome="it was given back"))
    assert changed_us(house) > before, "else the store would say for ever that it is in doubt"
    assert [(each.what, each.in_doubt) for each in bring(house, box).bought] == [("Ring", False)]


def changed_us(office):
    return office.work(lambda work: work.tx.value(sa.select(client.c.changed_us).where(client.c.person == ONE)))
