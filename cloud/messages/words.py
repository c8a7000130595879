"""Templates: words with fields in braces. An unknown field is refused when it is saved, not when it is sent."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from trade.consent import Channel
from trade.message import MessageKind

TEXT_MAX: Final = {Channel.EMAIL: 8_000, Channel.SMS: 480, Channel.MESSENGER: 1_000}
"""Characters; of an SMS three parts."""
SUBJECT_MAX: Final = 150
NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,47}")
LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")
FIELD: Final = re.compile(r"\{([^{}]*)\}")
CHANNELS: Final = tuple(TEXT_MAX)
"""Those that the office writes by."""


class TemplateError(ValueError):
    """These words cannot be kept; the message says what to write instead."""


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a message is for: its kind, and the fields that whoever sends it fills in, with an example of each."""

    title: str
    kind: MessageKind
    examples: Mapping[str, str]


PERSON: Final = {
    "name": "Mme Exemple", "salutation": "Mme", "given_name": "Élodie", "family_name": "Exemple", "house": "Maison",
    "store": "Paris", "adviser": "Ana",
}  # fmt: skip
MEETING: Final = PERSON | {"day": "Thursday 12 March 2026", "time": "14:30"}
PURPOSES: Final[Mapping[str, Purpose]] = {
    "birthday": Purpose("Their birthday", MessageKind.MARKETING, PERSON),
    "couple_day": Purpose("A day of a couple", MessageKind.MARKETING, PERSON | {"occasion": "wedding anniversary"}),
    "day": Purpose("Another day", MessageKind.MARKETING, PERSON | {"occasion": "anniversary"}),
    "campaign": Purpose("News and invitations", MessageKind.MARKETING, PERSON),
    "invitation": Purpose(
        "An invitation to a day",
        MessageKind.MARKETING,
        PERSON
        | {
            "day": "Saturday 12 December 2026",
            "place": "Flagship",
            "answer": "https://house.example/invited/4f1c",
        },
    ),
    "appointment": Purpose("An appointment is confirmed", MessageKind.SERVICE, MEETING),
    "appointment_moved": Purpose("An appointment is at another time", MessageKind.SERVICE, MEETING),
    "appointment_cancelled": Purpose("An appointment is cancelled", MessageKind.SERVICE, MEETING),
    "order": Purpose("News of one's own order or repair", MessageKind.SERVICE, PERSON | {"news": "It is ready."}),
}


@dataclass(frozen=True, slots=True)
class Template:
    template: str
    channel: Channel
    language: str
    purpose: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Written:
    subject: str
    text: str


def checked(given: Template) -> Template:
    """Raises `TemplateError`."""
    if not NAME.fullmatch(given.template):
        raise TemplateError("Name it in small letters, digits and underscores, from a letter on, like spring_evening")
    if given.purpose not in PURPOSES:
        raise TemplateError("Say what it is for: one of the purposes in the list")
    if given.template in PURPOSES and given.template != given.purpose:
        raise TemplateError(f"{given.template} is the name of another purpose: give this one another name")
    if not LANGUAGE.fullmatch(given.language):
        raise TemplateError("Write its language with two letters, like fr, or with a country, like fr-CH")
    if given.channel not in TEXT_MAX:
        raise TemplateError("Messages go by e-mail, SMS or messenger: choose one of them")
    subject, text = " ".join(given.subject.split()), given.text.replace("\r\n", "\n").strip()
    if given.channel is Channel.EMAIL and not subject:
        raise TemplateError("An e-mail has a subject: write one")
    if not text:
        raise TemplateError("Write the words of the message: it is empty")
    if len(subject) > SUBJECT_MAX or len(text) > TEXT_MAX[given.channel]:
        most = f"a subject {SUBJECT_MAX} characters, the text {TEXT_MAX[given.channel]}"
        raise TemplateError(f"This is too long: {most}")
    known = PURPOSES[given.purpose].examples
    for field in (*FIELD.findall(subject), *FIELD.findall(text)):
        if field not in known:
            names = ", ".join(sorted(known))
            raise TemplateError(f"Nobody fills in {{{field}}} here; what is filled in: {names}")
    if re.search(r"[{}]", FIELD.sub("", subject + text)):
        raise TemplateError("A brace stands alone: a field is written like {name}")
    if given.channel is not Channel.EMAIL:
        subject = ""
    return Template(given.template, given.channel, given.language, given.purpose, subject, text)


def filled(template: Template, fields: Mapping[str, str]) -> Written:
    """The words for one client. Every field of the template's purpose has to be given, maybe empty."""

    def told(text: str) -> str:
        said = FIELD.sub(lambda each: " ".join(fields[each[1]].split()), text)
        return re.sub(r"[ \t]+([,.!?;:])", r"\1", re.sub(r"[ \t]{2,}", " ", said))

    return Written(" ".join(told(template.subject).split()), told(template.text))


def preview(template: Template) -> Written:
    """Raises `TemplateError`."""
    return filled(checked(template), PURPOSES[template.purpose].examples)


def languages(wanted: str, house: str) -> tuple[str, ...]:
    """Those to look for a template in, in their order: `fr-CH`, `fr`, the house's own, English."""
    return tuple(dict.fromkeys((wanted, wanted.partition("-")[0], house, "en")))
