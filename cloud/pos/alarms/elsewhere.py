"""Reads that tell of two stores: what was sighted, passed a gate, arrived, or is said by who does not hold it.

They are few. What lies in its own case is not kept here: presence says it, and is asked.
"""

from typing import Final

import sqlalchemy as sa

from cloud.applying import Applier
from cloud.custody import Custody
from cloud.pos.alarms.travel import TELLS_US, Read, Trip, sentence_of, too_soon
from cloud.tables import far_read, presence, store, transfer, transfer_piece
from cloud.work import Heard
from contract.facts import CustodyReceived, ExitSeen, Fact, PiecePresence, PieceSighted, PresenceState
from contract.ids import PieceId, StoreId

KIND: Final = "two stores too soon"
DAY_US: Final = 86_400_000_000


def sighted(tokens: Custody, heard: Heard, fact: PieceSighted) -> None:
    _read(tokens, heard, fact.piece, f"read in {fact.zone}" if fact.zone else "read")


def passed(tokens: Custody, heard: Heard, fact: ExitSeen) -> None:
    _read(tokens, heard, fact.piece, f"read at the gate {fact.zone}")


def arrived(tokens: Custody, heard: Heard, fact: CustodyReceived) -> None:
    _read(tokens, heard, fact.piece, "read as it arrived")


def present(tokens: Custody, heard: Heard, fact: PiecePresence) -> None:
    """Of who holds the piece it is daily bread, and is not looked at one by one."""
    token = tokens.get(fact.piece)
    if fact.state is PresenceState.PRESENT and token is not None and token.holder != heard.store:
        _read(tokens, heard, fact.piece, f"read in {fact.zone}" if fact.zone else "read")


def _read(tokens: Custody, heard: Heard, piece: PieceId, how: str) -> None:
    if not tokens.present(heard):
        return
    work = tokens.work
    tx = work.tx
    tx.settle()
    others = [*_kept(tokens, heard, piece), *_lying(tokens, heard, piece)]
    tx.put(far_read, {"piece": piece, "store": heard.store, "at_us": heard.at_us, "how": how})
    if not others:
        return
    mine = Read(heard.store, _city(tokens, heard.store), heard.at_us, how)
    trips = [
        Trip(StoreId(row["source"]), StoreId(row["target"]), row["shipped_us"], row["received_us"])
        for row in tx.rows(
            sa.select(transfer.c.source, transfer.c.target, transfer.c.shipped_us, transfer_piece.c.received_us)
            .join(transfer_piece, transfer_piece.c.transfer == transfer.c.transfer)
            .where(transfer_piece.c.piece == piece)
        )
    ]
    for other in others:
        why = too_soon(mine, other, trips)
        if why:
            pair = "/".join(sorted((mine.store, other.store)))
            ref = f"{pair}/{max(mine.at_us, other.at_us) // DAY_US}"
            sentence = sentence_of(piece, why)
            work.open_case(KIND, sentence, store=heard.store, piece=piece, ref=ref, goes_on=True)


def _kept(tokens: Custody, heard: Heard, piece: PieceId) -> list[Read]:
    near = far_read.c.at_us.between(heard.at_us - TELLS_US, heard.at_us + TELLS_US)
    query = sa.select(far_read).where(far_read.c.piece == piece, far_read.c.store != heard.store, near)
    return [_of(tokens, row["store"], row["at_us"], row["how"]) for row in tokens.work.tx.rows(query)]


def _lying(tokens: Custody, heard: Heard, piece: PieceId) -> list[Read]:
    """Where it began to be read a moment ago."""
    near = presence.c.since_us.between(heard.at_us - TELLS_US, heard.at_us + TELLS_US)
    there = (presence.c.piece == piece, presence.c.store != heard.store, presence.c.state == PresenceState.PRESENT)
    query = sa.select(presence).where(*there, near)
    return [_of(tokens, row["store"], row["since_us"], f"read in {row['zone']}") for row in tokens.work.tx.rows(query)]


def _of(tokens: Custody, name: str, at_us: int, how: str) -> Read:
    return Read(StoreId(name), _city(tokens, name), at_us, how)


def _city(tokens: Custody, name: str) -> str:
    return str(tokens.work.tx.value(sa.select(store.c.city).where(store.c.store == name)) or "")


APPLY: Final[dict[type[Fact], Applier]] = {
    PieceSighted: sighted,
    ExitSeen: passed,
    CustodyReceived: arrived,
    PiecePresence: present,
}
