"""Appraisals, whatever is appraised: a draft, then a PDF whose hash is kept for ever, then a newer one; never edited.

`cloud.pos.pieces` appraises pieces of the house, `cloud.pos.clients` what clients bring. Each keeps drafts and papers
in its own way; what became of an appraisal stands in one table for both, so that one look tells what a paper is.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Protocol

import sqlalchemy as sa

from cloud import feed
from cloud.db import Tx
from cloud.tables import appraisal_event
from cloud.work import Work
from contract.feed import SettingsCard
from contract.ids import UserId
from contract.money import plain
from trade.appraisal import APPRAISAL, AppraisalEvent, AppraisalPaper, AppraisalState
from trade.attributes import is_day
from trade.record import CURRENCY, PRICE_MINOR_MAX
from web.receipts.appraisal import pdf

TEXT_MAX: Final = 200
NOTE_LENGTH_MAX: Final = 1000
NAME_LENGTH_MAX: Final = 200
BASES: Final = ("Retail replacement value", "Fair market value", "Estate value", "Trade-in value")
STATE_WORDS: Final = {
    AppraisalState.DRAFT: "a draft",
    AppraisalState.SIGNED: "signed",
    AppraisalState.DELIVERED: "handed over",
    AppraisalState.SUPERSEDED: "superseded",
    AppraisalState.WITHDRAWN: "withdrawn",
}
EVENT_WORDS: Final = {
    AppraisalEvent.SIGN: "signed",
    AppraisalEvent.DELIVER: "handed over",
    AppraisalEvent.SUPERSEDE: "superseded",
    AppraisalEvent.WITHDRAW: "withdrawn",
}


class AppraisalError(Exception):
    """It cannot become so; the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class Appraisal:
    """`purpose`: insurance, estate, trade-in …; `day` is when it was valued, `at_us` when it was written here.

    `sha256`: of the PDF it was signed as; `to`: the one that took its place.
    """

    value_minor: int
    currency: str
    purpose: str
    appraiser: str
    day: str
    note: str = ""
    by: str = ""
    at_us: int = 0
    appraisal: str = ""
    state: AppraisalState = AppraisalState.DRAFT
    sha256: str = ""
    to: str = ""


WRITTEN: Final = ("value_minor", "currency", "purpose", "appraiser", "day", "note", "by", "at_us", "appraisal")


class Standing(NamedTuple):
    """What became of one: its state, the hash of its paper, the one that took its place."""

    state: AppraisalState = AppraisalState.DRAFT
    sha256: str = ""
    to: str = ""


class Described(NamedTuple):
    """What stands on the paper of the thing itself. `store` is whose letterhead it has, `photos` are JPEG."""

    title: str
    facts: tuple[tuple[str, str], ...]
    store: str
    owner: str = ""
    photos: tuple[bytes, ...] = ()


class Subject(Protocol):
    """One thing that is appraised, and how its appraisals are kept."""

    def one(self, name: str) -> Appraisal | None:
        """None for one of another thing."""

    def described(self, name: str) -> Described: ...

    def keep(self, name: str, body: bytes, *, by: UserId) -> str:
        """Keeps the signed PDF; its SHA-256."""

    def words(self, name: str, text: str) -> str:
        """As a text about an appraisal stands in the table, which nobody alters: as it is, or sealed."""


def wrong(told: Appraisal) -> list[tuple[str, str]]:
    """Fields of a draft that cannot be kept, each with what to write instead."""
    found = []
    if not 0 < told.value_minor <= PRICE_MINOR_MAX:
        found.append(("value", "what is it worth?"))
    if not CURRENCY.fullmatch(told.currency):
        found.append(("currency", "three capital letters, e.g. EUR (ISO 4217)"))
    if not is_day(told.day):
        found.append(("day", "a day as 2026-11-29"))
    for name, text in (("purpose", told.purpose), ("appraiser", told.appraiser)):
        if not text.strip() or len(text) > NAME_LENGTH_MAX:
            found.append((name, f"1 to {NAME_LENGTH_MAX} signs"))
    if len(told.note) > NOTE_LENGTH_MAX:
        found.append(("note", f"at most {NOTE_LENGTH_MAX} signs"))
    return found


def events(tx: Tx, names: Sequence[str]) -> Mapping[str, list[sa.RowMapping]]:
    """What became of each of these, in the order it was said."""
    found: dict[str, list[sa.RowMapping]] = {name: [] for name in names}
    mine = sa.select(appraisal_event).where(appraisal_event.c.appraisal.in_(list(names)))
    for row in tx.rows(mine.order_by(appraisal_event.c.appraisal, appraisal_event.c.n)) if names else ():
        found[row["appraisal"]].append(row)
    return found


def standing(told: Sequence[sa.RowMapping]) -> Standing:
    state, sha256, to = Standing()
    for each in told:
        event = AppraisalEvent(each["event"])
        state = APPRAISAL.after(state, event) or state
        sha256 = each["sha256"] or sha256
        to = each["to"] if event is AppraisalEvent.SUPERSEDE else to
    return Standing(state, sha256, to)


def made(written: Mapping[str, Any] | sa.RowMapping, told: Sequence[sa.RowMapping]) -> Appraisal:
    """Of what was written of it and what became of it."""
    return Appraisal(**{name: written[name] for name in WRITTEN}, **standing(told)._asdict())


def sign(
    work: Work, subject: Subject, name: str, credentials: str, basis: str, *, by: UserId, supersedes: str = ""
) -> Appraisal:
    """Draws and keeps the paper; with it the one it supersedes ends. Raises `AppraisalError`, `LookupError`."""
    draft = _known(subject, name)
    _step(draft, AppraisalEvent.SIGN)
    credentials, basis = _said(credentials, "the appraiser's credentials"), _said(basis, "what kind of value it is")
    if supersedes:
        older = subject.one(supersedes)
        if older is None:
            raise AppraisalError("An appraisal takes the place of one of the same piece")
        _step(older, AppraisalEvent.SUPERSEDE)
    paper = _paper(work, subject.described(name), draft, credentials=credentials, basis=basis, supersedes=supersedes)
    sha256 = subject.keep(name, pdf(paper), by=by)
    said = {"credentials": subject.words(name, credentials), "basis": subject.words(name, basis)}
    _tell(work, name, AppraisalEvent.SIGN, by=by, sha256=sha256, **said)
    if supersedes:
        _tell(work, supersedes, AppraisalEvent.SUPERSEDE, by=by, to=name)
    return _known(subject, name)


def deliver(work: Work, subject: Subject, name: str, to: str, *, by: UserId) -> None:
    """Handed over; every time is noted. `to` says how: at the counter, by post. Raises `AppraisalError`."""
    _step(_known(subject, name), AppraisalEvent.DELIVER)
    to = _said(to, "how it was handed over: at the counter, by post, by e-mail")
    _tell(work, name, AppraisalEvent.DELIVER, by=by, to=subject.words(name, to))


def withdraw(work: Work, subject: Subject, name: str, why: str, *, by: UserId) -> None:
    """A draft that will never be signed. Raises `AppraisalError`."""
    _step(_known(subject, name), AppraisalEvent.WITHDRAW)
    _tell(work, name, AppraisalEvent.WITHDRAW, by=by, why=subject.words(name, _said(why, "why it is withdrawn")))


def of_hash(tx: Tx, sha256: str) -> tuple[str, Standing] | None:
    """The appraisal that a paper of this hash is, and whether it stands. None: it is none of ours."""
    row = tx.row(sa.select(appraisal_event.c.appraisal).where(appraisal_event.c.sha256 == sha256))
    return None if row is None else (row["appraisal"], standing(events(tx, [row["appraisal"]])[row["appraisal"]]))


def hash_of(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def number(name: str) -> str:
    """What people call it: the end of its id."""
    return name.replace("-", "")[-10:].upper()


def _known(subject: Subject, name: str) -> Appraisal:
    known = subject.one(name)
    if known is None:
        raise LookupError(f"there is no appraisal {name}")
    return known


def _said(text: str, what: str) -> str:
    text = " ".join(text.split())
    if not 0 < len(text) <= TEXT_MAX:
        raise AppraisalError(f"Say {what}, in 1 to {TEXT_MAX} signs")
    return text


def _step(known: Appraisal, event: AppraisalEvent) -> None:
    if APPRAISAL.after(known.state, event) is None:
        newer = f" by {number(known.to)}" if known.to else ""
        raise AppraisalError(
            f"This appraisal is {STATE_WORDS[known.state]}{newer}: what was signed is never edited, write a newer one"
        )


def _tell(work: Work, name: str, event: AppraisalEvent, *, by: UserId, **said: str) -> None:
    n = len(events(work.tx, [name])[name]) + 1
    row = {"sha256": "", "credentials": "", "basis": "", "to": "", "why": "", **said}
    told = {"appraisal": name, "n": n, "event": event, "by": by, "at_us": work.now_us, **row}
    if not work.tx.add_new(appraisal_event, told):
        raise AppraisalError("Somebody else did something with it a moment ago: reload the page")


def _paper(
    work: Work, thing: Described, told: Appraisal, *, credentials: str, basis: str, supersedes: str
) -> AppraisalPaper:
    settings = feed.card(work.tx, SettingsCard, "settings", thing.store)
    house = settings.legal_name if settings and settings.legal_name else "Appraisal of the house"
    lines = tuple(settings.address.splitlines()) if settings else ()
    return AppraisalPaper(
        number=number(told.appraisal), house=house, house_lines=lines, day=told.day, purpose=told.purpose, basis=basis,
        title=thing.title, facts=thing.facts, value=f"{plain(told.value_minor, told.currency)} {told.currency}",
        appraiser=told.appraiser, credentials=credentials, note=told.note,
        supersedes=number(supersedes) if supersedes else "", owner=thing.owner, photos=thing.photos,
    )  # fmt: skip
