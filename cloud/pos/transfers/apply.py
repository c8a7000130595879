"""What left for where, and what was read there."""

from typing import Final

import sqlalchemy as sa

from cloud.applying import Applier
from cloud.custody import Custody
from cloud.tables import transfer, transfer_piece
from cloud.work import Heard
from contract.facts import CustodyReceived, Fact, TransferShipped

SHIPPED, RECEIVED = "shipped", "received"


def shipped(tokens: Custody, heard: Heard, fact: TransferShipped) -> None:
    tx = tokens.work.tx
    row = {"transfer": fact.transfer, "source": heard.store, "target": fact.to, "state": SHIPPED}
    if not tx.add_new(transfer, {**row, "shipped_us": heard.at_us}):
        return
    tx.add(transfer_piece, *({"transfer": fact.transfer, "piece": piece, "state": SHIPPED} for piece in fact.pieces))


def received(tokens: Custody, heard: Heard, fact: CustodyReceived) -> None:
    """Complete when its last piece was read by the receiver."""
    if not fact.transfer:
        return
    tx = tokens.work.tx
    mine = (transfer_piece.c.transfer == fact.transfer, transfer_piece.c.piece == fact.piece)
    values = {"state": RECEIVED, "received_us": heard.at_us, "damaged": int(fact.damaged)}
    tx.run(sa.update(transfer_piece).where(*mine, transfer_piece.c.state == SHIPPED).values(**values))
    short = sa.select(sa.func.count()).select_from(transfer_piece)
    if not tx.value(short.where(transfer_piece.c.transfer == fact.transfer, transfer_piece.c.state == SHIPPED)):
        done = sa.update(transfer).where(transfer.c.transfer == fact.transfer)
        tx.run(done.values(state=RECEIVED, received_us=heard.at_us))


APPLY: Final[dict[type[Fact], Applier]] = {TransferShipped: shipped, CustodyReceived: received}
