"""Pads and gates of a store: reads of their zones in, what lies on a pad and who passed a gate out.

The arithmetic is in `reconcile.pad` and `reconcile.gate`; here it meets the books: whether a passage is peaceful.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contract.facts import AnyFact, ClaimKind, ExitSeen
from contract.ids import ClientOrderId, PieceId, ReaderId
from edge.books import fold_orders
from edge.books.db import Database
from edge.books.rows import ShippedRow
from edge.config import ZoneKind
from edge.floor.alarms.watch import Watch
from edge.floor.now import PadNow
from edge.floor.rounds import Heard
from edge.floor.stock import Status, Stock
from edge.floor.zonemap import ZoneMap
from edge.readers.health import Health
from edge.reconcile.detectors.in_view import InView
from edge.reconcile.gate import Gate
from edge.reconcile.pad import Pad
from trade.custody import Token, TokenState

MAY_LEAVE: Final = {
    ClaimKind.MEMO: "out on memo",
    ClaimKind.TRANSFER: "under transfer",
    ClaimKind.REPAIR: "on its way to the workshop",
}
"""Claims under which a piece may pass the gate; a cart or a layaway is not yet paid for."""


class Pads:
    """Every pad zone of the store. `now` is what lies on them."""

    def __init__(self, zones: ZoneMap, stock: Stock) -> None:
        self._stock = stock
        self._zones = {i: zone for i, zone in enumerate(zones.zones) if zone.kind is ZoneKind.PAD}
        self._pads = {i: Pad() for i in self._zones}
        self._strangers = {i: Pad() for i in self._zones}
        """The same for tags that no piece has, by their index in the catalogue."""
        self._readers: dict[int, list[ReaderId]] = {i: zones.readers_of(i) for i in self._zones}
        self.now: tuple[PadNow, ...] = tuple(PadNow(zone=zone.id) for zone in self._zones.values())

    def hear(self, heard: list[Heard], health: Mapping[ReaderId, Health], now_us: int) -> bool:
        """One tick; true when something on a pad changed."""
        shown = []
        for index, pad in self._pads.items():
            for one in heard:
                here = one.zone == index
                if here.any():
                    pad.hear(one.arrived_us, one.row[here], one.rssi_cdbm[here])
                if len(one.unknown):
                    here = one.unknown_zone == index
                    self._strangers[index].hear(one.arrived_us, one.unknown[here], one.unknown_rssi_cdbm[here])
            reading = any(health[reader].witnesses for reader in self._readers[index] if reader in health)
            view = pad.tick(now_us, None, reading=reading)
            strangers = self._strangers[index].tick(now_us, None, reading=reading).rows
            pieces = (self._stock.catalogue.pieces[row] for row in sorted(view.rows))
            shown.append(
                PadNow(
                    zone=self._zones[index].id,
                    state=str(view.state),
                    settled=view.settled,
                    pieces=tuple(piece for piece in pieces if piece is not None),
                    strangers=tuple(self._stock.catalogue.unknown_epc(index) for index in sorted(strangers)),
                )
            )
        before, self.now = self.now, tuple(shown)
        return before != self.now

    @property
    def overflow_total(self) -> int:
        return sum(pad.overflow_total for pad in self._pads.values())


class Gates:
    """Every exit zone of the store. `watch` says what is suspected of a passage that is not peaceful."""

    def __init__(self, zones: ZoneMap, stock: Stock, watch: Watch) -> None:
        self._stock = stock
        self._watch = watch
        self._zones = {i: zone for i, zone in enumerate(zones.zones) if zone.kind is ZoneKind.EXIT}
        self._gates = {i: Gate() for i in self._zones}
        self._views = {i: InView() for i in self._zones}

    def hear(self, heard: list[Heard], db: Database) -> list[tuple[int, list[AnyFact]]]:
        """One tick: (row, facts) of each passage. A passage that is not peaceful carries its alarm."""
        passages: list[tuple[int, list[AnyFact]]] = []
        for index, gate in self._gates.items():
            for one in heard:
                here = np.flatnonzero(one.zone == index)
                if not len(here):
                    continue
                here = here[self._views[index].hear(one.arrived_us, one.row[here], one.rssi_cdbm[here])]
                passed = gate.hear(one.arrived_us, one.row[here], one.rssi_cdbm[here], one.seen_count[here])
                passages += [(row, self._judge(one.arrived_us, row, index, db)) for row in passed]
        return passages

    def in_view(self, now_us: int) -> tuple[PieceId, ...]:
        """Pieces that lie near a gate: learned, and not believed to pass until they come much nearer."""
        rows = sorted({row for view in self._views.values() for row in view.rows(now_us)})
        return tuple(piece for row in rows if (piece := self._stock.catalogue.pieces[row]) is not None)

    def forget(self, rows: NDArray[np.int32]) -> None:
        """These rows mean other pieces now."""
        for row in rows.tolist():
            for view in self._views.values():
                view.forget(row)

    @property
    def overflow_total(self) -> int:
        views = sum(view.overflow_total for view in self._views.values())
        return views + sum(gate.overflow_total for gate in self._gates.values())

    def _judge(self, now_us: int, row: int, index: int, db: Database) -> list[AnyFact]:
        piece = self._stock.catalogue.pieces[row]
        assert piece is not None, "a row that was read has a piece"
        peaceful, why = self._why(piece, db)
        facts: list[AnyFact] = [ExitSeen(piece=piece, zone=self._zones[index].id, peaceful=peaceful, why=why)]
        reads, seconds = self._gates[index].reads_of(row)
        said = f"{why}; read {reads} times within {max(seconds, 1):.0f} s at the gate"
        alarm = self._watch.passed(now_us, row, index, peaceful=peaceful, why=said)
        return facts if alarm is None else [*facts, alarm]

    def _late(self, status: Status, db: Database) -> str:
        """Why a piece on memo may not leave any more: its day is over; empty: it may."""
        if status.claim is not ClaimKind.MEMO:
            return ""
        order = fold_orders.load(db, ClientOrderId(status.ref))
        if order is None or not order.promised_day or self._watch.today() <= order.promised_day:
            return ""
        return f"on memo {order.number}, which was due back on {order.promised_day}"

    def _why(self, piece: PieceId, db: Database) -> tuple[bool, str]:
        """Whether the piece may leave, and why or why not, in words."""
        status = self._stock.status_of(piece)
        clients = self._stock.is_clients(piece)
        match status.custody:
            case TokenState.SOLD:
                return True, "sold"
            case TokenState.HERE:
                late = self._late(status, db)
                if late:
                    return False, late
                if status.claim in MAY_LEAVE:
                    return True, MAY_LEAVE[status.claim]
                return False, status.away_because or _why_not(status, clients=clients)
            case TokenState.INCOMING:
                return False, "granted to this store and not received yet"
            case TokenState.AWAY if clients:
                return True, "given back to its owner"
            case TokenState.AWAY:
                token = db.one("token", Token, piece=piece)
                shipped = db.one("shipped_piece", ShippedRow, piece=piece)
                if shipped is not None and not (token is not None and token.sale):
                    return True, f"shipped to {shipped.to_store}"
                return True, "sold" if token is not None and token.sale else "not held by this store"


def _why_not(status: Status, *, clients: bool) -> str:
    """What a piece is that belongs in this store and passes its gate."""
    if clients:
        return "a client's thing that nobody gave back"
    return "laid away and not collected" if status.claim is ClaimKind.LAYAWAY else "unsold stock of this store"
