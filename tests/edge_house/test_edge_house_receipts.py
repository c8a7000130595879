"""From the sale to paper: real app, real sockets, a printer and a mail server that are none of ours."""

import asyncio
import email
import email.policy
import threading
import time
import warnings

import msgspec
import pytest

from contract.facts import CashMoved, ReceiptGiven
from contract.feed import FeedPage, FeedRow, SettingsCard
from edge import app as edge_app
from edge import own_books
from edge.config import ConfigError, MailConfig, ReceiptPrinterConfig
from edge.config.load import load_config
from edge.receipts.counter import JobState
from edge.receipts.printer import ReceiptPrinter as Ours
from simulator.mailbox import Mailbox
from simulator.receipt_printer import ReceiptPrinter, ReceiptPrinterServer

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Starlette prefers httpx2, which is not in our lock
    from starlette.testclient import TestClient

WAIT_S = 60


class Paper:
    """The printer on its port, in a thread of its own."""

    def __init__(self):
        self.printer = ReceiptPrinter()
        self.loop = asyncio.new_event_loop()
        self.server = ReceiptPrinterServer(self.printer)
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.do(self.server.start())
        self.port = self.server.port

    def do(self, work):
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(WAIT_S)

    def mend(self):
        async def mended():
            self.server.mend()

        self.do(mended())

    def stop(self):
        async def stopped():
            await self.server.stop()
            left = asyncio.all_tasks() - {asyncio.current_task()}
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
            await asyncio.sleep(0)  # transports close on the loop's next turn

        self.do(stopped())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(timeout=60)
        self.loop.close()


@pytest.fixture
def paper():
    paper = Paper()
    yield paper
    paper.stop()


@pytest.fixture
def mailbox():
    box = Mailbox()
    box.start()
    yield box
    box.stop()


class Till:
    """A manager at a till without a pad, a printer and a drawer beside it."""

    def __init__(self, config, clock, make, paper, mailbox, *, at_once=True):
        printer = ReceiptPrinterConfig(till="till-1", host="127.0.0.1", port=paper.port, prints_at_once=at_once)
        mail = MailConfig(host="127.0.0.1", port=mailbox.port, sender="paris@maison.example", tls=False)
        self.config = msgspec.structs.replace(config, readers=(), receipt_printers=(printer,), mail=mail)
        self.edge = edge_app.create(self.config, clock=clock)
        make.give(self.edge.store.books, 1, 2)
        cards = [SettingsCard(store=config.store, check_url="https://m.example/receipt"), make.card(1), make.card(2)]
        rows = [FeedRow(rev=1 + n, scope="*", key=f"card:{n}", body=card) for n, card in enumerate(cards)]
        rows += [FeedRow(rev=9 + n, scope="*", key=f"staff:{p.user}", body=p) for n, p in enumerate(make.staff)]
        self.edge.store.take_feed(FeedPage(rows=tuple(rows), upto=99, more=False))
        self.edge.store.reload()
        own_books.set_pin(self.config, "max", "4711")
        self.client = TestClient(self.edge.api)
        self.client.__enter__()  # one loop for all requests: printing goes on between them
        token = self.client.post("/api/v1/login", json={"user": "max", "pin": "4711"}).json()["token"]
        self.client.cookies.clear()
        self.bearer = {"authorization": f"Bearer {token}"}
        self.post("/scan", {"pieces": ["p1", "p2"]})
        self.post("/shifts", {"till": "till-1", "float_minor": 10_000})

    def post(self, path, body):
        answer = self.client.post(f"/api/v1{path}", json=body, headers=self.bearer)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def get(self, path):
        answer = self.client.get(path, headers=self.bearer)
        assert answer.status_code == 200, answer.text
        return answer

    def form(self, path, **fields):
        return self.client.post(path, data=fields, headers=self.bearer, follow_redirects=False)

    def sell(self, sale="s1", piece="p1", kind="cash"):
        self.post("/sales", {"till": "till-1", "sale": sale})
        self.post(f"/sales/{sale}/lines", {"piece": piece})
        reference = {} if kind == "cash" else {"reference": "SLIP-1"}
        self.post(
            f"/sales/{sale}/record",
            {"tenders": [{"kind": kind, "amount_minor": 120_000, **reference}], "override": "no pad here"},
        )

    def settled(self, number=1):
        """Every job is over: how each ended."""
        until = time.monotonic() + WAIT_S
        while time.monotonic() < until:
            states = [job.state for job in self.edge.shop.receipts.jobs.values()]
            if len(states) >= number and not {JobState.WAITING, JobState.PRINTING} & set(states):
                return states
            time.sleep(0.02)
        raise AssertionError(states)

    def drawers(self, paper, number):
        until = time.monotonic() + WAIT_S
        while len(paper.printer.drawer) < number and time.monotonic() < until:
            time.sleep(0.02)
        return len(paper.printer.drawer)

    def given(self):
        books = self.edge.store.books
        from contract.entries import decode_entry

        rows = books.journal(books.node().epoch, "trade", 1, 1000)
        return [
            fact for row in rows for fact in decode_entry(row.body).facts if isinstance(fact, (ReceiptGiven, CashMoved))
        ]

    def close(self):
        self.client.portal.call(self.edge.shop.receipts.close)
        self.client.__exit__(None, None, None)
        self.edge.shop.db.close()
        self.edge.store.books.close()


@pytest.fixture
def till(config, clock, make, paper, mailbox):
    till = Till(config, clock, make, paper, mailbox)
    yield till
    till.close()


def test_a_cash_sale_opens_the_drawer_and_its_receipt_comes_out(till, paper):
    till.sell()
    assert till.settled() == [JobState.PRINTED]
    assert till.drawers(paper, 1) == 1
    (ticket,) = paper.printer.out
    shown = till.get("/api/v1/receipts/s1").json()
    assert shown["number"] in ticket.text
    assert shown["code"] in ticket.text
    assert ticket.codes == (f"https://m.example/receipt?code={shown['code']}",)
    assert "Copy" not in ticket.text
    assert [(each["form"], each["copy"], each["state"]) for each in shown["given"]] == [("paper", 0, "printed")]


def test_a_sale_by_card_leaves_the_drawer_shut(till, paper):
    till.sell(kind="card")
    assert till.settled() == [JobState.PRINTED]
    assert paper.printer.drawer == []


def test_the_second_print_is_copy_1_and_opens_nothing(till, paper):
    till.sell()
    till.settled()
    till.drawers(paper, 1)
    assert till.form("/register/receipt/s1/give", form="paper", give="g2").status_code == 303
    assert till.settled(2) == [JobState.PRINTED] * 2
    assert "COPY 1" in paper.printer.out[1].text
    assert len(paper.printer.drawer) == 1
    till.form("/register/receipt/s1/give", form="paper", give="g2")
    assert len(till.settled(2)) == 2, "a form sent twice prints once"
    assert len(paper.printer.out) == 2


@pytest.mark.parametrize(
    ("trouble", "words"),
    [("lines", "out of paper"), ("cover_open", "cover is open"), ("cutter_jammed", "cutter is stuck")],
)
def test_a_printer_in_trouble_holds_no_sale_up_says_what_to_do_and_prints_the_original_later(
    till, paper, trouble, words
):
    setattr(paper.printer, trouble, 0 if trouble == "lines" else True)
    till.sell()
    assert till.settled() == [JobState.FAILED]
    assert till.drawers(paper, 1) == 1, "paper holds no drawer back"
    page = till.get("/register/receipt/s1").text
    assert words in page
    assert "Print it again" in page
    assert words in till.get("/api/v1/tills/till-1/printer").json()["trouble"]
    paper.mend()
    (given,) = till.given()
    till.form("/register/receipt/s1/give", form="paper", give=given.give)
    assert till.settled() == [JobState.PRINTED]
    (ticket,) = paper.printer.out
    assert "COPY" not in ticket.text
    assert len(till.given()) == 1


def test_paper_that_ends_in_the_middle_leaves_nothing_waiting_in_the_printer(till, paper):
    paper.printer.lines = 6
    till.sell()
    assert till.settled() == [JobState.FAILED]
    assert "Throw away what came out" in till.get("/register/receipt/s1").text
    paper.mend()
    assert [ticket.whole for ticket in paper.printer.out] == [False]
    assert paper.printer.cleared_total == 1


def test_a_printer_lost_while_it_prints_leaves_a_doubt_and_the_next_is_a_copy(till, paper, monkeypatch):
    heard = paper.printer.hear

    def gone(data):
        if len(data) > 100:
            paper.server.hang_up()
            return b""
        return heard(data)

    monkeypatch.setattr(paper.printer, "hear", gone)
    till.sell()
    assert till.settled() == [JobState.UNKNOWN]
    assert "Nobody knows" in till.get("/register/receipt/s1").text
    monkeypatch.undo()
    till.form("/register/receipt/s1/give", form="paper", give="g2")
    assert till.settled(2)[-1] is JobState.PRINTED
    assert "COPY 1" in paper.printer.out[-1].text


def test_a_printer_that_is_switched_off_is_said_so(config, clock, make, mailbox):
    gone = Paper()
    gone.stop()
    till = Till(config, clock, make, gone, mailbox)
    till.sell()
    assert till.settled() == [JobState.FAILED]
    page = till.get("/register/receipt/s1").text
    assert "switched on" in page
    assert "The drawer did not open" in page
    till.close()


def test_the_drawer_is_opened_without_a_sale_by_who_may_for_a_reason_and_it_is_kept(till, paper):
    assert till.form("/shift/cash", kind="no_sale", reason="").status_code == 422
    refused = till.client.post(
        "/api/v1/shifts/cash", json={"till": "till-1", "kind": "no_sale", "reason": "  "}, headers=till.bearer
    )
    assert refused.status_code == 409
    assert paper.printer.drawer == []
    till.post("/shifts/cash", {"till": "till-1", "kind": "no_sale", "reason": "change for a client"})
    assert till.drawers(paper, 1) == 1
    assert [fact.reason for fact in till.given() if isinstance(fact, CashMoved)] == ["change for a client"]


def test_a_gift_receipt_has_no_price_on_it(till, paper):
    till.sell()
    till.settled()
    till.form("/register/receipt/s1/give", form="paper", give="g2", gift="true")
    till.settled(2)
    gift = paper.printer.out[1]
    assert "Gift receipt" in gift.text
    assert "200.00" not in gift.text
    assert gift.codes == paper.printer.out[0].codes


def test_a_pdf_is_handed_over_as_a_file_and_counted(till):
    till.sell()
    answer = till.form("/register/receipt/s1/give", form="pdf", give="g2")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.content.startswith(b"%PDF")
    again = till.form("/register/receipt/s1/give", form="pdf", give="g2")
    assert again.content == answer.content
    assert [fact.copy for fact in till.given()] == [0, 1]


def test_a_receipt_goes_by_mail_and_the_address_stays_nowhere(till, mailbox, caplog, capfd):
    till.sell()
    sent = till.form("/register/receipt/s1/mail", give="g2", to="client@example.com")
    assert sent.status_code == 303, sent.text
    ((to, message),) = mailbox.taken
    told = email.message_from_bytes(message, policy=email.policy.default)
    assert (to, told["From"].addresses[0].addr_spec) == ("client@example.com", "paris@maison.example")
    assert told["Date"]
    assert "Sent." in till.get(sent.headers["location"]).text
    dumped = b"".join(row.body for row in till.edge.store.books.journal("alone", "trade", 1, 1000))
    dumped += caplog.text.encode() + "".join(capfd.readouterr()).encode()
    assert b"client@" not in dumped


def test_a_mail_the_server_refuses_is_said_and_sent_again_as_the_same(till, mailbox):
    till.sell()
    mailbox.unknown.add("cleint@example.com")
    refused = till.form("/register/receipt/s1/mail", give="g2", to="cleint@example.com")
    assert refused.status_code == 502
    assert "no such mailbox" in refused.text
    assert "cleint" not in refused.text
    wrong = till.form("/register/receipt/s1/mail", give="g2", to="nobody")
    assert wrong.status_code == 422
    till.form("/register/receipt/s1/mail", give="g2", to="client@example.com")
    assert len(mailbox.taken) == 1
    assert [fact.form for fact in till.given()] == ["paper", "mail"]


def test_receipts_are_looked_up_by_number_and_code(till):
    till.sell()
    till.sell("s2", "p2", "card")
    page = till.get("/register/receipts").text
    assert "till-1 / 2" in page
    code = till.get("/api/v1/receipts/s2").json()["code"]
    for typed in ("2", code):
        answer = till.client.get("/register/receipts", params={"q": typed}, headers=till.bearer, follow_redirects=False)
        assert answer.headers["location"] == "/register/receipt/s2"
    assert "No receipt of this store" in till.get("/register/receipts?q=77").text


def test_without_a_printer_the_browser_prints_and_it_is_counted(face):
    face.scan(1)
    sale = face.open_cart(1)
    face.post(
        f"/sales/{sale}/record", {"tenders": [{"kind": "cash", "amount_minor": 120_000}], "override": "no pad"}, "max"
    )
    answer = face.post(f"/receipts/{sale}/give", {"form": "paper"})
    assert (answer.status_code, "browser" in answer.text) == (409, True)
    assert face.post(f"/receipts/{sale}/give", {"form": "page", "give": "g"}).json()["given"][0]["copy"] == 0
    page = face.client.get(f"/register/receipt/{sale}/page/g", headers=face.bearer("ana"))
    assert 'class="slip sheet"' in page.text
    assert face.client.get(f"/register/receipt/{sale}/page/other", headers=face.bearer("ana")).status_code == 404


@pytest.mark.parametrize(
    ("table", "words"),
    [('[[receipt_printers]]\ntill = "till-9"\nhost = "p"', "no till 'till-9'"),
     ('[[receipt_printers]]\ntill = "till-1"\nhost = "p"\ncode_pages = ["cp0"]', "code_pages names cp0"),
     ('[[receipt_printers]]\ntill = "till-1"\nhost = "p"\ncolumns = 48\ndots = 192', "do not fit"),
     ('[[receipt_printers]]\ntill = "till-1"\nhost = "p"\ndrawer_pin = 3', "pin 2 or 5"),
     ('[mail]\nhost = "m"\nsender = "nobody"', "no e-mail address"),
     ('[mail]\nhost = "m"\nsender = "a@b.cd"\ntls = false', "in clear"),
     ('[mail]\nhost = "m"\nsender = "a@b.cd"\nuser = "x"', "go together")],
)  # fmt: skip
def test_a_configuration_that_could_not_print_names_the_mend(tmp_path, table, words):
    file = tmp_path / "edge.toml"
    file.write_text(f'store = "paris"\nname = "P"\ncurrency = "EUR"\ndata_dir = "d"\n{table}\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=words):
        load_config(file)


def test_what_answers_there_may_be_no_printer():
    async def ask():
        async def babble(reader, writer):
            await reader.read(64)
            writer.write(b"HTTP")
            await writer.drain()
            writer.close()
            await writer.wait_closed()

        server = await asyncio.start_server(babble, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, Ours(ReceiptPrinterConfig(till="t", host="127.0.0.1", port=port)) as printer:
            await printer.status()

    with pytest.raises(Exception, match="no receipt printer"):
        asyncio.run(ask())
