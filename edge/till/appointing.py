"""The scene of acts on appointments: what the office told, what the books have, and where each piece of the tray is."""

from collections.abc import Callable

import msgspec

from contract.feed import AppointmentCard
from contract.ids import AppointmentId, PieceId
from edge.books import fold_appointments, replica
from edge.books.db import Database
from trade.acts import AppointmentAct, PrepareTray
from trade.claim import Claim
from trade.piece import Standing
from trade.scene import Scene

Stand = Callable[[PieceId], Standing]


def scene_of(db: Database, scene: Scene, act: AppointmentAct, stand: Stand) -> Scene:
    found = named(db, scene, act.appointment)
    one = found.appointment
    pieces = {*(act.pieces if isinstance(act, PrepareTray) else ()), *(one.pieces if one is not None else ())}
    return msgspec.structs.replace(found, pieces={**scene.pieces, **{each: stand(each) for each in pieces}})


def named(db: Database, scene: Scene, appointment: AppointmentId) -> Scene:
    """With the appointment alone."""
    return msgspec.structs.replace(
        scene,
        appointment=fold_appointments.load(db, appointment),
        appointment_card=replica.card(db, AppointmentCard, appointment),
        tray_claims=tuple(db.rows("claims_of", Claim, ref=appointment)),
    )
