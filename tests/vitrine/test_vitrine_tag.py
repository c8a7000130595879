"""`vitrine tag` against a real box and the simulated pad; and the key that a person keeps a copy of."""

import asyncio
import random
import subprocess
import sys
import threading
import time

import httpx
import numpy as np
import pytest

from contract.feed import FeedPage, FeedRow, PieceCard, Role, StaffCard
from contract.ids import PieceId, UserId
from edge import own_books
from edge.books import replica
from edge.config import load_config
from edge.tags.key import read_key
from simulator.llrp.device import Device
from simulator.llrp.server import LlrpServer
from simulator.radio import Radio
from simulator.stock import make_stock
from simulator.store import load_layout
from simulator.tags import Tags
from simulator.world import Away, World
from trade.custody import Token, TokenState
from vitrine.ports import choose

PIN = "4711"
PATIENCE_S, LOOK_S = 60.0, 0.01
PIECES = 16


def now_us():
    return time.time_ns() // 1000


class Desk:
    """The simulated boutique's pad reader in a thread of its own; tags are laid on it one by one."""

    def __init__(self):
        layout = load_layout("boutique")
        kinds = {zone.id: zone.kind for zone in layout.zones}
        stock = make_stock(seed=7, store_number=1, n=20, shelves=layout.shelves(), currency="EUR", tax_bp=2000)
        reader, self.antenna = next((r, a) for r in layout.readers for a in r.antennas if kinds[a.zone] == "pad")
        self.world, self.store = World([(layout, stock)]), layout.store
        self.tags = Tags(self.world)
        radio = Radio(self.world, layout.store, 7, now_us())
        radio.detectability[:] = 0.95
        self.pieces = [piece.card.piece for piece in stock]
        self.world.move(now_us(), "away", self.store, pieces=self.pieces, to=Away.HAND)
        self.server = LlrpServer(Device(reader, "r", radio, self.tags, np.random.default_rng(5)), now_us)
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        asyncio.run_coroutine_threadsafe(self.server.start("127.0.0.1", 0), self.loop).result(10)

    def lay(self, *rows):
        async def move():
            self.world.move(now_us(), "away", self.store, pieces=self.pieces, to=Away.HAND)
            laid = [self.pieces[row] for row in rows]
            if laid:
                self.world.move(now_us(), "lay", self.store, pieces=laid, to=f"{self.store}/{self.antenna.zone}")

        asyncio.run_coroutine_threadsafe(move(), self.loop).result(10)

    def stop(self):
        async def end():
            await self.server.stop()
            await asyncio.sleep(0.1)  # the transports it closed get a moment to end

        asyncio.run_coroutine_threadsafe(end(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(60)
        self.loop.close()


@pytest.fixture
def desk():
    made = Desk()
    yield made
    made.stop()


def a_config(folder, reader_port=1, pad=1, pieces=("p1", "p2")):
    (http,) = choose([0])
    path = folder / "edge.toml"
    path.write_text(
        f'store = "paris"\nname = "Paris"\ncurrency = "EUR"\ndata_dir = "{folder / "data"}"\nhttp_port = {http}\n'
        '[[zones]]\nid = "pad"\nname = "Pad"\nkind = "pad"\n'
        f'[[readers]]\nid = "r"\nurl = "llrp://127.0.0.1:{reader_port}"\nprofile = "generic-llrp"\n'
        f'antennas = {{ "{pad}" = "pad" }}\n[tags]\nscheme = "own"\nprefix = "F0A1"\n'
    )
    config = load_config(path)
    books = own_books.open_books(config, own_books.instance_of(config))
    cards = [
        PieceCard(piece=PieceId(name), sku=name, title=f"Ring {name}", category="ring", metal="gold", fineness=750,
                  weight_mg=1, stones="", price_minor=1, currency="EUR", tax_bp=0, epc="") for name in pieces
    ]  # fmt: skip
    bodies = [*cards, StaffCard(user=UserId("max"), name="Max", roles=(Role.MANAGER,))]
    keys = (*(f"piece:{name}" for name in pieces), "staff:max")
    rows = tuple(FeedRow(rev=n, scope="*", key=k, body=b) for n, (k, b) in enumerate(zip(keys, bodies, strict=True), 1))
    replica.take(books, FeedPage(rows=rows, upto=len(rows), more=False))
    with books.transaction() as tx:
        for card in cards:
            tx.db.run_struct("token_set", Token(piece=card.piece, ce=1, state=TokenState.HERE))
    books.close()
    own_books.set_pin(config, UserId("max"), PIN)
    return path, config


def vitrine(*words):
    return [sys.executable, "-m", "vitrine", *map(str, words)]


def say(*words, text=""):
    return subprocess.run(vitrine(*words), input=text, capture_output=True, text=True, timeout=60, check=False)


def once_up(*words, text):
    """The box takes a moment to open its door."""
    for _ in range(30):
        ended = say(*words, text=text)
        if "does not answer" not in ended.stderr:
            return ended
    raise AssertionError(ended.stderr)


@pytest.fixture
def box(tmp_path, desk):
    path, config = a_config(tmp_path, desk.server.port, desk.antenna.port)
    log = (tmp_path / "edge.log").open("w")
    running = subprocess.Popen(vitrine("edge", "-c", path), stdout=log, stderr=log)
    yield path, config
    running.terminate()
    running.wait(60)
    log.close()


def test_tags_for_every_piece_without_one_are_written_one_after_the_other(box, desk):
    path, config = box
    desk.lay(0)
    assert "name and PIN" in once_up("tag", "write", "-c", path, "--user", "nobody", "p1", text="0000\n").stderr
    asked = vitrine("tag", "write", "-c", path, "--user", "max", "--all-untagged", "p2")
    told = []
    with subprocess.Popen(asked, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as job:
        job.stdin.write(f"{PIN}\n")
        job.stdin.flush()
        for line in job.stdout:
            told.append(line.strip())
            if "Take the tag away" in line:
                desk.lay(1)
    assert job.returncode == 0, told
    assert told[-1] == "2 of 2 bound."
    key = read_key(config.data_dir)
    assert key.hex() not in "".join(told)
    books = own_books.open_books(config, own_books.instance_of(config))
    for piece, row in (("p2", 0), ("p1", 1)):
        tag = desk.tags.tag(row)
        card = replica.piece(books.db, PieceId(piece))
        assert (card.epc, card.tid) == (tag.epc.hex().upper(), tag.tid.hex().upper())
    books.close()


def test_a_refusal_is_told_in_words_and_by_the_exit_code(box, desk):
    path, _ = box
    desk.lay(0, 1)
    ended = once_up("tag", "write", "-c", path, "--user", "max", "p1", text=f"{PIN}\n")
    assert ended.returncode == 2
    assert "2 tags answer on the pad" in ended.stdout


def test_a_box_that_is_not_there_is_one_sentence(tmp_path):
    path, _ = a_config(tmp_path)
    ended = say("tag", "write", "-c", path, "--user", "max", "p1", text=f"{PIN}\n")
    assert ended.returncode == 2
    assert "does not answer at http://127.0.0.1" in ended.stderr


def test_a_copy_of_the_key_is_shown_only_when_asked_for_and_put_back_only_where_there_is_none(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    new.mkdir()
    path, config = a_config(old)
    assert "made when the first tag is written" in say("tag", "key", "-c", path).stderr
    given = "ab" * 32
    assert say("tag", "key", "-c", path, "--take", text=f"{given}\n").returncode == 0
    assert read_key(config.data_dir).hex() == given
    assert given not in say("tag", "key", "-c", path).stdout
    shown = say("tag", "key", "-c", path, "--show").stdout.split()[-1]
    assert shown == given
    assert "not replaced" in say("tag", "key", "-c", path, "--take", text=f"{'cd' * 32}\n").stderr
    other, _ = a_config(new)
    assert "hex digits" in say("tag", "key", "-c", other, "--take", text="no key\n").stderr


# --- kill -9 ------------------------------------------------------------------------------------------------------


class KilledBox:
    """The box as a process that dies without a word, on files that stay; the reader and its tags live on."""

    def __init__(self, folder, desk, pieces):
        self.desk = desk
        self.path, self.config = a_config(folder, desk.server.port, desk.antenna.port, pieces)
        self.url = f"http://127.0.0.1:{self.config.http_port}/api/v1"
        self.log = (folder / "edge.log").open("w")
        self.start()

    def start(self):
        self.process = subprocess.Popen(vitrine("edge", "-c", self.path), stdout=self.log, stderr=self.log)
        self.api = httpx.Client(base_url=self.url, timeout=20)
        until(self._signed_in, "the box answers")
        until(lambda: self.api.get("/tags").json()["pads"][0]["reading"], "the pad's reader reads")

    def _signed_in(self):
        assert self.process.poll() is None
        try:
            answer = self.api.post("/login", json={"user": "max", "pin": PIN})
        except httpx.TransportError:
            return False
        self.api.headers["authorization"] = f"Bearer {answer.json()['token']}"
        return True

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.api.close()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)
        self.api.close()
        self.log.close()

    def begin(self, piece):
        return self.api.post("/tags", json={"piece": piece}).raise_for_status().json()["job"]

    def done(self, job):
        view = self.api.get(f"/tags/{job}").json()
        assert view["state"] != "refused", view["sentence"]
        return view["state"] == "done"

    def works(self, piece, after):
        """Begins a tag of the piece and gives back once this many works were done on what lies there.

        Begun again, as a person would, where it was refused before anything was done.
        """
        before, job, refused = self.desk.tags.changes, self.begin(piece), set()

        def at_it():
            nonlocal job
            done = self.desk.tags.changes - before
            if done < after and (view := self.api.get(f"/tags/{job}").json())["state"] == "refused":
                assert done == 0, f"after {done} works: {view['sentence']}"
                refused.add(view["sentence"])
                job = self.begin(piece)
            return done >= after

        until(at_it, lambda: f"{after} works on a tag, refused with {refused}")

    def write(self, piece):
        job = self.begin(piece)
        until(lambda: self.done(job), f"a tag is bound to {piece}")

    def bound(self, pieces):
        """Piece → (EPC, TID) by the books of a box that is down."""
        books = own_books.open_books(self.config, own_books.instance_of(self.config))
        cards = {piece: replica.piece(books.db, PieceId(piece)) for piece in pieces}
        books.close()
        return {piece: (card.epc, card.tid) for piece, card in cards.items() if card.epc}


def until(seen, what):
    for _ in range(int(PATIENCE_S / LOOK_S)):
        if seen():
            return
        time.sleep(LOOK_S)
    raise AssertionError(f"not seen: {what() if callable(what) else what}")


def holds(tag):
    return tag.epc.hex().upper(), tag.tid.hex().upper()


def killed_while_it_writes(tmp_path, desk, chance, kills):
    """A box writes tags and is killed after so many works on each; `kills` makes them of all the works there are.

    Every other time the tag is gone when the box is back, and another is laid there.
    """
    box = KilledBox(tmp_path, desk, [f"p{n}" for n in range(PIECES)])
    rows, truth = iter(range(len(desk.pieces))), {}
    try:
        desk.lay(row := next(rows))
        box.write("p0")
        truth["p0"], works = row, desk.tags.changes
        for number, after in enumerate(kills(works), start=1):
            piece = f"p{number}"
            desk.lay(row := next(rows))
            box.works(piece, after)
            if after == works:
                time.sleep(chance.uniform(0.0, 0.2))  # the books are asked to bind it about now
            box.kill()
            bound = box.bound([*truth, piece])
            assert bound.get(piece) in {None, holds(desk.tags.tag(row))}, "bound to what it holds, or not at all"
            box.start()
            if piece not in bound and number % 2:
                desk.lay(row := next(rows))
            if piece not in bound:
                box.write(piece)
            truth[piece] = row
        box.kill()
        assert box.bound(truth) == {piece: holds(desk.tags.tag(row)) for piece, row in truth.items()}
        assert len({epc for epc, _ in box.bound(truth).values()}) == len(truth), "no EPC twice"
    finally:
        box.stop()


def test_a_box_killed_between_two_writes_and_one_killed_at_the_end_bind_no_tag_to_what_it_does_not_hold(tmp_path, desk):
    killed_while_it_writes(tmp_path, desk, random.Random(5), lambda works: (works // 2, works))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3))
def test_boxes_are_killed_after_each_work_on_a_tag(tmp_path, desk, seed):
    killed_while_it_writes(tmp_path, desk, random.Random(seed), lambda works: [*range(1, works + 1)] * 2)
