"""Counts as the stores did them: progress is overwritten, verdicts are kept, a person's approval is trade."""

from collections.abc import Sequence
from typing import Final

import msgspec
import sqlalchemy as sa

from cloud.applying import Applier
from cloud.custody import Custody
from cloud.tables import count_look, count_missed, count_verdict, stock_count
from cloud.work import Heard
from contract.facts import (
    CountAbandoned,
    CountApproved,
    CountExplained,
    CountFinished,
    CountMissed,
    CountProgress,
    CountRecounting,
    CountStarted,
    CountSubmitted,
    CountTotal,
    CountVerdict,
    Fact,
)
from contract.ids import HOUSE, CountId
from trade.stocktake import found_of, with_total

REQUESTED, COUNTING, FINISHED, APPROVED, ABANDONED = "requested", "counting", "finished", "approved", "abandoned"
RECOUNTING = "recounting"
TOLD_BY_APPROVAL: Final = ("state", "place", "business_day", "expected", "found", "p_complete", "approved_by")


def _save(tokens: Custody, heard: Heard, count: CountId, **values: object) -> None:
    """Insert the count or change what is known now; an approval that was faster than the floor log stays.

    What the approval does not tell is taken all the same: who counted, totals, looks.
    """
    tx = tokens.work.tx
    key = {"store": heard.store, "count_id": count}
    tx.add_new(stock_count, {**key, "state": COUNTING})
    mine = (stock_count.c.store == heard.store, stock_count.c.count_id == count)
    tx.run(
        sa.update(stock_count).where(*mine, stock_count.c.state != APPROVED).values(**values, changed_us=heard.at_us)
    )
    rest = {name: value for name, value in values.items() if name not in TOLD_BY_APPROVAL}
    if rest:
        tx.run(sa.update(stock_count).where(*mine, stock_count.c.state == APPROVED).values(**rest))


def started(tokens: Custody, heard: Heard, fact: CountStarted) -> None:
    zones, people = " ".join(fact.zones), "" if heard.by == HOUSE else heard.by
    _save(
        tokens, heard, fact.count, state=COUNTING, place=fact.place, expected=fact.expected, zones=zones, why=fact.why,
        due_us=fact.due_us, blind=int(fact.blind), counted_by=people,
    )  # fmt: skip


def progress(tokens: Custody, heard: Heard, fact: CountProgress) -> None:
    _save(
        tokens, heard, fact.count, rounds=fact.round, found=fact.found, expected=fact.expected,
        p_complete=fact.p_complete, unread_expected=fact.unread_expected,
    )  # fmt: skip


def finished(tokens: Custody, heard: Heard, fact: CountFinished) -> None:
    _save(
        tokens, heard, fact.count, state=FINISHED, place=fact.place, rounds=fact.rounds, found=fact.found,
        expected=fact.expected, p_complete=fact.p_complete, why_stopped=fact.why_stopped, value_minor=fact.value_minor,
        weight_mg=fact.weight_mg, currency=fact.currency, unknown_tags=fact.unknown_tags, number=fact.number,
        took_s=fact.took_s, unknown_more=fact.unknown_more, tags=_json(fact.tags), totals=_json(fact.totals),
    )  # fmt: skip
    look = {
        "store": heard.store, "count_id": fact.count, "number": fact.number, "zones": " ".join(fact.zones),
        "rounds": fact.rounds, "expected": fact.expected, "found": fact.found, "p_complete": fact.p_complete,
        "why_stopped": fact.why_stopped, "verdicts": _json(fact.verdicts), "ended_us": heard.at_us,
    }  # fmt: skip
    tokens.work.tx.put(count_look, look)
    if not _is_approved(tokens, heard, fact.count):
        _verdicts(tokens, heard, fact.count, fact.verdicts)


def submitted(tokens: Custody, heard: Heard, fact: CountSubmitted) -> None:
    people = _with(tokens, heard, fact.count)
    _save(tokens, heard, fact.count, submitted=1, quantities=_json(fact.quantities), counted_by=people)


def recounting(tokens: Custody, heard: Heard, fact: CountRecounting) -> None:
    _save(tokens, heard, fact.count, state=RECOUNTING, counted_by=_with(tokens, heard, fact.count))


def explained(tokens: Custody, heard: Heard, fact: CountExplained) -> None:
    row = _row(tokens, heard, fact.count)
    kept = "" if row is None else str(row["totals"])
    totals = with_total(msgspec.json.decode(kept, type=list[CountTotal]) if kept else (), fact.total)
    figures = {"totals": _json(totals), **found_of(totals)} if totals else {}
    people = _with(tokens, heard, fact.count)
    _save(tokens, heard, fact.count, p_complete=fact.p_complete, counted_by=people, **figures)
    if not _is_approved(tokens, heard, fact.count):
        tokens.work.tx.put(count_verdict, _verdict(heard, fact.count, fact.verdict))


def missed(tokens: Custody, heard: Heard, fact: CountMissed) -> None:
    row = {
        "store": heard.store, "schedule": fact.schedule, "due_us": fact.due_us, "place": fact.place, "why": fact.why,
        "more": fact.more, "at_us": heard.at_us,
    }  # fmt: skip
    tokens.work.tx.put(count_missed, row)


def approved(tokens: Custody, heard: Heard, fact: CountApproved) -> None:
    _save(
        tokens, heard, fact.count, state=APPROVED, place=fact.place, business_day=fact.business_day, found=fact.found,
        expected=fact.expected, p_complete=fact.p_complete, approved_by=heard.by,
    )  # fmt: skip
    _verdicts(tokens, heard, fact.count, fact.verdicts)


def abandoned(tokens: Custody, heard: Heard, fact: CountAbandoned) -> None:
    _save(tokens, heard, fact.count, state=ABANDONED, why_stopped=fact.reason)


def _with(tokens: Custody, heard: Heard, count: CountId) -> str:
    """The people who took part in a count, and who speaks now."""
    row = _row(tokens, heard, count)
    known = [] if row is None else str(row["counted_by"]).split()
    return " ".join(known if heard.by in (HOUSE, *known) else [*known, heard.by])


def _is_approved(tokens: Custody, heard: Heard, count: CountId) -> bool:
    """What an approval said of each piece stands: trade is sent first, and looks and answers before it come later."""
    row = _row(tokens, heard, count)
    return row is not None and row["state"] == APPROVED


def _row(tokens: Custody, heard: Heard, count: CountId) -> sa.RowMapping | None:
    mine = (stock_count.c.store == heard.store, stock_count.c.count_id == count)
    return tokens.work.tx.row(sa.select(stock_count).where(*mine))


def _json(rows: object) -> str:
    return msgspec.json.encode(rows, order="deterministic").decode()


def _verdicts(tokens: Custody, heard: Heard, count: CountId, verdicts: Sequence[CountVerdict]) -> None:
    """All that is said of the count from now on; an earlier look is kept in `count_look`."""
    mine = (count_verdict.c.store == heard.store, count_verdict.c.count_id == count)
    tokens.work.tx.run(sa.delete(count_verdict).where(*mine))
    tokens.work.tx.put(count_verdict, *(_verdict(heard, count, each) for each in verdicts))


def _verdict(heard: Heard, count: CountId, said: CountVerdict) -> dict[str, object]:
    return {"store": heard.store, "count_id": count, **msgspec.structs.asdict(said)}


APPLY: Final[dict[type[Fact], Applier]] = {
    CountStarted: started,
    CountProgress: progress,
    CountFinished: finished,
    CountApproved: approved,
    CountAbandoned: abandoned,
    CountSubmitted: submitted,
    CountRecounting: recounting,
    CountExplained: explained,
    CountMissed: missed,
}
