"""Labels through the whole box: its API, its books, a printer on TCP; the journal says what the tags said."""

import asyncio
import random
import signal
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import msgspec
import pytest
import uvicorn

from contract.entries import decode_entry
from contract.facts import Stream, TagBound
from contract.feed import FeedPage, FeedRow, PieceCard, Role, StaffCard
from contract.ids import Epoch, PieceId, StoreId, UserId, ZoneId
from edge import app as edge_app
from edge import own_books
from edge.books import replica
from edge.commissioning import StoreBooks, bind
from edge.config import ConfigError, EdgeConfig, PrinterConfig, TagScheme, TagsConfig, ZoneConfig, ZoneKind, load_config
from edge.own_books import ALONE
from edge.tags.commission import Bind, Bound
from simulator.printer import Printer, PrinterServer
from trade.custody import Token, TokenState

ROOT = Path(__file__).resolve().parents[2]
PIECES = [PieceId(f"p{n}") for n in range(1, 9)]


def card(piece):
    return PieceCard(
        piece=piece, sku="R-1", title="Ring ^XZ ~JA", category="ring", metal="gold", fineness=750, weight_mg=3200,
        stones="", price_minor=120_000, currency="EUR", tax_bp=2000, epc="",
    )  # fmt: skip


def a_box(tmp_path, port):
    config = EdgeConfig(
        store=StoreId("paris"), name="Paris", currency="EUR", data_dir=tmp_path,
        tags=TagsConfig(scheme=TagScheme.SGTIN_96, company="0614141", item="812345", number=1),
        printers=(PrinterConfig(id="back", host="127.0.0.1", port=port),),
        zones=(ZoneConfig(id=ZoneId("case"), name="Case", kind=ZoneKind.CASE),),
    )  # fmt: skip
    box = edge_app.create(config)
    with box.store.books.transaction() as tx:
        for piece in PIECES:
            tx.db.run_struct("token_set", Token(piece=piece, ce=1, state=TokenState.HERE))
    staff = StaffCard(user=UserId("ana"), name="Ana", roles=(Role.ASSOCIATE,))
    rows = [
        FeedRow(rev=n, scope="*", key=f"piece:{piece}", body=card(piece)) for n, piece in enumerate(PIECES, start=1)
    ]
    rows.append(FeedRow(rev=90, scope="*", key="staff:ana", body=staff))
    box.store.take_feed(FeedPage(rows=tuple(rows), upto=90, more=False))
    box.store.reload()
    own_books.set_pin(config, UserId("ana"), "4711")
    return box


def bound(box):
    rows = [row for stream in Stream for row in box.store.books.journal(Epoch(ALONE), stream, 1, 10_000)]
    facts = [fact for row in rows for fact in decode_entry(row.body).facts]
    return {fact.piece: fact for fact in facts if isinstance(fact, TagBound)}


def play(tmp_path, printer, story):
    async def whole():
        server = PrinterServer(printer)
        await server.start()
        box = a_box(tmp_path, server.port)
        transport = httpx.ASGITransport(app=box.api)
        async with httpx.AsyncClient(transport=transport, base_url="http://box") as client:
            token = (await client.post("/api/v1/login", json={"user": "ana", "pin": "4711"})).json()["token"]
            client.headers["authorization"] = f"Bearer {token}"
            client.cookies.clear()
            await story(box, client, server)
        await box.shop.press.close()
        await server.stop()
        box.store.books.close()
        await asyncio.sleep(0.05)

    asyncio.run(whole())


async def ended(client, name):
    async with asyncio.timeout(30):
        while True:
            batch = (await client.get(f"/api/v1/labels/{name}")).json()
            if batch["over"]:
                return batch
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_printed_batch_ends_in_the_journal_as_the_tags_said(tmp_path, seed):
    async def story(box, client, server):
        begun = await client.post("/api/v1/labels", json={"pieces": PIECES, "name": "b1"})
        assert begun.status_code == 201, begun.text
        again = await client.post("/api/v1/labels", json={"pieces": PIECES, "name": "b1"})
        assert again.json()["batch"] == "b1"
        batch = await ended(client, "b1")
        facts = bound(box)
        out = {label.epc.hex().upper(): label for label in server.printer.out if not label.void}
        stands = {line["piece"]: line["stand"] for line in batch["labels"]}
        assert set(facts) == {piece for piece, stand in stands.items() if stand == "bound"}
        assert set(facts)
        for piece, fact in facts.items():
            assert (out[fact.epc].epc.hex().upper(), out[fact.epc].tid.hex().upper()) == (fact.epc, fact.tid)
            assert replica.piece(box.store.books.db, piece).epc == fact.epc
        assert "Ring ^XZ ~JA" in next(iter(out.values())).texts
        assert next(iter(out.values())).codes[0].startswith("QA,https://id.gs1.org/01/80614141123458/21/")
        voids = [label for label in server.printer.out if label.void]
        assert box.shop.press.tally.voids_total == len(voids)

    play(tmp_path, Printer(random.Random(seed), bad=0.2), story)


def test_a_label_replaces_no_tag_that_its_piece_got_on_the_pad_meanwhile(tmp_path):
    async def story(box, client, server):
        del server
        await client.post("/api/v1/labels", json={"pieces": PIECES, "name": "b1"})
        epc, tid = bytes(range(12)), bytes.fromhex("E28011606000000000000009")
        on_the_pad = Bind(piece=PIECES[-1], tid=tid, epc=epc, read_back=epc)
        assert bind(box.store, on_the_pad, UserId("ana")) == Bound()
        last = (await ended(client, "b1"))["labels"][-1]
        assert (last["stand"], "meanwhile" in last["why"]) == ("refused", True), last
        assert replica.piece(box.store.books.db, PIECES[-1]).epc == epc.hex().upper()

    play(tmp_path, Printer(random.Random(3)), story)


def test_a_new_tag_for_a_piece_that_has_one_is_a_managers(tmp_path):
    async def story(box, client, server):
        await client.post("/api/v1/labels", json={"pieces": PIECES[:1], "name": "b1"})
        await ended(client, "b1")
        assert (await client.post("/api/v1/labels", json={"pieces": PIECES[:2]})).status_code == 403

    play(tmp_path, Printer(random.Random(1)), story)


@asynccontextmanager
async def served(box):
    """The box on a port; its address."""
    web = uvicorn.Server(uvicorn.Config(box.api, port=0, log_level="critical", lifespan="off"))
    serving = asyncio.create_task(web.serve())
    async with asyncio.timeout(30):
        while not web.started:  # noqa: ASYNC110 - uvicorn has nothing to wait for
            await asyncio.sleep(0.02)
    yield f"http://127.0.0.1:{web.servers[0].sockets[0].getsockname()[1]}"
    web.should_exit = True
    await serving


async def typing(folder, url, *words):
    config = folder / "edge.toml"
    config.write_text(f'store = "paris"\nname = "Paris"\ncurrency = "EUR"\ndata_dir = "{folder}"\n')
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "vitrine", "tag", "print", "-c", config, "--url", url, "--user", "ana", *words,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        start_new_session=True, cwd=ROOT,
    )  # fmt: skip
    running.stdin.write(b"4711\n")
    return running


async def typed(folder, url, *words):
    running = await typing(folder, url, *words)
    out, err = await running.communicate()
    return running.returncode, out.decode(), err.decode()


def test_a_person_prints_labels_from_the_command_line(tmp_path):
    async def story(box, client, server):
        async with served(box) as url:
            code, out, err = await typed(tmp_path, url, "p1", "p2")
            assert code == 0, err
            assert "2 of 2" in out
            assert set(bound(box)) == {"p1", "p2"}
            server.printer.head_open = True
            code, out, _ = await typed(tmp_path, url, "p3")
            assert (code, "its head open: close it" in out) == (2, True)
            assert "0 of 1 bound." in out
            code, _, err = await typed(tmp_path, url, "p4", "--printer", "attic")
            assert (code, "Use one of back" in err) == (2, True)

    play(tmp_path, Printer(random.Random(1)), story)


def test_who_interrupts_the_command_ends_the_batch(tmp_path):
    async def story(box, client, server):
        server.printer.busy = 1
        async with served(box) as url:
            running = await typing(tmp_path, url, *PIECES)
            async with asyncio.timeout(30):
                assert b"1 of 8" in await running.stdout.readuntil(b"\n")
            running.send_signal(signal.SIGINT)
            await running.communicate()
            (name,) = box.shop.press.jobs
            assert (await ended(client, name))["why"] == "Ana ended the batch"
            assert running.returncode != 0

    play(tmp_path, Printer(random.Random(1)), story)


def test_a_store_that_does_not_answer_is_named_with_its_mend(tmp_path):
    code, _, err = asyncio.run(typed(tmp_path, "http://127.0.0.1:1", "p1"))
    assert (code, "start `vitrine edge`, or give --url" in err) == (2, True)


def test_a_batch_that_is_ended_early_prints_no_more(tmp_path):
    async def story(box, client, server):
        await client.post("/api/v1/labels", json={"pieces": PIECES, "name": "b1"})
        await client.delete("/api/v1/labels/b1")
        batch = await ended(client, "b1")
        assert len(bound(box)) == len(server.printer.out) < len(PIECES)
        assert batch["labels"][-1]["why"] == "Not printed: Ana ended the batch"

    play(tmp_path, Printer(random.Random(1)), story)


def test_one_printer_prints_one_batch_at_a_time(tmp_path):
    async def story(box, client, server):
        await client.post("/api/v1/labels", json={"pieces": PIECES, "name": "b1"})
        other = await client.post("/api/v1/labels", json={"pieces": PIECES[:1], "name": "b2"})
        assert other.status_code == 409
        assert "prints another batch" in other.text
        await ended(client, "b1")
        assert len(bound(box)) == len(PIECES)

    play(tmp_path, Printer(random.Random(1)), story)


def test_a_store_is_told_of_a_printer_that_is_not_there_or_not_its_own(tmp_path):
    async def story(box, client, server):
        await server.stop()
        await client.post("/api/v1/labels", json={"pieces": PIECES[:2], "name": "b1"})
        batch = await ended(client, "b1")
        assert "look whether it is switched on" in batch["why"]
        assert {line["stand"] for line in batch["labels"]} == {"refused"}
        assert (await client.post("/api/v1/labels", json={"pieces": ["p1"], "printer": "attic"})).status_code == 404
        assert (await client.get("/api/v1/labels/none")).status_code == 404
        assert bound(box) == {}

    play(tmp_path, Printer(random.Random(1)), story)


def test_a_label_that_is_not_there_is_named_when_the_box_starts(tmp_path):
    config = EdgeConfig(store=StoreId("paris"), name="Paris", currency="EUR", data_dir=tmp_path)
    wrong = msgspec.structs.replace(config, printers=(PrinterConfig(id="back", host="x", label="sticker"),))
    with pytest.raises(ConfigError, match="printer back: no label 'sticker'; use one of loop, rat-tail"):
        edge_app.create(wrong)


@pytest.mark.parametrize("resolver", ["id.gs1.org", "https://" + "long." * 40 + "org"])
def test_an_address_that_would_not_fit_into_a_qr_code_whole_is_refused_at_the_start(tmp_path, resolver):
    path = tmp_path / "edge.toml"
    path.write_text(
        f'store = "paris"\nname = "Paris"\ncurrency = "EUR"\ndata_dir = "{tmp_path}"\n'
        f'printers = [{{ id = "back", host = "x", resolver = "{resolver}" }}]\n'
    )
    with pytest.raises(ConfigError, match="resolver"):
        load_config(path)


def test_a_batch_in_which_the_box_fails_says_so_and_frees_the_printer(tmp_path, monkeypatch):
    async def broken(*_):
        raise ZeroDivisionError("of a disk")

    async def story(box, client, server):
        with monkeypatch.context() as broke:
            broke.setattr(StoreBooks, "bind", broken)
            await client.post("/api/v1/labels", json={"pieces": PIECES[:2], "name": "b1"})
            batch = await ended(client, "b1")
        assert batch["why"] == "The box failed (its log says why)"
        assert "throw it away: it is bound to nothing" in batch["labels"][0]["why"]
        await client.post("/api/v1/labels", json={"pieces": PIECES[:2], "name": "b2"})
        assert [line["stand"] for line in (await ended(client, "b2"))["labels"]] == ["bound", "bound"]

    play(tmp_path, Printer(random.Random(1)), story)


def test_an_address_that_no_network_can_have_ends_the_batch_in_words(tmp_path):
    async def story(box, client, server):
        box.shop.press.printers = {"back": PrinterConfig(id="back", host="back..lan")}
        await client.post("/api/v1/labels", json={"pieces": PIECES[:2], "name": "b1"})
        batch = await ended(client, "b1")
        assert batch["why"]
        assert {line["stand"] for line in batch["labels"]} == {"refused"}

    play(tmp_path, Printer(random.Random(1)), story)
