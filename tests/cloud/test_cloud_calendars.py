"""Calendars that are broken on purpose: whatever stands in them, they cost themselves and nothing else."""

import random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.messages import bounces
from cloud.pos.appointments import hearing
from cloud.pos.appointments.hearing import BrokenCalendarError, Heard
from cloud.pos.appointments.ical import Invitation, written

PARIS = ZoneInfo("Europe/Paris")
WHOLE = written(
    Invitation(
        uid="a@vitrine",
        sequence=3,
        starts_us=1_772_449_200_000_000,
        ends_us=1_772_452_800_000_000,
        stamp_us=1,
        summary="Maison, Paris",
        location="Paris",
        organizer="house@maison.example",
        attendee="zwet@client.example",
        attendee_name="Mme Zwetlana, Beispielowa; ä",
        cancelled=False,
    )
).encode()
LINES = (
    b"BEGIN:VEVENT", b"END:VEVENT", b"BEGIN:VCALENDAR", b"END:VCALENDAR", b"BEGIN:VTIMEZONE", b"UID:x", b"SEQUENCE:-99",
    b"SEQUENCE:abc", b"DTSTART:99999999T999999Z", b"DTSTART;TZID=Nowhere/None:20260302T120000", b"DTSTART;VALUE=DATE:20260302",
    b"DTEND:00000000", b"DURATION:P999999999W", b"DURATION:-PT1H", b"RRULE:FREQ=SECONDLY;COUNT=-1", b"ATTENDEE;PARTSTAT=:x",
    b"ATTENDEE;PARTSTAT=ACCEPTED", b"DTSTART:", b"\xff\xfe\x00", b"X" * 300, b"DTSTART;VALUE=PERIOD:20260302T120000Z/PT1H",
    b"METHOD:REPLY", b"RDATE:20260302T120000Z", b";;;:::", b"BEGIN:", b"END:",
)  # fmt: skip


def read(raw):
    try:
        found = hearing.read(raw, PARIS)
    except BrokenCalendarError:
        return None
    assert all(isinstance(each, Heard) and each.uid for each in found)
    return found


def test_what_we_write_is_read_again_as_it_was():
    (heard,) = read(WHOLE)
    assert heard == Heard("a@vitrine", "REQUEST", 3, 1_772_449_200_000_000, 1_772_452_800_000_000)


@settings(max_examples=400, deadline=None)
@given(raw=st.one_of(st.binary(max_size=400), st.text(max_size=400).map(str.encode)))
def test_any_bytes_are_a_calendar_or_a_sentence(raw):
    read(raw)


@settings(max_examples=400, deadline=None)
@given(lines=st.lists(st.sampled_from(LINES), max_size=14))
def test_lines_in_any_order_are_a_calendar_or_a_sentence(lines):
    read(b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" + b"\r\n".join(lines) + b"\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")


def test_a_whole_calendar_damaged_anywhere_is_a_calendar_or_a_sentence():
    chance = random.Random(7)
    for _ in range(1_500):
        raw = bytearray(WHOLE)
        for _ in range(chance.randrange(1, 6)):
            at = chance.randrange(len(raw))
            match chance.randrange(3):
                case 0:
                    raw[at] = chance.randrange(256)
                case 1:
                    del raw[at : at + chance.randrange(1, 30)]
                case _:
                    raw[at:at] = bytes(chance.randrange(256) for _ in range(chance.randrange(1, 9)))
        read(bytes(raw))


@pytest.mark.parametrize("raw", [b"x" * (hearing.BYTES_MAX + 1), b"BEGIN:VCALENDAR\r\n" * 2_000, b""])
def test_what_is_too_large_too_deep_or_empty_costs_nothing(raw):
    assert not read(raw)


def test_a_broken_event_costs_itself_and_not_the_one_beside_it():
    broken = b"BEGIN:VEVENT\r\nUID:b\r\nDTSTART:yesterday\r\nEND:VEVENT\r\n"
    raw = WHOLE.replace(b"BEGIN:VEVENT", broken + b"BEGIN:VEVENT", 1)
    assert "a@vitrine" in [each.uid for each in read(raw)]


@pytest.mark.parametrize(
    ("lines", "starts", "ends"),
    [
        (b"DTSTART;VALUE=DATE:20260302", 1_772_406_000, 1_772_492_400),
        (b"DTSTART:20260302T120000\r\nDURATION:PT45M", 1_772_449_200, 1_772_451_900),
        (
            b"DTSTART;TZID=America/New_York:20260302T060000\r\nDTEND;TZID=America/New_York:20260302T070000",
            1_772_449_200,
            1_772_452_800,
        ),
    ],
)
def test_days_durations_and_zones_are_understood(lines, starts, ends):
    raw = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:u\r\n" + lines + b"\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    (heard,) = read(raw)
    assert (heard.starts_us, heard.ends_us) == (starts * 1_000_000, ends * 1_000_000)


@settings(max_examples=300, deadline=None)
@given(raw=st.binary(max_size=600))
def test_returned_mail_and_providers_words_of_any_bytes_are_bounces_or_nothing(raw):
    for hear in (bounces.of_mail, bounces.of_sms, bounces.of_whatsapp):
        assert isinstance(hear(raw), list)
    marked = b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
    assert isinstance(bounces.of_mail(marked + raw), list)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["entry", "changes", "value", "statuses", "id", "status", "errors", "code", "error"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(told=JSON)
def test_json_of_any_shape_is_bounces_or_nothing(told):
    import json

    raw = json.dumps(told).encode()
    for hear in (bounces.of_sms, bounces.of_whatsapp):
        assert isinstance(hear(raw), list)
