"""The watch out of the newest `FloorNow`."""

from typing import Final

from edge.api.blindness import hidden_zones
from edge.api.shop import Shop
from edge.api.watch import shapes
from edge.floor.alarms.words import TITLES
from web.logins import Login

IN_VIEW_SHOWN_MAX: Final = 50


def watch(shop: Shop, who: Login) -> shapes.WatchView:
    """The watch as it stands; its lists name `IN_VIEW_SHOWN_MAX` pieces at most, and none of a zone that is kept from
    this person.
    """
    floor, hidden = shop.floor, hidden_zones(shop, who)
    cards = shop.store.stock.cards
    in_view = [(piece, cards.get(piece)) for piece in floor.in_view]
    in_view = [(piece, card) for piece, card in in_view if card is None or card.home_zone not in hidden]
    return shapes.WatchView(
        alarms_per_month_max=floor.alarms_per_month_max,
        detectors=tuple(
            shapes.DetectorView(
                kind=line.kind,
                title=TITLES[line.kind],
                weight=line.weight,
                share=round(line.share, 3),
                expected=None if line.expected is None else round(line.expected, 2),
                bar_nats=round(line.bar_nats, 1),
                false_lately=line.false_lately,
            )
            for line in floor.budget
        ),
        deliveries=deliveries(shop),
        in_view=tuple(
            shapes.InViewView(piece, card.title if card else piece) for piece, card in in_view[:IN_VIEW_SHOWN_MAX]
        ),
        in_view_total=len(in_view),
        is_open=floor.is_open,
        out_of_case_minutes=shop.config.out_of_case_minutes,
        siren_from_minor=shop.config.siren_from_minor,
        currency=shop.config.currency,
    )


def deliveries(shop: Shop) -> tuple[shapes.DeliveryView, ...]:
    """Under way now."""
    names = {zone.id: zone.name for zone in shop.config.zones}
    return tuple(
        shapes.DeliveryView(
            one.restock, one.zones, tuple(names.get(zone, zone) for zone in one.zones), one.until_us, one.muted
        )
        for one in shop.floor.deliveries
    )
