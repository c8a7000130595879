"""What pages and API do alike with appointments, and their errors as problems."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import BaseModel

from cloud.desk import Desk
from cloud.messages import outbox, quiet
from cloud.pos.appointments import desk, hearing, importing, queries
from cloud.pos.appointments.desk import AppointmentError, Means, UnknownAppointmentError, Wanted
from cloud.pos.appointments.slots import TakenError
from cloud.pos.http import found
from cloud.remarks import Remarks
from cloud.sealing import SealedError
from contract.feed import Permission
from contract.ids import PersonId
from web.logins import Login
from web.policy import require
from web.problems import ProblemError


@contextmanager
def answered() -> Iterator[None]:
    try:
        yield
    except (AppointmentError, hearing.BrokenCalendarError) as error:
        raise ProblemError(422, "appointment", str(error)) from error
    except TakenError as error:
        raise ProblemError(409, "taken", str(error)) from error
    except UnknownAppointmentError as error:
        raise ProblemError(404, "not-found", "There is no such appointment", str(error)) from error
    except SealedError as error:
        raise ProblemError(503, "sealed", "Clients cannot be opened now", str(error)) from error


class Times(BaseModel):
    """What a form and the API have in common. `day` and `begins` by the clock of the store `at`."""

    at: str
    staff: str
    day: str
    begins: str
    minutes: int
    room: str
    tray: str


class Acts:
    """Each one transaction, for who keeps clients at that store. Raises 403, 404, 409, 422 and 503 problems."""

    def __init__(self, office: Desk, means: Means) -> None:
        self.office, self.means = office, means

    def wanted(self, told: Times, pieces: tuple[str, ...]) -> Wanted:
        with answered(), self.office.look() as work:
            try:
                begins = dt.time.fromisoformat(told.begins)
                day, zone = dt.date.fromisoformat(told.day), outbox.zone_of(work.tx, told.at)
                starts_us = quiet.moment(day, begins.hour, zone, begins.minute)
            except (ValueError, OverflowError) as error:
                raise AppointmentError("Give the day like 2026-03-12 and the time like 14:30") from error
        ends_us = starts_us + told.minutes * 60_000_000
        return Wanted(told.at, told.staff, starts_us, ends_us, told.room, told.tray, pieces)

    def request(self, who: Login, person: str, wanted: Wanted, note: str) -> str:
        require(who, Permission.CLIENTS, store=wanted.store)
        with answered(), self.office.work() as work:
            return desk.request(work, self.means, PersonId(person), wanted, note=note, by=who.user)

    def confirm(self, who: Login, name: str) -> str:
        self._may(who, name)
        with answered(), self.office.work() as work:
            return desk.confirm(work, self.means, name, by=who.user)

    def move(self, who: Login, name: str, wanted: Wanted) -> str:
        self._may(who, name)
        with answered(), self.office.work() as work:
            return desk.move(work, self.means, name, wanted, by=who.user)

    def cancel(self, who: Login, name: str) -> str:
        self._may(who, name)
        with answered(), self.office.work() as work:
            return desk.cancel(work, self.means, name, by=who.user)

    def calendar(self, name: str) -> str:
        """The invitation, as the client gets it."""
        with answered(), self.office.work() as work:
            return found(desk.calendar(work, self.means, name), "such client any more")

    def bring(self, who: Login, raw: bytes, store: str, staff: str) -> importing.Imported:
        require(who, Permission.CLIENTS, store=store)
        with answered(), self.office.work() as work:
            return importing.bring(work, raw, store=store, staff=staff)

    def _may(self, who: Login, name: str) -> None:
        with self.office.look() as work:
            row = found(queries.one(work.tx, Remarks(work.tx, self.means.ring), name), "such appointment")
        require(who, Permission.CLIENTS, store=row.store)
