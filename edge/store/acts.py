"""Acts of people and of the floor: asked of the desk, and told to everybody."""

import sqlite3

import structlog

from contract.ids import AppointmentId, PieceId, TillId, UserId, ZoneId
from edge.books.rows import SaleRow
from edge.capture.ear import told
from edge.floor.now import PadNow
from edge.house import disk_is_full
from edge.store.core import Core
from edge.till.approvals import Approval
from edge.till.desk import Done, Refused
from trade.acts import AnyAct, CloseAppointment, CloseShift, MoveAppointment, PrepareTray, Sight
from trade.scene import NOWHERE

log = structlog.get_logger(__name__)


class Acts(Core):
    """Who stands where, and what is done there."""

    def act(self, act: AnyAct, by: UserId, approval: Approval | None = None) -> Done | Refused:
        """One act of a person or of the floor, perhaps with somebody else's word for it.

        On a full disk the ballast is thrown out to let a shift close.
        """
        try:
            answer = self._do(act, by, approval)
        except (sqlite3.Error, OSError) as error:
            if not (isinstance(act, CloseShift) and disk_is_full(error) and self.ballast.drop()):
                raise
            log.warning("ballast_dropped", why="the disk is full and a shift is being closed")
            answer = self._do(act, by, approval)
        if isinstance(answer, Done):
            self.notice(answer.entries)
        return answer

    def _do(self, act: AnyAct, by: UserId, approval: Approval | None) -> Done | Refused:
        now_us = self.clock.mono_us()
        till = self.till_of(act)
        answer = self.desk.do(
            act,
            by=by,
            now_us=self.clock.wall_us(),
            new_id=self.new_id,
            seen=lambda piece: self._seen_for(act, piece, now_us),
            pad=self.pad_of(till),
            pad_zone=next((pad.zone for pad in self._pads_of(till)), NOWHERE),
            approval=approval,
        )
        if isinstance(act, PrepareTray | MoveAppointment) and isinstance(answer, Done):
            self.trays_out_us[act.appointment] = now_us
        elif isinstance(act, CloseAppointment) and isinstance(answer, Done):
            self.trays_out_us.pop(act.appointment, None)
        return answer

    def _seen_for(self, act: AnyAct, piece: PieceId, now_us: int) -> bool:
        if isinstance(act, CloseAppointment):
            return self.read_back(act.appointment, piece, now_us)
        return self.seen(piece, now_us)

    def read_back(self, appointment: AppointmentId, piece: PieceId, now_us: int) -> bool:
        """A reader that works reads it now; where none is fixed, somebody scanned it after its tray went out."""
        if self.stock.zones.fixed:
            return self.seen(piece, now_us)
        return self.stock.seen_since(piece, self.trays_out_us.get(appointment, 0) + 1)

    def pad_of(self, till: TillId | None) -> frozenset[PieceId]:
        """Pieces on this till's pad."""
        return frozenset(piece for pad in self._pads_of(till) for piece in pad.pieces)

    def _pads_of(self, till: TillId | None) -> tuple[PadNow, ...]:
        """Tills and pads pair up in the configuration's order; the last pad is shared. Without a till, every pad."""
        pads = self.pipeline.floor.pads
        if not pads or till is None or till not in self.config.tills:
            return pads
        return (pads[min(self.config.tills.index(till), len(pads) - 1)],)

    def scan(self, pieces: tuple[PieceId, ...], zone: ZoneId, by: UserId, *, damaged: bool) -> Done | Refused:
        """A person's scanner read these pieces in `zone`."""
        self.scanned(pieces, zone)
        return self.act(Sight(pieces=pieces, zone=zone, damaged=damaged), by)

    @told
    def scanned(self, pieces: tuple[PieceId, ...], zone: ZoneId) -> None:
        """A scanner's read is a sighting."""
        for piece in pieces:
            self.stock.scanned(piece, zone, self.clock.mono_us())
        if self.chronicle is not None:
            self.chronicle.scanned(pieces, zone)

    def till_of(self, act: AnyAct) -> TillId | None:
        """The till an act is made at: its own word, or that of its sale."""
        till = getattr(getattr(act, "back", act), "till", None)
        if till is not None:
            return TillId(till)
        sale = getattr(act, "sale", None)
        row = None if sale is None else self.books.db.one("sale_row", SaleRow, sale=sale)
        return None if row is None else row.till
