"""What is done with passes, for the JSON routes and the pages alike: begin, take what a sled typed, end, show."""

from dataclasses import replace

from contract.ids import PieceId, ReaderId, ZoneId
from edge.api.blindness import hidden_zones
from edge.api.passes import shapes
from edge.api.passing import Tally
from edge.api.shop import Shop
from edge.books import replica
from edge.config import ReaderConfig
from edge.floor.passes import PassNow, Stranger
from edge.readers import Aimed, Typed
from edge.readers.base import UnreachableError
from edge.readers.wedge import typed as wedge
from web.logins import Login
from web.problems import ProblemError


def handhelds(shop: Shop) -> list[ReaderConfig]:
    return [reader for reader in shop.config.readers if reader.handheld]


async def begin(shop: Shop, zone: ZoneId, reader: ReaderId | None, name: str | None, who: Login) -> shapes.PassView:
    """Begin, or go on with, a pass. Raises a problem for a zone that no such handheld sweeps, or too many passes."""
    sled = _sled(shop, reader)
    port = next((int(port) for port, swept in sled.antennas.items() if swept == zone), None)
    if port is None:
        allowed = ", ".join(sorted(set(sled.antennas.values())))
        raise ProblemError(404, "zone", f"{sled.id} does not sweep {zone}", f"Choose one of its zones: {allowed}.")
    fresh = PassNow(name=name or shop.new_id(), zone=zone, reader=sled.id, by=who.user, began_us=shop.clock.wall_us())
    await shop.on_house(lambda: shop.store.passes.begin(fresh, shop.clock.mono_us()))
    shop.passing.begin(fresh.name, Tally(sled.id, port))
    device = shop.readers.get(sled.id)
    if isinstance(device, Aimed):
        # Whoever began last has it, until their pass ends by them or by itself.
        device.sweep(lambda: port if _is_open(shop, fresh.name) else None)
    return show(shop, fresh.name, who)


def take(shop: Shop, name: str, batch: str, lines: list[str]) -> shapes.PassReadsView:
    """What a sled typed. A batch that was counted is answered as before. Raises a problem for a pass that is over."""
    now, tally = _pass(shop, name)
    counted = tally.batches.get(batch)
    if counted is not None:
        return shapes.PassReadsView(batch=batch, repeated=True, reads=counted[0], unreadable=counted[1])
    if not now.open:
        raise ProblemError(409, "pass", "This pass has ended", "Begin a new one; what was read in it is kept.")
    device = shop.readers.get(tally.reader)
    if not isinstance(device, Typed):
        raise ProblemError(409, "pass", f"{tally.reader} sends its reads by itself", "Do not type them here as well.")
    typed = wedge.read(lines, lambda epc: replica.piece_by_epc(shop.db, epc) is not None)
    try:
        device.feed(tally.port, typed.epcs, typed.unreadable)
    except UnreachableError as error:
        raise ProblemError(503, "starting", "The store's box is starting", str(error)) from error
    tally.count(batch, typed)
    if typed.unreadable:
        shop.bulletin.tell("passes")  # the house, which tells of reads, hears nothing of these
    return shapes.PassReadsView(batch=batch, repeated=False, reads=len(typed.epcs), unreadable=typed.unreadable)


async def end(shop: Shop, name: str, who: Login) -> shapes.PassView:
    """Its last picture; ending it twice is the same as once."""
    _pass(shop, name)
    await shop.on_house(lambda: shop.store.passes.end(name))
    return show(shop, name, who)


def show(shop: Shop, name: str, who: Login) -> shapes.PassView:
    """A pass as this person may see it: a blind count keeps its zone's figures from who counts."""
    now, tally = _pass(shop, name)
    zones = {zone.id: zone.name for zone in shop.config.zones}
    hidden = now.zone in hidden_zones(shop, who)
    if hidden:
        now = replace(now, expected=0, found=0, missing=(), strangers=(), strangers_total=0, unknown_tags=0)
    return shapes.PassView(
        name=name,
        zone=now.zone,
        zone_name=zones[now.zone],
        reader=now.reader,
        typed=isinstance(shop.readers.get(now.reader), Typed),
        by=now.by,
        open=now.open,
        began_us=now.began_us,
        expected=now.expected,
        found=now.found,
        missing=tuple(_piece(shop, Stranger(piece, "")) for piece in now.missing),
        strangers=tuple(_piece(shop, stranger) for stranger in now.strangers),
        strangers_total=now.strangers_total,
        unknown_tags=now.unknown_tags,
        reads=tally.reads,
        unreadable=tally.unreadable,
        unreadable_sample=tally.sample,
        hidden=hidden,
    )


def newest(shop: Shop, who: Login) -> list[shapes.PassView]:
    """Passes that are under way, newest first."""
    names = [now.name for now in shop.store.passes.now.values() if now.open and shop.passing.of(now.name)]
    return [show(shop, name, who) for name in reversed(names)]


def _sled(shop: Shop, reader: ReaderId | None) -> ReaderConfig:
    sleds = handhelds(shop)
    if reader is None and len(sleds) == 1:
        return sleds[0]
    for sled in sleds:
        if sled.id == reader:
            return sled
    names = ", ".join(sled.id for sled in sleds)
    if not names:
        mend = "Add one with handheld = true to the box's configuration; README says how."
        raise ProblemError(409, "handheld", "This store has no handheld", mend)
    raise ProblemError(404, "handheld", f"There is no handheld {reader or 'named'}", f"Name one of {names}.")


def _is_open(shop: Shop, name: str) -> bool:
    now = shop.store.passes.now.get(name)
    return now is not None and now.open


def _pass(shop: Shop, name: str) -> tuple[PassNow, Tally]:
    now, tally = shop.store.passes.now.get(name), shop.passing.of(name)
    if now is None or tally is None:
        mend = "The box was restarted, or it is long over. Begin a new one; what was read in it is kept."
        raise ProblemError(404, "pass", "There is no such pass", mend)
    return now, tally


def _piece(shop: Shop, named: Stranger) -> shapes.PassPieceView:
    card = replica.piece(shop.db, PieceId(named.piece))
    if card is None:
        return shapes.PassPieceView(piece=named.piece, title=named.piece, sku="", tray="", why=named.why)
    return shapes.PassPieceView(piece=named.piece, title=card.title, sku=card.sku, tray=card.tray, why=named.why)
