"""How pieces are, as the stores that have them say: kept, and shown to every store."""

import msgspec
import sqlalchemy as sa

from cloud import costs, feed
from cloud.custody import Custody
from cloud.pos.pieces.cards import card_of
from cloud.tables import piece, piece_disposed
from cloud.work import Heard
from contract.facts import PieceDisposed
from contract.feed import Condition


def disposed(tokens: Custody, heard: Heard, fact: PieceDisposed) -> None:
    """The newest word counts, from whoever had the right to say it; any other is kept and changes nothing."""
    work = tokens.work
    row = {
        "store": heard.store, "epoch": heard.epoch, "seq": heard.seq, "piece": fact.piece, "n": fact.n,
        "disposition": fact.disposition, "condition": fact.condition, "reason": fact.reason, "sale": fact.sale,
        "by": heard.by, "at_us": heard.at_us,
    }  # fmt: skip
    if not work.tx.add_new(piece_disposed, row):
        return
    tokens.adopt(heard.store, fact.piece, fact.ce)
    if not tokens.legitimate(heard.store, fact.piece, fact.ce):
        what = f"piece {fact.piece}, which it does not hold by our books, is {fact.condition}"
        sentence = f"{heard.store} says that {what}: ask who has it"
        work.open_case("condition of a piece elsewhere", sentence, store=heard.store, piece=fact.piece)
        return
    found = work.tx.row(sa.select(piece).where(piece.c.piece == fact.piece))
    if found is None:
        return
    card = card_of(found)
    if fact.n <= card.disposed:
        return
    changed = msgspec.structs.replace(card, condition=Condition(fact.condition), disposed=fact.n)
    values = {"condition": changed.condition, "disposed": changed.disposed, "changed_us": work.now_us}
    work.tx.run(sa.update(piece).where(piece.c.piece == fact.piece).values(**values))
    costs.forget(work, fact.piece)
    work.tell(feed.News(f"piece:{fact.piece}", changed))
