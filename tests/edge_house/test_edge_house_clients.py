"""Clients at a till without a line to the office: found, made, written of, served; every look and word in the journal."""

import asyncio
import secrets

import msgspec
import pytest

from contract.clients import EDIT, ClientEdit
from contract.entries import decode_entry
from contract.facts import ClientConsented, ClientLooked, ClientTold, SaleRecorded, Stream
from contract.ids import Epoch, PersonId
from edge.api.client_desk import ClientDesk
from edge.clients.keys import box_keys
from edge.clients.slice import Slice
from web.sealed import from_text, key_id, unseal

NEW = {
    "given_name": "Zwetlana",
    "family_name": "Beispielowa",
    "phones": ["+33 1 99 00 12 34"],
    "emails": ["z@example.com"],
}


@pytest.fixture
def kept(face, tmp_path):
    folder = tmp_path / "clients"
    kept = Slice(folder, box_keys(folder), secrets.token_bytes)
    kept.admit("e1")
    face.edge.shop.clients = ClientDesk(kept)
    yield kept
    kept.stop()


def facts(face, *kinds):
    books = face.edge.store.books
    epoch = books.node().epoch
    rows = books.journal(Epoch(epoch), Stream.TRADE, 1, 10_000)
    return [fact for row in rows for fact in decode_entry(row.body).facts if isinstance(fact, kinds)]


def bodies(face):
    books = face.edge.store.books
    return b"".join(row.body for row in books.journal(books.node().epoch, Stream.TRADE, 1, 10_000))


def made(face, **more):
    answer = face.post("/clients", {**NEW, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()["person"]


def test_somebody_is_made_found_and_written_of_without_a_line(face, kept):
    person = made(face)
    found = face.post("/clients/search", {"query": "beisp"}).json()
    assert (found["source"], [each["name"] for each in found["clients"]]) == ("box", ["Zwetlana Beispielowa"])
    at = f"/clients/{person}"
    size = {"finger": "left_ring", "size": "7", "system": "us", "source": "measured", "day": "2026-11-30"}
    for path, body in {
        "notes": {"text": "Mag Opale"}, "wishes": {"text": "Brosche", "piece": "p1"}, "sizes": size,
        "consents": {"channel": "email", "given": False, "proof": "spoken", "text_version": "1"},
    }.items():  # fmt: skip
        answer = face.post(f"{at}/{path}", body)
        assert answer.status_code == 204, (path, answer.text)
    changed = face.client.patch(f"/api/v1{at}", json={"language": "fr"}, headers=face.bearer("ana"))
    assert changed.status_code == 204
    (seen,) = face.get(at).json()["clients"]
    assert (seen["language"], seen["notes"][0]["text"], seen["wishes"][0]["piece"]) == ("fr", "Mag Opale", "p1")
    assert (seen["sizes"][0]["finger"], seen["sizes"][0]["source"]) == ("left_ring", "measured")
    assert seen["consents"] == [{"channel": "email", "given": False, "said_us": seen["consents"][0]["said_us"]}]
    told = facts(face, ClientTold)
    assert len(told) == 5
    assert len(facts(face, ClientConsented)) == 1
    for word in (b"Zwetlana", b"Beispielowa", b"33199001234", b"z@example", b"Opale", b"Brosche"):
        assert word not in bodies(face), word
    key = kept.key_of(PersonId(person))
    opened = unseal(key, person, EDIT, from_text(told[0].nonce) + from_text(told[0].bytes))
    assert msgspec.json.decode(opened, type=ClientEdit).given_name == "Zwetlana", "the control: the key opens it"
    assert told[0].key_id == key_id(key)


def test_every_look_stands_in_the_journal(face, kept):
    person = made(face)
    before = len(facts(face, ClientLooked))
    face.post("/clients/search", {"query": "zwet"})
    face.get(f"/clients/{person}")
    search, look = facts(face, ClientLooked)[before:]
    assert (search.how, search.person, search.found) == ("till search", "", 1)
    assert (look.how, look.person) == ("till", person)


def test_a_likely_double_is_shown_before_another_card_is_made(face, kept):
    person = made(face)
    refused = face.post("/clients", {"given_name": "Zweta", "phones": ["+33199001234"]})
    assert refused.status_code == 409
    assert person in refused.text
    assert face.post("/clients", {"given_name": "Zweta", "phones": ["+33199001234"], "sure": True}).status_code == 201
    assert face.post("/clients", {"given_name": "Otto", "family_name": "Beispielowa"}).status_code == 201


@pytest.mark.parametrize(
    ("body", "says"),
    [({"phones": ["12"]}, "country"), ({"emails": ["a b"]}, "name@example.com"), ({"language": "fr"}, "nobody finds")],
)
def test_what_cannot_be_kept_is_refused_and_nothing_is_made(face, kept, body, says):
    answer = face.post("/clients", body)
    assert answer.status_code == 422
    assert says in answer.text
    assert (kept.count(), facts(face, ClientTold)) == (0, [])


def test_a_box_that_must_rejoin_shows_nobody_and_says_why(face, kept):
    person = made(face)
    kept.close_for("another box serves this store")
    for answer in (face.post("/clients/search", {"query": "zwet"}), face.get(f"/clients/{person}")):
        assert answer.status_code == 503
        assert "another box serves" in answer.text
    assert face.post("/clients", {"given_name": "Max"}).status_code == 503


def test_a_store_without_an_office_keeps_no_clients(face):
    assert face.post("/clients/search", {"query": "zwet"}).status_code == 409
    page = face.client.get("/clients", headers=face.bearer("ana"))
    assert "has no office" in page.text


def test_pages_say_where_it_comes_from_and_who_may_not_is_kept_out(face, kept):
    ana = face.bearer("ana")
    html = {**ana, "accept": "text/html"}
    form = {"given_name": "Max", "family_name": "Muster", "phones": "+33 1 99 00 55 66", "emails": ""}

    def post(path, data):
        return face.client.post(path, data=data, headers=html, follow_redirects=False)

    assert face.client.get("/clients/new", headers=html).status_code == 200
    wrong = post("/clients/new", {**form, "phones": "12"})
    assert (wrong.status_code, "with its country" in wrong.text, 'value="Max"' in wrong.text) == (422, True, True)
    at = post("/clients/new", form).headers["location"]
    again = post("/clients/new", form)
    assert (again.status_code, "may be a client already" in again.text) == (409, True)
    assert "From this box" in post("/clients", {"query": "must"}).text
    assert post(f"{at}/notes", {"text": "Prefers mornings"}).status_code == 303
    assert post(f"{at}/wishes", {"text": "A brooch", "piece": ""}).status_code == 303
    size = {"finger": "left_ring", "size": "54", "system": "eu", "source": "told", "day": "2026-11-30"}
    assert post(f"{at}/sizes", size).status_code == 303
    told = {"channel": "sms", "given": "yes", "proof": "spoken", "text_version": "1"}
    assert post(f"{at}/consents", told).status_code == 303
    page = face.client.get(at, headers=html).text
    for word in ("Max Muster", "From this box", "mornings", "A brooch", "SMS: yes", "Left ring", "Serve them"):
        assert word in page, word
    lou = {**face.bearer("lou"), "accept": "text/html"}
    assert face.client.get("/clients", headers=lou).status_code == 403


def test_the_sale_of_a_client_who_is_served_is_written_of_them(face, kept):
    person = made(face)
    html = {**face.bearer("max"), "accept": "text/html"}

    def post(path, data=None):
        return face.client.post(path, data=data or {}, headers=html, follow_redirects=False)

    assert post(f"/clients/{person}/serve").status_code == 303
    face.scan(1)
    face.open_cart(1)
    assert "Serve nobody" in face.client.get("/register", headers=html).text
    paid = post("/register/pay", {"kind": "cash", "override": "held in the hand"})
    assert paid.status_code == 303, paid.text
    assert [fact.client for fact in facts(face, SaleRecorded)] == [person]
    assert "Serve nobody" not in face.client.get("/register", headers=html).text
    post(f"/clients/{person}/serve")
    post("/register/client/end")
    assert "Serve nobody" not in face.client.get("/register", headers=html).text


def test_whoever_is_served_stands_in_the_forms_that_ask_for_a_client(face, kept):
    person, html = made(face), {**face.bearer("max"), "accept": "text/html"}
    assert "Find them under Clients" in face.client.get("/orders/new", headers=html).text
    assert face.client.post(f"/clients/{person}/serve", headers=html, follow_redirects=False).status_code == 303
    for path in ("/orders/new", "/register/buy", "/register/other"):
        page = face.client.get(path, headers=html).text
        assert (f'name="client" value="{person}"' in page, "Find them under" in page) == (True, False), path


def test_a_name_is_no_number_of_a_client(face, kept):
    person, clients = made(face), face.edge.shop.clients
    assert asyncio.run(clients.meant(f" {person} ", "max", up=True)) == person
    order = {"kind": "special", "title": "A ring", "client": "Zwetlana Beispielowa"}
    assert face.post("/orders", order).status_code == 422
    assert asyncio.run(clients.meant("c-elsewhere", "max", up=False)) == "c-elsewhere", "nobody can tell now"
    kept.close_for("another box serves this store")
    assert asyncio.run(clients.meant("c-elsewhere", "max", up=True)) == "c-elsewhere", "no order waits for that"
