"""Whom a till serves, as the register shows them beside the cart: who they are, what they like, what waits for them.

They are looked up once, when they are attached, and that look is kept. What was told then is shown until the sale is
recorded or they go. It is asked for anew when somebody else stands at the till, or when the office answers again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from contract.clients import ClientCard, ClientPoints
from contract.feed import Permission
from contract.ids import PersonId, PieceId, TillId
from edge.api import views
from edge.api.appointments import views as appointments
from edge.api.appointments.views import AppointmentView
from edge.api.client_desk import Served
from edge.api.clients import acts
from edge.api.orders import views as orders
from edge.api.orders.shapes import ShortOrderView
from edge.api.shop import Shop
from edge.books import replica
from trade.ring_sizes import by_home, told
from web.logins import Login
from web.problems import ProblemError
from web.words import spoken

AGAIN_AFTER_US: Final = 30_000_000
"""So long the office is not asked again by itself, after it did not answer."""
FOUND_MAX: Final = 8
"""Clients of one search that the register offers: who is not among them is found by another letter."""
WAITING_MAX: Final = 4


@dataclass(frozen=True, slots=True)
class SizeShown:
    """`names`: the same measure as other countries write it."""

    finger: str
    size: str
    names: str


@dataclass(frozen=True, slots=True)
class IdeaShown:
    """A piece to show them next, free now. `why`: the strongest reason, in words. `zone`: where it was last read here;
    empty for one of another store, which `store` names.
    """

    piece: str
    title: str
    category: str
    photo: str
    price_minor: int
    currency: str
    why: str
    zone: str
    store: str


@dataclass(frozen=True, slots=True)
class ServedView:
    """`office`: as the office told it just now; else as this box keeps it, of `heard_us`. `problem`: why they are not
    shown. `more`: orders that are not listed.
    """

    person: PersonId
    card: ClientCard | None = None
    office: bool = False
    heard_us: int = 0
    sizes: tuple[SizeShown, ...] = ()
    points: tuple[ClientPoints, ...] = ()
    ideas: tuple[IdeaShown, ...] = ()
    orders: tuple[ShortOrderView, ...] = ()
    appointments: tuple[AppointmentView, ...] = ()
    more: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class FoundView:
    """What was found of a name, a number or an address: several, or nobody."""

    cards: tuple[ClientCard, ...] = field(default=())
    more: bool = False
    office: bool = True


async def attach(shop: Shop, till: TillId, query: str, who: Login) -> FoundView | None:
    """Serve whoever is meant, when it is one; else those it may be. Raises a 503 problem."""
    shown = await acts.find(shop, query, who)
    if len(shown.cards) != 1:
        cards = tuple(shown.cards[:FOUND_MAX])
        return FoundView(cards, more=shown.more or len(shown.cards) > len(cards), office=shown.office)
    await serve(shop, till, shown.cards[0].person, who)
    return None


async def serve(shop: Shop, till: TillId, person: PersonId, who: Login) -> None:
    """This till serves them: their sale is written of them, unless somebody says another. Raises 404, 503 problems."""
    shown = await acts.look(shop, person, who)
    (card,) = shown.cards
    now_us = shop.clock.mono_us()
    shop.clients.serve(till, Served(card, who.user, office=shown.office, heard_us=shown.heard_us, asked_us=now_us))


async def view(shop: Shop, till: TillId, who: Login) -> ServedView | None:
    """None: nobody is served there. Who may not see clients is told that somebody is, and no more."""
    person = shop.clients.chosen.get(till)
    if person is None:
        return None
    if not who.may(Permission.SEE_CLIENTS):
        return ServedView(person, problem="Their profile is for those who may see clients.")
    kept = shop.clients.kept
    if kept is not None and kept.is_forgotten(person):
        shop.clients.leave(till)
        return None
    try:
        return await _shown(shop, till, person, who)
    except ProblemError as problem:
        return ServedView(person, problem=problem.detail or problem.title)


async def _shown(shop: Shop, till: TillId, person: PersonId, who: Login) -> ServedView:
    kept = shop.clients.slice()
    now = shop.clients.told.get(till)
    if now is None or now.by != who.user or not kept.is_open or _might_tell_more(shop, now):
        await serve(shop, till, person, who)
        now = shop.clients.told[till]
    return about(shop, now.card, office=now.office, heard_us=now.heard_us, most=WAITING_MAX)


def about(shop: Shop, card: ClientCard, *, office: bool, heard_us: int, most: int) -> ServedView:
    """A card, and what waits for them at this store: `most` orders and appointments of it."""
    theirs = (card.person, *card.others)
    waiting = [each for name in theirs for each in orders.of_client(shop, name)]
    coming = appointments.of_client(shop, theirs)[: most // 2]
    room = most - len(coming)
    return ServedView(
        card.person,
        card,
        office,
        heard_us,
        sizes=tuple(_size(each.finger, each.circumference_um) for each in card.sizes),
        points=tuple(each for each in card.standing.points if each.balance_minor > 0),
        ideas=tuple(_ideas(shop, card, office=office)),
        orders=tuple(waiting[:room]),
        appointments=tuple(coming),
        more=max(len(waiting) - room, 0),
    )


def _might_tell_more(shop: Shop, now: Served) -> bool:
    """This box told it, and the office may answer by now."""
    return not now.office and shop.uplink.up and shop.clock.mono_us() - now.asked_us > AGAIN_AFTER_US


def _ideas(shop: Shop, card: ClientCard, *, office: bool) -> Iterator[IdeaShown]:
    """Those that are still free: of this store as its books say, of others while the office tells it now."""
    for each in card.standing.next:
        why = each.reasons[0] if each.reasons else ""
        if each.store == shop.config.store:
            kept = replica.piece(shop.db, PieceId(each.piece))
            here = views.of_card(shop, kept) if kept is not None else None
            if here is None or not here.sellable:
                continue
            yield IdeaShown(
                here.piece, here.title, here.category, here.photo, here.price_minor, here.currency, why, here.zone, ""
            )
        elif office:
            price = each.price_minor, each.currency
            yield IdeaShown(each.piece, each.title, "", "", *price, why, "", each.store)


def _size(finger: str, around_um: int) -> SizeShown:
    systems = by_home(spoken().locale.territory or "")
    names = [f"{system.upper()} {name}" for system in systems if (name := told(around_um, system))]
    return SizeShown(finger, names[0] if names else "", ", ".join(names[1:]))
