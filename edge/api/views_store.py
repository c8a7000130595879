"""The store as a whole: zones, readers, uplink, people, health."""

from typing import Final

from contract.facts import ReaderLink, Vision
from contract.ids import UserId
from edge.api import shapes
from edge.api.blindness import hidden_zones
from edge.api.shop import Shop
from edge.books import local, replica
from edge.books.db import Database
from edge.books.rows import Counter, Mode, Node, ReaderChangeRow, SignalRow
from edge.floor.now import ReaderNow
from edge.house import Mood
from edge.sync import anchor, witness
from edge.till import queries
from trade.permissions import works_here
from web.logins import Login

GAPS_SHOWN_MAX: Final = 20
NOW_ONLY_US: Final = 1 << 62
"""Of alarms, only those that are open: none is so late."""


def _node(db: Database) -> Node:
    node = db.one("node", Node)
    assert node is not None, "the node row is made when the books are"
    return node


def health(shop: Shop) -> shapes.HealthView:
    mood = shop.house.mood
    return shapes.HealthView(
        ok=mood in (Mood.RUNNING, Mood.FULL),
        mood=str(mood),
        mode=str(_node(shop.db).mode),
        uplink_up=shop.uplink.up,
        sales_unsent=witness.sales_unsent(shop.db),
        office_differs=bool(anchor.unbelieved(shop.db)),
        mirror=shop.mirror.trouble(shop.clock.mono_us()),
    )


def store(shop: Shop, who: Login | None = None) -> shapes.StoreView:
    """`who` looks: figures of zones that are counted blind are kept from them; None is anybody."""
    node, floor, shown = _node(shop.db), shop.floor, zones(shop, who)
    return shapes.StoreView(
        store=shop.config.store,
        name=shop.config.name,
        currency=shop.config.currency,
        mode=str(node.mode),
        mode_why=node.why,
        mood=str(shop.house.mood),
        mirror=shop.mirror.trouble(shop.clock.mono_us()),
        business_day=shop.business_day(),
        tills=tuple(shop.config.tills),
        zones=shown,
        readers=readers(shop),
        uplink=uplink(shop),
        alarms_open=queries.alarms_tally(shop.db, NOW_ONLY_US).open,
        threshold_nats=floor.threshold_nats,
        alarms_per_month=floor.alarms_per_month,
        alarms_per_month_max=shop.config.alarms_per_month_max,
        unknown_tags=floor.unknown_tags,
        unknown_lying=floor.unknown_lying,
        strays=floor.strays,
        pieces=sum(zone.expected for zone in shown) if any(zone.hidden for zone in shown) else floor.pieces,
        signals=signals(shop),
    )


def zones(shop: Shop, who: Login | None = None) -> tuple[shapes.ZoneView, ...]:
    hidden = hidden_zones(shop, who)
    now = {zone.zone: zone for zone in shop.floor.zones}
    shown = []
    for zone in shop.config.zones:
        figures = now.get(zone.id)
        shown.append(
            shapes.ZoneView(
                zone=zone.id,
                name=zone.name,
                kind=zone.kind,
                x=zone.x,
                y=zone.y,
                width=zone.width,
                height=zone.height,
                vision=figures.vision if figures else Vision.BLIND,
                why=figures.why if figures else "the box is starting",
                expected=figures.expected if figures and zone.id not in hidden else 0,
                present=figures.present if figures and zone.id not in hidden else 0,
                missing=figures.missing if figures and zone.id not in hidden else 0,
                hard_to_read=figures.hard_to_read if figures and zone.id not in hidden else 0,
                not_read_yet=figures.not_read_yet if figures and zone.id not in hidden else 0,
                reference=figures.reference if figures else "",
                hidden=zone.id in hidden,
            )
        )
    return tuple(shown)


def readers(shop: Shop) -> tuple[shapes.ReaderView, ...]:
    now_us, utc_us = shop.clock.mono_us(), shop.clock.wall_us()
    changes = {change.reader: change for change in queries.reader_changes(shop.db)}
    zones_of_reader = {reader.id: reader.antennas for reader in shop.config.readers}
    return tuple(
        shapes.ReaderView(
            reader=reader.reader,
            link=reader.link,
            why=reader.why,
            model=reader.model,
            firmware=reader.firmware,
            zones=tuple(dict.fromkeys(zones_of_reader[reader.reader].values())),
            silent_s=_silent_s(reader, now_us),
            reads_per_s=round(reader.reads_per_s, 1),
            reads_total=reader.reads_total,
            dropped_total=reader.dropped_total,
            exception=reader.exception,
            waits_for=reader.waits_for,
            temperature_c=reader.temperature_c,
            overflows_total=reader.overflows_total,
            buffer_percent=reader.buffer_percent,
            clock_behind_s=_clock_behind_s(reader, utc_us - now_us),
            started_us=_started_us(reader, utc_us - now_us),
            clock_jumps_total=reader.clock_jumps_total,
            serial=reader.serial,
            was=_was(changes[reader.reader]) if reader.reader in changes else "",
            changed_us=changes[reader.reader].at_us if reader.reader in changes else None,
            dark_since_us=reader.dark_since_us or None,
            notes=reader.notes,
            pulse=shop.pulse.of(reader.reader),
        )
        for reader in shop.floor.readers
    )


def gaps(shop: Shop) -> list[shapes.GapView]:
    """When readers did not read, the gap that ended last first."""
    rows = queries.gaps_newest(shop.db, GAPS_SHOWN_MAX)
    return [shapes.GapView(row.reader, row.from_us, row.until_us, row.why) for row in rows]


def _was(change: ReaderChangeRow) -> str:
    return " · ".join(word for word in (change.was_model, change.was_firmware, change.was_serial) if word)


def _clock_behind_s(reader: ReaderNow, utc_ahead_us: int) -> float | None:
    """`utc_ahead_us`: the box's UTC − its monotonic time."""
    if reader.clock_offset_us is None or reader.clock_is_uptime:
        return None
    return round((utc_ahead_us + reader.clock_offset_us) / 1e6, 3)


def _silent_s(reader: ReaderNow, now_us: int) -> float | None:
    """A driver that has begun to dial counts its patience from there: only what told its model was ever heard."""
    heard = reader.link is ReaderLink.READING or reader.model or reader.reads_total
    return round(max(0, now_us - reader.last_heard_us) / 1e6, 1) if heard and reader.last_heard_us else None


def _started_us(reader: ReaderNow, utc_ahead_us: int) -> int | None:
    if reader.clock_offset_us is None or not reader.clock_is_uptime:
        return None
    return utc_ahead_us + reader.clock_offset_us


def signals(shop: Shop) -> tuple[shapes.SignalView, ...]:
    """Every input and output of the store, with what the books say of it."""
    told = {(row.reader, row.way, row.port): row for row in shop.db.rows("signals", SignalRow)}
    shown = []
    for signal in shop.floor.signals:
        row = told.get((signal.reader, signal.way, signal.port))
        person = replica.staff(shop.db, row.by) if row else None
        shown.append(
            shapes.SignalView(
                reader=signal.reader,
                way=str(signal.way),
                port=signal.port,
                name=signal.name,
                kind=signal.kind,
                zone=signal.zone,
                on=signal.on,
                why=row.why if row else "",
                by=row.by if row else "",
                by_name=person.name if person else "",
                since_us=row.since_us if row else 0,
            )
        )
    return tuple(shown)


def uplink(shop: Shop) -> shapes.UplinkView:
    node = _node(shop.db)
    logs = [log for log in shop.db.rows("counters", Counter) if log.epoch == node.epoch]
    return shapes.UplinkView(
        configured=shop.uplink.configured,
        up=shop.uplink.up,
        why_down=shop.uplink.why_down,
        standing="ok" if node.mode is Mode.ACTIVE else node.why,
        unsent=sum(log.seq - log.upto for log in logs),
        feed_rev=node.feed_rev,
        unknown_command=shop.store.unknown_command,
        sales_unsent=witness.sales_unsent(shop.db),
        differs=bool(anchor.unbelieved(shop.db)),
        since_us=shop.uplink.since_us,
    )


def staff(shop: Shop) -> list[shapes.UserView]:
    """Active people of this store, by name."""
    mine = [card for card in replica.people(shop.db) if works_here(card, shop.config.store)]
    return [
        shapes.UserView(
            user=card.user,
            name=card.name,
            roles=card.roles,
            has_pin=local.pin(shop.db, UserId(card.user)) is not None,
        )
        for card in sorted(mine, key=lambda card: card.name)
    ]
