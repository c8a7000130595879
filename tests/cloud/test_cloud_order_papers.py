"""Papers of clients' orders at the office: sealed under their client's key, and gone with it."""

import asyncio
import hashlib
import io

import httpx
import pytest
import sqlalchemy as sa
from PIL import Image

from cloud.desk import Desk
from cloud.doors import CN_KEY, create_door
from cloud.doors.blobs import add_blobs
from cloud.doors.papers import add_order_papers
from cloud.ingest import Ingest
from cloud.people import Keyring
from cloud.pos.client_orders import papers
from cloud.pos.clients import desk as clients
from cloud.pos.clients import erasing, profile
from cloud.rejoin import Rejoins
from cloud.tables import case_file, order_paper, parked, tag_binding
from cloud.work import begin
from contract.facts import ClaimHeld, ClaimKind, OrderItem, OrderItemTaken, OrderKind, OrderOpened, TagBound
from contract.ids import AccountId, ClaimId, ClientOrderId, PersonId, PieceId, StoreId, UserId
from trade.guards import ALL
from trade.orders.papers import write

ANA = PersonId("01990000-0000-7000-8000-000000000001")
R1 = ClientOrderId("order-1")
TEXT = write("0123456789abcdef" * 2, "the ring of her grandmother")


def photo(colour="red"):
    file = io.BytesIO()
    Image.new("RGB", (60, 40), colour).save(file, "JPEG")
    return file.getvalue()


def sha(body):
    return hashlib.sha256(body).hexdigest()


class Sender:
    def __init__(self, house):
        self.house = house
        self.desk = Desk(office=house.office, now_us=lambda: 5, mono_us=lambda: 5, new_id=lambda: "n")
        self.ring = Keyring(self.desk.sealing)
        self.app = create_door(self.desk, Ingest(house.office), Rejoins(house.office))
        add_blobs(self.app, self.desk)
        add_order_papers(self.app, self.desk)

    def ask(self, method, path, store="paris", **more):
        async def known(scope, receive, send):
            await self.app({**scope, CN_KEY: store}, receive, send)

        async def call():
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app=known), base_url="http://door") as http:
                return await http.request(method, path, **more)

        return asyncio.run(call())

    def bring(self, body, kind="note", media="application/json", store="paris", order=R1, **more):
        self.ask("PUT", f"/edge/v1/uploads/{sha(body)}", store, params={"at": 0}, content=body)
        said = {"order": order, "kind": kind, "media": media, "by": "lea", **more}
        return self.ask("POST", f"/edge/v1/uploads/{sha(body)}/order", store, params=said)

    def fetch(self, body, store="paris"):
        return self.ask("GET", f"/edge/v1/orders/{R1}/papers/{sha(body)}", store)

    def work(self, act):
        with self.house.office.transaction() as tx:
            return act(begin(tx, ALL, 9))


@pytest.fixture
def sender(house):
    paris, lyon = house.store("paris"), house.store("lyon")
    del lyon
    order = OrderOpened(
        order=R1, number="R-1", kind=OrderKind.REPAIR, client=ANA, title="Resize a ring", currency="EUR",
        account=AccountId("deposit-1"),
    )  # fmt: skip
    paris.write(order)
    paris.send()
    return Sender(house)


def test_a_paper_is_kept_sealed_and_opened_for_its_store_alone(sender):
    assert sender.bring(TEXT).status_code == 200
    assert sender.bring(TEXT).status_code == 200, "a repeat is one paper"
    assert sender.fetch(TEXT).content == TEXT
    assert sender.fetch(TEXT, "lyon").status_code == 404
    with sender.house.office.reading() as tx:
        (row,) = tx.rows(order_paper.select())
        assert b"grandmother" not in bytes(row["sealed"])
        assert [each.kind for each in papers.listing(tx, R1)] == ["note"]


def test_a_photo_keeps_its_hash_and_has_a_thumb(sender):
    body = photo()
    assert sender.bring(body, "photo", "image/jpeg", item="item-1").status_code == 200
    assert sender.fetch(body).content == body
    with sender.house.office.reading() as tx:
        thumb = papers.open_(tx, sender.ring, R1, sha(body), thumb=True)
    assert thumb is not None
    assert thumb.body.startswith(b"\xff\xd8\xff")


def test_a_paper_before_its_order_is_told_to_come_again(sender):
    assert sender.bring(TEXT, order="order-unknown").status_code == 409
    assert sender.ask("GET", f"/edge/v1/uploads/{sha(TEXT)}").json() == {"have": len(TEXT)}, "its parts wait for it"


@pytest.mark.parametrize(
    ("body", "kind", "media"),
    [
        (b"no picture", "photo", "image/jpeg"),
        (b"{}", "note", "application/json"),
        (photo(), "photo", "application/pdf"),
        (b"<svg onload=alert(1)>", "sketch", "image/svg+xml"),
        (photo(), "note", "image/jpeg"),
    ],
)
def test_what_is_not_what_it_says_is_refused_for_ever(sender, body, kind, media):
    assert sender.bring(body, kind, media).status_code == 422


def test_another_store_adds_nothing_to_an_order(sender):
    assert sender.bring(TEXT, store="lyon").status_code == 422


def test_forgetting_a_person_destroys_the_papers_of_their_orders(sender):
    ready = profile.typed({"given_name": "Ana", "family_name": "Exemple"}, country="fr")
    sender.bring(TEXT)
    sender.work(
        lambda work: clients.create(work, sender.ring, ANA, ready, by=UserId("ana"), store=StoreId("paris"), why="new")
    )
    assert sender.fetch(TEXT).content == TEXT, "whose papers came first keeps the key they have"
    handed = sender.work(lambda work: erasing.export(work, sender.ring, ANA, by=UserId("leo")))
    assert ["grandmother" in each["text"] for each in handed["order_papers"]] == [True]
    assert [(each["number"], each["title"]) for each in handed["orders"]] == [("R-1", "Resize a ring")]
    sender.work(lambda work: erasing.erase(sender.house.office, work, ANA, "asked", by=UserId("leo")))
    assert sender.fetch(TEXT).status_code == 404
    with sender.house.office.reading() as tx:
        (row,) = tx.rows(order_paper.select())
        assert (bytes(row["sealed"]), bytes(row["thumb"])) == (b"", b"")
    assert sender.bring(photo(), "photo", "image/jpeg").status_code == 422, "and none comes after"


def test_the_tag_of_an_envelope_is_history_and_no_case(sender):
    paris = sender.house.boxes["paris"]
    item = OrderItem(item=PieceId("i-1"), description="White metal ring", condition="worn", declared_value_minor=1)
    paris.write(OrderItemTaken(order=R1, item=item))
    paris.write(TagBound(piece=PieceId("i-1"), ce=0, n=1, epc="E2" * 12, tid=""))
    paris.write(ClaimHeld(claim=ClaimId("c"), piece=PieceId("i-1"), ce=0, kind=ClaimKind.REPAIR, ref=R1))
    paris.send()
    with sender.house.office.reading() as tx:
        assert [row["piece"] for row in tx.rows(sa.select(tag_binding))] == ["i-1"]
        assert tx.rows(sa.select(case_file)) == []
        assert tx.rows(sa.select(parked)) == []
