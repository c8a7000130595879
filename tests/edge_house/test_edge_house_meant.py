"""Clients named by their numbers at a store: a name is no number, and who was erased is served without a name."""

import secrets

import pytest

from contract.feed import FeedPage, FeedRow, ForgetCard
from contract.ids import PersonId
from edge.api.client_desk import ClientDesk
from edge.books import replica
from edge.clients.keys import box_keys
from edge.clients.slice import Slice

NEW = {"given_name": "Zwetlana", "family_name": "Beispielowa"}
ORDER = {"kind": "special", "title": "A ring"}
THING = {"title": "Brooch", "provenance": "aunt", "proof": "passport", "value_minor": 100}
BOUGHT = {"till": "till-1", "things": [THING], "paid": [{"kind": "cash", "amount_minor": 100}]}
GIVEN = {"title": "Brooch", "value_minor": 100, "provenance": "aunt", "proof": "passport"}


@pytest.fixture
def kept(face, tmp_path):
    folder = tmp_path / "clients"
    kept = Slice(folder, box_keys(folder), secrets.token_bytes)
    kept.admit("e1")
    face.edge.shop.clients = ClientDesk(kept)
    yield kept
    kept.stop()


@pytest.mark.parametrize(("path", "body"), [("/orders", ORDER), ("/purchases", BOUGHT)])
def test_a_name_is_no_number_and_the_answer_says_where_numbers_stand(face, path, body):
    refused = face.post(path, {**body, "client": "Ana Exemple"})
    assert refused.status_code == 422
    assert "take the number that stands there" in refused.json()["detail"]


def test_who_was_erased_is_served_without_a_name(face):
    row = FeedRow(rev=99, scope="*", key="forget:p-9", body=ForgetCard(person=PersonId("p-9")))
    replica.take(face.edge.store.books, FeedPage(rows=(row,), upto=99, more=False))
    for path, body in (("/orders", ORDER), ("/purchases", BOUGHT)):
        refused = face.post(path, {**body, "client": "p-9"})
        assert refused.status_code == 409, refused.text
        assert "erased" in refused.json()["title"]


def test_the_box_itself_knows_its_clients_and_believes_a_number_it_cannot_ask_about(face, kept):
    person = face.post("/clients", NEW).json()["person"]
    assert face.post("/orders", {**ORDER, "client": f" {person} "}).json()["client"] == person
    assert face.post("/orders", {**ORDER, "client": "p-unknown"}).status_code == 201
