"""The whole box on a simulated shop floor over real LLRP: a day's turns in some seconds of real time."""

import asyncio

import pytest
from house_hurry import Hurried

from contract.facts import CountPlace, PresenceState, ReaderLink, Tender, TenderKind, Vision
from contract.feed import FeedPage, FeedRow, Role, StaffCard
from contract.ids import CountId, PieceId, SaleId, ShiftId, UserId
from edge import app as edge_app
from edge.books.rows import AlarmRow, CountRow, ExitRow, PresenceRow
from edge.clock import SystemClock
from edge.config import EdgeConfig, ReaderConfig, ZoneConfig, ZoneKind
from edge.till.desk import Done
from simulator.app import Outside, clock_us, plan
from simulator.llrp.server import Fault
from simulator.people import Act, perform
from trade import acts
from trade.custody import Token, TokenState
from trade.stocktake import CountState

PIECES = 120
PATIENCE_S = 120
FAST = 10.0
"""A reference tag is believed from its sixtieth second on."""
ANA = UserId("ana")


class Floor:
    """A boutique outside, our box inside, one event loop, one time."""

    def __init__(self, folder, pieces=PIECES, pace=1.0):
        clock = Hurried(pace) if pace > 1 else SystemClock()
        self.plan = plan(("boutique",), seed=5, pieces={"boutique": pieces})
        self.outside = Outside(self.plan.config, clock.wall_us, pace=pace)
        (planned,) = self.plan.stores
        layout = planned.layout
        self.shop = layout.store
        self.config = EdgeConfig(
            store=layout.store,
            name=layout.name,
            currency="EUR",
            data_dir=folder,
            zones=tuple(
                ZoneConfig(id=z.id, name=z.name, kind=ZoneKind(z.kind), reference=z.reference) for z in layout.zones
            ),
            readers=tuple(
                ReaderConfig(
                    id=r.id,
                    url=r.url,
                    profile=r.reader.model,
                    antennas={str(a.port): a.zone for a in r.reader.antennas},
                )
                for r in planned.readers
            ),
        )
        self.edge = edge_app.create(self.config, clock=clock)
        for reader in self.edge.readers:
            reader._tick_s /= pace
        store = self.edge.store
        with store.books.transaction() as tx:
            for card in planned.cards:
                tx.db.run_struct("token_set", Token(piece=card.piece, ce=1, state=TokenState.HERE))
        rows = tuple(
            FeedRow(rev=n + 1, scope="*", key=f"piece:{card.piece}", body=card) for n, card in enumerate(planned.cards)
        )
        staff = StaffCard(user=ANA, name="Ana", roles=(Role.MANAGER,))
        rows += (FeedRow(rev=pieces + 1, scope="*", key=f"staff:{ANA}", body=staff),)
        store.take_feed(FeedPage(rows=rows, upto=pieces + 1, more=False))
        store.reload()

    async def live(self):
        await self.outside.start()
        runs = [reader.run(self.edge.store.pipeline.deliver, self.edge.clock) for reader in self.edge.readers]
        self.tasks = [asyncio.create_task(each) for each in (*runs, self._turn())]

    async def stop(self):
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.outside.stop()
        self.edge.shop.db.close()
        self.edge.store.books.close()

    async def _turn(self):
        while True:
            self.edge.house.step()
            await asyncio.sleep(0.02)

    async def until(self, what, seen):
        """Wait for something to be seen; the patience is for slow machines, nothing is measured."""
        for _ in range(PATIENCE_S * 20):
            for task in self.tasks:
                assert not task.done(), task.exception()
            if seen():
                return
            await asyncio.sleep(0.05)
        pytest.fail(f"not seen: {what}")

    def zone(self, name):
        return next(zone for zone in self.edge.store.pipeline.floor.zones if zone.zone == name)

    def states(self):
        return {row.piece: row.state for row in self.edge.store.books.db.rows("presence", PresenceRow)}

    def in_zone(self, name):
        return [str(piece) for piece in self.outside.world.where(self.shop)[name]]

    def easy(self, zone):
        """Pieces lying there that presence knows."""
        return [piece for piece in self.in_zone(zone) if self.states().get(piece) is PresenceState.PRESENT]

    def exits(self):
        rows = self.edge.store.books.db.rows("exits_newest", ExitRow, limit=9)
        return {(row.piece, row.peaceful) for row in rows}

    def link(self, reader):
        return self.edge.store.pipeline.health[reader].link

    def count(self):
        return self.edge.store.books.db.one("count", CountRow, count="c1")

    def do(self, act, by=ANA):
        answer = self.edge.store.act(act, by)
        assert isinstance(answer, Done), answer
        return answer


async def a_day(floor):
    store = floor.edge.store
    held = {str(card.piece) for card in floor.plan.stores[0].cards}
    await floor.until("most of the stock present", lambda: len(floor.states()) >= 0.9 * len(held))
    assert store.books.db.rows("alarms_in", AlarmRow, state="open", limit=9) == []

    # the pad: two pieces laid on it, sold, carried out in peace
    one, two = floor.easy("case-1")[:2]
    perform(floor.outside.world, clock_us(), Act.PLACE_ON_PAD, floor.shop, pieces=[PieceId(one), PieceId(two)])
    await floor.until(
        "both on the pad", lambda: store.pad_of(None) == {one, two} and store.pipeline.floor.pads[0].settled
    )
    till = floor.config.tills[0]
    floor.do(acts.OpenShift(shift=ShiftId("z1"), till=till, business_day="2026-01-02", float_minor=0, currency="EUR"))
    floor.do(acts.OpenSale(sale=SaleId("s1"), till=till, currency="EUR"))
    for piece in (one, two):
        floor.do(acts.AddPiece(sale=SaleId("s1"), piece=PieceId(piece)))
    total = sum(store.stock.cards[PieceId(piece)].price_minor for piece in (one, two))
    paid = (Tender(kind=TenderKind.CARD, amount_minor=total, reference="slip 7"),)
    floor.do(acts.RecordSale(sale=SaleId("s1"), tenders=paid))
    perform(floor.outside.world, clock_us(), Act.WALK_OUT, floor.shop, pieces=[PieceId(one), PieceId(two)])
    await floor.until("the sold pieces at the door", lambda: floor.exits() == {(one, True), (two, True)})

    # theft through the door
    stolen = floor.easy("case-2")[0]
    perform(floor.outside.world, clock_us(), Act.WALK_OUT, floor.shop, pieces=[PieceId(stolen)])
    await floor.until("the alarm at the door", lambda: (stolen, False) in floor.exits())

    # a count of the safe, while a reader elsewhere dies
    gate = floor.outside.servers[f"{floor.shop}/pad-reader"]
    await gate.set_fault(Fault.BLACKHOLE, 0)
    store.start_count(CountId("c1"), CountPlace.SAFE, (), ANA)
    await floor.until("the dead reader shown silent", lambda: floor.link("pad-reader") is ReaderLink.SILENT)
    await floor.until("its zone blind", lambda: floor.zone("pad-1").vision is Vision.BLIND)
    await floor.until("the count finished", lambda: floor.count().state is CountState.FINISHED)
    assert floor.count().found >= 0.9 * floor.count().expected > 0
    await gate.set_fault(Fault.NONE, 0)
    await floor.until("the reader back", lambda: floor.link("pad-reader") is ReaderLink.READING)

    # a cable breaks: its zone is blind in words, the reader's other zones see on, and nothing is called missing
    case = floor.outside.servers[f"{floor.shop}/case-reader-1"]
    (port,) = [port for port, zone in floor.config.readers[0].antennas.items() if zone == "case-1"]
    assert floor.config.readers[0].id == "case-reader-1"
    missing = {piece for piece, state in floor.states().items() if state is PresenceState.MISSING}
    await case.set_fault(Fault.ANTENNA_DEAD, int(port))
    await floor.until("case 1 blind", lambda: floor.zone("case-1").vision is Vision.BLIND)
    assert floor.zone("case-1").why == f"antenna {port} of case-reader-1 is disconnected"
    assert floor.zone("case-2").vision is Vision.SEEING
    await asyncio.sleep(3)
    assert {piece for piece, state in floor.states().items() if state is PresenceState.MISSING} == missing
    await case.set_fault(Fault.NONE, 0)
    await floor.until("case 1 seen again", lambda: floor.zone("case-1").vision is Vision.SEEING)

    # the big reader dies: hundreds of reads stop, and nothing is called missing
    missing = {piece for piece, state in floor.states().items() if state is PresenceState.MISSING}
    await case.set_fault(Fault.BLACKHOLE, 0)
    await floor.until(
        "every zone of it blind",
        lambda: all(floor.zone(z).vision is Vision.BLIND for z in ("safe-1", "case-1", "case-2", "shelf-1")),
    )
    await asyncio.sleep(3)
    assert {piece for piece, state in floor.states().items() if state is PresenceState.MISSING} == missing


async def a_shut_safe(floor):
    """A safe is shut and a lid lies over a case: pieces and reference tags fall silent together."""
    world, shop = floor.outside.world, floor.shop
    await floor.until("the zones", lambda: floor.edge.store.pipeline.floor.zones)

    def every(zones, what):
        return all(what(floor.zone(zone)) for zone in zones)

    hung, shut = ("safe-1", "case-1", "case-2", "shelf-1"), {"safe-1": "Safe", "case-2": "Case 2"}
    await floor.until("the reference tags known", lambda: every(hung, lambda zone: "is read in" in zone.reference))
    assert [floor.zone(zone).reference for zone in ("pad-1", "gate")] == ["", ""]
    assert floor.edge.store.pipeline.floor.unknown_tags == 0

    for zone in shut:
        world.cover(shop, zone, covered=True)
    await floor.until("both blind", lambda: every(shut, lambda zone: zone.vision is Vision.BLIND))
    await floor.until("said with the tag", lambda: every(shut, lambda zone: "reference tag" in zone.why))
    for zone, name in shut.items():
        assert floor.zone(zone).why.startswith(f"the reference tag of {name} has not been read for ")
        assert floor.zone(zone).why.endswith("nor nearly anything beside it: covered, opened or jammed")
    assert every(("case-1", "shelf-1"), lambda zone: zone.vision is Vision.SEEING)

    for zone in shut:
        world.cover(shop, zone, covered=False)
    await floor.until("both seeing", lambda: every(shut, lambda zone: zone.vision is Vision.SEEING))
    assert PresenceState.MISSING not in floor.states().values()


def lived(floor, story):
    async def whole():
        await floor.live()
        try:
            await story(floor)
        finally:
            await floor.stop()

    asyncio.run(whole())


def test_a_day_on_the_shop_floor(tmp_path):
    lived(Floor(tmp_path), a_day)


def test_a_shut_safe_and_a_covered_case_are_said_with_their_reference_tags_and_accuse_nobody(tmp_path):
    lived(Floor(tmp_path, pieces=60, pace=FAST), a_shut_safe)
