"""Trays of appointments at a store: pieces claimed when it is prepared, and every one read back before it is closed."""

from collections.abc import Callable, Iterable

from contract.facts import (
    AnyFact,
    AppointmentClosed,
    AppointmentEvent,
    AppointmentPrepared,
    AppointmentWent,
    ClaimEnd,
    ClaimEnded,
    ClaimHeld,
    ClaimKind,
)
from contract.feed import Permission
from contract.ids import AppointmentId, ClaimId, PieceId
from trade.acts import CloseAppointment, MoveAppointment, PrepareTray
from trade.appointment import APPOINTMENT, CLOSING, WORDS, AppointmentState
from trade.custody import TokenState
from trade.needs import Need
from trade.piece import Standing, twice_named, unavailable
from trade.refusal import Refusal, Why
from trade.scene import Scene

NewId = Callable[[], str]
Answer = tuple[AnyFact, ...] | Refusal


def prepare(scene: Scene, act: PrepareTray, new_id: NewId) -> Answer:
    """Claims each piece for the appointment; those that lie on its tray already are there already."""
    refusal = _must(scene, act.appointment, AppointmentEvent.PREPARE) or twice_named(act.pieces, scene.pieces)
    if refusal is not None:
        return refusal
    if not act.pieces:
        return Refusal(Why.EMPTY, "Lay the pieces for the tray on the pad first")
    facts: list[AnyFact] = []
    new: list[PieceId] = []
    for each in act.pieces:
        piece = scene.piece(each)
        if on_tray(piece, act.appointment):
            continue
        refusal = unavailable(piece, scene.guards)
        if refusal is not None:
            return refusal
        if not (piece.on_pad or piece.seen or piece.verified):
            return Refusal(Why.NOT_SEEN, f"{piece.name} was not read here today: lay it on the pad", each)
        token = piece.token
        assert token is not None, "an available piece has a token"
        claim = ClaimId(new_id())
        facts.append(ClaimHeld(claim=claim, piece=each, ce=token.ce, kind=ClaimKind.TRAY, ref=act.appointment))
        new.append(each)
    if not new:
        return ()
    return (*facts, AppointmentPrepared(appointment=act.appointment, pieces=tuple(new), tray=act.tray))


def move(scene: Scene, act: MoveAppointment) -> Answer:
    if act.event not in (AppointmentEvent.ARRIVE, AppointmentEvent.BEGIN):
        return Refusal(Why.WRONG_STATE, "A client arrives, or the talk begins; an end is said by closing it")
    state = _state(scene)
    done = {AppointmentEvent.ARRIVE: AppointmentState.ARRIVED, AppointmentEvent.BEGIN: AppointmentState.IN_PROGRESS}
    if state is done[act.event]:
        return ()
    refusal = _must(scene, act.appointment, act.event)
    return refusal or (AppointmentWent(appointment=act.appointment, event=act.event),)


def close(scene: Scene, act: CloseAppointment) -> Answer:
    """Only when every piece of its tray was read back or sold; otherwise with a reason, for which a manager answers."""
    if act.event not in CLOSING:
        return Refusal(Why.WRONG_STATE, "Say how it ended: it took place, the client did not come, or it is cancelled")
    refusal = _must(scene, act.appointment, act.event)
    if refusal is not None:
        return refusal
    one = scene.appointment
    pieces = one.pieces if one is not None else ()
    unread = tuple(each for each in pieces if scene.guards.tray_read_back and not is_back(scene.piece(each)))
    if unread and not act.why.strip():
        names = ", ".join(scene.piece(each).name for each in unread)
        words = f"Not read back: {names}. Lay everything on the pad, or back where it belongs; else say why"
        return Refusal(Why.NOT_READ_BACK, words, unread[0])
    ended = tuple(
        ClaimEnded(
            claim=claim.claim, piece=claim.piece, ce=claim.ce,
            how=ClaimEnd.BROKEN if claim.piece in unread else ClaimEnd.RELEASED,
        )
        for claim in scene.tray_claims
    )  # fmt: skip
    why = act.why.strip() if unread else ""
    return (*ended, AppointmentClosed(appointment=act.appointment, event=act.event, unread=unread, why=why))


def taken(scene: Scene, piece: Standing, appointment: AppointmentId) -> ClaimEnded | Refusal | None:
    """A piece of this tray goes into a cart: how its claim ends. None: it lies on no tray of that appointment."""
    if not appointment or not on_tray(piece, appointment):
        return None
    if _state(scene) not in (AppointmentState.ARRIVED, AppointmentState.IN_PROGRESS):
        return Refusal(Why.WRONG_STATE, f"{piece.name} is kept for an appointment whose client is not here yet")
    claim = piece.claim
    assert claim is not None, "it lies on the tray by its claim"
    return ClaimEnded(claim=claim.claim, piece=claim.piece, ce=claim.ce, how=ClaimEnd.CONVERTED)


def on_tray(piece: Standing, appointment: AppointmentId) -> bool:
    claim = piece.claim
    return claim is not None and claim.kind is ClaimKind.TRAY and claim.ref == appointment


def is_back(piece: Standing) -> bool:
    """A reader sees it now, or it was sold."""
    sold = piece.token is not None and piece.token.state is TokenState.SOLD
    return sold or piece.on_pad or piece.seen


def needs(scene: Scene, facts: Iterable[AnyFact]) -> Iterable[Need]:
    """A tray that is not whole is somebody's word against the readers: a manager answers for it."""
    for fact in facts:
        if isinstance(fact, AppointmentClosed) and fact.unread:
            names = ", ".join(scene.piece(each).name for each in fact.unread)
            yield Need(Permission.CLOSE_ALARM, f"Close the tray without {names}, because “{fact.why}”")


def _state(scene: Scene) -> AppointmentState | None:
    """Of the books; of one that only the feed tells of what the office says."""
    if scene.appointment is not None:
        return scene.appointment.state
    if scene.appointment_card is None:
        return None
    return AppointmentState.CANCELLED if scene.appointment_card.cancelled else AppointmentState.CONFIRMED


def _must(scene: Scene, appointment: AppointmentId, event: AppointmentEvent) -> Refusal | None:
    state = _state(scene)
    if state is None:
        return Refusal(Why.NOT_FOUND, f"This store knows no appointment {appointment}: has the office confirmed it?")
    if APPOINTMENT.after(state, event) is None:
        return Refusal(Why.WRONG_STATE, f"This appointment is {WORDS[state]}: that cannot be done now")
    return None
