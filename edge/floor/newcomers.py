"""Pieces that lie here although the books do not hold them (yet): to be received, or reported as not ours."""

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contract.ids import PieceId, ZoneId
from edge.books.journal import Books
from edge.floor.rounds import Round
from edge.floor.stock import Stock

MEETS_PER_TICK_MAX: Final = 20


class Newcomers:
    """Noticed in rounds, met a few a tick. `vouches` by zone: false at the gate, where a piece only passes."""

    def __init__(self, stock: Stock, books: Books, vouches: NDArray[np.bool_], wall_us: Callable[[], int]) -> None:
        self._stock = stock
        self._books = books
        self._vouches = vouches
        self._wall_us = wall_us
        self._waiting: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def notice(self, one: Round, now_us: int) -> None:
        """What this round showed."""
        here = self._vouches[one.zone] & self._stock.strange(one.row, now_us)
        self._waiting.update(zip(one.row[here].tolist(), one.zone[here].tolist(), strict=True))

    def meet(self, now_us: int) -> Iterator[tuple[ZoneId, PieceId]]:
        """A few at a time: the first round of a new store meets all its stock, and a till must not wait for that."""
        for row in list(self._waiting)[:MEETS_PER_TICK_MAX]:
            zone = self._stock.zones.zones[self._waiting.pop(row)].id
            piece = self._stock.to_meet(self._books.db, row, now_us, self._wall_us())
            if piece is not None:
                yield zone, piece
