"""The cloud's commands, each carried out once, in one transaction with the facts it causes (custody.md §2)."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import msgspec

from contract.commands import (
    AnswerOrder,
    AnswerValue,
    ConvertLease,
    CustodyState,
    GrantCustody,
    RecallCustody,
    RecallValue,
    ReleaseLease,
    RequestLease,
    decode_command,
)
from contract.facts import (
    AnswerHow,
    AnyFact,
    ClaimEnd,
    ClaimEnded,
    ClaimKind,
    CommandHeard,
    CustodyReceived,
    ValueReleased,
)
from contract.ids import HOUSE, ClientOrderId, PieceId
from edge.books import fold_orders, replica
from edge.books.fold_custody import promise_of
from edge.books.fold_value import load_live, load_slice
from edge.books.journal import Books, Tx
from edge.books.rows import Mode
from trade import lease
from trade.acts import AnswerQuote
from trade.claim import Claim
from trade.custody import Token, granted
from trade.ordering import deciding
from trade.piece import Hold, Standing
from trade.refusal import Refusal
from trade.scene import Scene
from trade.value import Ask, late
from trade.valuing import available

Seen = Callable[[PieceId], bool]
LEASE_TIMER_US: Final = 60_000_000
"""Only with the guard `release_confirm` taken away: how long a lease lives by the store's own clock."""

NAMELESS: Final = "a command without a name"


class Obeyed(NamedTuple):
    """How many commands were carried out, and the name of the one that ended the run because we do not know it."""

    done: int
    unknown: str = ""


def obey(
    books: Books,
    cloud_epoch: int,
    first_seq: int,
    bodies: Sequence[msgspec.Raw],
    *,
    seals: Sequence[str] = (),
    now_us: int,
    seen: Seen,
) -> Obeyed:
    """Carries out commands `first_seq …` that follow what was done before. now_us: wall time, µs.

    A repeat is skipped, a gap ends the run (the cloud sends again), and a command this version does not know stops
    the run too, and is told: the cloud keeps it waiting, and all behind it, until this store is upgraded.
    """
    done = 0
    told = dict(enumerate(seals, first_seq))
    for seq, body in enumerate(bodies, first_seq):
        node = books.node()
        if node.mode is not Mode.ACTIVE or cloud_epoch != node.cloud_epoch or seq > node.down_upto + 1:
            break
        if seq <= node.down_upto:
            continue
        try:
            numbered = decode_command(bytes(body))
        except msgspec.ValidationError:
            return Obeyed(done, _name(body))
        if numbered.seq != seq:
            break
        with books.transaction() as tx:
            heard = CommandHeard(cloud_epoch=cloud_epoch, seq=seq, command=body)
            why = str(type(numbered.command).__struct_config__.tag)
            facts = _answer(books, tx, numbered.command, seen)
            tx.write(at_us=now_us, by=HOUSE, why=why, facts=(heard, *facts))
            tx.db.run("seal_told", told=told.get(seq, ""))
        done += 1
    return Obeyed(done)


class _Named(msgspec.Struct, frozen=True):
    """What a command of any version says of itself."""

    command: dict[str, msgspec.Raw]


def _name(body: msgspec.Raw) -> str:
    """Never empty."""
    try:
        named = msgspec.json.decode(body, type=_Named).command.get("command")
        return (named and msgspec.json.decode(named, type=str)) or NAMELESS
    except msgspec.DecodeError:
        return NAMELESS


def _answer(books: Books, tx: Tx, command: msgspec.Struct, seen: Seen) -> tuple[AnyFact, ...]:
    """The facts a command causes here, besides having been heard."""
    guards = books.guards
    match command:
        case GrantCustody():
            token = granted(tx.db.one("token", Token, piece=command.piece), command)
            if token is None:
                return ()
            over = _promise_that_is_over(tx, command)
            if command.state is CustodyState.INCOMING and (seen(command.piece) or not guards.pad_receive):
                return (CustodyReceived(piece=command.piece, ce=command.ce, transfer=command.transfer), *over)
            return over
        case RequestLease():
            known = tx.db.words("lease_answer", order=command.order)
            return () if known else lease.answer_request(command, standing(tx, command.piece, seen), guards)
        case ReleaseLease():
            return lease.release(command, _lease_of(tx, command.piece), guards)
        case ConvertLease():
            token = tx.db.one("token", Token, piece=command.piece)
            return lease.convert(command, _lease_of(tx, command.piece), token, guards)
        case RecallCustody():
            return lease.answer_recall(command, standing(tx, command.piece, seen), guards)
        case AnswerValue():
            ask = tx.db.one("value_ask", Ask, ask=command.ask)
            if ask is not None and late(ask) and command.amount_minor:  # nobody waits for it any more
                return (ValueReleased(account=ask.account, amount_minor=command.amount_minor, currency=ask.currency),)
        case AnswerOrder():
            return _said_on_the_page(tx, command)
        case RecallValue():
            part = load_slice(tx.db, command.account)
            free = available(part, load_live(tx.db, command.account)) if part is not None else 0
            if part is not None and free:
                return (ValueReleased(account=part.account, amount_minor=free, currency=part.currency),)
        case _:
            pass
    return ()


def _promise_that_is_over(tx: Tx, grant: GrantCustody) -> tuple[ClaimEnded, ...]:
    """The order that a promise is for ended here while the office had not heard it yet: nobody waits for the piece, and
    a claim of an order that is over could never be ended by anybody.
    """
    if grant.promise is None or grant.state is CustodyState.SOLD:
        return ()
    order = fold_orders.load(tx.db, ClientOrderId(grant.promise_ref))
    if order is None or not order.ended:
        return ()
    return (ClaimEnded(claim=promise_of(grant), piece=grant.piece, ce=grant.ce, how=ClaimEnd.RELEASED),)


def _said_on_the_page(tx: Tx, command: AnswerOrder) -> tuple[AnyFact, ...]:
    """By the rules of the counter. What came too late, for the quote was replaced or withdrawn, changes nothing.

    Whether the quote could still be accepted that day the office has asked: it was there when the client said so.
    """
    scene = Scene(order=fold_orders.load(tx.db, command.order))
    if command.proof:
        said = deciding.approve_proof(scene, command.order, command.proof)
    else:
        act = AnswerQuote(order=command.order, approved=command.approved, how=AnswerHow.PAGE, quote=command.quote)
        said = deciding.answer_quote(scene, act)
    return () if isinstance(said, Refusal) else said


def _lease_of(tx: Tx, piece: PieceId) -> Claim | None:
    claim = tx.db.one("claim_live", Claim, piece=piece)
    return claim if claim is not None and claim.kind is ClaimKind.LEASE else None


def standing(tx: Tx, piece: PieceId, seen: Seen) -> Standing:
    """A piece as the books and the readers have it, without a till's pad."""
    return Standing(
        piece=piece,
        card=replica.piece(tx.db, piece),
        token=tx.db.one("token", Token, piece=piece),
        claim=tx.db.one("claim_live", Claim, piece=piece),
        hold=tx.db.one("hold", Hold, piece=piece),
        seen=seen(piece),
    )


def free_by_timer(books: Books, now_us: int) -> None:
    """What the guard `release_confirm` forbids: leases that end by the store's own clock. Nothing in production."""
    if books.guards.release_confirm or not books.serving:
        return
    with books.transaction() as tx:
        old = [
            claim
            for claim in tx.db.rows("claims_live", Claim)
            if claim.kind is ClaimKind.LEASE and now_us - claim.since_us > LEASE_TIMER_US
        ]
        facts = [ClaimEnded(claim=c.claim, piece=c.piece, ce=c.ce, how=ClaimEnd.RELEASED) for c in old]
        if facts:
            tx.write(at_us=now_us, by=HOUSE, why="lease timer", facts=facts)
