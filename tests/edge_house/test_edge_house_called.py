"""Clients on a store's lists of orders and appointments: by their names for who may see them, each look kept."""

import secrets

import pytest

from contract.entries import decode_entry
from contract.facts import ClientLooked, Stream
from contract.feed import EVERY_STORE, AppointmentCard, FeedPage, FeedRow, Permission, Role, RoleCard
from edge.api.client_desk import ClientDesk
from edge.clients.keys import box_keys
from edge.clients.slice import Slice
from edge.house import DiskFullError

NAMED = "Zwetlana Beispielowa"
LISTS = ("/orders", "/appointments")
ELSEWHERE = "01990000-0000-7000-8000-000000000009"
"""A client whom this box does not keep."""


@pytest.fixture
def kept(face, tmp_path):
    folder = tmp_path / "clients"
    kept = Slice(folder, box_keys(folder), secrets.token_bytes)
    kept.admit("e1")
    face.edge.shop.clients = ClientDesk(kept)
    yield kept
    kept.stop()


def feed(face, *rows):
    store = face.edge.store
    upto = 700 + len(rows)
    told = tuple(FeedRow(rev=701 + n, scope=scope, key=key, body=body) for n, (scope, key, body) in enumerate(rows))
    store.take_feed(FeedPage(rows=told, upto=upto, more=False))


@pytest.fixture
def client(face, kept):
    """Has two orders here and comes today, as does somebody whom the box does not keep."""
    body = {"given_name": "Zwetlana", "family_name": "Beispielowa"}
    person = face.post("/clients", body).json()["person"]
    for whose in (person, person, ELSEWHERE):
        made = face.post("/orders", {"kind": "special", "client": whose, "title": "A ring"})
        assert made.status_code == 201, made.text
    here = face.edge.shop.config.store
    cards = [
        AppointmentCard(appointment=name, store=here, person=whose, staff="ana", starts_us=2_000_000, ends_us=5_000_000)
        for name, whose in (("a1", person), ("a2", ELSEWHERE))
    ]
    feed(face, *((here, f"appointment:{card.appointment}", card) for card in cards))
    return person


def page(face, path, user="ana"):
    answer = face.client.get(path, headers={**face.bearer(user), "Accept": "text/html"})
    assert answer.status_code == 200, answer.text
    return answer.text


def looks(face):
    books = face.edge.store.books
    rows = books.journal(books.node().epoch, Stream.TRADE, 1, 10_000)
    return [fact for row in rows for fact in decode_entry(row.body).facts if isinstance(fact, ClientLooked)]


@pytest.mark.parametrize("path", LISTS)
def test_a_list_names_whom_the_box_keeps_and_leads_to_the_others_and_that_is_kept(face, client, path):
    before = looks(face)
    shown = page(face, path)
    assert (NAMED in shown, f'<a href="/clients/{ELSEWHERE}">Their profile</a>' in shown) == (True, True)
    (look,) = looks(face)[len(before) :]
    assert (look.how, look.person, look.found) == ("till list", "", 1)


@pytest.mark.parametrize("path", LISTS)
def test_who_may_not_see_clients_sees_the_list_without_them(face, client, path):
    card = RoleCard(role=Role.ASSOCIATE, permissions=(Permission.SELL, Permission.ORDERS))
    feed(face, (EVERY_STORE, f"role:{Role.ASSOCIATE}", card))
    before = looks(face)
    shown = page(face, path)
    assert (NAMED in shown, f"/clients/{client}" in shown, looks(face)) == (False, False, before)
    assert NAMED in page(face, path, "max"), "the control"


@pytest.mark.parametrize("path", LISTS)
def test_a_box_that_may_show_nobody_goes_on_without_names(face, client, kept, path):
    kept.close_for("this box rejoins")
    shown = page(face, path)
    assert (NAMED in shown, f"/clients/{client}" in shown) == (False, True)


@pytest.mark.parametrize("path", LISTS)
def test_nobody_is_named_whose_look_cannot_be_kept(face, client, path, monkeypatch):
    def full(*_):
        raise DiskFullError("the disk is full")

    monkeypatch.setattr(face.edge.store, "say_of_clients", full)
    assert NAMED not in page(face, path)


def test_a_client_is_opened_once_a_page_however_many_orders_are_theirs(face, client, kept, monkeypatch):
    asked, one = [], kept.one
    monkeypatch.setattr(Slice, "one", lambda _, person: asked.append(person) or one(person))
    page(face, "/orders")
    assert sorted(asked) == sorted({client, ELSEWHERE})
