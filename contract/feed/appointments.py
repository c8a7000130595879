"""What a store is told of its appointments of today and tomorrow. Nobody's name: the client is an id."""

from contract.feed.body import FeedBody
from contract.ids import AppointmentId, PersonId, PieceId, StoreId, UserId


class AppointmentCard(FeedBody, frozen=True, tag="appointment"):
    """As the office has it; `sequence` grows with every change. Taken back when it is over.

    `pieces` are those that are wanted on the tray. `cancelled`: the office ended it before the tray was ready.
    """

    appointment: AppointmentId
    store: StoreId
    person: PersonId
    staff: UserId
    starts_us: int
    ends_us: int
    room: str = ""
    tray: str = ""
    pieces: tuple[PieceId, ...] = ()
    sequence: int = 0
    cancelled: bool = False
