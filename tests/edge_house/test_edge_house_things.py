"""Clients' things over the store's API and pages: an intake that is signed for, papers, an engraving, and the way out."""

import base64
import io
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from contract.facts import Stream
from contract.feed import FeedPage, FeedRow, ForgetCard
from contract.ids import PersonId
from contract.order_page import page_code
from edge import app
from trade.orders.papers import read

RING = {
    "description": "White metal ring with white stone", "condition": "Claw bent", "declared_value_minor": 900_000,
    "weight_mg": 4_100, "zone": "safe",
    "stones": [{"at": "centre", "kind": "white stone", "length_um": 6480, "width_um": 6450, "inscription": "GIA 1"}],
}  # fmt: skip
SAME = {"looks": [{"at": "centre", "length_um": 6490, "width_um": 6450, "inscription": "gia 1"}]}


def ok(answer, status=200):
    assert answer.status_code == status, answer.text
    return answer.json()


class Page:
    """The register's pages, as the same person."""

    def __init__(self, face):
        self.face, self.headers = face, face.bearer("ana")

    def get(self, path):
        return self.face.client.get(path, headers=self.headers)

    def post(self, path, form, files=None):
        return self.face.client.post(path, data=form, files=files, headers=self.headers)


@pytest.fixture
def store(face):
    face.page = Page(face)
    return face


def opened(store, kind="repair"):
    return ok(store.post("/orders", {"kind": kind, "client": "p-1", "title": "A ring"}), 201)["order"]


def signature(word="x"):
    file = io.BytesIO()
    picture = Image.new("RGB", (300, 100), "white")
    ImageDraw.Draw(picture).text((20, 30), word, fill="black")
    picture.save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def test_a_thing_is_taken_in_and_told_with_what_it_is_known_by(store):
    order = opened(store)
    refused = store.post(f"/orders/{order}/things", {**RING, "description": "Platinum ring with diamond"})
    assert refused.status_code == 409
    assert "white metal ring with white stone" in refused.text
    shown = ok(store.post(f"/orders/{order}/things", RING), 201)
    (thing,) = shown["things"]
    assert (thing["tagged"], thing["signed"], thing["given"]) == (False, False, False)
    assert thing["stones"][0]["known_by"] == "length and width, inscription"
    assert shown["code"] == page_code(order) != ""
    assert "Look at the stones" in shown["waits"]


def test_the_page_takes_in_signs_compares_and_gives_back(store):
    order = opened(store)
    page = store.page
    form = {
        "description": "White metal ring", "condition": "worn", "value": "120", "weight": "3,2", "zone": "safe",
        "at": "centre", "stone": "white stone", "carat": "", "length": "6,48", "width": "6,45", "inscription": "",
        "certificate": "",
    }  # fmt: skip
    taken = page.post(f"/orders/{order}/things", form)
    assert "White metal ring" in taken.text
    shown = ok(store.get(f"/orders/{order}/things"))
    item = shown["things"][0]["item"]
    empty = page.post(f"/orders/{order}/things/{item}/sign", {"drawing": "", "gives": "false"})
    assert "Nobody has signed yet" in empty.text
    page.post(f"/orders/{order}/things/{item}/sign", {"drawing": signature("left"), "gives": "false"})
    ok(store.post(f"/orders/{order}/end", {"event": "cancel", "why": "thought better of it"}))
    looked = {"at": "centre", "carat": "", "length": "6.48", "width": "6.45", "inscription": "", "found": ""}
    page.post(f"/orders/{order}/things/{item}/check", looked)
    page.post(f"/orders/{order}/things/{item}/sign", {"drawing": signature("got"), "gives": "true"})
    assert ok(store.get(f"/orders/{order}"))["state"] == "given_back"


def test_a_slip_is_a_pdf_with_the_thing_its_stones_and_the_code(store):
    order = opened(store)
    assert store.get(f"/orders/{order}/slip.pdf").status_code == 409
    ok(store.post(f"/orders/{order}/things", RING), 201)
    slip = store.get(f"/orders/{order}/slip.pdf")
    assert slip.headers["content-type"] == "application/pdf"
    assert slip.content.startswith(b"%PDF-")
    assert slip.content == store.get(f"/orders/{order}/slip.pdf").content


def test_notes_are_sealed_and_shown_and_never_in_an_entry(store, tmp_path):
    order = opened(store)
    ok(store.post(f"/orders/{order}/notes", {"reason": "her grandmother wore it"}), 201)
    shown = ok(store.get(f"/orders/{order}/things"))
    (paper,) = shown["papers"]
    fetched = store.get(f"/orders/{order}/papers/{paper['sha256']}")
    assert read(fetched.content).text == "her grandmother wore it"
    assert "grandmother" in store.page.get(f"/orders/{order}/things").text
    kept = [path for path in Path(tmp_path).rglob("*") if path.is_file()]
    assert kept
    assert not any(b"grandmother" in path.read_bytes() for path in kept)
    books = store.edge.store.books
    rows = [bytes(row.body) for row in books.journal(books.node().epoch, Stream.TRADE, 1, 1_000)]
    assert rows
    assert not any(b"grandmother" in body for body in rows)


def test_a_box_that_starts_destroys_papers_of_whom_its_books_know_to_be_erased(store):
    """As after a disk was put back: what was destroyed on the newer one is here again."""
    order = opened(store)
    shown = ok(store.post(f"/orders/{order}/notes", {"reason": "her grandmother wore it"}), 201)
    (paper,) = shown["papers"]
    row = FeedRow(rev=900, scope="*", key="forget:p-1", body=ForgetCard(person=PersonId("p-1")))
    store.edge.store.take_feed(FeedPage(rows=(row,), upto=900, more=False))
    again = app.create(store.config, clock=store.clock)
    assert again.shop.paperwork is not None
    assert again.shop.paperwork.papers.get(PersonId("p-1"), paper["sha256"]) is None
    assert again.shop.paperwork.papers.forgotten_total == 1
    again.shop.db.close()
    again.store.books.close()
    gone = store.get(f"/orders/{order}/papers/{paper['sha256']}")
    assert gone.status_code == 404
    assert ok(store.get(f"/orders/{order}"))["number"] == "R-1001", "the order is there, by id and hash"


def test_an_engraving_is_approved_when_its_proof_says_what_was_ordered(store):
    order = opened(store, "engraving")
    ok(store.post(f"/orders/{order}/things", RING), 201)
    wanted = {"text": "Für Zoë 12.6.26", "font": "Italic", "position": "inside", "height_um": 1_500, "room_um": 5_000}
    tight = store.post(f"/orders/{order}/engraving", wanted)
    assert tight.status_code == 422
    assert "long and there are 5.0 mm" in tight.text
    assert "Zoë" not in tight.json()["detail"], "what a client wrote stands in no error"
    shown = ok(store.post(f"/orders/{order}/engraving", {**wanted, "room_um": 0}), 201)
    assert [(each["kind"], each["version"]) for each in shown["papers"]] == [("engraving", 1), ("proof", 1)]
    lines = [{"description": "Engraving", "gross_minor": 9_000, "tax_bp": 2_000}]
    ok(store.post(f"/orders/{order}/quote", {"lines": lines}))
    ok(store.post(f"/orders/{order}/answer", {"approved": True, "how": "counter"}))
    wrong = store.post(f"/orders/{order}/engraving/approve", {"spelled": "Für Zoe 12.6.26"})
    assert wrong.status_code == 409
    assert "Letter 7" in wrong.text
    assert ok(store.get(f"/orders/{order}"))["state"] == "approved"
    ok(store.post(f"/orders/{order}/engraving/approve", {"spelled": "Für Zoë 12.6.26"}))
    assert ok(store.get(f"/orders/{order}"))["state"] == "design_approved"
    page = store.page.get(f"/orders/{order}/things").text
    assert "Für Zoë 12.6.26" in page


def test_what_comes_back_from_a_trade_shop_is_reckoned_in_words(store):
    order = opened(store)
    ok(store.post(f"/orders/{order}/things", RING), 201)
    lines = [{"description": "Claw", "gross_minor": 9_000, "tax_bp": 2_000}]
    ok(store.post(f"/orders/{order}/quote", {"lines": lines}))
    ok(store.post(f"/orders/{order}/answer", {"approved": True, "how": "counter"}))
    ok(store.post(f"/orders/{order}/steps", {"event": "start"}))
    gold = {"metal": "gold", "fineness": 750, "weight_mg": 10_000}
    out = {"event": "send out", "party": "Atelier Nord", "metals": [gold], "stones": ["centre"]}
    assert ok(store.post(f"/orders/{order}/bench", out))["metals"] == ["gold 750 10.00 g"]
    back = {"event": "take back", "metals": [{**gold, "weight_mg": 8_000}]}
    ok(store.post(f"/orders/{order}/bench", back))
    story = ok(store.get(f"/orders/{order}"))["steps"][0]["why"]
    assert "1.50 g fine gold lost of 7.50 g" in story
    assert "the stone for centre did not come back" in story


def test_a_picture_is_kept_without_what_a_camera_told_of_itself(store):
    order = opened(store)
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "a camera"
    Image.new("RGB", (80, 60), "red").save(file, "JPEG", exif=exif)
    page = store.page
    page.post(f"/orders/{order}/papers", {"kind": "photo"}, {"file": ("ring.jpg", file.getvalue(), "image/jpeg")})
    (paper,) = ok(store.get(f"/orders/{order}/things"))["papers"]
    kept = store.get(f"/orders/{order}/papers/{paper['sha256']}").content
    assert b"a camera" not in kept
    bad = page.post(f"/orders/{order}/papers", {"kind": "sketch"}, {"file": ("x.svg", b"<svg/>", "image/svg+xml")})
    assert bad.status_code == 422
    assert store.get(f"/orders/{order}/papers/{'0' * 64}").status_code == 404
