"""The main job without a person: counts, a sale from the pad, two exits, a theft, a transfer, seen through public APIs.

Everything is asked of the edges' and the office's own HTTP APIs; the simulator's door only moves things, as people
would. Prints what happened, and the figures as one JSON line, last. Exit code 0 only when all of it was seen.
"""

import contextlib
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from cloud.pos.alarms.queries import AlarmRow
from cloud.pos.counts.queries import CountRow
from cloud.pos.floor.queries import ExitRow
from cloud.pos.ledger.queries import Balance
from cloud.pos.sales.queries import SaleDetail
from cloud.pos.transfers.queries import TransferDetail
from contract.facts import AlarmKind, CountPlace, ReaderLink, Verdict
from contract.feed import Role
from contract.ids import PieceId, StoreId
from edge.api import shapes
from vitrine.ask import Api, AskError, wait
from vitrine.demo import Running, running
from vitrine.shop import Wish

FLAGSHIP: Final = StoreId("flagship")
BOUTIQUE: Final = StoreId("boutique")
TILL: Final = "till-1"
CASE: Final = "case-2"
"""Of the boutique: where a piece is stolen."""
UNREAD_AT_START_MAX: Final = 40
"""Pieces of the flagship that may still wait to be read for the first time: some are hard to read."""
WRONG_PER_MILLE_MAX: Final = 3
"""Of a thousand pieces some six are in a fade at any moment (simulator's weather); a fade that outlasts a whole count
looks like a missing piece. More wrong verdicts than this are a defect."""
BY_HAND_PER_MILLE_MAX: Final = 10
"""Tags that can hardly be read are named, not guessed; a count that names more of them has not counted."""
ALARM_NATS: Final = 14.0
"""The least evidence a store may ask for. A store's own 22 nats take a hundred rounds more for the same piece (and are
wrong a hundred times more seldom); the smoke run has not the time, and its figures name the threshold."""
KNOWN_ROUNDS_MIN: Final = 30
"""Rounds by which the store knows how well a piece is read before we steal it. Silence of one that it met five seconds
ago teaches first that it is hard to read: 46 rounds in the median and 112 at worst, 26 and 49 after thirty."""
SMOKE: Final = Wish(well_known_ports=False, alarm_nats=ALARM_NATS, clients=40)


@dataclass
class Figures:
    """What is printed last. Seconds unless the name says otherwise; -1 is not seen."""

    up_s: float = -1
    stock_received_s: float = -1
    safe_expected: int = -1
    safe_found: int = -1
    safe_explained: int = -1
    safe_by_hand: int = -1
    safe_wrongly_missing: int = -1
    safe_rounds: int = -1
    safe_p_complete: float = -1
    safe_s: float = -1
    shelf_expected: int = -1
    shelf_found: int = -1
    shelf_explained: int = -1
    shelf_by_hand: int = -1
    shelf_wrongly_missing: int = -1
    shelf_rounds: int = -1
    shelf_p_complete: float = -1
    shelf_s: float = -1
    pad_pieces: int = -1
    pad_s: float = -1
    sold_pieces: int = -1
    sale_total_minor: int = -1
    posted_s: float = -1
    ledger_sum_minor: int = -1
    peaceful_exit_s: float = -1
    theft_piece_detectability: float = -1
    theft_known_rounds: int = -1
    theft_at_s: float = -1
    theft_threshold_nats: float = -1
    theft_rounds: int = -1
    theft_alarm_s: float = -1
    theft_rounds_per_s: float = -1
    theft_evidence_nats: float = -1
    transfer_s: float = -1
    total_s: float = -1
    ok: bool = False


class Truth(msgspec.Struct):
    """Where pieces are: by zone, and those that are away (hand, road, client, thief)."""

    zones: dict[str, list[str]]
    away: dict[str, str]


@dataclass
class Smoke:
    """One run: who we are at each door, and what was seen."""

    house: Running
    store: Api
    guard: Api
    other: Api
    office: Api
    world: Api
    began: float
    figures: Figures = field(default_factory=Figures)

    def truth(self, store: StoreId) -> dict[str, list[str]]:
        return self.world.get("/truth", Truth, store=store, log="0").zones

    def move(self, store: StoreId, pieces: list[str], to: str) -> None:
        self.world.post(f"/stores/{store}/move", msgspec.Raw, {"pieces": pieces, "to": to})


def smoke(folder: Path) -> int:
    """Exit code: 0 everything was seen, 1 something was not."""
    began = time.monotonic()
    figures = Figures()
    try:
        with running(folder, say=_say, stop=threading.Event(), wish=SMOKE) as house:
            figures.up_s = _s(began)
            _say(f"Up after {figures.up_s} s")
            with _people(house, figures, began) as run:
                _main_job(run)
        figures.ok = True
    except AskError as error:
        print(f"Not seen: {error}. Logs: {folder.resolve() / 'logs'}", file=sys.stderr)
    figures.total_s = _s(began)
    print(msgspec.json.encode(figures).decode(), flush=True)
    return 0 if figures.ok else 1


@contextlib.contextmanager
def _people(house: Running, figures: Figures, began: float) -> Iterator[Smoke]:
    shop = house.shop
    manager = shop.login(Role.MANAGER)
    with contextlib.ExitStack() as stack:

        def at(api: Api) -> Api:
            stack.callback(api.close)
            return api

        # Staff reach a store by the feed: the first sign-in after a start may have to wait for it.
        flagship, boutique = shop.edge_url(FLAGSHIP), shop.edge_url(BOUTIQUE)
        yield Smoke(
            house,
            store=at(_patiently(flagship, house, Role.MANAGER)),
            guard=at(_patiently(boutique, house, Role.LOSS_PREVENTION)),
            other=at(_patiently(boutique, house, Role.MANAGER)),
            office=at(Api(shop.office_url).at_office(manager)),
            world=at(Api(shop.simulator_url)),
            began=began,
            figures=figures,
        )


def _patiently(url: str, house: Running, role: Role) -> Api:
    def once() -> Api | None:
        try:
            return Api(url).at_store(house.shop.login(role))
        except AskError:
            return None

    return wait(f"signing in at {url} as {role}", 30, once)


def _tidy_up(run: Smoke) -> None:
    """An earlier run may have been cut short."""
    for store, api in ((FLAGSHIP, run.store), (BOUTIQUE, run.other)):
        world = run.world.get("/truth", Truth, store=store, log="0")
        held = [piece for piece, place in world.away.items() if place == "hand"]
        for piece in (*world.zones.get("pad-1", ()), *held):
            view = api.get(f"/api/v1/pieces/{piece}", shapes.PieceView)
            if view.custody:
                run.move(store, [piece], "client" if view.custody == "sold" else view.home_zone)
    for count in run.store.get("/api/v1/counts", list[shapes.CountView]):
        if count.state == "running":
            run.store.post(f"/api/v1/counts/{count.count}/abandon", shapes.CountView, {"reason": "cut short"})


def _main_job(run: Smoke) -> None:
    """Counts run while the store is open: what is sold or shipped meanwhile, they explain. The theft is elsewhere."""
    _ready(run)
    _tidy_up(run)
    counts = [_start_count(run, place) for place in CountPlace]
    sold = _sell_from_the_pad(run)
    _leave_in_peace(run, sold)
    _transfer(run)
    stolen = _steal(run)
    for count in counts:
        _finish_count(run, count)
    _alarm(run, stolen)


def _ready(run: Smoke) -> None:
    """Every reader reads, the store is active, and its stock has been received by being read."""

    def ready() -> bool:
        stores = [api.get("/api/v1/store", shapes.StoreView) for api in (run.store, run.other)]
        reading = all(reader.link is ReaderLink.READING for store in stores for reader in store.readers)
        active = all(store.mode == "active" and store.uplink.up for store in stores)
        waiting = run.store.get("/api/v1/transfers/incoming", list[shapes.IncomingView])
        return reading and active and len(waiting) <= UNREAD_AT_START_MAX

    wait("readers reading, stores active, stock received", 60, ready)
    run.figures.stock_received_s = _s(run.began)
    _say(f"Readers read and the stock is received after {run.figures.stock_received_s} s")


@dataclass(frozen=True)
class Begun:
    """A count that runs."""

    place: CountPlace
    count: str
    at_s: float


def _start_count(run: Smoke, place: CountPlace) -> Begun:
    began = time.monotonic()
    return Begun(place, run.store.post("/api/v1/counts", shapes.CountView, {"place": place}).count, began)


def _finish_count(run: Smoke, begun: Begun) -> None:
    place = begun.place

    def finished() -> shapes.CountView | None:
        now = run.store.get(f"/api/v1/counts/{begun.count}", shapes.CountView)
        return now if now.state == "finished" else None

    count = wait(f"a complete {place} count", 75, finished)
    took = _s(begun.at_s)
    verdicts = [verdict.verdict for verdict in count.verdicts]
    there = {piece for pieces in run.truth(FLAGSHIP).values() for piece in pieces}
    wrong = [v.piece for v in count.verdicts if v.verdict is Verdict.MISSING and v.piece in there]
    missing = verdicts.count(Verdict.MISSING)
    by_hand = verdicts.count(Verdict.CHECK_BY_HAND)
    explained = verdicts.count(Verdict.EXPLAINED)
    if missing > len(wrong) or len(wrong) > WRONG_PER_MILLE_MAX * count.expected / 1000:
        raise AskError(
            f"the {place} count calls {missing} pieces missing, {len(wrong)} of which are there: {wrong[:3]}"
        )
    if by_hand > BY_HAND_PER_MILLE_MAX * count.expected / 1000:
        raise AskError(f"the {place} count leaves {by_hand} of {count.expected} pieces to be checked by hand")
    if count.found + by_hand + explained + missing < count.expected:
        raise AskError(f"the {place} count found {count.found} of {count.expected} and does not explain the rest")
    office = wait(
        f"the {place} count at the head office",
        15,
        lambda: next(
            (
                row
                for row in run.office.get("/api/v1/counts", list[CountRow], store=FLAGSHIP)
                if row.count_id == begun.count and row.state == "finished"
            ),
            None,
        ),
    )
    if office.found != count.found:
        raise AskError(f"the head office has {office.found} pieces in the {place} count, the store {count.found}")
    for name, value in (
        ("expected", count.expected), ("found", count.found), ("explained", explained), ("by_hand", by_hand),
        ("wrongly_missing", len(wrong)), ("rounds", count.rounds), ("p_complete", round(count.p_complete, 6)),
        ("s", took),
    ):  # fmt: skip
        setattr(run.figures, f"{place}_{name}", value)
    _say(f"Counted the {place}: {count.found} of {count.expected} in {count.rounds} rounds, {by_hand} to check by hand")


def _sell_from_the_pad(run: Smoke) -> list[str]:
    if not any(
        shift.till == TILL and shift.state == "open"
        for shift in run.store.get("/api/v1/shifts", list[shapes.ShiftView])
    ):
        run.store.post("/api/v1/shifts", shapes.ShiftView, {"till": TILL, "float_minor": 20_000})
    pieces = _sellable(run.store, run.truth(FLAGSHIP)["case-1"], 2)
    sale = run.store.post("/api/v1/sales", shapes.SaleView, {"till": TILL}).sale
    began = time.monotonic()
    run.move(FLAGSHIP, pieces, "pad-1")

    def lie_there() -> bool:
        pad = run.store.get("/api/v1/pad", shapes.PadView)
        return pad.settled and {each.piece.piece for each in pad.pieces} == set(pieces)

    wait("two pieces settled on the pad", 20, lie_there)
    for piece in pieces:
        view = run.store.post(f"/api/v1/sales/{sale}/lines", shapes.SaleView, {"piece": piece})
    pad = wait(
        "the pad to match the sale",
        10,
        lambda: pad if (pad := run.store.get("/api/v1/pad", shapes.PadView, sale=sale)).verdict == "matched" else None,
    )
    run.figures.pad_pieces, run.figures.pad_s = len(pad.pieces), _s(began)
    began = time.monotonic()
    tender = {"kind": "card", "amount_minor": view.total_minor, "reference": "smoke"}
    recorded = run.store.post(f"/api/v1/sales/{sale}/record", shapes.SaleView, {"tenders": [tender]})
    run.figures.sold_pieces, run.figures.sale_total_minor = len(recorded.lines), recorded.total_minor

    def posted() -> SaleDetail | None:
        try:
            detail = run.office.get(f"/api/v1/sales/{FLAGSHIP}/{sale}", SaleDetail)
        except AskError:
            return None
        return detail if detail.row.state == "posted" else None

    detail = wait("the sale posted at the head office", 20, posted)
    if detail.row.total_minor != recorded.total_minor:
        raise AskError(f"the head office posted {detail.row.total_minor}, the till took {recorded.total_minor}")
    run.figures.posted_s = _s(began)
    run.figures.ledger_sum_minor = sum(
        balance.amount_minor for balance in run.office.get("/api/v1/ledger/balances", list[Balance])
    )
    if run.figures.ledger_sum_minor:
        raise AskError(f"the ledger sums to {run.figures.ledger_sum_minor}")
    _say(f"Sold two pieces from the pad, receipt {recorded.receipt_number}; posted after {run.figures.posted_s} s")
    return pieces


def _sellable(store: Api, pieces: list[str], wanted: int) -> list[str]:
    chosen: list[str] = []
    for piece in pieces:
        view = store.get(f"/api/v1/pieces/{piece}", shapes.PieceView)
        if view.sellable and view.seen:
            chosen.append(piece)
        if len(chosen) == wanted:
            return chosen
    raise AskError(f"{wanted} pieces that are read and may be sold (found {len(chosen)} among {len(pieces)})")


def _typical(run: Smoke) -> str:
    """The piece of middling detectability among those read in the case now: the simulator knows it, nobody else."""
    boutique = next(store for store in run.house.shop.plan().stores if store.layout.store == BOUTIQUE)
    reads = {str(stocked.card.piece): stocked.detectability for stocked in boutique.stock}
    # Silence teaches that a piece is hard to read, so one that was stolen before would take longer.
    stolen = {
        piece.piece
        for alarm in run.guard.get("/api/v1/alarms", list[shapes.AlarmView], everything="true")
        for piece in alarm.pieces
    }
    lying = sorted(set(run.truth(BOUTIQUE)[CASE]) & set(reads) - stolen, key=lambda piece: reads[piece])
    piece = _sellable(run.guard, lying[len(lying) // 2 :], 1)[0]
    run.figures.theft_piece_detectability = round(reads[piece], 3)
    return piece


def _leave_in_peace(run: Smoke, sold: list[str]) -> None:
    began = time.monotonic()
    run.world.post(f"/stores/{FLAGSHIP}/walk_out", msgspec.Raw, {"pieces": sold, "seconds": 3})
    piece = sold[0]
    seen = wait(
        "the sold piece seen leaving",
        20,
        lambda: next(
            (row for row in run.office.get(f"/api/v1/floor/{FLAGSHIP}/exits", list[ExitRow]) if row.piece == piece),
            None,
        ),
    )
    run.figures.peaceful_exit_s = _s(began)
    accused = [alarm for alarm in run.store.get("/api/v1/alarms", list[shapes.AlarmView]) if _about(alarm, piece)]
    if not seen.peaceful or accused:
        raise AskError(f"the sold piece {piece} leaving in peace: {seen.why or accused[0].sentence}")
    _say(f"A sold piece left in peace, seen after {run.figures.peaceful_exit_s} s")


@dataclass(frozen=True)
class Stolen:
    """`wall_s`: when, by the wall clock, as the store dates its alarms: we share its machine."""

    piece: str
    wall_s: float


def _steal(run: Smoke) -> Stolen:
    """A piece leaves its case in a hand, once the store knows how well it is read."""
    piece = _typical(run)

    def known() -> int | None:
        told = run.guard.get(f"/api/v1/pieces/{piece}", shapes.PieceStoryView)
        return told.known_rounds if told.seen and told.known_rounds >= KNOWN_ROUNDS_MIN else None

    run.figures.theft_known_rounds = wait(f"{piece} read, and known from {KNOWN_ROUNDS_MIN} rounds", 60, known)
    run.figures.theft_at_s = _s(run.began)
    run.figures.theft_threshold_nats = run.guard.get("/api/v1/store", shapes.StoreView).threshold_nats
    now_s = time.time()
    run.move(BOUTIQUE, [piece], "hand")
    return Stolen(piece, now_s)


def _alarm(run: Smoke, stolen: Stolen) -> None:
    """The rounds it took are the store's own."""
    alarm = wait(
        "an alarm for the piece that left its case",
        75,
        lambda: next(
            (a for a in run.guard.get("/api/v1/alarms", list[shapes.AlarmView]) if _about(a, stolen.piece)),
            None,
        ),
    )
    noticed = wait(
        "the alarm at the head office",
        15,
        lambda: next(
            (
                row
                for row in run.office.get("/api/v1/alarms", list[AlarmRow], store=BOUTIQUE)
                if row.alarm == alarm.alarm
            ),
            None,
        ),
    )
    if alarm.kind is AlarmKind.EXIT:
        raise AskError(f"an alarm for leaving the case, not the shop: {alarm.sentence}")
    took = noticed.raised_us / 1e6 - stolen.wall_s
    run.figures.theft_alarm_s = round(took, 2)
    run.figures.theft_rounds = alarm.rounds
    run.figures.theft_rounds_per_s = round(alarm.rounds / took, 2)
    run.figures.theft_evidence_nats = round(alarm.evidence_nats, 1)
    _say(f"Alarm after {run.figures.theft_alarm_s} s and {alarm.rounds} rounds: {alarm.sentence}")
    run.move(BOUTIQUE, [stolen.piece], CASE)
    run.guard.post(f"/api/v1/alarms/{alarm.alarm}/close", shapes.AlarmView, {"outcome": "found", "note": "smoke"})


def _transfer(run: Smoke) -> None:
    piece = _sellable(run.store, run.truth(FLAGSHIP)["safe-1"], 1)[0]
    began = time.monotonic()
    shipped = run.store.post("/api/v1/transfers", shapes.ShippedView, {"to": BOUTIQUE, "pieces": [piece]})
    run.move(FLAGSHIP, [piece], "road")
    wait(
        "the transfer announced at the boutique",
        20,
        lambda: any(
            each.piece == piece for each in run.other.get("/api/v1/transfers/incoming", list[shapes.IncomingView])
        ),
    )
    run.move(BOUTIQUE, [piece], "safe-1")

    def received() -> TransferDetail | None:
        detail = run.office.get(f"/api/v1/transfers/{shipped.transfer}", TransferDetail)
        return detail if detail.row.state == "received" else None

    wait("the transfer received", 30, received)
    view = run.other.get(f"/api/v1/pieces/{PieceId(piece)}", shapes.PieceView)
    if view.custody != "here":
        raise AskError(f"the boutique to hold {piece}, not {view.custody or 'nothing'}")
    run.figures.transfer_s = _s(began)
    _say(f"A transfer was received after {run.figures.transfer_s} s")


def _about(alarm: shapes.AlarmView, piece: str) -> bool:
    return alarm.open and any(each.piece == piece for each in alarm.pieces)


def _s(began: float) -> float:
    return round(time.monotonic() - began, 2)


def _say(text: str) -> None:
    print(f"  {text}", flush=True)
