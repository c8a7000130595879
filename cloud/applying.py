"""What rows mean: each fact is given to the nouns it concerns, in order; what is not understood is parked."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa

from cloud import costs, logs, parking
from cloud.custody import Custody
from cloud.db import is_of_the_row
from cloud.logs import Log, Numbered
from cloud.parking import Decode, Place, Read
from cloud.work import Heard, UnappliableError
from contract.entries import Entry
from contract.facts import CustodyReceived, Fact, ReturnRecorded, SaleRecorded, Stream, TransferShipped
from contract.ids import PieceId, StoreId
from trade.periods import NoDayError

WHY_MAX: Final = 300
Applier = Callable[[Custody, Heard, Any], None]
Appliers = Mapping[type[Fact], Sequence[Applier]]
"""A noun's functions by the fact they understand. Facts nobody applies are history only."""
CatchUp = Callable[[Custody, Heard, Sequence[Fact]], None]
"""A noun's function for an entry that was applied as late, before the entries ahead of it, and is now in its place."""


class StuckRowError(Exception):
    """This row cannot be applied: undo the transaction and run it again with the row parked."""

    def __init__(self, place: Place, why: str) -> None:
        super().__init__(f"row {place}: {why}")
        self.place = place
        self.why = why


def apply_entry(tokens: Custody, heard: Heard, entry: Entry, appliers: Appliers, *, careful: bool = False) -> None:
    """All facts of an entry; `careful` also writes at once what could wait for the end of the transaction.

    Raises `StuckRowError` when one of them cannot be true for us, or the database refuses what it says.
    """
    place = (heard.store, heard.epoch, heard.stream, heard.seq)
    try:
        for fact in entry.facts:
            for apply in appliers.get(type(fact), ()):
                apply(tokens, heard, fact)
        if careful:
            tokens.flush()
            tokens.work.tx.settle()
    except (UnappliableError, NoDayError) as error:
        raise StuckRowError(place, str(error)) from error
    except (sa.exc.DBAPIError, OverflowError, UnicodeError) as error:
        if not is_of_the_row(error):
            raise
        raise StuckRowError(place, f"the database refuses it ({_words(error)})") from error


def _words(error: Exception) -> str:
    """The database's first line, without the values of the row."""
    return str(getattr(error, "orig", error)).partition("\n")[0].replace("\0", "\ufffd")[:WHY_MAX]


@dataclass(slots=True)
class Ahead:
    """What was read before the first row was applied: rows by their place, and which of their sales are known."""

    reads: dict[tuple[StoreId, Stream, int, bytes], Read] = field(default_factory=dict)


def ahead(tokens: Custody, known: Ahead) -> None:
    """Tokens, sales and costs of these rows, each kind in one question."""
    tokens.load(_pieces(known.reads.values()))
    asked = {
        (store, fact.sale)
        for (store, _, _, _), read in known.reads.items()
        for fact in (read.entry.facts if read.entry else ())
        if isinstance(fact, SaleRecorded)
    }
    tokens.work.expect_sales(asked)
    facts = (fact for read in known.reads.values() for fact in (read.entry.facts if read.entry else ()))
    costs.expect(tokens.work, (name for fact in facts for name in _moved(fact)))


def _moved(fact: Fact) -> Iterable[PieceId]:
    """Pieces whose cost moves with this fact."""
    match fact:
        case SaleRecorded():
            return (line.piece for line in fact.lines if line.piece is not None)
        case ReturnRecorded() | TransferShipped():
            return fact.pieces
        case CustodyReceived():
            return (fact.piece,)
        case _:
            return ()


def apply_rows(
    tokens: Custody,
    log: Log,
    rows: list[Numbered],
    appliers: Appliers,
    catch_up: Sequence[CatchUp],
    *,
    to_park: Mapping[Place, str],
    decode: Decode,
    known: Ahead,
    late: bool = False,
    careful: bool = False,
) -> int:
    """Apply stored rows in order; returns how many had to be parked.

    Parked: what is not understood, what `to_park` names, and whatever stands behind such a row of the same things.
    """
    work, name = tokens.work, log.name
    applied = set() if late else logs.late_leaves(work.tx, log, rows[0].seq, rows[-1].seq) if rows else set()
    reads = [
        known.reads.get((name.store, name.stream, row.seq, row.leaf))
        or parking.read_row(name.store, name.stream, row.seq, row.body, decode)
        for row in rows
    ]
    taken = parking.taken_keys(work, [key for read in reads for key in read.keys])
    tokens.load(_pieces(reads))
    parked = 0
    for row, read in zip(rows, reads, strict=True):
        if row.leaf in applied:
            if read.entry is not None and not read.keys & taken:
                in_place = parking.heard_as(*name, row.seq, read.entry, again=True)
                for noun in catch_up:
                    noun(tokens, in_place, read.entry.facts)
            continue
        stuck = to_park.get((*name, row.seq), "")
        why = read.why or stuck
        behind = sorted(read.keys & taken)
        if not why and behind and work.guards.park_key:
            why = f"waits behind a parked row of {behind[0]}"
        if why or read.entry is None:
            parking.park(work, name, row, read.keys, why, late=late)
            if stuck:
                parking.open_case(work, name, row.seq, stuck)
            taken |= read.keys
            parked += 1
            continue
        heard = parking.heard_as(*name, row.seq, read.entry, late=late)
        apply_entry(tokens, heard, read.entry, appliers, careful=careful)
    return parked


def _pieces(reads: Iterable[Read]) -> set[PieceId]:
    """Pieces these rows speak of, so that their tokens are read in one question."""
    return {PieceId(key.removeprefix("piece:")) for read in reads for key in read.keys if key.startswith("piece:")}
