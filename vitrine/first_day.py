"""What a demo house has in hand on its first day: orders of every kind, somebody who comes today, pieces on the road.

Nothing is written beside the house: every act is asked at the doors of its stores and its office, by people of theirs,
so that it is in the logs, the ledger and the audit like any other. Nobody of it is real.
"""

import datetime as dt
import hashlib
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

import httpx
import msgspec

from contract.feed import Role
from contract.ids import StoreId
from trade.custody import OfficeState
from vitrine.ask import Api, AskError
from vitrine.seed_clients import person_of
from vitrine.shop import Shop

T = TypeVar("T")
Answer = dict[str, Any]
FLAGSHIP: Final = StoreId("flagship")
BOUTIQUE: Final = StoreId("boutique")
WHOLE: Final = "Orders, appointments, a purchase and pieces on the road are there to be looked at."
TILL: Final = "till-2"
"""The first till is left to whoever tries the house."""
READ_S: Final = 120.0
"""So long a store may take to have read what is needed."""
LOOK_EVERY_S: Final = 0.5
GOLD_MINOR_PER_KG: Final = 8_900_000
GOLD_PAYOUT_BP: Final = 9_000
SIGNED: Final = hashlib.sha256(b"signed on the demo's first day").hexdigest()
CASES: Final = ("case-1", "case-2", "case-3", "case-4")


def live(shop: Shop, say: Callable[[str], None], stop: threading.Event) -> None:
    """Once in the life of a house, after its first start; not taken up again. Says what could not be done."""
    begun = shop.folder / "first_day"
    stores = {layout.store for layout in shop.layouts}
    if begun.exists() or not {FLAGSHIP, BOUTIQUE} <= stores or not shop.kept.clients:
        return
    begun.touch()
    try:
        with ExitStack() as stack:
            day = _Day.of(shop, stop, stack)
            for story in STORIES:
                if not stop.is_set():
                    story(day)
    except (AskError, httpx.HTTPError) as error:
        if not stop.is_set():
            say(f"The first day is not whole, everything else works: {error}")
        return
    if not stop.is_set():
        say(WHOLE)


@dataclass
class _Day:
    """Who acts where."""

    manager: Api
    office: Api
    admin: Api
    world: Api
    stop: threading.Event
    today: dt.date
    now: dt.datetime
    taken: set[str]

    @classmethod
    def of(cls, shop: Shop, stop: threading.Event, stack: ExitStack) -> "_Day":
        manager, zone = shop.login(Role.MANAGER), ZoneInfo(shop.layouts[0].time_zone)
        now = dt.datetime.now(zone)

        def opened(url: str) -> Api:
            api = Api(url)
            stack.callback(api.close)
            return api

        at_store, office = opened(shop.edge_url(FLAGSHIP)), opened(shop.office_url)

        def known() -> Api | None:
            try:
                return at_store.at_store(manager)
            except AskError:
                return None

        return cls(
            manager=_until(stop, "the store to know its people", known),
            office=office.at_office(manager),
            admin=opened(shop.office_url).at_office(shop.login(Role.ADMIN)),
            world=opened(shop.simulator_url),
            stop=stop,
            today=now.date(),
            now=now,
            taken=set(),
        )

    def in_days(self, days: int) -> str:
        return (self.today + dt.timedelta(days=days)).isoformat()

    def act(self, path: str, body: object = None) -> Answer:
        return self.manager.post(f"/api/v1{path}", Answer, body)

    def piece(self, *zones: str, told: bool = False) -> Answer:
        """A piece that lies there, was read and may be sold; each is given once. `told`: the office knows it too."""

        def look() -> Answer | None:
            lies = self.world.get("/truth", Answer, store=FLAGSHIP, log="0")["zones"]
            for name in (each for zone in zones for each in lies[zone] if each not in self.taken):
                view = self.manager.get(f"/api/v1/pieces/{name}", Answer)
                if view["sellable"] and view["seen"] and (not told or self._is_told(name)):
                    return view
            return None

        found = _until(self.stop, "pieces to be read and received", look)
        self.taken.add(found["piece"])
        return found

    def _is_told(self, piece: str) -> bool:
        """The office hears what a store received a moment later, and on a busy machine many moments."""
        row = self.office.get(f"/api/v1/pieces/{piece}", Answer)["row"]
        return (row["holder"], row["custody"]) == (FLAGSHIP, OfficeState.HERE)

    def order(self, kind: str, client: int, title: str, days: int, **more: object) -> str:
        """Its id, once the store knows the client."""
        body = {
            "kind": kind, "client": person_of(client), "title": title, "promised_day": self.in_days(days), **more
        }  # fmt: skip
        return str(self.act("/orders", body)["order"])

    def quoted(self, order: str, what: str, gross_minor: int, *, approved: bool = True) -> None:
        line = {"description": what, "gross_minor": gross_minor, "tax_bp": 2_000}
        self.act(f"/orders/{order}/quote", {"lines": [line], "valid_until": self.in_days(30)})
        if approved:
            self.act(f"/orders/{order}/answer", {"approved": True, "how": "telephone"})

    def paid_on(self, order: str, client: int, amount_minor: int) -> None:
        """A deposit by card at the second till."""
        sale = self.act("/sales", {"till": TILL})["sale"]
        self.act(f"/sales/{sale}/orders/{order}/deposits", {"amount_minor": amount_minor})
        tender = {"kind": "card", "amount_minor": amount_minor, "reference": "slip 7001"}
        self.act(f"/sales/{sale}/record", {"tenders": [tender], "client": person_of(client)})


def _until(stop: threading.Event, what: str, look: Callable[[], T | None]) -> T:
    for _ in range(round(READ_S / LOOK_EVERY_S)):
        if (found := look()) is not None:
            return found
        if stop.wait(LOOK_EVERY_S):
            raise AskError("the house was stopped")
    raise AskError(f"waited {READ_S:.0f} s for {what}")


def _open_a_till(day: _Day) -> None:
    day.act("/shifts", {"till": TILL, "float_minor": 20_000})


def _repairs(day: _Day) -> None:
    """One at the bench, one that waits for its client's word."""
    bench = day.order("repair", 3, "Ring two sizes up", 6)
    stone = {"at": "centre", "kind": "white, round", "carat_milli": 520, "inscription": "GIA 2141438171"}
    day.act(
        f"/orders/{bench}/things",
        {
            "description": "Ring, yellow metal, one white stone",
            "condition": "Scratches on the band; one claw is worn",
            "declared_value_minor": 480_000, "weight_mg": 4_310, "stones": [stone],
        },
    )  # fmt: skip
    day.quoted(bench, "Two sizes up, claw built up, polished", 14_500)
    day.act(f"/orders/{bench}/steps", {"event": "start"})
    asked = day.order("repair", 8, "Clasp of a bracelet", 9)
    day.act(
        f"/orders/{asked}/things",
        {
            "description": "Bracelet, white metal", "condition": "The clasp does not shut; two links are bent",
            "declared_value_minor": 210_000, "weight_mg": 12_600,
        },
    )  # fmt: skip
    day.quoted(asked, "New clasp, links straightened", 22_000, approved=False)


def _bespoke(day: _Day) -> None:
    """A design that waits for its client, and words that will stand in a ring."""
    design = day.order("custom", 5, "Ring around her grandmother's sapphire", 60)
    day.act(f"/orders/{design}/steps", {"event": "design"})
    day.quoted(design, "Ring of rose gold 750, the client's own sapphire, two diamonds", 640_000, approved=False)
    words = day.order("engraving", 12, "Date inside a wedding band", 4)
    day.act(
        f"/orders/{words}/things",
        {
            "description": "Band, yellow metal", "condition": "As worn", "declared_value_minor": 90_000,
            "weight_mg": 3_900,
        },
    )  # fmt: skip
    day.quoted(words, "Engraved by hand, eleven letters", 9_000)


def _promises(day: _Day) -> None:
    """Laid away and paid on, ordered from its maker, and lent to be looked at at home."""
    piece = day.piece(*CASES)
    kept = day.order("layaway", 15, f"{piece['title']}, for the 24th", 24, pieces=[piece["piece"]])
    day.act(f"/orders/{kept}/steps", {"event": "reserve"})
    day.paid_on(kept, 15, max(piece["price_minor"] // 3, 1))
    made = day.order("special", 21, "Solitaire like the one in case 1, size 53", 35)
    day.quoted(made, "Solitaire, white gold 750, 0.50 ct F VS1, made for her", 410_000, approved=False)
    day.paid_on(made, 21, 123_000)
    day.act(f"/orders/{made}/steps", {"event": "order", "party": "Atelier Quai 9"})
    lent = day.piece(*CASES)
    memo = day.order("memo", 27, f"{lent['title']}, to be seen at home", 3, pieces=[lent["piece"]])
    day.act(f"/orders/{memo}/steps", {"event": "issue", "signature": SIGNED})
    day.world.post(f"/stores/{FLAGSHIP}/walk_out", msgspec.Raw, {"pieces": [lent["piece"]], "seconds": 3})


def _bought(day: _Day) -> None:
    """What gold is worth, and an old ring that the house bought."""
    price = {
        "metal": "gold", "currency": "EUR", "minor_per_kg": GOLD_MINOR_PER_KG, "payout_bp": GOLD_PAYOUT_BP,
        "source": "morning fixing", "quoted_us": round(day.now.timestamp() * 1e6), "why": "today's price",
    }  # fmt: skip
    day.admin.put("/api/v1/metal-prices", msgspec.Raw, price)
    thing = {
        "title": "Signet ring, yellow gold", "provenance": "Her father's, worn until 2019", "proof": "Passport",
        "metal": "gold", "fineness": 750, "weight_mg": 9_200, "value_minor": 48_000,
    }  # fmt: skip
    paid = {"kind": "bank_transfer", "amount_minor": 48_000, "reference": "to her account"}
    day.act("/purchases", {"till": TILL, "client": person_of(31), "things": [thing], "paid": [paid]})


def _on_the_road(day: _Day) -> None:
    two = [day.piece("safe-1")["piece"], day.piece("safe-2")["piece"]]
    day.act("/transfers", {"to": BOUTIQUE, "pieces": two})
    day.world.post(f"/stores/{FLAGSHIP}/move", msgspec.Raw, {"pieces": two, "to": "road"})


def _who_comes(day: _Day) -> None:
    """One in an hour and a half with three pieces on the tray (of a house begun at night: in the morning), one tomorrow
    that nobody has confirmed yet.
    """
    pieces = [day.piece(*CASES)["piece"] for _ in range(3)]
    later = day.now + dt.timedelta(minutes=90)
    begins = (
        later.replace(minute=later.minute // 15 * 15) if later.date() == day.today else later.replace(hour=9, minute=0)
    )
    asked = {"at": FLAGSHIP, "staff": "ines", "minutes": 45}
    first = {
        **asked, "person": person_of(5), "day": begins.date().isoformat(), "begins": f"{begins:%H:%M}",
        "pieces": pieces, "note": "To see the drawings; likes rose gold.",
    }  # fmt: skip
    name = day.office.post("/api/v1/appointments", dict[str, str], first)["appointment"]
    day.office.post(f"/api/v1/appointments/{name}/confirm", dict[str, str])
    second = {**asked, "person": person_of(18), "day": day.in_days(1), "begins": "11:00", "note": "Watches"}
    day.office.post("/api/v1/appointments", dict[str, str], second)


def _from_the_web(day: _Day) -> None:
    piece = day.piece("case-6", told=True)
    day.office.post("/api/v1/orders", msgspec.Raw, {"order": "WEB-1001", "piece": piece["piece"]})


STORIES: Final = (_open_a_till, _repairs, _bespoke, _promises, _bought, _on_the_road, _who_comes, _from_the_web)
