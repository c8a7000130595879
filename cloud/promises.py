"""Promises (layaway, tray, memo, repair) travel with the token, under the name they were given (custody.md §10 no. 10).

A store is told of a promise in a grant or a snapshot and of nothing else; its end comes back under the same name.
"""

from collections.abc import Iterable
from typing import Final

import sqlalchemy as sa

from cloud.tables import claim, client_order
from cloud.work import Work
from contract.facts import ClaimKind
from contract.ids import ClaimId, PieceId, StoreId
from contract.messages import HeldClaim

PROMISES: Final = (ClaimKind.LAYAWAY, ClaimKind.TRAY, ClaimKind.MEMO, ClaimKind.REPAIR)
"""Claims that travel with the token; a cart dies with its box, a lease is ended before the snapshot is cut."""
MOVED, DOUBLED, OVER = "moved", "another promise of the piece is newer", "its order is over"


def travel(work: Work, pieces: Iterable[PieceId], to: StoreId) -> dict[PieceId, HeldClaim]:
    """The live promise of each of these pieces, which is `to`'s to keep from now on.

    A piece has one. Of two (rows of a fork) the one under the newer custody epoch stands, and a person is told. An
    order that is over keeps nothing: it may have ended at a box that had not got its piece back yet, or a restored
    office hears of the promise after its end.
    """
    work.tx.settle()
    asked, found = sorted(set(pieces)), dict[PieceId, HeldClaim]()
    for at in range(0, len(asked), 500):
        live = (claim.c.piece.in_(asked[at : at + 500]), claim.c.ended == "", claim.c.kind.in_(PROMISES))
        newest_first = (claim.c.piece, claim.c.ce.desc(), claim.c.held_us.desc(), claim.c.claim)
        over = sa.exists().where(client_order.c.order_id == claim.c.ref, client_order.c.ended == 1)
        for row in work.tx.rows(sa.select(claim, over.label("over")).where(*live).order_by(*newest_first)):
            piece = PieceId(row["piece"])
            if row["over"]:
                _end(work, row, OVER)
                continue
            if piece in found:
                _end(work, row, DOUBLED)
                sentence = f"Piece {piece} was promised twice: {row['kind']} {row['ref']} of {row['store']} gave way"
                work.open_case("two promises", sentence, store=StoreId(row["store"]), piece=piece, ref=row["claim"])
                continue
            name = ClaimId(row["claim"])
            found[piece] = HeldClaim(piece=piece, kind=row["kind"], ref=row["ref"], fence=row["fence"], claim=name)
            if row["store"] != to:
                _end(work, row, MOVED)
                work.tx.put(claim, {**{column.name: row[column.name] for column in claim.columns}, "store": to})
    return found


def _end(work: Work, row: sa.RowMapping, why: str) -> None:
    mine = (claim.c.store == row["store"], claim.c.claim == row["claim"])
    work.tx.run(sa.update(claim).where(*mine).values(ended=why))
