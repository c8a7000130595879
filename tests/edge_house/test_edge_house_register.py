"""The register: a client attached by what they say of themselves, a cart mended from the pad, notes that are proposed."""

import secrets

import pytest

from contract.entries import decode_entry
from contract.facts import ClientLooked, Stream
from edge.api.client_desk import ClientDesk
from edge.api.tendering import likely
from edge.clients.keys import box_keys
from edge.clients.slice import Slice


@pytest.fixture
def kept(face, tmp_path):
    folder = tmp_path / "clients"
    kept = Slice(folder, box_keys(folder), secrets.token_bytes)
    kept.admit("e1")
    face.edge.shop.clients = ClientDesk(kept)
    yield kept
    kept.stop()


@pytest.fixture
def at_till(face):
    html = {**face.bearer("max"), "accept": "text/html", "hx-request": "true"}

    def send(path, data=None, *, who=None):
        headers = html if who is None else {**face.bearer(who), "accept": "text/html", "hx-request": "true"}
        if data is None:
            return face.client.get(path, headers=headers).text
        return face.client.post(path, data=data, headers=headers).text

    return send


def made(face, given, family, phone="+33 1 99 00 12 34"):
    body = {"given_name": given, "family_name": family, "phones": [phone], "sure": True}
    answer = face.post("/clients", body)
    assert answer.status_code == 201, answer.text
    return answer.json()["person"]


def looks(face):
    books = face.edge.store.books
    rows = books.journal(books.node().epoch, Stream.TRADE, 1, 10_000)
    return [fact for row in rows for fact in decode_entry(row.body).facts if isinstance(fact, ClientLooked)]


def test_one_who_answers_to_a_name_is_served_at_once(face, kept, at_till):
    made(face, "Zwetlana", "Beispielowa")
    board = at_till("/register/client", {"query": "beisp"})
    assert "Zwetlana Beispielowa" in board
    assert "From this box" in board
    assert "Zwetlana Beispielowa" not in at_till("/register/client/end", {})


def test_of_several_one_is_chosen(face, kept, at_till):
    made(face, "Zwetlana", "Beispielowa")
    other = made(face, "Otto", "Beispielowa", "+33 1 99 00 12 35")
    board = at_till("/register/client", {"query": "beisp"})
    assert "Which one?" in board
    assert "Serve nobody" not in board
    assert "Serve nobody" in at_till("/register/client/choose", {"person": other})
    assert "Nobody is found so." not in at_till("/register/board")


def test_who_is_found_by_nobody_is_made(face, kept, at_till):
    board = at_till("/register/client", {"query": "niemand"})
    assert "Nobody is found so." in board
    assert 'href="/clients/new"' in board


def test_news_of_the_pad_is_no_further_look_at_a_client(face, kept, at_till):
    """Whoever looks is kept: the board is drawn again with each piece laid down, and that is nobody's look."""
    made(face, "Zwetlana", "Beispielowa")
    at_till("/register/client", {"query": "beisp"})
    before = len(looks(face))
    for _ in range(3):
        assert "Zwetlana" in at_till("/register/board")
    assert len(looks(face)) == before
    assert "Zwetlana" in at_till("/register/board", who="ana"), "somebody else stands there now"
    assert len(looks(face)) == before + 1


def test_a_client_who_was_erased_is_served_no_more(face, kept, at_till):
    person = made(face, "Zwetlana", "Beispielowa")
    at_till("/register/client", {"query": "beisp"})
    kept.forget([person])
    board = at_till("/register/board")
    assert "Zwetlana" not in board
    assert "Serve nobody" not in board
    assert face.edge.shop.clients.told == {}


def test_a_slice_that_closes_shows_nobody(face, kept, at_till):
    made(face, "Zwetlana", "Beispielowa")
    at_till("/register/client", {"query": "beisp"})
    kept.close_for("another box serves this store")
    board = at_till("/register/board")
    assert "Zwetlana" not in board
    assert "another box serves this store" in board.lower()


def test_notes_are_proposed_that_a_client_may_hand_over():
    assert likely(1_105_000, "EUR") == (1_105_000, 1_106_000, 1_110_000, 1_120_000, 1_150_000)
    assert likely(4_250, "EUR") == (4_250, 4_500, 5_000, 6_000, 10_000)
    assert likely(12_300, "JPY") == (12_300, 13_000, 15_000, 20_000)
    assert likely(0, "EUR") == ()
    assert all(each > 999 for each in likely(999, "EUR")[1:])
