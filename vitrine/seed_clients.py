"""The demo's clients and their two years of purchases, written at the office in one go.

What was sold before the house opened its books here is taken over as it would be from the tills before: sales, what
came back and pieces long with their owners, all in the ledger; no store's log has a row of it, and no tag of it is on
any floor.
"""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import msgspec
import numpy as np
import sqlalchemy as sa

from cloud import house_settings, points
from cloud.ledger import Kind, post
from cloud.people import Keyring
from cloud.points import Loyalty
from cloud.pos.campaigns import desk as campaigns
from cloud.pos.campaigns.audience import Wanted
from cloud.pos.clients import desk as clients
from cloud.pos.clients import profile
from cloud.pos.ledger import closing
from cloud.pos.pieces.cards import row_of
from cloud.tables import (
    campaign,
    campaign_member,
    client,
    client_consent,
    client_visit,
    custody,
    piece,
    refund,
    refund_line,
    sale,
    sale_line,
    sale_tender,
    sold_piece,
)
from cloud.work import Work
from contract.facts import LineKind, ReturnedLine, ReturnRecorded, SaleLine, SaleRecorded, Tender, TenderKind
from contract.feed import EarnRule, PieceCard
from contract.ids import LineId, PersonId, SaleId, ShiftId, StoreId, TillId, UserId
from contract.money import divide_half_up, tax_within
from simulator.app import StorePlan
from simulator.stock import make_stock
from trade.accounts import Account
from trade.consent import Channel
from trade.custody import OfficeState
from trade.posting import Posting, post_return, post_sale
from trade.sale import SaleState
from vitrine.past import Guest, Purchase, guests
from vitrine.shop import SEED

PIECES_A_CLIENT: Final = 4
STORE_NUMBER: Final = 91
"""Of pieces that are with their owners: no store of the demo has it."""
TILL: Final = TillId("till-0")
"""The register of before Vitrine: no till of today goes on with its numbers."""
NO_SHIFT: Final = ShiftId("")
SECOND: Final = 0.3
"""Of clients and of sales at the second store."""
POINTS_SINCE: Final = 120
"""Days ago; what was bought before earned nothing."""
SAW: Final = ("The solitaire in case 1", "Bands for both", "A watch for his father", "Earrings to go with the necklace")
NOTED: Final = ("Prefers to be written to, not called.", "Comes on Saturdays, with a dog.", "Takes tea, no sugar.")
IN_THE_SAFE_MINOR: Final = 200_000
EMAIL_TEXT: Final = "2026-01"


@dataclass(frozen=True, slots=True)
class Past:
    """Where and by whom it is written; `today` is the house's own day."""

    work: Work
    ring: Keyring
    today: dt.date
    stores: Sequence[StoreId]
    staff: Sequence[UserId]
    numbers: Counter[StoreId] = field(default_factory=Counter)
    """The last receipt of each store's old till: sales and what came back, in one series."""
    banked: Counter[StoreId] = field(default_factory=Counter)
    """What cards brought."""

    def number(self, store: StoreId) -> int:
        self.numbers[store] += 1
        return self.numbers[store]

    def store(self, rng: np.random.Generator) -> StoreId:
        return self.stores[-1] if rng.random() < SECOND else self.stores[0]

    def day(self, ago: int) -> str:
        return (self.today - dt.timedelta(days=ago)).isoformat()

    def at_us(self, ago: int, hour: int) -> int:
        then = dt.datetime.combine(self.today - dt.timedelta(days=ago), dt.time(hour), dt.UTC)
        return round(then.timestamp() * 1_000_000)


def sow_clients(work: Work, ring: Keyring, plans: Sequence[StorePlan], staff: Sequence[UserId], count: int) -> int:
    """How many sales there were. The same clients with the same past every time, as seen from today."""
    shops = [plan for plan in plans if plan.readers]
    if not shops or not count:
        return 0
    layout = shops[0].layout
    stock = make_stock(
        seed=SEED, store_number=STORE_NUMBER, n=count * PIECES_A_CLIENT, shelves=layout.shelves(),
        currency=layout.currency, tax_bp=layout.tax_bp,
    )  # fmt: skip
    began = EarnRule(name="One in a hundred", rate_bp=100, from_day=past_day(work, POINTS_SINCE))
    gold = EarnRule(name="Two for Gold", rate_bp=200, from_day=began.from_day, tier_min=2)
    told = {"lasts": "24 months", began.name: "1 %", gold.name: "2 %, from the second tier on"}
    house_settings.write(work, points.NAME, Loyalty(rules=(began, gold)), told, by=staff[0], why="clients asked for it")
    rng = np.random.default_rng([SEED, 2, count])
    today = dt.datetime.fromtimestamp(work.now_us / 1e6, dt.UTC).date()
    past = Past(work, ring, today, [plan.layout.store for plan in shops], staff)
    found = guests(rng, [each.card for each in stock], count)
    for number, guest in enumerate(found):
        _client(past, rng, guest, number)
    bought = sorted(
        ((each.days_ago, number, each) for number, guest in enumerate(found) for each in guest.purchases),
        key=lambda one: (-one[0], one[1]),
    )
    backs: list[Back] = []
    for at, (ago, number, purchase) in enumerate(bought, 1):
        _came_back(past, backs, until=ago)
        _sold(past, rng, purchase, number=number, at=at, backs=backs)
    _came_back(past, backs, until=-1)
    for store, money in past.banked.items():
        _take_over(past, store, layout.currency, money)
    _campaigns(past)
    return len(bought)


def _campaigns(past: Past) -> None:
    """One that was begun two months ago, with what its clients did since; and an invitation nobody has sent yet."""
    work, tx = past.work, past.work.tx
    autumn = campaigns.Draft(
        name="Autumn, blue stones", channel=Channel.EMAIL, template="campaign", wanted=Wanted(), holdout_bp=3_000,
        days=60,
    )  # fmt: skip
    campaigns.keep(work, "past-autumn", autumn, by=past.staff[0])
    found = campaigns.chosen(work, campaigns.find(work, "past-autumn"), today=0)
    arms = [(each, campaigns.SENT) for each in found.sent] + [(each, campaigns.HELD_OUT) for each in found.held_out]
    if arms:
        tx.add(campaign_member, *({"campaign": "past-autumn", "person": each, "arm": arm} for each, arm in arms))
    begun = {
        "state": "over",
        "started_us": past.at_us(60, 9),
        "made_us": past.at_us(61, 9),
        "ended_us": past.at_us(30, 9),
    }
    begun["without_consent"] = len(found.without_consent)
    tx.run(sa.update(campaign).where(campaign.c.campaign == "past-autumn").values(**begun))
    evening = campaigns.Draft(
        name="An evening at the flagship", channel=Channel.EMAIL, template="campaign", wanted=Wanted(tier_min=2),
        holdout_bp=0, days=30, event_day=past.day(-21), place="Flagship, after closing",
    )  # fmt: skip
    campaigns.keep(work, "past-evening", evening, by=past.staff[0])


def past_day(work: Work, ago: int) -> str:
    today = dt.datetime.fromtimestamp(work.now_us / 1e6, dt.UTC).date()
    return (today - dt.timedelta(days=ago)).isoformat()


def person_of(number: int) -> PersonId:
    return PersonId(f"01990000-0000-7000-8000-{number + 1:012x}")


def _client(past: Past, rng: np.random.Generator, guest: Guest, number: int) -> None:
    work, named, person = past.work, guest.named, person_of(number)
    by = past.staff[number % len(past.staff)]
    store = past.store(rng)
    made_us = past.at_us(guest.first_days_ago, 11)
    given: dict[str, object] = {
        "salutation": named.salutation, "given_name": named.given_name, "family_name": named.family_name,
        "emails": named.emails, "phones": named.phones, "address": named.address, "language": named.language,
    }  # fmt: skip
    if rng.random() < 0.5:
        around = int(rng.normal(53_500, 3_000))
        size = profile.RingSize(
            finger=profile.Finger.LEFT_RING, circumference_um=around, source=profile.Source.MEASURED,
            day=past.day(guest.first_days_ago),
        )  # fmt: skip
        given["sizes"] = (size,)
    if guest.likes:
        given["pins"] = (profile.Pin(about=profile.Likes.METAL, text=guest.likes.capitalize(), by=by, at_us=made_us),)
    if guest.birthday:
        given["milestones"] = (
            profile.Milestone(
                milestone=f"birthday-{number}", kind=profile.Day.BIRTHDAY, day=guest.birthday.isoformat()
            ),
        )
    if rng.random() < 0.15:
        text = str(rng.choice(NOTED))
        given["notes"] = (profile.Note(note=f"note-{number}", text=text, by=by, at_us=made_us),)
    clients.create(work, past.ring, person, given, by=by, store=store, why="taken over with the client book")
    work.tx.run(sa.update(client).where(client.c.person == person).values(made_us=made_us, changed_us=made_us))
    if guest.may_email is not None:
        word = {
            "person": person, "channel": "email", "given": int(guest.may_email), "said_us": made_us, "at_us": made_us,
            "by": by, "proof": "signed", "text_version": EMAIL_TEXT, "store": store,
        }  # fmt: skip
        work.tx.add_soon(client_consent, word)
    if guest.visits:
        key = past.ring.person(work.tx, person)
        assert key is not None, "they were made a moment ago"
        for at, ago in enumerate(guest.visits):
            visit = f"past-{number}-{at}"
            sealed = key.seal(f"{clients.VISIT}:{visit}", str(rng.choice(SAW)).encode())
            row = {
                "visit": visit, "person": person, "store": store, "at_us": past.at_us(ago, 15), "by": by,
                "sealed": sealed,
            }  # fmt: skip
            work.tx.add_soon(client_visit, row)


class Back(NamedTuple):
    """What comes back of a sale, so many days ago."""

    ago: int
    sold: SaleRecorded
    store: StoreId


def _sold(
    past: Past, rng: np.random.Generator, bought: Purchase, *, number: int, at: int, backs: list[Back]
) -> None:  # fmt: skip
    work, tx = past.work, past.work.tx
    store = past.store(rng)
    name, day, receipt = SaleId(f"past-{at:05d}"), past.day(bought.days_ago), past.number(store)
    at_us = past.at_us(bought.days_ago, int(rng.integers(10, 19)))
    lines = tuple(_line(name, at, card, bought.discount_bp) for at, card in enumerate(bought.pieces, 1))
    currency, total = bought.pieces[0].currency, sum(line.gross_minor for line in lines)
    fact = SaleRecorded(
        sale=name, till=TILL, shift=NO_SHIFT, receipt_number=receipt, business_day=day, currency=currency, lines=lines,
        associate=past.staff[int(rng.integers(len(past.staff)))], total_minor=total, pad_verdict="",
        tax_minor=sum(line.tax_minor for line in lines), client=person_of(number),
        tenders=(Tender(kind=TenderKind.CARD, amount_minor=total, reference=f"slip {receipt}"),),
    )  # fmt: skip
    of = {"store": store, "sale": name}
    tx.add_soon(sale, {
        **of, "till": TILL, "shift": "", "receipt_number": receipt, "business_day": day, "associate": fact.associate,
        "currency": currency, "total_minor": total, "tax_minor": fact.tax_minor, "client": fact.client,
        "state": SaleState.POSTED, "recorded_us": at_us,
    })  # fmt: skip
    tx.add_soon(
        sale_tender, {**of, "n": 1, "kind": TenderKind.CARD, "reference": f"slip {receipt}", "amount_minor": total}
    )
    for line, card in zip(lines, bought.pieces, strict=True):
        tx.add_soon(sale_line, {
            **of, "line": line.line, "kind": line.kind, "description": line.description, "piece": card.piece, "ce": 1,
            "list_price_minor": line.list_price_minor, "discount_minor": line.discount_minor,
            "gross_minor": line.gross_minor, "tax_bp": line.tax_bp, "tax_minor": line.tax_minor,
        })  # fmt: skip
        tx.add_soon(piece, row_of(_untagged(card), store, at_us))
        tx.add_soon(custody, {"piece": card.piece, "holder": "", "ce": 1, "state": OfficeState.SOLD, "sale": name})
        tx.add_soon(sold_piece, {"piece": card.piece, "store": store, "sale": name, "line": line.line})
    post(work, post_sale(fact), store=store, kind=Kind.SALE, ref=name, business_day=day, at_us=at_us, sale=name)
    if bought.days_ago <= POINTS_SINCE:
        points.sold(work, store, fact, at_us=at_us)
    if bought.back_after is not None:
        backs.append(Back(bought.days_ago - bought.back_after, fact, store))
    past.banked[store] += total


def _came_back(past: Past, backs: list[Back], *, until: int) -> None:
    """All that came back longer ago, in order, so that receipts are numbered as they were given."""
    for back in sorted((each for each in backs if each.ago > until), key=lambda each: (-each.ago, each.sold.sale)):
        _took_back(past, back.sold, back.store, ago=back.ago)
        backs.remove(back)


def _take_over(past: Past, store: StoreId, currency: str, banked_minor: int) -> None:
    """What the house had when Vitrine came: cards of the past are paid out, and change lies in the safe."""

    def leg(account: Account, amount_minor: int) -> Posting:
        return Posting(account=account, amount_minor=amount_minor, currency=currency)

    legs = (
        leg(Account.BANK, banked_minor - IN_THE_SAFE_MINOR),
        leg(Account.CARD_CLEARING, -banked_minor),
        leg(Account.SAFE, IN_THE_SAFE_MINOR),
    )
    closing.correct(past.work, store, legs, entry="opening", by=past.staff[0], why="Taken over from the books before")


def _took_back(past: Past, sold: SaleRecorded, store: StoreId, *, ago: int) -> None:
    """The money only, as a gesture: a piece that came back would have to be on a shelf."""
    tx, line, day, at_us, receipt = past.work.tx, sold.lines[0], past.day(ago), past.at_us(ago, 16), past.number(store)
    half = divide_half_up(line.gross_minor, 2)
    tax = tax_within(half, line.tax_bp)
    part = ReturnedLine(line=line.line, quantity_milli=0, gross_minor=half, tax_minor=tax)
    fact = ReturnRecorded(
        sale=sold.sale, till=TILL, shift=NO_SHIFT, receipt_number=receipt, business_day=day, currency=sold.currency,
        lines=(line.line,), pieces=(), total_minor=half, tax_minor=tax, reason="A stone had come loose",
        tenders=(Tender(kind=TenderKind.CARD, amount_minor=half, reference=f"slip {receipt}"),), parts=(part,),
    )  # fmt: skip
    name = {"store": store, "epoch": "", "seq": receipt}
    tx.add_soon(refund, {
        **name, "sale": sold.sale, "till": TILL, "receipt_number": receipt, "business_day": day,
        "currency": sold.currency, "total_minor": half, "tax_minor": tax, "reason": fact.reason, "recorded_us": at_us,
    })  # fmt: skip
    tx.add_soon(refund_line, {
        **name, "line": line.line, "sale": sold.sale, "piece": "", "disposition": "", "quantity_milli": 0,
        "gross_minor": half, "tax_minor": tax,
    })  # fmt: skip
    past.banked[store] -= half
    legs, ref = post_return(fact, [line]), f"past/{receipt}"
    post(
        past.work, legs, store=store, kind=Kind.RETURN, ref=ref, business_day=day, at_us=at_us, sale=sold.sale
    )  # fmt: skip


def _line(of: SaleId, at: int, card: PieceCard, discount_bp: int) -> SaleLine:
    off = divide_half_up(card.price_minor * discount_bp, 10_000)
    gross = card.price_minor - off
    return SaleLine(
        line=LineId(f"{of}-{at}"), kind=LineKind.PIECE, description=card.title, list_price_minor=card.price_minor,
        discount_minor=off, gross_minor=gross, tax_bp=card.tax_bp, tax_minor=tax_within(gross, card.tax_bp),
        piece=card.piece,
    )  # fmt: skip


def _untagged(card: PieceCard) -> PieceCard:
    """Its tag went into the drawer when it was sold."""
    return msgspec.structs.replace(card, epc="", tid="", home_zone="", tray="")
