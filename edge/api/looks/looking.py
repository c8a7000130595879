"""From the floor to shapes, and a person's answer to the house; for the JSON routes and the page alike."""

import datetime as dt
import itertools
from collections.abc import Collection
from typing import Final

from contract.facts import AlarmKind
from contract.feed import DueBackCard
from contract.ids import PieceId, ZoneId
from edge.api import views
from edge.api.blindness import hidden_zones
from edge.api.looks import shapes
from edge.api.shop import Shop
from edge.api.views_pieces import missing
from edge.books import replica
from edge.floor.now import PadNow
from edge.till import queries
from trade.custody import Token, TokenState
from web.logins import Login
from web.problems import ProblemError

DUE_AHEAD_DAYS: Final = 7
DUE_BACK_MAX: Final = 200
"""Shown of them, the longest overdue first: more than a day's work."""
TAGS_MAX: Final = 2
"""On one piece: its own, and one too many. More of them is another piece's company."""


def looks(shop: Shop, who: Login) -> shapes.LooksView:
    """What is asked for now, but for zones whose figures are kept from this person."""
    hidden = hidden_zones(shop, who)
    names = {zone.id: zone.name for zone in shop.config.zones}
    return shapes.LooksView(
        wanted=tuple(
            shapes.WantedView(
                piece=wanted.piece,
                title=card.title if card else f"Piece {wanted.piece}",
                sku=card.sku if card else "",
                category=card.category if card else "",
                tray=card.tray if card else "",
                zone=wanted.zone,
                zone_name=names[wanted.zone],
                why=wanted.why,
            )
            for wanted in shop.store.looking.wanted
            for card in (replica.piece(shop.db, wanted.piece),)
            if wanted.zone not in hidden and (card is None or card.home_zone not in hidden)
        ),
        pads=tuple(
            shapes.PadTagsView(zone=pad.zone, name=names[pad.zone], reading=reads(shop, pad), tags=tags_on(shop, pad))
            for pad in shop.floor.pads
        ),
        books=tuple(
            alarm.sentence
            for alarm in queries.alarms_open(shop.db)
            if alarm.kind is AlarmKind.BOOKS and not views.tells_of(shop, alarm, hidden)
        ),
        due_back=due_back(shop, hidden),
    )


def due_back(shop: Shop, hidden: Collection[str] = ()) -> tuple[shapes.DueBackView, ...]:
    """Pieces of others that this store decides about, overdue or due within `DUE_AHEAD_DAYS`."""
    today = shop.business_day()
    last = (dt.date.fromisoformat(today) + dt.timedelta(days=DUE_AHEAD_DAYS)).isoformat()
    due = sorted((each.day, each.piece) for each in replica.cards(shop.db, DueBackCard) if each.day <= last)
    here = ((day, replica.piece(shop.db, name)) for day, name in due if _is_ours(shop, name))
    found = (
        shapes.DueBackView(
            piece=card.piece, title=card.title, sku=card.sku, category=card.category, tray=card.tray, day=day,
            overdue=day < today,
        )
        for day, card in here
        if card is not None and card.home_zone not in hidden
    )  # fmt: skip
    return tuple(itertools.islice(found, DUE_BACK_MAX))


def _is_ours(shop: Shop, piece: PieceId) -> bool:
    """It has not been sold, sent away or given back."""
    token = shop.db.one("token", Token, piece=piece)
    return token is not None and token.state is TokenState.HERE


async def answer(shop: Shop, who: Login, piece: PieceId, pad: str, *, found: bool) -> shapes.LooksView:
    """A person looked. What was found is said by the pad: the piece alone on it, and settled.

    Raises a problem that says what to do.
    """
    if replica.piece(shop.db, piece) is None:
        raise missing("piece", piece)
    tags: tuple[str, ...] = ()
    zone: ZoneId | None = None
    if found:
        on = next((each for each in shop.floor.pads if each.zone == pad), None)
        if on is None:
            raise ProblemError(404, "pad", f"There is no pad {pad!r}", "Lay the piece on one of the store's pads.")
        if not reads(shop, on):
            raise ProblemError(409, "pad", "The pad's reader does not read", "Say so again when it is back.")
        tags, zone = tags_on(shop, on), on.zone
        if tags and not on.settled and on.pieces:
            raise ProblemError(409, "pad", "The pad has not settled", "Leave the piece alone on it for a second.")
        if len(on.pieces) > 1 or len(tags) > TAGS_MAX:
            raise ProblemError(409, "pad", "Several pieces lie on the pad", "Leave the one you looked for, alone.")
        if not tags:
            _refuse_read_elsewhere(shop, piece, on.zone)
    await shop.on_house(lambda: shop.store.look(piece, tags, zone, who.user, found=found))
    return looks(shop, who)


def tags_on(shop: Shop, pad: PadNow) -> tuple[str, ...]:
    """EPCs of everything on a pad."""
    cards = (replica.piece(shop.db, piece) for piece in pad.pieces)
    return (*(card.epc.upper() for card in cards if card is not None and card.epc), *pad.strangers)


def reads(shop: Shop, pad: PadNow) -> bool:
    """Whether the pad can be believed when it reads nothing."""
    return any(zone.zone == pad.zone and zone.vision == "seeing" for zone in views.zones(shop))


def _refuse_read_elsewhere(shop: Shop, piece: PieceId, pad: ZoneId) -> None:
    """A tag that is read now is not dead, whatever the pad does not hear."""
    where = shop.zone_now(piece)
    if where is None or where == pad:
        return
    name = next(zone.name for zone in shop.config.zones if zone.id == where)
    raise ProblemError(
        409,
        "pad",
        f"Its tag is read in {name}",
        "It hangs on another piece there, or has fallen off. If you have just taken this one up, wait half a minute.",
    )
