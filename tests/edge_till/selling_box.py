"""A box that sells one piece after another and prints each sale that is recorded, until it is killed.

Arguments: the repository, the file of the books, the first piece's number, and SQLite's `synchronous` (2 is FULL).
"""

import itertools
import sys
from pathlib import Path

sys.path.insert(0, sys.argv[1])
from contract.commands import CustodyState
from contract.facts import Tender, TenderKind
from contract.feed import FeedPage, FeedRow, PieceCard, Role, StaffCard
from contract.messages import CustodyRow, Snapshot
from edge.books import replica
from edge.books.db import Database
from edge.books.journal import Books
from edge.sync.rejoin import Rejoining
from edge.till.desk import Desk, Done
from trade.acts import AddPiece, OpenSale, OpenShift, RecordSale

if len(sys.argv) > 4:
    Database.SYNCHRONOUS = int(sys.argv[4])
books = Books.open(Path(sys.argv[2]), store="paris", instance="m1")
first = int(sys.argv[3])
pieces = [f"p{n}" for n in range(20_000)]
if not books.serving:
    attempt = Rejoining(books, nonce="n", instance="m1")
    custody = tuple(CustodyRow(piece=p, ce=1, state=CustodyState.HERE) for p in pieces)
    attempt.load(Snapshot(nonce="n", term=1, epoch="e1", cloud_epoch=1, custody=custody), now_us=1)
    rows = tuple(
        FeedRow(
            rev=n,
            scope="*",
            key=p,
            body=PieceCard(
                piece=p,
                sku=p,
                title=p,
                category="r",
                metal="gold",
                fineness=750,
                weight_mg=1,
                stones="",
                price_minor=100,
                currency="EUR",
                tax_bp=0,
                epc="",
            ),
        )
        for n, p in enumerate(pieces, 1)
    )
    staff = StaffCard(user="anna", name="Anna", roles=(Role.ASSOCIATE,))
    rows = (*rows, FeedRow(rev=len(rows) + 1, scope="*", key="staff:anna", body=staff))
    replica.take(books, FeedPage(rows=rows, upto=len(rows), more=False))
desk, ids = Desk(books), itertools.count(first * 10)


def say(what):
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


def do(act, pad=()):
    return desk.do(act, by="anna", now_us=1, new_id=lambda: f"i{next(ids)}", seen=lambda p: False, pad=frozenset(pad))


do(OpenShift(shift="shift", till="till", business_day="2026-11-29", float_minor=0, currency="EUR"))
say("ready")
for n in range(first, 20_000):
    do(OpenSale(sale=f"s{n}", till="till", currency="EUR"))
    do(AddPiece(sale=f"s{n}", piece=f"p{n}"), [f"p{n}"])
    answer = do(RecordSale(sale=f"s{n}", tenders=(Tender(kind=TenderKind.CASH, amount_minor=100),)), [f"p{n}"])
    assert isinstance(answer, Done), answer
    say(n)
