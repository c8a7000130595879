"""The fold of custody: tokens, claims, leases, holds, and what the cloud decided."""

import msgspec

from contract.commands import (
    AnswerValue,
    CustodyState,
    GrantCustody,
    KeepValue,
    LiftHold,
    NumberedCommand,
    PlaceHold,
    RequestCount,
    RevokeCustody,
    TakeOrder,
    TellValue,
    decode_command,
)
from contract.facts import (
    ClaimEnd,
    ClaimEnded,
    ClaimHeld,
    ClaimKind,
    CommandHeard,
    CustodyReceived,
    CustodyReleased,
    LeaseGranted,
    LeaseRefused,
    PieceSighted,
    Rejoined,
    ReleaseWhy,
    TransferShipped,
)
from contract.ids import ClaimId, Epoch, PieceId, SaleId
from contract.messages import CustodyRow, HeldClaim, Snapshot
from edge.books import fold_orders as orders
from edge.books import fold_things as things
from edge.books import fold_value as value
from edge.books.db import Database
from edge.books.rows import Body, as_list
from trade.claim import Claim, claim_of, end_claim
from trade.custody import Token, TokenEvent, TokenState, granted, moved
from trade.guards import Guards

_decode_snapshot = msgspec.json.Decoder(Snapshot).decode

LEAVES = {
    ReleaseWhy.SHIPPED: TokenEvent.SHIPPED,
    ReleaseWhy.RECALLED: TokenEvent.RECALLED,
    ReleaseWhy.CLOSED: TokenEvent.CLOSED,
}
TOKEN_STATE = {
    CustodyState.HERE: TokenState.HERE,
    CustodyState.INCOMING: TokenState.INCOMING,
    CustodyState.SOLD: TokenState.SOLD,
}


def sell(db: Database, piece: PieceId, ce: int, sale: SaleId) -> None:
    """The token says sold, to this sale; a token the fold has not seen is made from the sale's own word."""
    token = db.one("token", Token, piece=piece)
    if token is None:
        token = Token(piece=piece, ce=ce, state=TokenState.HERE)
    db.run_struct("token_set", moved(token, TokenEvent.RECORDED, sale=sale))


def take_back(db: Database, piece: PieceId) -> None:
    """A sold piece is stock again; its hold has done its work."""
    token = db.one("token", Token, piece=piece)
    if token is not None:
        db.run_struct("token_set", moved(token, TokenEvent.RETURNED, sale=""))
    db.run("hold_drop", piece=piece)


def claim_begun(db: Database, fact: ClaimHeld | LeaseGranted, at_us: int) -> None:
    db.run_struct("claim_set", claim_of(fact, at_us))
    if isinstance(fact, LeaseGranted):
        db.run("lease_answer_set", order=fact.order, piece=fact.piece, fence=fact.fence)
        token = db.one("token", Token, piece=fact.piece)
        if token is not None:
            db.run_struct("token_set", msgspec.structs.replace(token, fence=fact.fence))


def claim_ended(db: Database, fact: ClaimEnded) -> None:
    claim = db.one("claim", Claim, claim=fact.claim)
    if claim is None:
        return
    db.run_struct("claim_set", end_claim(claim, fact.how))
    if claim.kind is ClaimKind.LEASE and fact.how is ClaimEnd.CONVERTED:
        sell(db, fact.piece, fact.ce, SaleId(claim.ref))


def lease_refused(db: Database, fact: LeaseRefused) -> None:
    db.run("lease_answer_set", order=fact.order, piece=fact.piece, fence=0)


def released(db: Database, fact: CustodyReleased, guards: Guards) -> None:
    token = db.one("token", Token, piece=fact.piece)
    if token is None or (fact.why is ReleaseWhy.SHIPPED and not guards.ship_gives_up):
        return
    db.run_struct("token_set", moved(token, LEAVES[fact.why]))
    if fact.why is ReleaseWhy.SHIPPED:  # what an order keeps travels with it: the office gives the promise on
        db.run("claims_end_of", piece=fact.piece, ce=fact.ce + 1)


def received(db: Database, fact: CustodyReceived) -> None:
    token = db.one("token", Token, piece=fact.piece)
    if token is not None:
        db.run_struct("token_set", moved(token, TokenEvent.READ))
    db.run("sighting_drop", piece=fact.piece)


def sighted(db: Database, fact: PieceSighted, at_us: int, guards: Guards) -> None:
    db.run("sighting_set", piece=fact.piece, zone=fact.zone, at_us=at_us, return_of=fact.return_of)
    if fact.return_of and guards.return_hold:
        db.run("hold_set", piece=fact.piece, sale=fact.return_of, confirmed=0)


def shipped(db: Database, fact: TransferShipped, at_us: int) -> None:
    for piece in fact.pieces:
        db.run("shipped_add", transfer=fact.transfer, piece=piece, to_store=fact.to, at_us=at_us)


def heard(db: Database, fact: CommandHeard, at_us: int) -> None:
    """What a command does by itself; what it causes stands beside it in the entry as facts."""
    body = bytes(fact.command)
    db.run("down_add", cloud_epoch=fact.cloud_epoch, seq=fact.seq, at_us=at_us, body=body)
    db.run("node_down", cloud_epoch=fact.cloud_epoch, down_upto=fact.seq)
    numbered: NumberedCommand = decode_command(body)
    match numbered.command:
        case GrantCustody() as grant:
            _granted(db, grant, at_us)
        case RevokeCustody(piece=piece, ce=ce):
            token = db.one("token", Token, piece=piece)
            if token is not None and token.ce <= ce:
                db.run_struct("token_set", moved(token, TokenEvent.REVOKED))
                db.run("claims_end_of", piece=piece, ce=ce + 1)
        case PlaceHold(piece=piece, sale=sale):
            token = db.one("token", Token, piece=piece)
            if token is not None and token.held and token.state is not TokenState.SOLD:
                db.run("hold_set", piece=piece, sale=sale, confirmed=1)
                db.run("claims_end_cart", piece=piece)
        case LiftHold(piece=piece, sale=sale):
            db.run("hold_lift", piece=piece, sale=sale)
            db.run("returned_piece", sale=sale, piece=piece, at_us=at_us)
            token = db.one("token", Token, piece=piece)
            if token is not None and token.state is TokenState.SOLD and token.sale == sale:
                db.run_struct("token_set", moved(token, TokenEvent.RETURNED, sale=""))
        case RequestCount() as count:
            zones = as_list(count.zones)
            db.run("count_request_add", count=count.count, place=count.place, zones=zones, at_us=at_us)
        case AnswerValue() as answer:
            value.answered(db, answer, at_us)
        case KeepValue() as allowance:
            value.kept(db, allowance)
        case TellValue() as balance:
            value.told(db, balance, at_us)
        case TakeOrder() as moved_here:
            orders.taken_over(db, moved_here)
        case _:
            pass  # leases and recalls speak through the facts they cause; a person to forget has no rows here


def promise_of(grant: GrantCustody) -> ClaimId:
    """The name of the claim that keeps what the grant promises; an older office named none."""
    return grant.promise_claim or ClaimId(f"{grant.promise_ref}@{grant.ce}")


def _granted(db: Database, grant: GrantCustody, at_us: int) -> None:
    token = granted(db.one("token", Token, piece=grant.piece), grant)
    if token is None:
        return
    db.run("claims_end_of", piece=grant.piece, ce=grant.ce)
    db.run_struct("token_set", token)
    # a hold counts only if the cloud confirms it under the present token (custody.md §10 no. 3)
    db.run("holds_doubt", piece=grant.piece)
    if grant.sale and grant.state is not CustodyState.SOLD:
        db.run("hold_set", piece=grant.piece, sale=grant.sale, confirmed=1)
    if grant.promise is not None and grant.state is not CustodyState.SOLD:
        promise = Claim(
            claim=promise_of(grant),
            piece=grant.piece,
            ce=grant.ce,
            kind=grant.promise,
            ref=grant.promise_ref,
            since_us=at_us,
        )
        db.run_struct("claim_set", promise)


def rejoined(db: Database, fact: Rejoined, guards: Guards) -> None:
    """A new life of this store: custody, promises and holds are the snapshot's, carts are gone.

    Claims of earlier lives go altogether: a disk made anew has no earlier snapshot to make them from.
    """
    snapshot = load_snapshot(db, fact.epoch)
    if guards.rejoin_snapshot:
        db.run("tokens_drop")
        db.run("claims_drop")
        db.run("sales_void")
        db.run("value_asks_of_voided_end")
        db.run("lease_answers_drop")
        db.run("holds_drop")
        things.here_again(db)
    if snapshot is None:
        return
    for row in snapshot.custody:
        kept = None if guards.rejoin_snapshot else db.one("token", Token, piece=row.piece)
        db.run_struct("token_set", msgspec.structs.replace(kept, ce=row.ce) if kept else token_of(row))
    for promise in snapshot.claims:
        _promised(db, promise, snapshot)


def load_snapshot(db: Database, epoch: Epoch) -> Snapshot | None:
    """The snapshot an epoch began with, where this disk has it."""
    stored = db.one("snapshot", Body, epoch=epoch)
    return None if stored is None else _decode_snapshot(stored.body)


def token_of(row: CustodyRow) -> Token:
    return Token(
        piece=row.piece,
        ce=row.ce,
        state=TOKEN_STATE[row.state],
        sale=row.sale,
        transfer=row.transfer,
        source=row.source,
    )


def _promised(db: Database, promise: HeldClaim, snapshot: Snapshot) -> None:
    if promise.kind == "hold":
        db.run("hold_set", piece=promise.piece, sale=promise.ref, confirmed=1)
        return
    ce = next((row.ce for row in snapshot.custody if row.piece == promise.piece), 0)
    claim = Claim(
        claim=promise.claim or ClaimId(f"{snapshot.epoch}:{promise.piece}"),
        piece=promise.piece,
        ce=ce,
        kind=ClaimKind(promise.kind),
        ref=promise.order or promise.ref,
        fence=promise.fence,
    )
    db.run_struct("claim_set", claim)
