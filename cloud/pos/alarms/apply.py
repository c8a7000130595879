"""Alarms with their evidence. Raised on the floor log, closed by a person on the trade log: either may come first."""

from typing import Final

import sqlalchemy as sa

from cloud.applying import Applier
from cloud.custody import Custody
from cloud.tables import alarm, alarm_budget, restock
from cloud.work import Heard
from contract.facts import AlarmBudgetSet, AlarmClosed, AlarmRaised, Fact, RestockBegan, RestockEnded


def raised(tokens: Custody, heard: Heard, fact: AlarmRaised) -> None:
    row = {
        "store": heard.store, "alarm": fact.alarm, "kind": fact.kind, "pieces": " ".join(fact.pieces),
        "zone": fact.zone, "sentence": fact.sentence, "evidence_nats": fact.evidence_nats, "rounds": fact.rounds,
        "value_minor": fact.value_minor, "currency": fact.currency, "raised_us": heard.at_us, "severity": fact.severity,
    }  # fmt: skip
    tokens.work.tx.put(alarm, row)


def closed(tokens: Custody, heard: Heard, fact: AlarmClosed) -> None:
    tx = tokens.work.tx
    tx.add_new(alarm, {"store": heard.store, "alarm": fact.alarm, "raised_us": heard.at_us})
    mine = (alarm.c.store == heard.store, alarm.c.alarm == fact.alarm)
    values = {"closed_us": heard.at_us, "closed_by": heard.by, "outcome": fact.outcome, "note": fact.note}
    tx.run(sa.update(alarm).where(*mine).values(**values))


def restock_began(tokens: Custody, heard: Heard, fact: RestockBegan) -> None:
    row = {
        "store": heard.store, "restock": fact.restock, "zones": " ".join(fact.zones), "by": heard.by,
        "began_us": heard.at_us, "until_us": fact.until_us,
    }  # fmt: skip
    tokens.work.tx.put(restock, row)


def restock_ended(tokens: Custody, heard: Heard, fact: RestockEnded) -> None:
    mine = (restock.c.store == heard.store, restock.c.restock == fact.restock)
    values = {"ended_us": heard.at_us, "muted": fact.muted, "why": fact.why}
    tokens.work.tx.run(sa.update(restock).where(*mine).values(**values))


def budget_set(tokens: Custody, heard: Heard, fact: AlarmBudgetSet) -> None:
    weights = " ".join(f"{kind}={weight:g}" for kind, weight in sorted(fact.weights.items()))
    row = {
        "store": heard.store, "alarms_per_month_max": fact.alarms_per_month_max, "weights": weights,
        "by": heard.by, "at_us": heard.at_us,
    }  # fmt: skip
    tokens.work.tx.put(alarm_budget, row)


APPLY: Final[dict[type[Fact], Applier]] = {
    AlarmRaised: raised,
    AlarmClosed: closed,
    RestockBegan: restock_began,
    RestockEnded: restock_ended,
    AlarmBudgetSet: budget_set,
}
