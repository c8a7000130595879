"""Appointments as iCalendar (RFC 5545, RFC 5546): one UID for ever, a SEQUENCE that grows with every change."""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from icalendar import Calendar, Event, vCalAddress, vText

PRODUCT: Final = "-//Vitrine//Appointments//EN"


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a client's calendar is told. `cancelled`: it does not take place."""

    uid: str
    sequence: int
    starts_us: int
    ends_us: int
    stamp_us: int
    summary: str
    location: str
    organizer: str
    attendee: str
    attendee_name: str
    cancelled: bool = False

    @property
    def method(self) -> str:
        return "CANCEL" if self.cancelled else "REQUEST"


def written(told: Invitation) -> str:
    """Times in UTC, so that no calendar has to know our zones."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", told.method)
    event = Event()
    event.add("uid", told.uid)
    event.add("sequence", told.sequence)
    event.add("dtstamp", _utc(told.stamp_us))
    event.add("dtstart", _utc(told.starts_us))
    event.add("dtend", _utc(told.ends_us))
    event.add("summary", told.summary)
    event.add("location", told.location)
    event.add("status", "CANCELLED" if told.cancelled else "CONFIRMED")
    if told.organizer:
        event.add("organizer", vCalAddress(f"mailto:{told.organizer}"), encode=False)
    if told.attendee:
        attendee = vCalAddress(f"mailto:{told.attendee}")
        attendee.params["cn"] = vText(told.attendee_name)
        attendee.params["rsvp"] = vText("TRUE")
        event.add("attendee", attendee, encode=False)
    calendar.add_component(event)
    return str(calendar.to_ical().decode("utf-8"))


def _utc(us: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(us // 1_000_000, dt.UTC)
