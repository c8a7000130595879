"""Where the right to decide about a piece goes, as the stores report it (custody.md §3); and their claims."""

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from cloud.applying import Applier
from cloud.custody import CLOUD, Custody
from cloud.pos.pieces import conditions, tags, tradein
from cloud.tables import case_file, claim, node
from cloud.work import Heard
from contract.facts import (
    ClaimEnd,
    ClaimEnded,
    ClaimHeld,
    ClaimKind,
    CustodyReceived,
    CustodyReleased,
    Fact,
    LeaseGranted,
    PieceDisposed,
    PieceSighted,
    PurchaseRecorded,
    RecallRefused,
    Rejoined,
    ReleaseWhy,
    TagBound,
    TradeInTaken,
)
from contract.ids import PieceId
from trade.custody import OfficeState


def released(tokens: Custody, heard: Heard, fact: CustodyReleased) -> None:
    """The store gave the token up in that very transaction; a shipped piece is the receiver's at once."""
    before = tokens.get(fact.piece)
    tokens.adopt(heard.store, fact.piece, fact.ce)
    token = tokens.get(fact.piece)
    if token is None or not tokens.current(heard.store, fact.piece, fact.ce):
        return
    if before is not None and before.state is OfficeState.SOLD and fact.why is not ReleaseWhy.SHIPPED:
        # what a lost life gave tells who decided last, and nothing against a sale we know of
        token = tokens.change(token, OfficeState.SOLD, sale=before.sale)
    match fact.why:
        case ReleaseWhy.SHIPPED:
            tokens.to_cloud(token, OfficeState.TRANSIT)
            if _is_store(tokens, fact.to):
                tokens.grant(fact.piece, fact.to, transfer=fact.transfer)
            else:
                sentence = f"{heard.store} shipped piece {fact.piece} to {fact.to!r}, which is no store of ours"
                tokens.work.open_case("no receiver", sentence, store=heard.store, piece=fact.piece)
        case ReleaseWhy.CLOSED:
            tokens.to_cloud(token, OfficeState.SOLD if token.state is OfficeState.SOLD else OfficeState.FROZEN)
        case ReleaseWhy.RECALLED:
            tokens.recalled(token)


def _is_store(tokens: Custody, name: str) -> bool:
    return tokens.work.tx.value(sa.select(node.c.term).where(node.c.store == name)) is not None


def received(tokens: Custody, heard: Heard, fact: CustodyReceived) -> None:
    """A granted piece was read there."""
    tokens.adopt(heard.store, fact.piece, fact.ce)
    token = tokens.get(fact.piece)
    if token is not None and tokens.current(heard.store, fact.piece, fact.ce) and token.state is OfficeState.INCOMING:
        tokens.change(token, OfficeState.HERE)


def recall_refused(tokens: Custody, heard: Heard, fact: RecallRefused) -> None:
    wanted_by = tokens.recall_refused(fact.piece, fact.ce)
    if wanted_by is not None and wanted_by != CLOUD:
        sentence = f"{wanted_by} reads piece {fact.piece}, but {heard.store} keeps it: {fact.why}"
        tokens.work.open_case("two places", sentence, store=heard.store, piece=fact.piece, ref=str(fact.ce))


def sighted(tokens: Custody, heard: Heard, fact: PieceSighted) -> None:
    """A piece of the house was read where it does not belong; perhaps brought back by a client."""
    if fact.return_of:
        if tokens.came_back(fact.return_of, fact.piece):
            tokens.lift_hold(fact.piece, fact.return_of, tell=heard.store)
        else:
            tokens.place_hold(fact.piece, fact.return_of, heard.store)
    tokens.sighted(fact.piece, heard.store)


def claim_held(tokens: Custody, heard: Heard, fact: ClaimHeld) -> None:
    tokens.adopt(heard.store, fact.piece, fact.ce)
    _keep_claim(tokens, heard, fact.claim, fact.piece, fact.ce, kind=fact.kind, ref=fact.ref, fence=fact.fence)


def lease_granted(tokens: Custody, heard: Heard, fact: LeaseGranted) -> None:
    tokens.adopt(heard.store, fact.piece, fact.ce)
    order = fact.order
    _keep_claim(
        tokens, heard, order, fact.piece, fact.ce, kind=ClaimKind.LEASE, ref=order, fence=fact.fence
    )  # the claim of a lease is named by its order


def _keep_claim(
    tokens: Custody, heard: Heard, name: str, piece: PieceId, ce: int, *, kind: ClaimKind, ref: str, fence: int
) -> None:
    row = {
        "store": heard.store, "claim": name, "piece": piece, "ce": ce, "kind": kind, "ref": ref, "fence": fence,
        "held_us": heard.at_us, "ended": "",
    }  # fmt: skip
    tokens.work.tx.put_soon(claim, row)


def claim_ended(tokens: Custody, heard: Heard, fact: ClaimEnded) -> None:
    work = tokens.work
    work.tx.change_soon(claim, {"store": heard.store, "claim": fact.claim, "ended": fact.how})
    if fact.how is not ClaimEnd.BROKEN:
        return
    work.tx.settle()
    mine = (claim.c.store == heard.store, claim.c.claim == fact.claim, claim.c.kind == ClaimKind.LEASE)
    row = work.tx.row(sa.select(claim.c.ref).where(*mine))
    if row is not None:
        sentence = f"{heard.by} of {heard.store} broke the reservation of piece {fact.piece} for order {row['ref']}"
        work.open_case("lease broken", sentence, store=heard.store, piece=fact.piece, ref=row["ref"], again=heard.again)


def caught_up(tokens: Custody, heard: Heard, facts: Sequence[Fact]) -> None:
    """The end of a claim, heard before the claim."""
    for fact in facts:
        if isinstance(fact, ClaimEnded):
            claim_ended(tokens, heard, fact)


def rejoined(tokens: Custody, heard: Heard, fact: Rejoined) -> None:
    """The box serves again: its plea to be replaced is answered."""
    asked = (case_file.c.kind == "replace", case_file.c.store == heard.store, case_file.c.closed_us.is_(None))
    closing = sa.update(case_file).where(*asked)
    outcome = f"the box rejoined under term {fact.term}"
    tokens.work.tx.run(closing.values(closed_us=tokens.work.now_us, closed_by=heard.by, outcome=outcome))


APPLY: Final[dict[type[Fact], Applier]] = {
    CustodyReleased: released,
    CustodyReceived: received,
    RecallRefused: recall_refused,
    PieceSighted: sighted,
    ClaimHeld: claim_held,
    LeaseGranted: lease_granted,
    ClaimEnded: claim_ended,
    Rejoined: rejoined,
    TagBound: tags.bound,
    PieceDisposed: conditions.disposed,
    TradeInTaken: tradein.taken,
    PurchaseRecorded: tradein.bought,
}
