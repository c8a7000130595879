"""Alarms with their evidence. Raised on the floor log, closed by a person on the trade log: either may come first."""

from typing import Final

import sqlalchemy as sa

from cloud.applying import Applier
from cloud.custody import Custody
from cloud.tables import alarm
from cloud.work import Heard
from contract.facts import AlarmClosed, AlarmRaised, Fact


def raised(tokens: Custody, heard: Heard, fact: AlarmRaised) -> None:
    row = {
        "store": heard.store, "alarm": fact.alarm, "kind": fact.kind, "pieces": " ".join(fact.pieces),
        "zone": fact.zone, "sentence": fact.sentence, "evidence_nats": fact.evidence_nats, "rounds": fact.rounds,
        "value_minor": fact.value_minor, "currency": fact.currency, "raised_us": heard.at_us,
    }  # fmt: skip
    tokens.work.tx.put(alarm, row)


def closed(tokens: Custody, heard: Heard, fact: AlarmClosed) -> None:
    tx = tokens.work.tx
    tx.add_new(alarm, {"store": heard.store, "alarm": fact.alarm, "raised_us": heard.at_us})
    mine = (alarm.c.store == heard.store, alarm.c.alarm == fact.alarm)
    values = {"closed_us": heard.at_us, "closed_by": heard.by, "outcome": fact.outcome, "note": fact.note}
    tx.run(sa.update(alarm).where(*mine).values(**values))


APPLY: Final[dict[type[Fact], Applier]] = {AlarmRaised: raised, AlarmClosed: closed}
