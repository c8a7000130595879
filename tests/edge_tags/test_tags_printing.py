"""Batches of labels on a printer behind TCP: each piece ends bound to what its tag said, or refused in words."""

import asyncio
import random

import pytest

from contract.feed import PieceCard
from contract.ids import PieceId, UserId
from edge.readers.base import MisconfiguredError, UnreachableError
from edge.tags import printer as printing_printer
from edge.tags.commission import Bound, Denied, Kept
from edge.tags.printer import IDLES, Printer
from edge.tags.printing import TRIES, Batch, Stand
from edge.tags.zpl import load_template
from simulator.printer import Printer as Fake
from simulator.printer import PrinterServer

PIECES = [PieceId(f"p{n}") for n in range(1, 13)]


class Books:
    """What a store's books do for labels: serial numbers that only rise, and each piece one tag."""

    def __init__(self, *, refuse=()):
        self.bound = {}
        self.drawn = []
        self.refuse = set(refuse)
        self.deny_binding = set()

    async def draw(self, piece):
        if piece in self.refuse:
            return Denied(why=f"{piece} is sold")
        epc = bytes.fromhex("F0A1") + bytes(6) + len(self.drawn).to_bytes(4)
        self.drawn.append(epc)
        return Kept(epc=epc)

    async def card(self, piece):
        return PieceCard(
            piece=piece, sku=f"R-{piece}", title="Ring", category="ring", metal="gold", fineness=750, weight_mg=3200,
            stones="", price_minor=1, currency="EUR", tax_bp=2000, epc="",
        )  # fmt: skip

    async def bind(self, asked, by):
        if asked.piece in self.deny_binding:
            return Denied(why="it was sold meanwhile")
        assert asked.read_back == asked.epc
        self.bound[asked.piece] = (asked.epc, asked.tid)
        return Bound()


def play(story, fake=None):
    async def whole():
        server = PrinterServer(fake or Fake(random.Random(1)))
        await server.start()
        try:
            await story(server)
        finally:
            await server.stop()
            await asyncio.sleep(0.05)

    asyncio.run(whole())


async def printed(server, books, pieces=PIECES, label="rat-tail", within_s=30.0):
    batch = Batch(pieces, load_template(label), UserId("ana"))
    told = []
    async with Printer("127.0.0.1", server.port, label_within_s=within_s) as printer:
        await batch.run(printer, books, lambda: told.append(1))
    assert batch.over
    assert told
    assert all(line.stand in (Stand.BOUND, Stand.REFUSED) for line in batch.lines.values())
    return batch


def honest(server, books):
    """Every binding is on one label that came out, is not void, and carries just that."""
    out = {label.epc: label for label in server.printer.out if not label.void}
    assert len({epc for epc, _ in books.bound.values()}) == len(books.bound)
    for epc, tid in books.bound.values():
        assert (out[epc].epc, out[epc].tid) == (epc, tid)


def test_a_batch_ends_with_every_piece_bound_to_what_its_tag_said():
    async def story(server):
        books = Books()
        batch = await printed(server, books)
        assert set(books.bound) == set(PIECES)
        assert [line.stand for line in batch.lines.values()] == [Stand.BOUND] * 12
        assert len(server.printer.out) == 12
        honest(server, books)

    play(story)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_tags_that_fail_are_void_and_tried_again_under_another_epc(seed):
    async def story(server):
        books = Books()
        batch = await printed(server, books)
        voids = [label for label in server.printer.out if label.void]
        assert voids
        assert sum(line.voids for line in batch.lines.values()) == len(voids)
        assert len(set(books.drawn)) == len(books.drawn) == len(server.printer.out)
        honest(server, books)

    play(story, Fake(random.Random(seed), bad=0.2))


def test_a_roll_of_which_every_tag_fails_is_not_printed_to_its_end():
    async def story(server):
        books = Books()
        batch = await printed(server, books)
        assert books.bound == {}
        assert len(server.printer.out) == TRIES
        assert "calibrate the printer" in batch.why
        assert "throw it away" in batch.lines[PIECES[0]].why
        assert batch.lines[PIECES[1]].why.startswith("Not printed")

    play(story, Fake(random.Random(1), bad=1.0))


def test_a_tag_that_says_another_epc_than_was_written_is_nobodys():
    async def story(server):
        server.printer.lies = 1
        books = Books()
        batch = await printed(server, books, PIECES[:3])
        assert batch.lines[PIECES[0]].voids == 1
        assert len(books.bound) == 3
        honest(server, books)

    play(story)


def test_a_tag_that_was_written_and_did_not_say_so_is_nobodys():
    async def story(server):
        server.printer.deaf = 1
        books = Books()
        batch = await printed(server, books, PIECES[:2])
        unheard = server.printer.out[0].epc
        assert unheard not in {epc for epc, _ in books.bound.values()}
        assert batch.lines[PIECES[0]].voids == 1
        honest(server, books)

    play(story)


@pytest.mark.parametrize("asks", [1, IDLES])
def test_a_printer_that_is_slow_to_tell_is_waited_for_and_no_label_is_wasted(asks):
    async def story(server):
        server.printer.busy = asks
        books = Books()
        await printed(server, books, PIECES[:3])
        assert set(books.bound) == set(PIECES[:3])
        assert len(server.printer.out) == 3
        honest(server, books)

    play(story)


def test_control_by_the_first_idle_a_good_label_would_be_thrown_away(monkeypatch):
    async def story(server):
        server.printer.busy = IDLES
        batch = await printed(server, Books(), PIECES[:1])
        assert batch.lines[PIECES[0]].voids > 0
        assert not server.printer.out[0].void

    monkeypatch.setattr(printing_printer, "IDLES", 1)
    play(story)


def test_a_roll_that_ends_in_the_middle_is_said_and_the_rest_is_not_bound():
    async def story(server):
        books = Books()
        batch = await printed(server, books)
        assert len(books.bound) == 5
        assert "out of tags: put in a new roll" in batch.why
        assert batch.lines[PIECES[6]].why.startswith("Not printed: The printer is out of tags")
        honest(server, books)
        await asyncio.sleep(0.1)
        server.printer.labels = 100
        server.printer.go_on()
        assert len(server.printer.out) == 5, "what nobody waits for any more does not come out of the new roll"

    play(story, Fake(random.Random(1), labels=5))


@pytest.mark.parametrize(
    ("name", "told"), [("head_open", "head open: close it"), ("ribbon_out", "out of ribbon"), ("paused", "pause key")]
)
def test_a_printer_that_cannot_print_is_not_sent_anything(name, told):
    async def story(server):
        setattr(server.printer, name, True)
        books = Books()
        batch = await printed(server, books)
        assert told in batch.why
        assert (server.printer.out, books.drawn) == ([], [])

    play(story)


def test_a_printer_that_is_open_and_says_nothing_of_it_is_not_waited_for():
    async def story(server):
        server.printer.head_open = server.printer.mute = True
        batch = await printed(server, Books())
        assert "its head is open" in batch.why

    play(story)


def test_a_printer_that_goes_away_in_the_middle_leaves_nothing_bound_that_was_not_heard():
    async def story(server):
        books = Books()
        bind = books.bind

        async def bind_and_cut(asked, by):
            if len(books.bound) == 3:
                server.hang_up()
            return await bind(asked, by)

        books.bind = bind_and_cut
        batch = await printed(server, books)
        assert len(books.bound) in (4, 5)
        assert "printer" in batch.why
        honest(server, books)

    play(story)


def test_a_printer_that_takes_a_label_and_never_ends_it_is_given_up():
    async def story(server):
        books = Books()
        draw = books.draw

        async def draw_and_silence(piece):
            server.silent = len(books.drawn) == 2
            return await draw(piece)

        books.draw = draw_and_silence
        batch = await printed(server, books, within_s=1.5)
        assert len(books.bound) == 2
        assert batch.why

    play(story)


def test_a_piece_that_may_get_no_tag_costs_no_label():
    async def story(server):
        books = Books(refuse=[PIECES[1]])
        batch = await printed(server, books, PIECES[:3])
        assert batch.lines[PIECES[1]].why == "p2 is sold"
        assert len(server.printer.out) == 2

    play(story)


def test_a_label_whose_binding_is_refused_is_to_be_thrown_away():
    async def story(server):
        books = Books()
        books.deny_binding = {PIECES[0]}
        batch = await printed(server, books, PIECES[:2])
        assert batch.lines[PIECES[0]].why == "Its label is printed and not bound, throw it away: it was sold meanwhile"
        assert batch.lines[PIECES[1]].stand is Stand.BOUND

    play(story)


def test_nobody_at_the_address_is_said_with_its_mend():
    async def story():
        with pytest.raises(UnreachableError, match="look whether it is switched on"):
            async with Printer("127.0.0.1", 1):
                pass

    asyncio.run(story())


def test_a_port_that_is_no_printers_is_said():
    async def story():
        async def greet(reader, writer):
            await reader.read(10)
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 200)
            await writer.drain()
            await reader.read()
            writer.close()

        server = await asyncio.start_server(greet, "127.0.0.1", 0)
        async with Printer("127.0.0.1", server.sockets[0].getsockname()[1]) as printer:
            with pytest.raises(MisconfiguredError, match="no label printer"):
                await printer.ready()
        server.close()
        await asyncio.sleep(0.05)

    asyncio.run(story())


def test_a_roll_whose_tags_have_no_number_of_their_own_binds_nothing_and_is_said():
    fake = Fake(random.Random(1))
    fake.serialised = False

    async def story(server):
        books = Books()
        batch = await printed(server, books)
        assert "serialised TIDs" in batch.why
        assert not books.bound
        assert len(fake.out) == 1

    play(story, fake)
