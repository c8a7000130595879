"""A store's books with a few pieces in them, and the short words to work with them."""

import itertools
from pathlib import Path

import msgspec
import pytest
from house_templates import lay_books

from contract.commands import CustodyState, NumberedCommand, encode_command
from contract.facts import Tender, TenderKind
from contract.feed import FeedPage, FeedRow, PieceCard, Role, StaffCard
from contract.messages import Ack, CustodyRow, Down, LogHead, Snapshot, Standing
from contract.seals import told_seal, witness_key
from edge.books import replica
from edge.books.journal import Books
from edge.books.rows import Counter
from edge.sync.rejoin import Rejoining
from edge.sync.uplink import Sync
from edge.till import queries
from edge.till.desk import Desk, Done, Refused
from trade.acts import AddPiece, OpenSale, OpenShift, RecordSale
from trade.guards import ALL

CE = (1 << 32) | 1
TERM = (1 << 32) | 1
PRICE = 120_000
SECRET = b"office" * 6


def card(piece):
    return PieceCard(
        piece=piece, sku=piece.upper(), title=f"The {piece}", category="ring", metal="gold", fineness=750, weight_mg=4_000,
        stones="", price_minor=PRICE, currency="EUR", tax_bp=2_000, epc=f"{abs(hash(piece)):024X}"[:24],
    )  # fmt: skip


PEOPLE = {"anna": Role.MANAGER, "lea": Role.ASSOCIATE, "marie": Role.MANAGER}
STAFF = FeedPage(
    rows=tuple(
        FeedRow(rev=0, scope="*", key=f"staff:{user}", body=StaffCard(user=user, name=user.title(), roles=(role,)))
        for user, role in PEOPLE.items()
    ),
    upto=0,
    more=False,
)


class Shop:
    """One box. `sees` are the pieces in front of its readers; everything sold lies on the pad unless told."""

    def __init__(self, path=None, *, store="paris", instance="m1", guards=ALL, image=None, books=None, **more):
        image = image or lay_books(path, claim_guard=guards.claim_unique)
        self.books = books or Books.open(path, store=store, instance=instance, guards=guards, image=image, **more)
        self.instance = instance
        self.desk = Desk(self.books)
        self.sees = set()
        self._count = itertools.count(1)
        self._prefix = f"{store}-{instance}"
        self.sync = Sync(self.books, boot="boot-1")
        self.down_seq = 0
        replica.take(self.books, STAFF)

    def new_id(self):
        return f"{self._prefix}-{next(self._count)}"

    def join(self, *pieces, epoch="e1", term=TERM, cloud_epoch=1, state=CustodyState.HERE, logs=(), claims=(), ce=CE):
        """What the cloud gives a box that is new."""
        attempt = Rejoining(self.books, nonce=f"n-{epoch}", instance=self.instance)
        custody = tuple(CustodyRow(piece=piece, ce=ce, state=state) for piece in pieces)
        snapshot = Snapshot(
            nonce=f"n-{epoch}",
            term=term,
            epoch=epoch,
            cloud_epoch=cloud_epoch,
            custody=custody,
            logs=logs,
            claims=claims,
            **seals(self.books.node().store, term, epoch, cloud_epoch),
        )
        attempt.load(snapshot, now_us=1_000)
        return self.feed(*pieces)

    def feed(self, *pieces):
        """The cards of these pieces, as the cloud tells every store."""
        rows = tuple(FeedRow(rev=n, scope="*", key=f"piece:{p}", body=card(p)) for n, p in enumerate(pieces, 1))
        replica.take(self.books, FeedPage(rows=rows, upto=len(rows), more=False))
        return self

    def do(self, act, *, by="anna", pad=(), now_us=2_000, approval=None):
        return self.desk.do(
            act,
            by=by,
            now_us=now_us,
            new_id=self.new_id,
            seen=self.sees.__contains__,
            pad=frozenset(pad),
            approval=approval,
        )

    def done(self, act, **more):
        answer = self.do(act, **more)
        assert isinstance(answer, Done), answer
        return answer

    def refused(self, act, **more):
        answer = self.do(act, **more)
        assert isinstance(answer, Refused), answer
        return answer.refusal

    def open_shift(self, till="till-1", shift="shift-1", currency="EUR", **more):
        act = OpenShift(shift=shift, till=till, business_day="2026-11-22", float_minor=10_000, currency=currency)
        self.done(act, **more)
        return self

    def cart(self, sale, *pieces, till="till-1"):
        self.done(OpenSale(sale=sale, till=till, currency="EUR"))
        for piece in pieces:
            self.done(AddPiece(sale=sale, piece=piece), pad=[piece])

    def pay(self, sale, *pieces):
        return self.do(RecordSale(sale=sale, tenders=cash(PRICE * len(pieces))), pad=pieces)

    def sell(self, sale, *pieces, till="till-1"):
        self.cart(sale, *pieces, till=till)
        answer = self.pay(sale, *pieces)
        assert isinstance(answer, Done), answer
        return answer

    def token(self, piece):
        return queries.token(self.books.db, piece)

    def state(self, piece):
        token = self.token(piece)
        return str(token.state) if token else "unknown"

    def obey(self, *commands, cloud_epoch=1):
        """Commands as the next ones of the down log, in one answer."""
        node = self.books.node()
        first = node.down_upto + 1
        raws = tuple(
            msgspec.Raw(encode_command(NumberedCommand(seq=seq, command=each)))
            for seq, each in enumerate(commands, first)
        )
        return self.hear(first_seq=first, commands=raws, cloud_epoch=cloud_epoch)

    def hear(self, *, standing=Standing.OK, cloud_epoch=1, epoch=None, term=None, mono_us=10_000_000, **more):
        node = self.books.node()
        down = Down(
            store=node.store,
            cloud_epoch=cloud_epoch,
            term=node.term if term is None else term,
            epoch=node.epoch if epoch is None else epoch,
            standing=standing,
            **more,
        )
        return self.sync.hear(down, mono_us=mono_us, now_us=3_000, seen=self.sees.__contains__)

    def ack(self, stream, upto, **more):
        return self.hear(acks=(Ack(stream=stream, upto=upto, **more),))

    def counter(self, stream="trade", epoch=None):
        return self.books.db.one("counter", Counter, epoch=epoch or self.books.node().epoch, stream=stream)

    def entries(self, stream="trade", epoch=None):
        from contract.entries import decode_entry

        rows = self.books.journal(epoch or self.books.node().epoch, stream, 1, 100_000)
        return [decode_entry(row.body) for row in rows]

    def facts(self, stream="trade"):
        return [fact for entry in self.entries(stream) for fact in entry.facts]

    def log_heads(self):
        """Every log of this disk as the cloud would name it."""
        counters = self.books.db.rows("counters", Counter)
        return tuple(
            LogHead(epoch=c.epoch, stream=c.stream, upto=c.seq, head=c.head.hex()) for c in counters if c.seq > 0
        )


def seals(store, term, epoch, cloud_epoch=1, seq=0):
    """What the office seals into a snapshot; with `seq`, into a decision."""
    told = told_seal(SECRET, store=store, cloud_epoch=cloud_epoch, term=term, epoch=epoch, seq=seq)
    return {"witness_key": witness_key(SECRET, store).hex(), "seal": told}


@pytest.fixture
def sealed():
    return seals


def cash(amount):
    return (Tender(kind=TenderKind.CASH, amount_minor=amount),)


@pytest.fixture
def shop():
    """In memory, three pieces, a shift open."""
    return Shop().join("ring", "brooch", "watch").open_shift()


@pytest.fixture
def new_shop():
    return Shop


@pytest.fixture
def disk(tmp_path) -> Path:
    return tmp_path / "books.sqlite3"


@pytest.fixture
def pay_cash():
    return cash
