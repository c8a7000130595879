"""What rows mean: each fact is given to the nouns it concerns, in order; what is not understood is parked."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cloud import logs, parking
from cloud.custody import Custody
from cloud.logs import Log, Numbered
from cloud.parking import Decode, Place, Read
from cloud.work import Heard, UnappliableError
from contract.entries import Entry
from contract.facts import Fact
from contract.ids import PieceId

Applier = Callable[[Custody, Heard, Any], None]
Appliers = Mapping[type[Fact], Sequence[Applier]]
"""A noun's functions by the fact they understand. Facts nobody applies are history only."""


class StuckRowError(Exception):
    """This row cannot be applied: undo the transaction and run it again with the row parked."""

    def __init__(self, place: Place, why: str) -> None:
        super().__init__(f"row {place}: {why}")
        self.place = place
        self.why = why


def apply_entry(tokens: Custody, heard: Heard, entry: Entry, appliers: Appliers) -> None:
    """All facts of an entry. Raises `StuckRowError` when one of them cannot be true for us."""
    try:
        for fact in entry.facts:
            for apply in appliers.get(type(fact), ()):
                apply(tokens, heard, fact)
    except UnappliableError as error:
        raise StuckRowError((heard.store, heard.epoch, heard.stream, heard.seq), str(error)) from error


def apply_rows(
    tokens: Custody,
    log: Log,
    rows: list[Numbered],
    appliers: Appliers,
    *,
    to_park: Mapping[Place, str],
    decode: Decode,
    late: bool = False,
) -> int:
    """Apply stored rows in order; returns how many had to be parked.

    Parked: what is not understood, what `to_park` names, and whatever stands behind such a row of the same things.
    """
    work, name = tokens.work, log.name
    applied = set() if late else logs.late_leaves(work.tx, log, rows[0].seq, rows[-1].seq) if rows else set()
    reads = [parking.read_row(name.store, name.stream, row.seq, row.body, decode) for row in rows]
    taken = parking.taken_keys(work, [key for read in reads for key in read.keys])
    tokens.load(_pieces(reads))
    parked = 0
    for row, read in zip(rows, reads, strict=True):
        if row.leaf in applied:
            continue
        why = read.why or to_park.get((*name, row.seq), "")
        behind = sorted(read.keys & taken)
        if not why and behind and work.guards.park_key:
            why = f"waits behind a parked row of {behind[0]}"
        if why or read.entry is None:
            parking.park(work, name, row, read.keys, why, late=late)
            taken |= read.keys
            parked += 1
            continue
        apply_entry(tokens, parking.heard_as(*name, row.seq, read.entry, late=late), read.entry, appliers)
    return parked


def _pieces(reads: Sequence[Read]) -> set[PieceId]:
    """Pieces these rows speak of, so that their tokens are read in one question."""
    return {PieceId(key.removeprefix("piece:")) for read in reads for key in read.keys if key.startswith("piece:")}
