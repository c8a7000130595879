"""The outbox: a message is put in once for each `key`, sealed with its person's key, and moves by `trade.message`."""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from cloud.db import Tx
from cloud.messages import consents, quiet, templates, words
from cloud.messages.port import Carrier, Parcel
from cloud.messages.quiet import Hours
from cloud.people import Keyring, PersonKey
from cloud.tables import address_bad, message, opt_out, store
from cloud.work import Work
from contract.ids import PersonId, StoreId
from trade.consent import Channel
from trade.message import MESSAGE, MessageEvent, MessageKind, MessageState

PER_DAY_MAX: Final = 2_000
"""Messages that need consent, by one channel in any 24 hours."""
DAY_US: Final = 86_400_000_000
DAYTIME: Final = Hours()
AWAKE: Final = Hours(0, 24, sundays=True)


class NotSentError(Exception):
    """This message is not put in; the message says why, for a person. `code`: consent, address, words, way, client."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code


@dataclass(frozen=True, slots=True)
class Ways:
    """How this house writes: carriers by channel, hours, bounds, and where the link that ends it leads."""

    carriers: Mapping[Channel, Carrier] = field(default_factory=dict)
    public_url: str = ""
    house: str = "Vitrine"
    sender: str = ""
    """Address of its e-mails."""
    language: str = "en"
    hours: Hours = DAYTIME
    per_day_max: int = PER_DAY_MAX
    chance: Callable[[int], bytes] = secrets.token_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """`key` says what it is for: a second with the same key is the first. `until_us`: then it is too late; 0: never.

    `to` is an address of that channel, out of a profile that was opened for it.
    """

    key: str
    person: PersonId
    channel: Channel
    to: str
    template: str
    fields: Mapping[str, str]
    language: str
    store: StoreId
    by: str
    not_before_us: int = 0
    until_us: int = 0
    calendar: str = ""
    calendar_method: str = ""


def put(work: Work, ring: Keyring, ways: Ways, letter: Letter, new_id: Callable[[], str]) -> str:
    """The id of the message, new or as it was put in before. Raises `NotSentError`, `SealedError`."""
    known = work.tx.value(sa.select(message.c.message).where(message.c.key == letter.key))
    if known is not None:
        return str(known)
    key = ring.person(work.tx, letter.person)
    if key is None:
        raise NotSentError("client", "There is no such client, or they were erased")
    template = templates.find(work.tx, letter.template, letter.channel, letter.language, house=ways.language)
    if template is None:
        raise NotSentError("words", f"There are no words “{letter.template}” for {letter.channel}: write a template")
    kind = words.PURPOSES[template.purpose].kind
    _may_be_sent(work.tx, ring, ways, letter, kind)
    written = words.filled(template, letter.fields)
    name = new_id()
    link = _link(work, ways, letter, name) if kind is MessageKind.MARKETING else ""
    parcel = Parcel(
        name, letter.to, written.subject, written.text, link, letter.calendar, letter.calendar_method
    )  # fmt: skip
    hours = AWAKE if kind is MessageKind.SERVICE and letter.channel is Channel.EMAIL else ways.hours
    start_us = quiet.next_allowed(max(work.now_us, letter.not_before_us), zone_of(work.tx, letter.store), hours)
    row = {
        "message": name, "key": letter.key, "person": letter.person, "channel": letter.channel, "kind": kind,
        "template": letter.template, "store": letter.store, "state": MessageState.QUEUED, "made_us": work.now_us,
        "by": letter.by, "next_us": start_us, "until_us": letter.until_us, "changed_us": work.now_us,
        "sealed": _seal(key, parcel),
    }  # fmt: skip
    if not work.tx.add_new(message, row):
        # somebody else put the same in between our look and our write
        return str(work.tx.value(sa.select(message.c.message).where(message.c.key == letter.key)))
    return name


def opened(key: PersonKey, row: sa.RowMapping) -> Parcel:
    """Raises `SealedError`."""
    told = json.loads(key.open(f"message:{row['message']}", bytes(row["sealed"])))
    return Parcel(row["message"], **told)


def move(work: Work, name: str, was: MessageState, event: MessageEvent, **columns: object) -> bool:
    """By the table; False when it is not in that state any more, or cannot go on from it so."""
    after = MESSAGE.after(was, event)
    if after is None:
        return False
    changed = {"state": after, "changed_us": work.now_us, **columns}
    mine = sa.update(message).where(message.c.message == name, message.c.state == was)
    return work.tx.run(mine.values(**changed)) == 1


def again(work: Work, ring: Keyring, name: str, new_id: Callable[[], str]) -> str:
    """One that was not sent is tried again as a new one; its id, empty when it cannot be. Raises `SealedError`."""
    row = work.tx.row(sa.select(message).where(message.c.message == name))
    key = None if row is None else ring.person(work.tx, PersonId(row["person"]))
    if row is None or key is None or row["state"] not in (MessageState.REFUSED, MessageState.GIVEN_UP):
        return ""
    fresh = new_id()
    copied = {each: row[each] for each in ("person", "channel", "kind", "template", "store", "by", "until_us")}
    new = {
        **copied, "message": fresh, "key": f"{row['key']}:again", "state": MessageState.QUEUED, "made_us": work.now_us,
        "next_us": work.now_us, "changed_us": work.now_us,
        "sealed": _seal(key, replace(opened(key, row), message=fresh)),
    }  # fmt: skip
    return fresh if work.tx.add_new(message, new) else ""


def mark_bad(work: Work, ring: Keyring, person: PersonId, channel: Channel, to: str) -> None:
    """Nothing goes to this address any more, whoever has it."""
    word = ring.words_made(work.tx).word(_address(channel, to))
    work.tx.add_new(address_bad, {"word": word, "person": person, "channel": channel, "at_us": work.now_us})


def is_bad(tx: Tx, ring: Keyring, channel: Channel, to: str) -> bool:
    word = ring.words(tx).word(_address(channel, to))
    return tx.value(sa.select(address_bad.c.at_us).where(address_bad.c.word == word)) is not None


def zone_of(tx: Tx, name: str) -> ZoneInfo:
    zone = tx.value(sa.select(store.c.time_zone).where(store.c.store == name))
    return ZoneInfo(zone or "UTC")


def _may_be_sent(tx: Tx, ring: Keyring, ways: Ways, letter: Letter, kind: MessageKind) -> None:
    if letter.channel not in ways.carriers:
        raise NotSentError("way", f"Nothing carries messages by {letter.channel} here: set one up in cloud.toml")
    if not letter.to:
        raise NotSentError("address", f"Nobody knows where to reach them by {letter.channel}: ask them")
    if is_bad(tx, ring, letter.channel, letter.to):
        raise NotSentError("address", "What was sent to this address came back: ask for another one")
    if kind is MessageKind.SERVICE:
        return
    if not ways.public_url:
        raise NotSentError("way", "No link could end these messages: set public_url in cloud.toml")
    if not consents.allows(tx, letter.person, letter.channel):
        raise NotSentError("consent", f"They have not agreed to be written to by {letter.channel}")


def _link(work: Work, ways: Ways, letter: Letter, name: str) -> str:
    token = ways.chance(consents.TOKEN_BYTES).hex()
    row = {
        "digest": consents.digest(token), "person": letter.person, "channel": letter.channel, "message": name,
        "made_us": work.now_us,
    }  # fmt: skip
    work.tx.add(opt_out, row)
    return f"{ways.public_url.rstrip('/')}/stop/{token}"


def _seal(key: PersonKey, parcel: Parcel) -> bytes:
    told = {
        "to": parcel.to, "subject": parcel.subject, "text": parcel.text, "opt_out": parcel.opt_out,
        "calendar": parcel.calendar, "calendar_method": parcel.calendar_method,
    }  # fmt: skip
    return key.seal(f"message:{parcel.message}", json.dumps(told, ensure_ascii=False).encode())


def _address(channel: Channel, to: str) -> str:
    return f"address:{channel}:{to.strip().casefold()}"
