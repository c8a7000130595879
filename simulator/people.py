"""What people do in a store, as tables of steps: each act is a few moves at fixed seconds after it began."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import msgspec

from contract.ids import PieceId, StoreId
from simulator.store import ZoneKind
from simulator.world import Away, UnknownError, World


class Act(StrEnum):
    PLACE_ON_PAD = "place_on_pad"
    TAKE_FROM_PAD = "take_from_pad"
    SELL = "sell"
    WALK_OUT = "walk_out"
    STEAL = "steal"
    SHIP = "ship"
    MOVE = "move"
    OPEN = "open"
    CLOSE = "close"


class Step(msgspec.Struct, frozen=True):
    """`after_s` seconds from the beginning, the pieces are at `to`: a kind of zone, or a place outside them."""

    after_s: float
    to: ZoneKind | Away


AT_THE_TILL_S: Final = 20
"""How long sold pieces lie on the pad: ring them up meanwhile, or the gate will not know them."""

STEPS: Final[dict[Act, tuple[Step, ...]]] = {
    Act.PLACE_ON_PAD: (Step(0, ZoneKind.PAD),),
    Act.TAKE_FROM_PAD: (Step(0, Away.HAND),),
    Act.SELL: (
        Step(0, ZoneKind.PAD),
        Step(AT_THE_TILL_S, Away.HAND),
        Step(AT_THE_TILL_S + 10, ZoneKind.EXIT),
        Step(AT_THE_TILL_S + 14, Away.CLIENT),
    ),
    Act.WALK_OUT: (Step(0, ZoneKind.EXIT), Step(4, Away.CLIENT)),
    Act.STEAL: (Step(0, Away.HAND), Step(6, ZoneKind.EXIT), Step(9, Away.THIEF)),
    Act.SHIP: (Step(0, Away.HAND), Step(2, Away.ROAD)),
}
"""Acts that are the same in every store. `move`, `open` and `close` depend on where pieces live."""


def perform(world: World, now_us: int, act: Act, store: StoreId, *, pieces: Sequence[PieceId], by: str = "") -> None:
    """Begin an act of `STEPS`. Raises `UnknownError` for a piece, a store, or a store without the zone needed."""
    if act not in STEPS:
        raise UnknownError(f"{act} is not an act of steps; use move, open_store or close_store")
    planned = [(step, _place(world, store, step.to)) for step in STEPS[act]]
    for step, place in planned:
        if step.after_s == 0:
            world.move(now_us, act, store, pieces=pieces, to=place, by=by)
        else:
            world.later(now_us + int(step.after_s * 1_000_000), act, store, pieces=pieces, to=place, by=by)


def sold(world: World, store: StoreId) -> list[PieceId]:
    """By the truth's record: a sale is made when its pieces leave the pad into the client's hand."""
    made = (one for one in world.truth if one.act == Act.SELL and one.to == Away.HAND and one.store == store)
    return [piece for one in made for piece in one.pieces]


def close_store(world: World, now_us: int, store: StoreId, by: str = "") -> int:
    """Everything on the sales floor goes to the safes, zone by zone. Returns the number of pieces."""
    safes = [zone.id for zone in world.layouts[store].zones if zone.kind == ZoneKind.SAFE]
    floor = [zone.id for zone in world.layouts[store].zones if zone.kind in {ZoneKind.CASE, ZoneKind.SHELF}]
    if not safes:
        raise UnknownError(f"store {store} has no safe")
    where, moved = world.where(store), 0
    for number, zone in enumerate(floor):
        if where[zone]:
            place = world.zone_place(store, safes[number % len(safes)])
            moved += len(world.move(now_us, Act.CLOSE, store, pieces=where[zone], to=place, by=by).pieces)
    return moved


def open_store(world: World, now_us: int, store: StoreId, by: str = "") -> int:
    """Pieces in the safes that live on the sales floor go home. Returns the number of pieces."""
    homes: dict[str, list[PieceId]] = {}
    where = world.where(store)
    for zone in world.layouts[store].zones:
        if zone.kind == ZoneKind.SAFE:
            for piece in where[zone.id]:
                home = world.places[world.home[world.row_of[piece]]]
                if home.startswith(f"{store}/") and home != f"{store}/{zone.id}":
                    homes.setdefault(home, []).append(piece)
    for home, pieces in homes.items():
        world.move(now_us, Act.OPEN, store, pieces=pieces, to=home, by=by)
    return sum(len(pieces) for pieces in homes.values())


def _place(world: World, store: StoreId, to: ZoneKind | Away) -> str:
    return to if isinstance(to, Away) else world.zone_place(store, world.zone_of_kind(store, to))
