"""What left for where, and what was read there."""

from collections.abc import Mapping
from typing import Final

import sqlalchemy as sa

from cloud.applying import Applier
from cloud.custody import CLOUD, Custody
from cloud.holdings import SHIPPED
from cloud.tables import recall, transfer, transfer_piece
from cloud.work import Heard, Work
from contract.facts import CustodyReceived, CustodyReleased, Fact, ReleaseWhy, TransferShipped
from contract.ids import PieceId, TransferId

RECEIVED = "received"
ELSEWHERE, GIVEN_UP = "found elsewhere", "given up"
"""Another store read the piece; or a person called it back before its receiver had read it."""


def shipped(tokens: Custody, heard: Heard, fact: TransferShipped) -> None:
    tx = tokens.work.tx
    row = {"transfer": fact.transfer, "source": heard.store, "target": fact.to, "state": SHIPPED}
    if not tx.add_new(transfer, {**row, "shipped_us": heard.at_us, "shipped_by": heard.by}):
        return
    tx.put(transfer_piece, *({"transfer": fact.transfer, "piece": piece, "state": SHIPPED} for piece in fact.pieces))


def received(tokens: Custody, heard: Heard, fact: CustodyReceived) -> None:
    if not fact.transfer:
        return
    work = tokens.work
    target = work.tx.value(sa.select(transfer.c.target).where(transfer.c.transfer == fact.transfer))
    state, at_us = (RECEIVED, heard.at_us) if target == heard.store else (ELSEWHERE, None)
    values = {"state": state, "received_us": at_us, "damaged": int(fact.damaged)}
    _end(work, fact.transfer, fact.piece, heard.at_us, values)


def called_back(tokens: Custody, heard: Heard, fact: CustodyReleased) -> None:
    """The receiver let a piece go that it had never read: nobody need wait for it there."""
    if fact.why is not ReleaseWhy.RECALLED or not tokens.current(heard.store, fact.piece, fact.ce):
        return
    work, token = tokens.work, tokens.get(fact.piece)
    assert token is not None, "a current token is there"
    if token.transfer:
        wanted = sa.select(recall.c.wanted_by).where(recall.c.piece == fact.piece, recall.c.ce == fact.ce)
        state = ELSEWHERE if work.tx.value(wanted) not in (None, CLOUD) else GIVEN_UP
        _end(work, token.transfer, fact.piece, heard.at_us, {"state": state})


def _end(work: Work, name: TransferId, piece: PieceId, at_us: int, values: Mapping[str, object]) -> None:
    """One piece of a transfer has ended; with its last piece the transfer has, `received` if any piece was."""
    tx, of = work.tx, transfer_piece.c.transfer == name
    mine = (of, transfer_piece.c.piece == piece, transfer_piece.c.state == SHIPPED)
    if not tx.run(sa.update(transfer_piece).where(*mine).values(**values)):
        return
    states = {row["state"] for row in tx.rows(sa.select(transfer_piece.c.state).where(of).distinct())}
    if SHIPPED not in states:
        state = RECEIVED if RECEIVED in states else min(states)
        done = sa.update(transfer).where(transfer.c.transfer == name, transfer.c.state == SHIPPED)
        tx.run(done.values(state=state, received_us=at_us if state == RECEIVED else None))


APPLY: Final[dict[type[Fact], Applier]] = {
    TransferShipped: shipped,
    CustodyReceived: received,
    CustodyReleased: called_back,
}
