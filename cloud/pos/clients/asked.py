"""What the API is asked about clients: strict bodies, bounded."""

from typing import Annotated, Final

from pydantic import Field

from cloud.changes import WHY_CHARACTERS_MAX
from cloud.pos.clients.profile import NOTE_MAX, SAME_KIND_MAX, TEXT_MAX, Day, Finger, Likes, Relation, Source
from cloud.pos.http import Asked
from cloud.reminders.rules import Stop
from trade.consent import Channel, Proof
from trade.ring_sizes import SizeSystem

TOLD: Final = "as the client told us"
"""Why, where nobody says more."""
QUERY_MAX: Final = 100
Line = Annotated[str, Field(max_length=TEXT_MAX)]
Several = Annotated[list[Line], Field(max_length=SAME_KIND_MAX)]
Why = Annotated[str, Field(max_length=WHY_CHARACTERS_MAX)]
Country = Annotated[str, Field(pattern=r"^([A-Za-z]{2})?$")]
# an enum comes as its text, which strict pydantic would not take
Enum = Field(strict=False)


class FieldsAsked(Asked):
    """Fields to set; those that are left out stay. `country`: of phone numbers that have no plus sign."""

    salutation: Line | None = None
    given_name: Line | None = None
    family_name: Line | None = None
    also_called: Line | None = None
    emails: Several | None = None
    phones: Several | None = None
    address: Annotated[str, Field(max_length=NOTE_MAX)] | None = None
    language: Line | None = None
    country: Country = ""
    why: Why = TOLD


class NewAsked(FieldsAsked):
    """`store`: where they are kept from. `person`: an id made elsewhere, a UUID."""

    at: Line
    person: Annotated[str, Field(pattern=r"^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?$")] = ""
    sure: bool = False
    """Somebody new, whoever looks alike: without it a likely double is refused."""


class SearchAsked(Asked):
    query: Annotated[str, Field(max_length=QUERY_MAX)]


class SizeAsked(Asked):
    """`size` as that country tells it."""

    finger: Annotated[Finger, Enum]
    size: Line
    system: Annotated[SizeSystem, Enum] = SizeSystem.EU
    source: Annotated[Source, Enum]
    day: Line
    why: Why = TOLD


class PinAsked(Asked):
    about: Annotated[Likes, Enum]
    text: Line
    why: Why = TOLD


class NoteAsked(Asked):
    text: Annotated[str, Field(max_length=NOTE_MAX)]
    why: Why = TOLD


class WishAsked(Asked):
    """A piece by its id, or a style in words, or both."""

    text: Annotated[str, Field(max_length=NOTE_MAX)] = ""
    piece: Line = ""
    why: Why = TOLD


class EngravingAsked(Asked):
    """As it stands in the piece."""

    text: Annotated[str, Field(max_length=NOTE_MAX)]
    piece: Line = ""
    why: Why = TOLD


class VerifiedAsked(Asked):
    """One of their numbers, as it is kept: they answered it, or gave back a code that was sent to it."""

    phone: Line
    why: Why = "they answered it"


class PairAsked(Asked):
    """Two clients, and what somebody says of them."""

    one: Line
    other: Line


class MilestoneAsked(Asked):
    """`day`: `1984-05-17`, or `--05-17`. `person`: the other one's id, who is a client too."""

    kind: Annotated[Day, Enum]
    day: Line
    relation: Annotated[Relation, Enum] = Relation.SELF
    name: Line = ""
    person: Line = ""
    why: Why = TOLD


class StopAsked(Asked):
    what: Annotated[Stop, Enum]
    why: Why = TOLD


class TakeAsked(Asked):
    """`at`: the place in the list, from 0."""

    at: Annotated[int, Field(ge=0)]
    why: Why = TOLD


class ConsentAsked(Asked):
    """`said_us`: when the client said it, if not now."""

    channel: Annotated[Channel, Enum]
    given: bool
    proof: Annotated[Proof, Enum]
    text_version: Line
    at: Line
    said_us: Annotated[int, Field(ge=0)] = 0


class OwnerAsked(Asked):
    owner: Line
    why: Why


class VisitAsked(Asked):
    at: Line
    text: Annotated[str, Field(max_length=NOTE_MAX)] = ""
    visit: Line = ""


class EraseAsked(Asked):
    reason: Annotated[str, Field(pattern="^(asked|retention|mistake)$")]
