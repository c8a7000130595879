"""Tags that stores bound to pieces: the history of each, the card every store gets, and two pieces with one tag."""

import msgspec
import sqlalchemy as sa

from cloud import feed
from cloud.custody import Custody
from cloud.pos.pieces import seeking
from cloud.pos.pieces.cards import card_of, words
from cloud.tables import client_order_thing, piece, tag_binding
from cloud.work import Heard, Work
from contract.facts import TagBound
from contract.feed import PieceCard
from contract.ids import PieceId


def bound(tokens: Custody, heard: Heard, fact: TagBound) -> None:
    """Kept whatever it is; the card changes when the store had the right to, and the tag is nobody else's."""
    work = tokens.work
    if not fact.ce and _is_envelope(work, fact.piece):
        _keep(work, heard, fact, over=heard.late)
        return
    tokens.adopt(heard.store, fact.piece, fact.ce)
    since = _bound_since(work, fact)
    _keep(work, heard, fact, over=heard.late or since)
    card = _card(work, fact.piece)
    if card is not None and since and card.binding <= fact.n:
        # the store that told this believes the higher count: the card stays, and counts more
        _show(work, msgspec.structs.replace(card, binding=fact.n + 1))
    if not tokens.legitimate(heard.store, fact.piece, fact.ce):
        sentence = f"{heard.store} bound tag {fact.epc} to piece {fact.piece}, which it does not hold by our books"
        work.open_case("tag of a piece elsewhere", sentence, store=heard.store, piece=fact.piece, ref=fact.epc)
        return
    if card is None or since or (heard.late and fact.n <= card.binding):
        return  # no card of ours; or old news from a disk that was away
    other = work.tx.value(sa.select(piece.c.piece).where(piece.c.epc == fact.epc, piece.c.piece != fact.piece))
    if other is not None:
        sentence = (
            f"{heard.store} bound tag {fact.epc} to piece {fact.piece}, but our books have it on piece {other}: "
            "look which of the two carries it, and give the other a new tag"
        )
        work.open_case("one tag on two pieces", sentence, store=heard.store, piece=fact.piece, ref=fact.epc)
        return
    # an import may have crossed the binding: what was read back from the tag is the newer truth
    n = fact.n if fact.n > card.binding else card.binding + 1
    _show(work, msgspec.structs.replace(card, epc=fact.epc, tid=fact.tid, binding=n))


def _is_envelope(work: Work, piece: PieceId) -> bool:
    """A client's thing at its store: it has no card here, and no token of ours."""
    known = sa.select(client_order_thing.c.order_id).where(client_order_thing.c.thing == piece)
    return work.tx.value(known.limit(1)) is not None


def _bound_since(work: Work, fact: TagBound) -> bool:
    """Whoever held the piece after that, the same store too, has given it another tag."""
    later = sa.select(tag_binding.c.n).where(tag_binding.c.piece == fact.piece, tag_binding.c.ce > fact.ce)
    return work.tx.value(later.limit(1)) is not None


def _keep(work: Work, heard: Heard, fact: TagBound, *, over: bool) -> None:
    """over: it ended before we heard of it."""
    if not over:
        before = sa.update(tag_binding).where(tag_binding.c.piece == fact.piece, tag_binding.c.to_us.is_(None))
        work.tx.run(before.values(to_us=heard.at_us))
    row = {
        "store": heard.store, "epoch": heard.epoch, "seq": heard.seq, "piece": fact.piece, "epc": fact.epc,
        "tid": fact.tid, "n": fact.n, "ce": fact.ce, "by": heard.by, "from_us": heard.at_us,
        "to_us": heard.at_us if over else None,
    }  # fmt: skip
    work.tx.add_new(tag_binding, row)


def _card(work: Work, wanted: PieceId) -> PieceCard | None:
    row = work.tx.row(sa.select(piece).where(piece.c.piece == wanted))
    return None if row is None else card_of(row)


def _show(work: Work, card: PieceCard) -> None:
    seeking.put(work.tx, [card])
    changed = {"epc": card.epc, "tid": card.tid, "binding": card.binding, "words": words(card)}
    work.tx.run(sa.update(piece).where(piece.c.piece == card.piece).values(**changed, changed_us=work.now_us))
    work.tell(feed.News(f"piece:{card.piece}", card))
