"""What pages and API show of an appointment: the office's card, the books' state, and where each piece is now."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from contract.feed import AppointmentCard
from contract.ids import AppointmentId, PersonId, PieceId, TillId
from edge.api import views as floor
from edge.api.shop import Shop
from edge.books import fold_appointments, replica
from edge.till import queries
from trade.appointment import APPOINTMENT, Appointment, AppointmentState
from trade.custody import TokenState
from web.problems import ProblemError

SHOWN_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class TrayPiece:
    """`where`: pad, shelf, sold, away. `wanted`: the office asked for it. `on_tray`: it went onto it here."""

    piece: str
    title: str
    sku: str
    where: str
    zone: str
    wanted: bool
    on_tray: bool


@dataclass(frozen=True, slots=True)
class AppointmentView:
    """`unread`: pieces of its tray that have to be read back before it is closed. Times in µs."""

    appointment: str
    state: str
    person: str
    staff: str
    starts_us: int
    ends_us: int
    room: str
    tray: str
    possible: list[str]
    pieces: list[TrayPiece]
    unread: int


def listing(shop: Shop) -> list[AppointmentView]:
    """Those the office told, and those begun here that it took back since; by their time."""
    cards = {card.appointment: card for card in replica.cards(shop.db, AppointmentCard)}
    begun = {one.appointment: one for one in fold_appointments.load_open(shop.db)}
    found = [_view(shop, name, cards.get(name), begun.get(name), None) for name in {*cards, *begun}]
    return sorted(found, key=lambda each: (each.starts_us, each.appointment))[:SHOWN_MAX]


def of_client(shop: Shop, persons: Collection[PersonId]) -> list[AppointmentView]:
    """Theirs that are not over, by their time."""
    theirs = [card for card in replica.cards(shop.db, AppointmentCard) if card.person in persons]
    found = (_view(shop, card.appointment, card, None, None) for card in theirs)
    return sorted((each for each in found if each.possible), key=lambda each: (each.starts_us, each.appointment))


def one(shop: Shop, name: str, till: TillId | None = None) -> AppointmentView:
    """Raises a 404 problem."""
    card = replica.card(shop.db, AppointmentCard, name)
    kept = fold_appointments.load(shop.db, AppointmentId(name))
    if card is None and kept is None:
        raise ProblemError(
            404, "appointment", "This store knows no such appointment", "Ask the office whether it is confirmed."
        )
    return _view(shop, AppointmentId(name), card, kept, till)


def _view(
    shop: Shop, name: AppointmentId, card: AppointmentCard | None, kept: Appointment | None, till: TillId | None
) -> AppointmentView:  # fmt: skip
    kept = kept or fold_appointments.load(shop.db, name)
    state = kept.state if kept is not None else AppointmentState.CONFIRMED
    if kept is None and card is not None and card.cancelled:
        state = AppointmentState.CANCELLED
    on_tray = kept.pieces if kept is not None else ()
    wanted = card.pieces if card is not None else ()
    pad = frozenset(shop.pad_now(till).pieces)
    pieces = [
        _piece(shop, name, each, pad, wanted=each in wanted, on_tray=each in on_tray)
        for each in dict.fromkeys((*on_tray, *wanted))
    ]
    return AppointmentView(
        appointment=name, state=state, person=card.person if card else "", staff=card.staff if card else "",
        starts_us=card.starts_us if card else 0, ends_us=card.ends_us if card else 0, room=card.room if card else "",
        tray=(kept.tray if kept else "") or (card.tray if card else ""),
        possible=sorted(str(event) for at, event in APPOINTMENT.table if at is state), pieces=pieces,
        unread=sum(each.on_tray and each.where == "away" for each in pieces),
    )  # fmt: skip


def _piece(
    shop: Shop, appointment: AppointmentId, piece: PieceId, pad: frozenset[PieceId], *, wanted: bool, on_tray: bool
) -> TrayPiece:
    card, token = replica.piece(shop.db, piece), queries.token(shop.db, piece)
    zone = shop.zone_now(piece) or ""
    if token is not None and token.state is TokenState.SOLD:
        where = "sold"
    elif piece in pad:
        where = "pad"
    else:
        where = "shelf" if shop.store.read_back(appointment, piece, shop.clock.mono_us()) else "away"
    names = {each.zone: each.name for each in floor.store(shop).zones}
    return TrayPiece(
        piece, card.title if card else piece, card.sku if card else "", where, names.get(zone, zone), wanted, on_tray
    )
