"""Writes the corpus of a released version, with that version's own code. From the root of a checkout of it:

    git worktree add ../released COMMIT
    cd ../released && PYTHONPATH=. python …/tests/versions/record.py …/tests/versions/YYYY-MM-DD

`facts.jsonl` has every kind of fact as entries; `life.json` everything a box and its office said to each other, and the
office's books after it; `schemas.json` what that version can read; `books.sqlite3.gz` the box's file, with rows the
office has not heard. Made once, never again: a corpus that is made anew with newer code proves nothing.
"""

import gzip
import json
import shutil
import sys
import tempfile
from pathlib import Path

import msgspec

sys.path.insert(1, str(Path(__file__).parent))

from house import BEGAN_US, PRICE, STORE, HeadOffice, books
from samples import samples

from contract import facts, schemas
from contract.entries import Entry, encode_entry, keys_of
from contract.facts import Tender, TenderKind
from contract.messages import encode
from edge.books import replica
from edge.books.db import SCHEMA_VERSION
from edge.books.journal import Books
from edge.sync.rejoin import Rejoining
from edge.sync.uplink import Sync
from edge.till.desk import Desk, Done
from trade import acts

WHAT_AN_EDGE_READS = ("command", "down", "feed_page", "journal_rows", "refusal", "snapshot")
FOR_PEOPLE = {"description", "title", "$id", "$schema"}
AGREED = (
    "case_file", "claim", "custody", "hold", "inbox", "node", "sale", "sale_line", "shift", "stock_count", "transfer_piece",
    "web_order",
)  # fmt: skip
"""Tables of the office that a later version must fill alike."""


class Box:
    """A box of that version, and the line on which everything is written down."""

    def __init__(self, folder, office):
        self.office, self.steps, self.ids, self.clock_us = office, [], 0, BEGAN_US
        self.folder, self.joins = folder, 0
        self.begin("first.sqlite3")

    def begin(self, disk):
        """On this disk, which may be new."""
        self.books = Books.open(self.folder / disk, store=STORE, instance="m1")
        self.desk, self.sync = Desk(self.books), Sync(self.books, boot=f"boot-{self.joins}")

    def new_id(self):
        self.ids += 1
        return f"id-{self.ids}"

    def now_us(self):
        self.clock_us += 1_000_000
        return self.clock_us

    def person(self, act, *words):
        self.steps.append({"act": act, "words": words})
        getattr(self.office, act)(*words)

    def join(self):
        self.joins += 1
        attempt = Rejoining(self.books, nonce=f"nonce-{self.joins}", instance="m1")
        for rows in attempt.handover():
            self.steps.append({"journal": encode(rows).decode()})
            self.office.journal(rows)
            attempt.handed(rows)
        asked, epoch = attempt.message(), f"epoch-{self.joins}"
        answer = self.office.rejoin(asked, epoch)
        self.steps.append({"rejoin": encode(asked).decode(), "epoch": epoch})
        self.fetch(attempt, answer)
        attempt.load(answer, now_us=self.now_us())
        self.feed()

    def fetch(self, attempt, answer):
        """What a new disk lacks of its store's logs."""
        from cloud.logs import Name, page

        for want in attempt.wanted(answer):
            with self.office.office.reading() as tx:
                attempt.take(page(tx, Name(STORE, want.epoch, want.stream), want.first_seq))

    def feed(self):
        since = self.books.node().feed_rev
        self.steps.append({"feed": since})
        replica.take(self.books, self.office.feed(since))

    def talk(self):
        """Until nobody has anything to say."""
        for _ in range(10):
            ups = self.sync.messages(self.now_us())
            if not ups:
                return
            for up in ups:
                body = encode(up)
                self.steps.append({"up": body.decode()})
                for down in self.office.up(body):
                    self.sync.hear(down, mono_us=self.now_us(), now_us=self.now_us(), seen=lambda _piece: True)

    def do(self, act, *pad):
        done = self.desk.do(
            act, by="ana", now_us=self.now_us(), new_id=self.new_id, seen=lambda _piece: True, pad=frozenset(pad)
        )
        assert isinstance(done, Done), done

    def sell(self, sale, *pieces):
        self.do(acts.OpenSale(sale=sale, till="till-1", currency="EUR"))
        for piece in pieces:
            self.do(acts.AddPiece(sale=sale, piece=piece), piece)
        cash = Tender(kind=TenderKind.CASH, amount_minor=PRICE * len(pieces))
        self.do(acts.RecordSale(sale=sale, tenders=(cash,)), *pieces)

    def shift(self, name):
        self.do(
            acts.OpenShift(shift=name, till="till-1", business_day="2026-11-22", float_minor=10_000, currency="EUR")
        )

    def see(self, *seen):
        with self.books.transaction() as tx:
            tx.write(at_us=self.now_us(), by="house", why="tick", facts=seen)


def life(folder):
    """Join, sell, return, ship, count, a web order, a rejoin with rows nobody had heard, a new disk, and the Z."""
    office = HeadOffice()
    box = Box(folder, office)
    box.person("open")
    box.join()
    box.shift("shift-1")
    box.talk()
    box.sell("sale-1", "ring", "brooch")
    box.talk()
    box.do(
        acts.ReturnPieces(
            sale="sale-1", pieces=("brooch",), till="till-1", reason="too small",
            tenders=(Tender(kind=TenderKind.CASH, amount_minor=PRICE),),
        ),
        "brooch",
    )  # fmt: skip
    box.person("count", "count-1")
    box.see(
        facts.PiecePresence(piece="watch", state=facts.PresenceState.PRESENT, zone="safe-1", why="read"),
        facts.CountStarted(count="count-1", place=facts.CountPlace.SAFE, zones=("safe-1",), expected=1),
    )
    box.talk()
    box.person("order", "order-1", "watch")
    box.talk()
    box.person("carry_on")
    box.talk()
    box.person("carry_on")
    box.talk()
    box.do(acts.Ship(transfer="transfer-1", to="milan", pieces=("chain",)))
    box.do(acts.OpenSale(sale="sale-2", till="till-1", currency="EUR"))
    box.do(acts.AddPiece(sale="sale-2", piece="cuff"), "cuff")
    box.talk()
    box.do(acts.HoldPiece(claim="tray-1", piece="pearl", kind=facts.ClaimKind.LAYAWAY, ref="layaway-1"))
    box.talk()
    box.sell("sale-3", "brooch")  # nobody has heard of it when the power goes
    box.books.db._db.execute("VACUUM INTO ?", (str(folder / "kept.sqlite3"),))
    with box.books.transaction() as tx:
        tx.must_rejoin("the power went")
    box.begin("first.sqlite3")
    box.join()
    box.talk()
    box.begin("second.sqlite3")
    box.join()
    box.talk()
    box.sell("sale-4", "cuff")
    box.do(acts.CloseShift(till="till-1", cash_counted_minor=10_000 + PRICE * 3))
    box.talk()
    return office, box.steps


def entries():
    """One entry of each example of each fact, as a store's log would have it."""
    for kind in facts.AnyFact.__args__:
        for fact in samples(kind):
            stream = facts.stream_of(fact)
            entry = Entry(
                stream=stream, seq=1, at_us=BEGAN_US, by="ana", why="test", facts=(fact,), keys=keys_of((fact,))
            )
            yield encode_entry(entry)


def columns(office):
    from cloud.tables import metadata

    return {name: [f'"{column.name}"' for column in metadata.tables[name].columns] for name in AGREED}


def main(out):
    out.mkdir(parents=True, exist_ok=True)
    (out / "facts.jsonl").write_bytes(b"".join(body + b"\n" for body in entries()))
    with tempfile.TemporaryDirectory() as folder:
        office, steps = life(Path(folder))
        tables = columns(office)
        kept = {"steps": steps, "columns": tables, "books": books(office, tables), "edge_schema": SCHEMA_VERSION}
        with (
            (Path(folder) / "kept.sqlite3").open("rb") as source,
            gzip.GzipFile(out / "books.sqlite3.gz", "wb", mtime=0) as sink,
        ):
            shutil.copyfileobj(source, sink)
    (out / "life.json").write_bytes(msgspec.json.encode(kept) + b"\n")
    read = {name: json.loads(schemas.generate()[f"{name}.json"]) for name in WHAT_AN_EDGE_READS}
    (out / "schemas.json").write_text(json.dumps(_bare(read), separators=(",", ":"), sort_keys=True) + "\n")


def _bare(node):
    """Without what is for people."""
    if isinstance(node, dict):
        words = {key for key in FOR_PEOPLE & node.keys() if isinstance(node[key], str)}
        return {key: _bare(below) for key, below in node.items() if key not in words}
    return [_bare(each) for each in node] if isinstance(node, list) else node


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
