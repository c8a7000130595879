"""What happened to a piece while it was being counted, from the books, with its time: "sold at 10:42"."""

import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

from contract.facts import ClaimKind
from contract.ids import PieceId, ZoneId
from edge.books.db import Database
from edge.books.rows import SaleRow, ShippedRow
from edge.config import EdgeConfig, ZoneKind
from edge.floor.pipeline import SEEN_WINDOW_US
from edge.floor.stock import Stock
from trade.claim import Claim
from trade.custody import TokenState

Told = tuple[str, int]
"""A note in words, and the time of what it tells of (UTC µs; 0: not known)."""


class Happened:
    """Asked at the end of a count, on the house thread. Times are told in the store's time zone."""

    def __init__(
        self, config: EdgeConfig, stock: Stock, db: Callable[[], Database], wall_us: Callable[[], int]
    ) -> None:
        self._zone = ZoneInfo(config.time_zone)
        self._zones = config.zones
        self._stock = stock
        self._db = db
        self._wall_us = wall_us

    def away(self, piece: PieceId) -> Told | None:
        """Why the piece need not be in its place; None when it should be."""
        status = self._stock.status_of(piece)
        if status.expected:
            return None
        match status.custody:
            case TokenState.SOLD:
                sale = self._db().words("sale_of_piece", piece=piece)
                row = self._db().one("sale_row", SaleRow, sale=sale[0]) if sale else None
                if row is None:
                    return "sold", 0
                number = f" on receipt {row.till} / {row.receipt_number}" if row.receipt_number else ""
                return f"sold{number}{self.at(row.recorded_us)}", row.recorded_us
            case TokenState.AWAY:
                left = self._db().one("shipped_piece", ShippedRow, piece=piece)
                if left is not None:
                    return f"sent to {left.to_store}{self.at(left.at_us)}", left.at_us
            case TokenState.HERE:
                claim = self._db().one("claim_live", Claim, piece=piece)
                if claim is not None:
                    where = "at the bench, in repair" if claim.kind is ClaimKind.REPAIR else status.away_because
                    return f"{where}{self.at(claim.since_us, 'since')}", claim.since_us
            case TokenState.INCOMING:
                pass
        return status.away_because or "not held by this store", 0

    def at_bench(self, piece: PieceId, now_us: int) -> Told | None:
        """It lies where tags are written and looked at: a reader of the bench reads it now."""
        last = self._stock.last_seen(piece)
        if last is None or last.zone < 0 or self._zones[last.zone].kind is not ZoneKind.BENCH:
            return None
        if now_us - last.at_us > SEEN_WINDOW_US:
            return None
        read_us = self._wall_us() - (now_us - last.at_us)
        return f"at {self._zones[last.zone].name}, read there{self.at(read_us)}", read_us

    def belongs(self, piece: PieceId) -> str:
        """Where a piece that is not expected here should be instead."""
        away = self.away(piece)
        if away is not None:
            note, _ = away
            return (
                f"{note}, and yet it lies here"
                if self._stock.status_of(piece).custody is not TokenState.AWAY
                else (f"{note}: another store's, or never received here")
            )
        card = self._stock.cards.get(piece)
        return f"belongs to {self.called(card.home_zone)}" if card and card.home_zone else "has no place in the books"

    def called(self, zone: str) -> str:
        """A zone as people call it."""
        return next((each.name for each in self._zones if each.id == ZoneId(zone)), zone)

    def at(self, us: int, word: str = "at") -> str:
        """` at 10:42`; of another day ` at 10:42 on 28 November`; nothing for a time that is not known."""
        if not us:
            return ""
        then = dt.datetime.fromtimestamp(us / 1e6, self._zone)
        today = dt.datetime.fromtimestamp(self._wall_us() / 1e6, self._zone).date()
        day = "" if then.date() == today else f" on {then.day} {then:%B}"
        return f" {word} {then:%H:%M}{day}"
