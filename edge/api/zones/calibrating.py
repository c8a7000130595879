"""What is done with the calibration, for the JSON routes and the page alike."""

import asyncio
import functools
from collections.abc import Callable

import msgspec

from contract.ids import ZoneId
from edge.api.shop import Result, Shop
from edge.api.zones import shapes
from edge.books.rows import CalibrationRow
from edge.floor.calibration import POSITIONS, ROUNDS, CalibrationRefusedError
from edge.reconcile.zones.points import Points
from edge.zoning import Zoning, choose_by, zones_of
from web.logins import Login
from web.problems import ProblemError

_confusion = msgspec.json.Decoder(tuple[tuple[int, ...], ...]).decode


async def view(shop: Shop) -> shapes.CalibrationView:
    """Everything, as it stands now."""
    return await _ask(shop, lambda: _view(shop, shop.store.zoning))


async def begin(shop: Shop, who: Login, zone: str, tags: list[str], rounds: int) -> shapes.CalibrationView:
    """The tray lies in `zone`: hear it. Raises a problem that says what to do."""
    calibration = shop.store.zoning.calibration
    named = tuple(tags)
    await _ask(shop, lambda: calibration.begin(ZoneId(zone), named, shop.clock.mono_us(), rounds, by=who.user))
    return await view(shop)


async def stop(shop: Shop) -> shapes.CalibrationView:
    await _ask(shop, shop.store.zoning.calibration.stop)
    return await view(shop)


async def anew(shop: Shop, who: Login, zone: str | None) -> shapes.CalibrationView:
    """Forget the walk, or one zone of it; what is in use stays in use."""
    await _ask(shop, lambda: shop.store.zoning.anew(ZoneId(zone) if zone else None, who.user))
    return await view(shop)


async def finish(shop: Shop, who: Login) -> shapes.CalibrationView:
    """Choose a model by what was walked, and use it from now on."""
    await _adopt(shop, who, shop.store.zoning.points_walked)
    return await view(shop)


async def put_back(shop: Shop, who: Login, version: int) -> shapes.CalibrationView:
    """Use the points of an older version again, under a new number."""
    await _adopt(shop, who, lambda: shop.store.zoning.points_of(version), version)
    return await view(shop)


async def _adopt(shop: Shop, who: Login, points_of: Callable[[], Points], put_back: int = 0) -> None:
    zoning = shop.store.zoning
    points = await _ask(shop, points_of)
    work = functools.partial(choose_by, points, zoning.layout)
    chosen = await asyncio.get_running_loop().run_in_executor(shop.slow, work)
    await _ask(shop, lambda: zoning.adopt(points, chosen, who.user, put_back))
    shop.bulletin.tell("zones")


async def _ask(shop: Shop, work: Callable[[], Result]) -> Result:
    try:
        return await shop.on_house(work)
    except CalibrationRefusedError as error:
        raise ProblemError(409, "calibration", "This cannot be calibrated now", str(error)) from error


def _view(shop: Shop, zoning: Zoning) -> shapes.CalibrationView:
    calibration, row = zoning.calibration, zoning.row
    names = {zone.id: zone.name for zone in shop.config.zones}
    known = {each.zone: each for each in zones_of(row)} if row is not None else {}
    walk = calibration.now
    zones = tuple(
        shapes.ZoneWalkView(
            zone=zone,
            name=names[zone],
            antennas=tuple(name.partition("=")[0] for name in calibration.antennas if name.endswith(f"={zone}")),
            positions=calibration.positions_in(zone),
            accuracy=known[zone].right / known[zone].tried if zone in known and known[zone].tried else None,
        )
        for zone in calibration.zones_to_walk()
    )
    return shapes.CalibrationView(
        sentence=_sentence(zoning),
        stale=zoning.stale,
        positions_wanted=POSITIONS,
        rounds_wanted=ROUNDS,
        tags=calibration.tags,
        zones=zones,
        walk=shapes.WalkView(walk.zone, walk.rounds, walk.wanted, walk.tags_heard, len(calibration.tags), walk.advice),
        ready=bool(zones) and all(zone.positions for zone in zones) and not calibration.walking,
        versions=tuple(_version(each, zoning) for each in zoning.versions()),
        confusion=_confused(row, names) if row is not None else (),
    )


def _sentence(zoning: Zoning) -> str:
    if zoning.row is None:
        return "Never walked: the strongest antenna says where a piece lies, and its probability is a guess."
    if zoning.chosen is None:
        return "Out of use: the strongest antenna says where a piece lies until the tray is walked again."
    tells = f"{zoning.row.accuracy:.0%} of tags left out were placed right" if zoning.row.accuracy >= 0 else "untested"
    return f"Version {zoning.row.version} is in use, by the model “{zoning.row.model}”: {tells}."


def _version(row: CalibrationRow, zoning: Zoning) -> shapes.VersionView:
    return shapes.VersionView(
        version=row.version,
        at_us=row.at_us,
        by=row.by,
        model=row.model,
        temperature=row.temperature,
        accuracy=row.accuracy if row.accuracy >= 0 else None,
        tray_accuracy=row.tray_accuracy if row.tray_accuracy >= 0 else None,
        positions=sum(each.positions for each in zones_of(row)),
        put_back=row.put_back,
        in_use=zoning.chosen is not None and zoning.row is not None and row.version == zoning.row.version,
    )


def _confused(row: CalibrationRow, names: dict[ZoneId, str]) -> tuple[shapes.ConfusedView, ...]:
    counts = _confusion(row.confusion)
    told = [(at, each.zone) for at, each in enumerate(zones_of(row)) if each.tried]
    return tuple(
        shapes.ConfusedView(
            zone=zone,
            name=names.get(zone, zone),
            shares=tuple(counts[at][other] / max(sum(counts[at]), 1) for other, _ in told),
        )
        for at, zone in told
    )
