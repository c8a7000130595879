"""What is known of a client: one record, sealed as a whole (`cloud.people`). Parsed at the door, frozen inside."""

import datetime as dt
import re
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any, Final

import msgspec

from cloud.reminders.rules import Stop
from trade.ring_sizes import by_home, told
from web.words import spoken

TEXT_MAX: Final = 200
NOTE_MAX: Final = 4_000
SAME_KIND_MAX: Final = 20
"""Addresses, numbers, sizes, days of one client;"""
NOTES_MAX: Final = 500
"""and notes, wishes and engravings."""
LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")
EMAIL: Final = re.compile(r"[^\s@<>,;]{1,64}@[^\s@<>,;]+\.[^\s@<>,;.]{2,}")
YEARLY: Final = re.compile(r"--(\d{2})-(\d{2})")
"""A day without its year, as ISO 8601:2000 and vCard 4 write it."""


class ClientError(ValueError):
    """This cannot be kept; the message says what to write instead, and never what was written."""


class Finger(StrEnum):
    """Left and right, thumb to little finger."""

    LEFT_THUMB = "left_thumb"
    LEFT_INDEX = "left_index"
    LEFT_MIDDLE = "left_middle"
    LEFT_RING = "left_ring"
    LEFT_LITTLE = "left_little"
    RIGHT_THUMB = "right_thumb"
    RIGHT_INDEX = "right_index"
    RIGHT_MIDDLE = "right_middle"
    RIGHT_RING = "right_ring"
    RIGHT_LITTLE = "right_little"


class Source(StrEnum):
    """Where a size comes from; a measured one is worth most."""

    MEASURED = "measured"
    TOLD = "told"
    BY_GIVER = "by_giver"
    """By whoever gives the ring: often a guess."""


class Likes(StrEnum):
    """What a pinned preference is about."""

    METAL = "metal"
    STONE = "stone"
    STYLE = "style"
    DESIGNER = "designer"
    BUDGET = "budget"
    OTHER = "other"


class Day(StrEnum):
    """What is remembered each year."""

    BIRTHDAY = "birthday"
    ENGAGEMENT = "engagement"
    WEDDING = "wedding"
    ANNIVERSARY = "anniversary"
    BIRTH = "birth"
    OTHER = "other"


class Relation(StrEnum):
    """Whose day it is, seen from the client."""

    SELF = "self"
    COUPLE = "couple"
    SPOUSE = "spouse"
    PARTNER = "partner"
    CHILD = "child"
    PARENT = "parent"
    SIBLING = "sibling"
    FRIEND = "friend"


@dataclass(frozen=True, slots=True, kw_only=True)
class RingSize:
    """`day`: when it was measured or told, ISO."""

    finger: Finger
    circumference_um: int
    source: Source
    day: str

    def told(self) -> dict[str, str]:
        """What it is called, by system, the reader's own first; only where it has a name."""
        systems = by_home(spoken().locale.territory or "")
        return {system: name for system in systems if (name := told(self.circumference_um, system))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A preference somebody pinned, rather than one that purchases tell."""

    about: Likes
    text: str
    by: str
    at_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    note: str
    text: str
    by: str
    at_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestone:
    """`day` is ISO, or `--05-17` when nobody knows the year. `name` of whom; `person` when they are a client too."""

    milestone: str
    kind: Day
    day: str
    relation: Relation = Relation.SELF
    name: str = ""
    person: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What ended: from then on no letter speaks of it."""

    what: Stop
    by: str
    at_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Something they would like: a piece of the house, or a style in words."""

    wish: str
    text: str
    by: str
    at_us: int
    piece: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engraving:
    """What stands in a piece of theirs; `piece` when it is the house's."""

    engraving: str
    text: str
    by: str
    at_us: int
    piece: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Everything sealed of a client. Phones in E.164, e-mails as they were written."""

    salutation: str = ""
    given_name: str = ""
    family_name: str = ""
    also_called: str = ""
    """A name before marriage, a nickname, the name in another script."""
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    address: str = ""
    language: str = ""
    sizes: tuple[RingSize, ...] = ()
    pins: tuple[Pin, ...] = ()
    notes: tuple[Note, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    wishes: tuple[Wish, ...] = ()
    engravings: tuple[Engraving, ...] = ()
    stops: tuple[Ended, ...] = ()
    verified_phone: str = ""
    """One of `phones` that they answered, or gave back a code from."""

    @property
    def name(self) -> str:
        """As on an envelope; of who left none, the first address or number."""
        named = " ".join(part for part in (self.salutation, self.given_name, self.family_name) if part)
        if self.given_name or self.family_name:
            return named
        return next((each for each in (self.also_called, *self.emails, *self.phones) if each), "Without a name")


FIELDS: Final = tuple(each.name for each in fields(Profile))
TYPED: Final = ("salutation", "given_name", "family_name", "also_called", "emails", "phones", "address", "language")
"""Fields that are typed as they are; the others grow by entries of their own,"""
GROWN: Final = ("sizes", "pins", "notes", "milestones", "wishes", "engravings", "stops")
"""which are these."""
encode: Final = msgspec.json.Encoder(order="deterministic").encode
decode: Final = msgspec.json.Decoder(Profile).decode


def checked(profile: Profile) -> Profile:
    """Raises `ClientError`: nobody to be told apart by anything, or too much of one kind."""
    if not (profile.given_name or profile.family_name or profile.also_called or profile.emails or profile.phones):
        raise ClientError("Give a name, an e-mail address or a phone number: nobody finds a client without one")
    for name in ("emails", "phones", "sizes", "pins", "milestones", "stops"):
        if len(getattr(profile, name)) > SAME_KIND_MAX:
            raise ClientError(f"A client has at most {SAME_KIND_MAX} {name}: take one away first")
    for name in ("notes", "wishes", "engravings"):
        if len(getattr(profile, name)) > NOTES_MAX:
            raise ClientError(
                f"A client has at most {NOTES_MAX} {name}: put what matters into one, and take others away"
            )
    if profile.verified_phone not in ("", *profile.phones):
        return replace(profile, verified_phone="")
    return profile


def typed(given: dict[str, Any], *, country: str = "") -> dict[str, Any]:
    """Fields as people type them, made ready to be kept. `country`: two letters, for numbers without a plus sign.

    Raises `ClientError`.
    """
    ready: dict[str, Any] = {}
    for name, value in given.items():
        if name == "emails":
            ready[name] = tuple(dict.fromkeys(map(email, value)))
        elif name == "phones":
            ready[name] = tuple(dict.fromkeys(phone(each, country) for each in value))
        elif name == "language":
            ready[name] = language(value)
        else:
            ready[name] = line(value, name, NOTE_MAX if name == "address" else TEXT_MAX)
    return ready


def line(text: str, name: str, most: int = TEXT_MAX) -> str:
    """Raises `ClientError` for too long a text; blanks around it fall, and of a single line those within too."""
    plain = text.strip() if most > TEXT_MAX else " ".join(text.split())
    if len(plain) > most:
        raise ClientError(f"{name.replace('_', ' ').capitalize()} is longer than {most} characters: shorten it")
    return plain


def email(text: str) -> str:
    plain = text.strip()
    if not EMAIL.fullmatch(plain) or len(plain) > TEXT_MAX:
        raise ClientError("An e-mail address is written like name@example.com: correct it")
    return plain


def phone(text: str, country: str = "") -> str:
    """In E.164, like +33199001234. Raises `ClientError`."""
    import phonenumbers  # noqa: PLC0415 - its tables take 50 ms, and only who types a number needs them

    try:
        number = phonenumbers.parse(text.strip(), country.upper() or None)
    except phonenumbers.NumberParseException as error:
        raise ClientError("Write a phone number with its country, like +33 1 99 00 12 34") from error
    if not phonenumbers.is_possible_number(number):
        raise ClientError("This phone number has too few or too many digits for its country: correct it")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def language(text: str) -> str:
    """BCP 47: `fr`, or `pt-BR`. Empty: not known."""
    plain = text.strip()
    if plain and not LANGUAGE.fullmatch(plain):
        raise ClientError("A language is written by two letters, like fr, or with its country, like pt-BR")
    return plain


def day(text: str) -> str:
    """`1984-05-17`, or `--05-17` without its year. Raises `ClientError`."""
    plain = text.strip()
    yearly = YEARLY.fullmatch(plain)
    try:
        dt.date.fromisoformat(f"2000-{yearly[1]}-{yearly[2]}" if yearly else plain)
    except ValueError as error:
        raise ClientError("A day is written like 1984-05-17, or like --05-17 when nobody knows the year") from error
    return plain
