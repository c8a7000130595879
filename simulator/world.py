"""Where every piece truly is, and the log of what truly happened. Time is an argument; chance is not here at all."""

import heapq
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from contract.ids import PieceId, StoreId, ZoneId
from simulator.stock import StockPiece
from simulator.store import Layout, ZoneKind

TRUTH_ROWS_MAX: Final = 20_000
"""Older rows of the log of truth are dropped and counted (`World.truth_dropped`)."""
TRUTH_ROWS_SAVED_MAX: Final = 2_000
"""A restart keeps this many; the state file is written whole every few seconds."""


class Away(StrEnum):
    """Places outside every zone. No antenna of ours reaches them."""

    HAND = "hand"
    ROAD = "road"
    CLIENT = "client"
    THIEF = "thief"


class Happened(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that truly happened: pieces went from their places to another. `at_us` is UTC microseconds."""

    at_us: int
    act: str
    store: StoreId
    pieces: tuple[PieceId, ...]
    came_from: tuple[str, ...]
    to: str
    by: str = ""


class Hung(msgspec.Struct, frozen=True, kw_only=True):
    """A tag that hangs in a zone for good (`reference` in its layout): no piece, no card, and nobody moves it."""

    place: str
    epc: bytes


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """What a restart must not forget: the pieces that are not at home, moves to come, the log, what is covered."""

    away: dict[PieceId, str] = {}
    covered: tuple[str, ...] = ()
    later: tuple[Happened, ...] = ()
    truth: tuple[Happened, ...] = ()
    truth_dropped: int = 0


class UnknownError(Exception):
    """There is no such piece, store or place; the message names it."""


class World:
    """All pieces of all stores as rows of arrays, then the tags that hang in zones; a place is a small integer into
    `places`.

    `place[row]` is where the piece is; `version` grows whenever any place changes, so that readers may keep what
    they worked out about their fields. No wave reaches what lies in a zone of `covered`.
    """

    def __init__(self, stores: Sequence[tuple[Layout, Sequence[StockPiece]]]) -> None:
        self.layouts: Final = {layout.store: layout for layout, _ in stores}
        zones = [f"{layout.store}/{zone.id}" for layout, _ in stores for zone in layout.zones]
        self.places: Final[list[str]] = [*zones, *Away]
        self.place_of: Final = {name: index for index, name in enumerate(self.places)}
        self.stock: Final = [piece for _, pieces in stores for piece in pieces]
        self.row_of: Final = {piece.card.piece: row for row, piece in enumerate(self.stock)}
        self.hung: Final = [
            Hung(place=f"{layout.store}/{zone.id}", epc=bytes.fromhex(zone.reference))
            for layout, _ in stores
            for zone in layout.zones
            if zone.reference
        ]
        homes = [self.place_of[f"{layout.store}/{p.card.home_zone}"] for layout, pieces in stores for p in pieces]
        homes += [self.place_of[tag.place] for tag in self.hung]
        self.home: Final[npt.NDArray[np.int32]] = np.array(homes, dtype=np.int32)
        self.place: npt.NDArray[np.int32] = self.home.copy()
        self.moved_us: npt.NDArray[np.int64] = np.zeros(len(homes), dtype=np.int64)
        self.covered: set[int] = set()
        self.version = 0
        self.truth: list[Happened] = []
        self.truth_dropped = 0
        self._later: list[tuple[int, int, Happened]] = []
        self._order = 0

    def move(
        self, now_us: int, act: str, store: StoreId, *, pieces: Sequence[PieceId], to: str, by: str = ""
    ) -> Happened:
        """Pieces go to a place (`zone_place` or an `Away`) now. Raises `UnknownError`."""
        if to not in self.place_of:
            raise UnknownError(f"there is no place {to!r}; places are {', '.join(self.places)}")
        rows = self.rows(pieces)
        happened = Happened(
            at_us=now_us,
            act=act,
            store=store,
            pieces=tuple(pieces),
            came_from=tuple(self.places[place] for place in self.place[rows]),
            to=to,
            by=by,
        )
        self.place[rows] = self.place_of[to]
        self.moved_us[rows] = now_us
        self.version += 1
        self.truth.append(happened)
        if len(self.truth) > TRUTH_ROWS_MAX:
            del self.truth[0]
            self.truth_dropped += 1
        return happened

    def later(self, at_us: int, act: str, store: StoreId, *, pieces: Sequence[PieceId], to: str, by: str = "") -> None:
        """The same, when `advance` reaches `at_us`. Raises `UnknownError` now, not then."""
        if to not in self.place_of:
            raise UnknownError(f"there is no place {to!r}; places are {', '.join(self.places)}")
        self.rows(pieces)
        planned = Happened(at_us=at_us, act=act, store=store, pieces=tuple(pieces), came_from=(), to=to, by=by)
        self._order += 1
        heapq.heappush(self._later, (at_us, self._order, planned))

    def advance(self, now_us: int) -> list[Happened]:
        """Do what is due, in order."""
        done = []
        while self._later and self._later[0][0] <= now_us:
            due = heapq.heappop(self._later)[2]
            done.append(self.move(due.at_us, due.act, due.store, pieces=due.pieces, to=due.to, by=due.by))
        return done

    def cover(self, store: StoreId, zone: ZoneId, *, covered: bool) -> None:
        """The door of a safe shuts, or foil lies over a case: nothing there is read. Raises `UnknownError`."""
        place = self.place_of[self.zone_place(store, zone)]
        (self.covered.add if covered else self.covered.discard)(place)
        self.version += 1

    def rows(self, pieces: Iterable[PieceId]) -> npt.NDArray[np.int64]:
        """Raises `UnknownError` naming the piece."""
        try:
            return np.array([self.row_of[piece] for piece in pieces], dtype=np.int64)
        except KeyError as error:
            raise UnknownError(f"there is no piece {error.args[0]}; take one from the truth of a store") from error

    def zone_place(self, store: StoreId, zone: str) -> str:
        """The place of a zone of that store, or an `Away` by its own name. Raises `UnknownError`."""
        place = zone if zone in tuple(Away) else f"{store}/{zone}"
        if place not in self.place_of:
            raise UnknownError(f"store {store} has no zone {zone!r}")
        return place

    def zone_of_kind(self, store: StoreId, kind: ZoneKind) -> ZoneId:
        """The first zone of a kind. Raises `UnknownError`."""
        for zone in self._layout(store).zones:
            if zone.kind == kind:
                return zone.id
        raise UnknownError(f"store {store} has no zone of kind {kind}")

    def where(self, store: StoreId) -> dict[str, list[PieceId]]:
        """The pieces in each zone of a store."""
        found: dict[str, list[PieceId]] = {}
        for zone in self._layout(store).zones:
            rows = np.nonzero(self.place[: len(self.stock)] == self.place_of[f"{store}/{zone.id}"])[0]
            found[zone.id] = [self.stock[row].card.piece for row in rows.tolist()]
        return found

    def save(self) -> Saved:
        away = np.nonzero(self.place != self.home)[0].tolist()
        return Saved(
            away={self.stock[row].card.piece: self.places[self.place[row]] for row in away},
            covered=tuple(self.places[place] for place in sorted(self.covered)),
            later=tuple(planned for _, _, planned in sorted(self._later)),
            truth=tuple(self.truth[-TRUTH_ROWS_SAVED_MAX:]),
            truth_dropped=self.truth_dropped + max(0, len(self.truth) - TRUTH_ROWS_SAVED_MAX),
        )

    def restore(self, saved: Saved) -> None:
        """Put pieces where they were; a piece or place this world no longer has stays at home."""
        for piece, place in saved.away.items():
            if piece in self.row_of and place in self.place_of:
                self.place[self.row_of[piece]] = self.place_of[place]
        self.covered = {self.place_of[place] for place in saved.covered if place in self.place_of}
        for planned in saved.later:
            if all(piece in self.row_of for piece in planned.pieces) and planned.to in self.place_of:
                self.later(
                    planned.at_us, planned.act, planned.store, pieces=planned.pieces, to=planned.to, by=planned.by
                )
        self.truth = list(saved.truth)
        self.truth_dropped = saved.truth_dropped
        self.version += 1

    def _layout(self, store: StoreId) -> Layout:
        if store not in self.layouts:
            raise UnknownError(f"there is no store {store!r}; stores are {', '.join(self.layouts)}")
        return self.layouts[store]
