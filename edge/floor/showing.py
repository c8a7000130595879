"""The floor as one value: figures by zone out of the house's arrays."""

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from edge.books.rows import Way
from edge.config import ReaderConfig
from edge.floor.inputs import Inputs
from edge.floor.now import SignalNow, ZoneNow
from edge.floor.signals import Signals
from edge.floor.stock import Stock
from edge.floor.vision import VisionWatch
from edge.reconcile.presence import evidence as ev
from edge.reconcile.presence.evidence import Evidence
from edge.reconcile.presence.shapes import Rules
from edge.reconcile.presence.threshold import false_alarms_per_month


def zones_now(
    stock: Stock, evidence: Evidence, vision: VisionWatch, reference: Callable[[int], str]
) -> tuple[ZoneNow, ...]:
    """Expected pieces that lie in each zone, by what presence and this box's own eyes say of them. O(pieces).

    `reference` says how a zone's reference tag stands, in words.
    """
    count, zones = len(stock), stock.zones.zones
    lies, state = stock.lies[:count], evidence.state[:count]
    counted, seen = stock.expected[:count] & (lies >= 0), stock.sightings.since_start(count)

    def tally(which: NDArray[np.bool_]) -> list[int]:
        return [int(figure) for figure in np.bincount(lies[counted & which], minlength=len(zones))]

    parts = (seen & (state == ev.PRESENT), seen & (state == ev.HARD), state == ev.MISSING)
    expected, present, hard_to_read, missing = (tally(which) for which in (np.ones(count, np.bool_), *parts))
    not_read_yet = tally(~np.logical_or.reduce(parts))
    shown = []
    for index, zone in enumerate(zones):
        seeing, why = vision.vision_of(zone.id)
        shown.append(
            ZoneNow(
                zone=zone.id,
                vision=seeing,
                why=why,
                expected=expected[index],
                present=present[index],
                missing=missing[index],
                hard_to_read=hard_to_read[index],
                not_read_yet=not_read_yet[index],
                reference=reference(index),
            )
        )
    return tuple(shown)


def signals_now(readers: Iterable[ReaderConfig], inputs: Inputs, signals: Signals) -> tuple[SignalNow, ...]:
    """Inputs and outputs in the configuration's order."""
    stands = inputs.now()
    shown: list[SignalNow] = []
    for reader in readers:
        for port, wire in ((int(port), wire) for port, wire in reader.inputs.items()):
            on = stands[reader.id, port]
            shown.append(SignalNow(reader.id, Way.IN, port, wire.name, wire.kind, wire.zone, on))
        for port, out in ((int(port), wire) for port, wire in reader.outputs.items()):
            on = signals.wanted[reader.id, port]
            shown.append(SignalNow(reader.id, Way.OUT, port, out.name, out.kind, out.zone, on))
    return tuple(shown)


def least_bar(evidence: Evidence, rules: Rules) -> float:
    """Nats below which no single piece is called missing here: small zones have a bar of their own, and it is told
    only where there are any.
    """
    held = evidence.trays.zone_able > 0
    bars = np.where(evidence.small, rules.small_nats, rules.alarm_nats)
    return float(bars[held].min()) if held.any() else rules.alarm_nats


def false_alarms(evidence: Evidence, rules: Rules) -> tuple[float | None, float | None, float | None]:
    """What presence's thresholds cost a month: single pieces, trays and groups, both. None while history is short."""

    def cost(kind: int, nats: float) -> float | None:
        return false_alarms_per_month(evidence.peaks[kind], evidence.store_s, nats, kind)

    def all_of(bars: tuple[tuple[int, float], ...]) -> float | None:
        costs = [each for kind, nats in bars if (each := cost(kind, nats)) is not None]
        return sum(costs) if costs else None

    lone = all_of(((ev.SINGLE, rules.alarm_nats), (ev.SMALL, rules.small_nats)))
    together = all_of(((ev.TRAY, rules.tray_nats), (ev.GROUP, rules.group_nats), (ev.FEW, rules.few_nats)))
    return lone, together, None if lone is None or together is None else lone + together
