"""Tag commissioning put together for a box: its pads, its books on the house thread, its key beside them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import TypeVar

from contract.feed import PieceCard
from contract.ids import PieceId, UserId, ZoneId
from edge.books import replica
from edge.books.journal import NotServingError
from edge.clock import Clock
from edge.config import EdgeConfig, ZoneKind
from edge.house import DiskFullError, House, HouseBusyError, HouseStoppedError
from edge.store import Store
from edge.tags import keeping
from edge.tags.commission import Bind, Bound, Denied, Keep, Kept
from edge.tags.key import open_key
from edge.tags.press import Press
from edge.tags.writer import Pad, TagReader, TagWriter
from edge.till.desk import Refused
from trade.acts import BindTag
from trade.piece import Standing

Answer = TypeVar("Answer")
NOT_NOW = (HouseBusyError, HouseStoppedError, DiskFullError, NotServingError)


@dataclass(frozen=True, slots=True)
class StoreBooks:
    """The books of a store, for its tag writer."""

    store: Store
    house: House

    async def keep(self, asked: Keep) -> Kept | Denied:
        return await self._on_house(partial(keep, self.store, asked))

    async def bind(self, asked: Bind, by: UserId) -> Bound | Denied:
        return await self._on_house(partial(bind, self.store, asked, by))

    async def draw(self, piece: PieceId) -> Kept | Denied:
        return await self._on_house(partial(draw, self.store, piece))

    async def card(self, piece: PieceId) -> PieceCard | Denied | None:
        return await self._on_house(lambda: replica.piece(self.store.books.db, piece))

    async def _on_house(self, work: Callable[[], Answer]) -> Answer | Denied:
        try:
            return await self.house.ask(work)
        except NOT_NOW as error:
            return Denied(why=str(error))


def keep(store: Store, asked: Keep) -> Kept | Denied:
    """May this tag become the piece's, and under which EPC? House thread."""
    if (other := _tagged_meanwhile(store, asked.piece, asked.replaces)) is not None:
        return other
    now_us = store.clock.wall_us()
    return keeping.keep(store.books, store.config, asked, standing=partial(_standing, store), now_us=now_us)


def draw(store: Store, piece: PieceId) -> Kept | Denied:
    """An EPC for a label of this piece. House thread."""
    return keeping.draw(store.books, store.config, piece, standing=partial(_standing, store))


def _standing(store: Store, piece: PieceId) -> Standing:
    return store.desk.standing(store.books.db, piece, lambda each: store.seen(each, store.clock.mono_us()))


def bind(store: Store, asked: Bind, by: UserId) -> Bound | Denied:
    """The binding as an act in somebody's name. House thread."""
    if (other := _tagged_meanwhile(store, asked.piece, asked.replaces, asked.epc)) is not None:
        return other
    act = BindTag(piece=asked.piece, epc=asked.epc.hex(), tid=asked.tid.hex(), read_back=asked.read_back.hex())
    answer = store.act(act, by)
    if isinstance(answer, Refused):
        return Denied(why=answer.refusal.why)
    keeping.settled(store.books, asked.tid)
    return Bound()


def _tagged_meanwhile(store: Store, piece: PieceId, replaces: str | None, epc: bytes = b"") -> Denied | None:
    """Who was let begin for a piece without a tag was not let replace the one that it got on another pad since."""
    card = replica.piece(store.books.db, piece)
    if replaces is None or card is None or card.epc.upper() in (replaces.upper(), epc.hex().upper()):
        return None
    return Denied(
        why=f"{card.title} got another tag meanwhile; keep that one, or have a manager begin again to replace it"
    )


def tag_writer(
    config: EdgeConfig, store: Store, readers: Iterable[object], clock: Clock, *, house: House,
    tell: Callable[[str], None],
) -> TagWriter:  # fmt: skip
    """The store's tag writer."""
    return TagWriter(
        pads_of(config, readers),
        StoreBooks(store, house),
        clock,
        key=lambda: open_key(config.data_dir),
        tell=lambda: tell("tags"),
    )


def label_press(
    config: EdgeConfig, store: Store, chance: Random, *, house: House, tell: Callable[[str], None]
) -> Press:
    """The store's label printers. Raises `MisconfiguredError` for a label that is not there."""
    return Press(config.printers, StoreBooks(store, house), chance, tell=lambda: tell("labels"))


def pads_of(config: EdgeConfig, readers: Iterable[object]) -> dict[ZoneId, Pad]:
    """Every pad before a reader that can write tags, benches first."""
    by_id = {reader.id: reader for reader in readers if isinstance(reader, TagReader)}
    pads: dict[ZoneId, Pad] = {}
    for zone in sorted(config.zones, key=lambda each: each.kind is not ZoneKind.BENCH):
        if zone.kind not in (ZoneKind.BENCH, ZoneKind.PAD):
            continue
        for reader in config.readers:
            ports = frozenset(int(port) for port, seen in reader.antennas.items() if seen == zone.id)
            if ports and reader.id in by_id:
                pads.setdefault(zone.id, Pad(zone.id, by_id[reader.id], ports))
    return pads
