"""A store as data: zones on a plan, trays, readers with their antennas, and the radio weather of the place."""

import re
import tomllib
from enum import StrEnum
from importlib import resources
from typing import Final

import msgspec

from contract.ids import ReaderId, StoreId, ZoneId
from simulator.stock import Shelf

LAYOUTS: Final = ("flagship", "boutique", "stockroom")


class ZoneKind(StrEnum):
    SAFE = "safe"
    CASE = "case"
    PAD = "pad"
    EXIT = "exit"
    SHELF = "shelf"
    BENCH = "bench"


REFERENCE_DBM: Final = {
    ZoneKind.SAFE: 27.0,
    ZoneKind.CASE: 24.0,
    ZoneKind.SHELF: 24.0,
    ZoneKind.PAD: 15.0,
    ZoneKind.EXIT: 30.0,
    ZoneKind.BENCH: 15.0,
}


class LayoutError(Exception):
    """A layout cannot be used; the message names the layout, the key and the mend."""


class Zone(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A place pieces can be. x, y, width, height in metres on the plan; `share` of the stock lives here.

    `reference`: EPC in hex of a tag that hangs here for good and is no piece; empty: none hangs.
    """

    id: ZoneId
    name: str
    kind: ZoneKind
    x: float
    y: float
    width: float
    height: float
    share: float = 0.0
    trays: int = 0
    reference: str = ""


class Antenna(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`reference_dbm`: the power this place was tuned for, at which its tags answer with their own detectability.

    None: what is usual for the kind of zone (`REFERENCE_DBM`).
    """

    port: int
    zone: ZoneId
    reference_dbm: float | None = None


class Reader(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reader of a known model (`simulator.llrp.models`). `dwell_ms` is its stay on one antenna."""

    id: ReaderId
    model: str
    role: str
    antennas: tuple[Antenna, ...]
    dwell_ms: int = 250


class Weather(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Disturbances (inference.md §1.1): shadows cover part of a zone, fades one piece, strays are read next door."""

    shadow_every_s: float = 1800.0
    """In each case and shelf; ten times rarer in a safe, whose door is shut."""
    shadow_median_s: float = 18.0
    shadow_partial_share: float = 0.6
    fade_every_s: float = 14_400.0
    fade_mean_s: float = 90.0
    fade_depth: float = 0.15
    stray_share: float = 0.06
    stray_gain: float = 0.05
    stray_reach_m: float = 0.6


class Layout(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One store. Without readers it is a warehouse, a workshop or a web stockroom."""

    store: StoreId
    name: str
    city: str
    currency: str
    tax_bp: int
    pieces: int
    time_zone: str = "Europe/Paris"
    zones: tuple[Zone, ...] = ()
    readers: tuple[Reader, ...] = ()
    weather: Weather = Weather()

    def shelves(self) -> tuple[Shelf, ...]:
        return tuple(Shelf(zone=z.id, share=z.share, trays=z.trays) for z in self.zones if z.share > 0)


def load_layout(name: str) -> Layout:
    """A layout shipped with the simulator (`LAYOUTS`); `stockroom-2` and so on are further stores like `stockroom`.

    Raises `LayoutError`.
    """
    kind, _, number = name.partition("-")
    try:
        text = (resources.files("simulator") / "layouts" / f"{kind}.toml").read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise LayoutError(f"there is no layout {name!r}; choose one of {', '.join(LAYOUTS)}") from error
    layout = parse_layout(kind, text)
    if not number:
        return layout
    if not number.isdecimal() or layout.readers:
        raise LayoutError(f"there is no layout {name!r}: only a store without readers is there more than once")
    return msgspec.structs.replace(layout, store=StoreId(name), name=f"{layout.name} {number}")


def parse_layout(name: str, text: str) -> Layout:
    """Raises `LayoutError` naming the key."""
    try:
        layout = msgspec.convert(tomllib.loads(text), Layout)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise LayoutError(f"layout {name}: {error}; correct that key") from error
    zones = {zone.id for zone in layout.zones}
    for zone in layout.zones:
        if zone.reference and not re.fullmatch("[0-9A-F]{24}", zone.reference):
            raise LayoutError(f"layout {name}: zone {zone.id}: reference {zone.reference!r}; give 24 digits 0-9 A-F")
    for reader in layout.readers:
        for antenna in reader.antennas:
            if antenna.zone not in zones:
                raise LayoutError(f"layout {name}: reader {reader.id} names zone {antenna.zone!r}, which is not listed")
    if layout.pieces and not layout.shelves():
        raise LayoutError(f"layout {name}: {layout.pieces} pieces but no zone has a share; give one zone share = 1")
    return layout


def gap_m(a: Zone, b: Zone) -> float:
    """Distance between the edges of two zones, metres; 0 when they touch or overlap."""
    dx = max(0.0, max(a.x, b.x) - min(a.x + a.width, b.x + b.width))
    dy = max(0.0, max(a.y, b.y) - min(a.y + a.height, b.y + b.height))
    return float((dx * dx + dy * dy) ** 0.5)
