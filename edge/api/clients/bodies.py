"""What may be asked about clients at a till, by JSON and by forms; and what is made of it, parsed at the door."""

from typing import Annotated, Any, Final

import msgspec
from pydantic import BaseModel, Field

from contract.clients import QUERY_LENGTH_MAX, ClientEdit, ClientSize, ClientWish
from edge.api.bodies import PLAIN, Body
from trade.consent import Channel, Proof
from trade.ring_sizes import SizeError, SizeSystem, read
from web.problems import ProblemError

LINE_MAX: Final = 200
NOTE_MAX: Final = 4_000
SEVERAL_MAX: Final = 20
FINGERS: Final = (
    "left_ring", "left_thumb", "left_index", "left_middle", "left_little", "right_ring", "right_thumb", "right_index",
    "right_middle", "right_little",
)  # fmt: skip
SOURCES: Final = ("measured", "told", "by_giver")
Line = Annotated[str, Field(max_length=LINE_MAX, pattern=PLAIN)]
Text = Annotated[str, Field(max_length=NOTE_MAX, pattern=PLAIN)]
Query = Annotated[str, Field(min_length=1, max_length=QUERY_LENGTH_MAX, pattern=PLAIN)]
Finger = Annotated[str, Field(pattern=f"^({'|'.join(FINGERS)})$")]
Source = Annotated[str, Field(pattern=f"^({'|'.join(SOURCES)})$")]
Day = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
# an enum comes as its text, which strict pydantic would not take
Enum = Field(strict=False)


class SearchBody(Body):
    query: Query


class FieldsBody(Body):
    """Texts that are left out stay. Phone numbers with their country: `+33 1 99 00 12 34`."""

    salutation: Line | None = None
    given_name: Line | None = None
    family_name: Line | None = None
    also_called: Line | None = None
    emails: Annotated[list[Line], Field(max_length=SEVERAL_MAX)] | None = None
    phones: Annotated[list[Line], Field(max_length=SEVERAL_MAX)] | None = None
    language: Annotated[str, Field(pattern=r"^([a-z]{2,3}(-[A-Z]{2})?)?$")] | None = None


class NewBody(FieldsBody):
    """`sure`: somebody new, whoever has the same name or number."""

    sure: bool = False


class NoteBody(Body):
    text: Annotated[str, Field(min_length=1, max_length=NOTE_MAX, pattern=PLAIN)]


class WishBody(Body):
    """A style in words, a piece by its id, or both."""

    text: Text = ""
    piece: Line = ""


class SizeBody(Body):
    finger: Finger
    size: Line
    system: Annotated[SizeSystem, Enum] = SizeSystem.EU
    source: Source
    day: Day


class ConsentBody(Body):
    channel: Annotated[Channel, Enum]
    given: bool
    proof: Annotated[Proof, Enum]
    text_version: Annotated[str, Field(min_length=1, max_length=LINE_MAX, pattern=PLAIN)]


class ClientForm(BaseModel):
    """The page's form of somebody new: addresses and numbers a line each."""

    salutation: Line = ""
    given_name: Line = ""
    family_name: Line = ""
    emails: Text = ""
    phones: Text = ""
    language: Annotated[str, Field(pattern=r"^([a-z]{2,3}(-[A-Z]{2})?)?$")] = ""
    sure: Annotated[str, Field(max_length=3)] = ""

    def body(self) -> FieldsBody:
        told: dict[str, Any] = {
            name: value for name in ("salutation", "given_name", "family_name", "language")
            if (value := getattr(self, name).strip())
        }  # fmt: skip
        for name in ("emails", "phones"):
            lines = [line.strip() for line in getattr(self, name).splitlines() if line.strip()]
            if lines:
                told[name] = lines[:SEVERAL_MAX]
        return FieldsBody(**told)


def edit_of(told: FieldsBody) -> ClientEdit:
    """Raises a 422 problem that says what to write, and never what was written."""
    given: dict[str, Any] = told.model_dump(exclude_none=True, include=set(FieldsBody.model_fields))
    if "phones" in given:
        given["phones"] = tuple(dict.fromkeys(_phone(each) for each in given["phones"]))
    if "emails" in given:
        given["emails"] = tuple(dict.fromkeys(_email(each) for each in given["emails"]))
    plain = {name: " ".join(value.split()) if isinstance(value, str) else value for name, value in given.items()}
    return msgspec.structs.replace(ClientEdit(), **plain)


def new_edit(told: FieldsBody) -> ClientEdit:
    """Somebody new needs something to be found by."""
    edit = edit_of(told)
    if not (edit.given_name or edit.family_name or edit.also_called or edit.emails or edit.phones):
        raise _wrong("Give a name, an e-mail address or a phone number: nobody finds a client without one")
    return edit


def size_of(told: SizeBody) -> ClientEdit:
    try:
        around_um = read(told.size, told.system)
    except SizeError as error:
        raise _wrong(str(error)) from error
    size = ClientSize(finger=told.finger, circumference_um=around_um, source=told.source, day=told.day)
    return ClientEdit(sizes=(size,))


def wish_of(told: WishBody) -> ClientEdit:
    if not (told.text.strip() or told.piece.strip()):
        raise _wrong("Say what they would like: it is empty")
    return ClientEdit(wishes=(ClientWish(text=told.text.strip(), piece=told.piece.strip()),))


def _phone(text: str) -> str:
    import phonenumbers  # noqa: PLC0415 - its tables take 50 ms, and only who types a number needs them

    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException as error:
        raise _wrong("Write a phone number with its country, like +33 1 99 00 12 34") from error
    if not phonenumbers.is_possible_number(number):
        raise _wrong("This phone number has too few or too many digits for its country: correct it")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _email(text: str) -> str:
    name, at, domain = text.strip().rpartition("@")
    if not (at and name and "." in domain.strip(".")) or len(text.split()) != 1:
        raise _wrong("An e-mail address is written like name@example.com: correct it")
    return text.strip()


def _wrong(words: str) -> ProblemError:
    return ProblemError(422, "client", words)
