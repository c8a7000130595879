"""Counts as the stores did them: progress is overwritten, verdicts are kept, a person's approval is trade."""

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from cloud.applying import Applier
from cloud.custody import Custody
from cloud.tables import count_verdict, stock_count
from cloud.work import Heard
from contract.facts import (
    CountAbandoned,
    CountApproved,
    CountFinished,
    CountProgress,
    CountStarted,
    CountVerdict,
    Fact,
)
from contract.ids import CountId

REQUESTED, COUNTING, FINISHED, APPROVED, ABANDONED = "requested", "counting", "finished", "approved", "abandoned"


def _save(tokens: Custody, heard: Heard, count: CountId, **values: object) -> None:
    """Insert the count or change what is known now; an approval that was faster than the floor log stays."""
    tx = tokens.work.tx
    key = {"store": heard.store, "count_id": count}
    tx.add_new(stock_count, {**key, "state": COUNTING})
    mine = (stock_count.c.store == heard.store, stock_count.c.count_id == count)
    tx.run(
        sa.update(stock_count).where(*mine, stock_count.c.state != APPROVED).values(**values, changed_us=heard.at_us)
    )


def started(tokens: Custody, heard: Heard, fact: CountStarted) -> None:
    zones = " ".join(fact.zones)
    _save(tokens, heard, fact.count, state=COUNTING, place=fact.place, expected=fact.expected, zones=zones)


def progress(tokens: Custody, heard: Heard, fact: CountProgress) -> None:
    _save(
        tokens, heard, fact.count, rounds=fact.round, found=fact.found, expected=fact.expected,
        p_complete=fact.p_complete, unread_expected=fact.unread_expected,
    )  # fmt: skip


def finished(tokens: Custody, heard: Heard, fact: CountFinished) -> None:
    _save(
        tokens, heard, fact.count, state=FINISHED, place=fact.place, rounds=fact.rounds, found=fact.found,
        expected=fact.expected, p_complete=fact.p_complete, why_stopped=fact.why_stopped, value_minor=fact.value_minor,
        weight_mg=fact.weight_mg, currency=fact.currency, unknown_tags=fact.unknown_tags,
    )  # fmt: skip
    _verdicts(tokens, heard, fact.count, fact.verdicts)


def approved(tokens: Custody, heard: Heard, fact: CountApproved) -> None:
    _save(
        tokens, heard, fact.count, state=APPROVED, place=fact.place, business_day=fact.business_day, found=fact.found,
        expected=fact.expected, p_complete=fact.p_complete, approved_by=heard.by,
    )  # fmt: skip
    _verdicts(tokens, heard, fact.count, fact.verdicts)


def abandoned(tokens: Custody, heard: Heard, fact: CountAbandoned) -> None:
    _save(tokens, heard, fact.count, state=ABANDONED, why_stopped=fact.reason)


def _verdicts(tokens: Custody, heard: Heard, count: CountId, verdicts: Sequence[CountVerdict]) -> None:
    tokens.work.tx.put(
        count_verdict,
        *(
            {
                "store": heard.store, "count_id": count, "piece": each.piece, "verdict": each.verdict,
                "zone": each.zone, "p_present": each.p_present, "note": each.note,
            }
            for each in verdicts
        ),
    )  # fmt: skip


APPLY: Final[dict[type[Fact], Applier]] = {
    CountStarted: started,
    CountProgress: progress,
    CountFinished: finished,
    CountApproved: approved,
    CountAbandoned: abandoned,
}
