"""What a box of the model keeps over a power cut, and the fold of facts into it."""

from typing import Any, NamedTuple

from contract.commands import (
    CustodyState,
    GrantCustody,
    LiftHold,
    PlaceHold,
)
from contract.facts import (
    ClaimEnd,
    ClaimEnded,
    ClaimHeld,
    ClaimKind,
    CustodyReceived,
    CustodyReleased,
    LeaseGranted,
    LeaseRefused,
    PieceSighted,
    ReleaseWhy,
    ReturnRecorded,
    SaleRecorded,
    TransferShipped,
)
from trade.claim import Claim, claim_of
from trade.custody import Token, TokenEvent, TokenState, granted, moved
from trade.piece import Hold

LEAVES = {
    ReleaseWhy.SHIPPED: TokenEvent.SHIPPED,
    ReleaseWhy.RECALLED: TokenEvent.RECALLED,
    ReleaseWhy.CLOSED: TokenEvent.CLOSED,
}
STATES = {
    CustodyState.HERE: TokenState.HERE,
    CustodyState.INCOMING: TokenState.INCOMING,
    CustodyState.SOLD: TokenState.SOLD,
}
LEASE_TIMER_S = 20


class Row(NamedTuple):
    """One entry of a log."""

    leaf: int
    facts: tuple[Any, ...]


class Sold(NamedTuple):
    """A recorded sale of one piece, as the protocol needs it."""

    sale: str
    piece: str
    ce: int
    till: str
    number: int


class Back(NamedTuple):
    """A refund of one piece."""

    sale: str
    piece: str
    till: str
    number: int


class Obeyed(NamedTuple):
    """A decision of the office that was heard."""

    life: int
    seq: int
    command: Any


class Rejoined(NamedTuple):
    """A new life of the box begins with what the office told it."""

    term: int
    snapshot: Any


class Closed(NamedTuple):
    """A Z."""

    till: str
    number: int


class Up(NamedTuple):
    store: str
    instance: str
    term: int
    epoch: str
    first: int
    rows: tuple[Row, ...]
    head: int
    last: int
    life: int
    down_upto: int
    boot: str
    number: int


class Plea(NamedTuple):
    """What a box that comes back asks."""

    store: str
    instance: str
    nonce: str
    term: int
    life: int
    custody: tuple[Token, ...]
    served_on: str
    later_term: int = 0


def pieces_of(fact):
    """What a fact is about."""
    match fact:
        case Obeyed():
            return (fact.command.piece,)
        case TransferShipped() | SaleRecorded() | ReturnRecorded():
            return fact.pieces
        case Rejoined() | Closed():
            return ()
    return (fact.piece,)


class Disk:
    """Everything that is there after a power cut."""

    def __init__(self, instance):
        self.instance = self.served_on = instance
        self.mode, self.term, self.epoch, self.life, self.down_upto, self.later_term = "rejoin", 0, "", 0, 0, 0
        self.logs, self.upto = {}, {}
        self.tokens, self.claims, self.answers, self.holds = {}, {}, {}, {}
        self.carts, self.sold, self.returned = {}, {}, set()
        self.shifts, self.receipts, self.zs = {}, {}, {}

    def copy(self):
        other = Disk.__new__(Disk)
        for name, value in self.__dict__.items():
            other.__dict__[name] = value.copy() if isinstance(value, dict | set) else value
        other.logs = {epoch: list(rows) for epoch, rows in self.logs.items()}
        return other

    # --- the fold of facts: the same live and when a log is read again --------------------------------------

    def fold(self, fact, guards):
        match fact:
            case Sold():
                token = self.tokens.get(fact.piece) or Token(piece=fact.piece, ce=fact.ce, state=TokenState.HERE)
                self.tokens[fact.piece] = moved(token, TokenEvent.RECORDED, sale=fact.sale)
                self.sold[fact.sale] = fact.piece
                self.carts.pop(fact.sale, None)
                self.receipts[fact.till] = fact.number
            case Back():
                self.returned.add((fact.sale, fact.piece))
                self.receipts[fact.till] = fact.number
                self.move(fact.piece, TokenEvent.RETURNED, sale="")
                self.holds.pop(fact.piece, None)
            case ClaimHeld() | LeaseGranted():
                claim = claim_of(fact, 0)
                self.claims[claim.claim] = claim
                if isinstance(fact, LeaseGranted):
                    self.answers[fact.order] = fact.fence
                    token = self.tokens[fact.piece]
                    self.tokens[fact.piece] = Token(
                        piece=token.piece, ce=token.ce, state=token.state, fence=fact.fence, sale=token.sale
                    )
            case ClaimEnded():
                claim = self.claims.pop(fact.claim, None)
                if claim is not None and claim.kind is ClaimKind.LEASE and fact.how is ClaimEnd.CONVERTED:
                    token = self.tokens.get(fact.piece)
                    token = token or Token(piece=fact.piece, ce=fact.ce, state=TokenState.HERE)
                    self.tokens[fact.piece] = moved(token, TokenEvent.RECORDED, sale=claim.ref)
            case LeaseRefused():
                self.answers[fact.order] = 0
            case CustodyReleased():
                if fact.why is not ReleaseWhy.SHIPPED or guards.ship_gives_up:
                    self.move(fact.piece, LEAVES[fact.why])
            case CustodyReceived():
                self.move(fact.piece, TokenEvent.READ)
            case PieceSighted():
                if fact.return_of and guards.return_hold and fact.piece not in self.holds:
                    self.holds[fact.piece] = Hold(piece=fact.piece, sale=fact.return_of)
            case Obeyed():
                self.down_upto = fact.seq
                self._heard(fact.command)
            case Rejoined():
                self._rejoined(fact, guards)
            case Closed():
                self.zs[fact.till] = fact.number
                self.shifts.pop(fact.till, None)

    def move(self, piece, event, **more):
        token = self.tokens.get(piece)
        if token is not None:
            self.tokens[piece] = moved(token, event, **more)

    def _heard(self, command):
        match command:
            case GrantCustody():
                self._granted(command)
            case PlaceHold(piece=piece, sale=sale):
                token = self.tokens.get(piece)
                if token is not None and token.held and token.state is not TokenState.SOLD:
                    self.holds[piece] = Hold(piece=piece, sale=sale, confirmed=True)
                    self._end_claims(piece, lambda claim: claim.kind is ClaimKind.CART)
            case LiftHold(piece=piece, sale=sale):
                if piece in self.holds and self.holds[piece].sale == sale:
                    del self.holds[piece]
                self.returned.add((sale, piece))
                token = self.tokens.get(piece)
                if token is not None and token.state is TokenState.SOLD and token.sale == sale:
                    self.tokens[piece] = moved(token, TokenEvent.RETURNED, sale="")

    def _granted(self, grant):
        token = granted(self.tokens.get(grant.piece), grant)
        if token is None:
            return
        self._end_claims(grant.piece, lambda claim: claim.ce < grant.ce)
        self.tokens[grant.piece] = token
        hold = self.holds.get(grant.piece)
        if hold is not None:
            self.holds[grant.piece] = Hold(piece=hold.piece, sale=hold.sale)
        if grant.sale and grant.state is not CustodyState.SOLD:
            self.holds[grant.piece] = Hold(piece=grant.piece, sale=grant.sale, confirmed=True)
        if grant.promise is not None and grant.state is not CustodyState.SOLD:
            self._promise(grant.piece, grant.ce, grant.promise_claim, grant.promise_ref)

    def _promise(self, piece, ce, claim, ref):
        self.claims[claim] = Claim(claim=claim, piece=piece, ce=ce, kind=ClaimKind.LAYAWAY, ref=ref)

    def _end_claims(self, piece, which):
        for name, claim in list(self.claims.items()):
            if claim.piece == piece and which(claim):
                del self.claims[name]

    def _rejoined(self, fact, guards):
        told = fact.snapshot
        before = self.tokens
        if guards.rejoin_snapshot:
            self.tokens, self.claims, self.carts, self.answers, self.holds = {}, {}, {}, {}, {}
        for grant in told.custody:
            kept = None if guards.rejoin_snapshot else before.get(grant.piece)
            state, sale = (kept.state, kept.sale) if kept else (STATES[grant.state], grant.sale)
            self.tokens[grant.piece] = Token(piece=grant.piece, ce=grant.ce, state=state, sale=sale)
        for piece, ref, claim in told.promises:
            self._promise(piece, self.tokens[piece].ce, claim, ref)
        for piece, sale in told.holds:
            if self.tokens[piece].state is not TokenState.SOLD:
                self.holds[piece] = Hold(piece=piece, sale=sale, confirmed=True)

    def refold(self, guards, epochs):
        """Everything anew from these logs, in their order; the box's own word for what is sold now comes after."""
        self.tokens, self.claims, self.answers, self.holds, self.carts = {}, {}, {}, {}, {}
        self.sold, self.returned, self.shifts, self.receipts, self.zs = {}, set(), {}, {}, {}
        for epoch in epochs:
            for row in self.logs[epoch]:
                for fact in row.facts:
                    self.fold(fact, guards)

    def live(self, piece):
        """The live claim of a piece."""
        return next((claim for claim in self.claims.values() if claim.piece == piece), None)
