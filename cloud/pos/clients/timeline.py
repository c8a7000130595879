"""Everything that happened with a client, newest first, in one line each; searched by its words and kinds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import sqlalchemy as sa

from cloud import aliases, appraising
from cloud.db import Tx
from cloud.pos.clients.queries import AccountSeen, ClientDetail
from cloud.tables import appointment, appraisal_event, client_appraisal, message, receipt_given, value_move
from contract.facts import TenderKind
from contract.names import folded
from trade.appraisal import AppraisalEvent

EVENTS_MAX: Final = 300
MOVES_MAX: Final = 300


class Kind(StrEnum):
    PURCHASE = "purchase"
    RETURN = "return"
    RECEIPT = "receipt"
    CREDIT = "credit"
    VISIT = "visit"
    NOTE = "note"
    CONSENT = "consent"
    WISH = "wish"
    ENGRAVING = "engraving"
    APPOINTMENT = "appointment"
    MESSAGE = "message"
    APPRAISAL = "appraisal"
    JOINED = "joined"


@dataclass(frozen=True, slots=True)
class Event:
    """`text` says what; `amount_minor` in `currency`, none where that is empty; `link` leads to where it stands;
    `in_doubt`: of a purchase that waits for a person.
    """

    at_us: int
    kind: Kind
    text: str
    by: str = ""
    store: str = ""
    amount_minor: int = 0
    currency: str = ""
    link: str = ""
    in_doubt: bool = False


def timeline(tx: Tx, seen: ClientDetail, *, limit: int = EVENTS_MAX) -> list[Event]:
    """Of everything that was read of this client."""
    found = [
        *_sold(seen),
        *_receipts(tx, [each.sale for each in seen.sales]),
        *_moves(tx, seen),
        *_said(seen),
        *_met(tx, aliases.ids(tx, seen.person)),
        *_appraised(tx, seen.person),
    ]
    return sorted(found, key=lambda each: -each.at_us)[:limit]


def matching(events: Iterable[Event], seek: str, kind: str = "") -> list[Event]:
    """Those in which every word stands, whatever its accents and case; of one kind when asked."""
    words = folded(seek).split()
    return [
        each
        for each in events
        if kind in ("", each.kind)
        and all(word in folded(f"{each.text} {each.kind} {each.by} {each.store}") for word in words)
    ]


def _sold(seen: ClientDetail) -> list[Event]:
    sold = [
        Event(
            each.at_us, Kind.PURCHASE, f"{', '.join(each.what)} (receipt {each.receipt_number})", each.associate,
            each.store, each.total_minor, each.currency, f"/sales/{each.store}/{each.sale}", each.in_doubt,
        )
        for each in seen.sales
    ]  # fmt: skip
    back = [
        Event(
            each.at_us, Kind.RETURN, "Brought back", "", each.store, each.total_minor, each.currency,
            f"/sales/{each.store}/{each.sale}",
        )
        for each in seen.returns
    ]  # fmt: skip
    return sold + back


def _receipts(tx: Tx, sales: Sequence[str]) -> list[Event]:
    if not sales:
        return []
    query = sa.select(receipt_given).where(receipt_given.c.receipt.in_(sales)).order_by(receipt_given.c.at_us.desc())
    return [
        Event(
            row["at_us"], Kind.RECEIPT, _given(row), row["by"], row["store"],
            link=f"/receipts/{row['store']}/{row['receipt']}",
        )
        for row in tx.rows(query.limit(MOVES_MAX))
    ]  # fmt: skip


def _met(tx: Tx, persons: Sequence[str]) -> list[Event]:
    """Appointments, and what was written to them; words of both stay sealed."""
    meetings = sa.select(appointment).where(appointment.c.person.in_(persons))
    found = [
        Event(
            row["starts_us"], Kind.APPOINTMENT, row["state"].replace("_", " "), row["staff"], row["store"],
            link=f"/appointments/{row['appointment']}",
        )
        for row in tx.rows(meetings.order_by(appointment.c.starts_us.desc()).limit(MOVES_MAX))
    ]  # fmt: skip
    written = sa.select(message).where(message.c.person.in_(persons)).order_by(message.c.made_us.desc())
    found += [
        Event(
            row["sent_us"] or row["made_us"], Kind.MESSAGE,
            f"{row['kind']} by {row['channel']}: {row['state']}".replace("_", " "), row["by"], row["store"],
        )
        for row in tx.rows(written.limit(MOVES_MAX))
    ]  # fmt: skip
    return found


def _appraised(tx: Tx, person: str) -> list[Event]:
    """What became of appraisals of their own things; what these say stays sealed."""
    query = sa.select(appraisal_event).join(
        client_appraisal, client_appraisal.c.appraisal == appraisal_event.c.appraisal
    )
    mine = query.where(client_appraisal.c.person.in_(aliases.ids(tx, person)))
    return [
        Event(
            row["at_us"], Kind.APPRAISAL,
            f"{appraising.number(row['appraisal'])} {appraising.EVENT_WORDS[AppraisalEvent(row['event'])]}", row["by"],
            link=f"/clients/{person}/appraisals",
        )
        for row in tx.rows(mine.order_by(appraisal_event.c.at_us.desc()).limit(MOVES_MAX))
    ]  # fmt: skip


def _given(row: sa.RowMapping) -> str:
    copy = f", copy {row['copy']}" if row["copy"] else ""
    return f"Receipt given as {row['form']}{copy}{', without prices' if row['gift'] else ''}"


def _moves(tx: Tx, seen: ClientDetail) -> list[Event]:
    accounts = {each.account: each for each in seen.accounts}
    if not accounts:
        return []
    query = sa.select(value_move).where(value_move.c.account.in_(sorted(accounts))).order_by(value_move.c.at_us.desc())
    return [
        Event(
            row["at_us"], Kind.CREDIT, _account(accounts[row["account"]]),
            row["by"], row["store"], row["amount_minor"], accounts[row["account"]].currency,
        )
        for row in tx.rows(query.limit(MOVES_MAX))
    ]  # fmt: skip


def _account(one: AccountSeen) -> str:
    """Points are all in one account: its label is the end of the client's own number, which says nothing here."""
    label = "" if one.kind == TenderKind.POINTS else one.label
    return f"{one.kind.replace('_', ' ').capitalize()} {label}".strip()


def _said(seen: ClientDetail) -> list[Event]:
    profile = seen.profile
    found = [
        Event(
            each.at_us, Kind.VISIT, f"Came and bought nothing{f': {each.text}' if each.text else ''}", each.by,
            each.store,
        )
        for each in seen.visits
    ]  # fmt: skip
    found += [Event(each.at_us, Kind.NOTE, each.text, each.by) for each in profile.notes]
    found += [
        Event(
            each.said_us, Kind.CONSENT,
            f"{'May' if each.given else 'May not'} be written to by {each.channel}: {each.proof}, "
            f"text {each.text_version}", each.by,
        )
        for each in seen.consents
    ]  # fmt: skip
    found += [
        Event(
            each.at_us, Kind.WISH, each.text or "A piece of the house", each.by,
            link=f"/pieces/{each.piece}" if each.piece else "",
        )
        for each in profile.wishes
    ]  # fmt: skip
    found += [
        Event(
            each.at_us, Kind.ENGRAVING, f"“{each.text}”", each.by, link=f"/pieces/{each.piece}" if each.piece else ""
        )
        for each in profile.engravings
    ]  # fmt: skip
    found += [
        Event(each.at_us, Kind.JOINED, f"{each.name or 'Another id'} is the same person", each.by)
        for each in seen.merges
    ]  # fmt: skip
    return found
