"""People of a store: who chooses a PIN for whom, how a stream ends with its login, and who may scan at the till."""

import asyncio
import dataclasses

import pytest

from contract.entries import decode_entry
from contract.facts import LanguageChosen, Stream
from contract.feed import FeedPage, FeedRow, Permission, RoleCard, StaffCard
from contract.ids import UserId
from edge import own_books
from web.sse import HELLO, KEEPALIVE_S


def told(face, *cards, rev=500):
    """The office says this of people and roles."""
    rows = tuple(
        FeedRow(rev=rev + n, scope="*", key=f"staff:{card.user}" if isinstance(card, StaffCard) else f"role:{card.role}", body=card)
        for n, card in enumerate(cards)
    )  # fmt: skip
    face.edge.store.take_feed(FeedPage(rows=rows, upto=rev + len(rows), more=False))


def signs_in(face, user, pin):
    answer = face.client.post("/api/v1/login", json={"user": user, "pin": pin})
    face.client.cookies.clear()
    return answer.status_code


# --- /people ----------------------------------------------------------------------------------------------


def test_a_manager_lets_somebody_choose_a_pin_and_the_old_one_and_its_logins_end(face):
    old = face.bearer("ana")
    assert face.post("/pins", {"user": "ana", "pin": "8305"}, user="max").status_code == 200
    assert face.client.get("/api/v1/store", headers=old).status_code == 401
    assert [signs_in(face, "ana", pin) for pin in ("4711", "8305")] == [401, 200]


def test_on_the_page_a_pin_is_typed_twice_and_a_slip_changes_nothing(face):
    def typed(again, **more):
        login = face.edge.shop.logins.find(face.bearer("max")["authorization"].split()[1], bearer=True)
        form = {"user": "ana", "pin": "8305", "again": again, "csrf": login.csrf, **more}
        return face.client.post("/people/pin", data=form, headers=face.bearer("max"), follow_redirects=False)

    face.bearer("ana")
    page = face.client.get("/people", headers=face.bearer("max"))
    assert page.status_code == 200
    assert all(name in page.text for name in ("Ana", "Max", "Lou"))
    differs = typed("8306")
    assert (differs.status_code, "The two PINs differ" in differs.text) == (422, True)
    assert signs_in(face, "ana", "4711") == 200
    assert typed("8305").status_code == 303
    assert signs_in(face, "ana", "8305") == 200


def test_nobody_chooses_a_pin_for_who_may_do_more_than_they(face):
    told(
        face,
        RoleCard(role="warden", permissions=(Permission.PINS,)),
        StaffCard(user="wim", name="Wim", roles=("warden",)),
    )
    refused = face.post("/pins", {"user": "max", "pin": "8305"}, user="wim")
    assert refused.status_code == 403
    assert "somebody who may so too" in refused.json()["detail"]
    own_books.set_pin(face.config, "max", "4711")
    assert signs_in(face, "max", "4711") == 200


@pytest.mark.parametrize("user", ["nobody", "mia"])
def test_a_pin_is_for_who_works_here(face, user):
    told(face, StaffCard(user="mia", name="Mia", roles=("associate",), stores=("lyon",)))
    assert face.post("/pins", {"user": user, "pin": "8305"}, user="max").status_code == 404


def test_who_may_not_is_shown_no_page_of_people(face):
    assert face.client.get("/people", headers=face.bearer("lou")).status_code == 403


# --- the stream ends with the login -----------------------------------------------------------------------


def streams(face, user):
    """The stream of somebody's page, as the route opens it: its words so far, and how to go on."""
    token = face.bearer(user)["authorization"].split()[1]
    logins = face.edge.shop.logins
    return face.edge.shop.bulletin.listen(lambda: logins.alive(token))


def heard(face, user, then, seconds):
    """What the stream says after `then`: its last words, and whether it ended within so many seconds."""

    async def listen():
        stream = streams(face, user)
        first = await anext(stream)
        assert HELLO.encode() in first
        then()
        words = []
        try:
            async with asyncio.timeout(seconds):
                async for word in stream:
                    words.append(word)  # noqa: PERF401 — kept when the time is over
        except TimeoutError:
            return words, False
        return words, True

    return asyncio.run(listen())


def disabled(face, user="ana"):
    told(face, StaffCard(user=UserId(user), name=user.title(), roles=("associate",), active=False))
    face.edge.shop.bulletin.tell("people")


def test_the_stream_of_somebody_disabled_ends_at_once_with_a_hello_that_sends_them_to_sign_in(face):
    words, ended = heard(face, "ana", lambda: disabled(face), seconds=KEEPALIVE_S / 2)
    assert ended, "at once, not at the next sign of life"
    assert words[-1] == f"event: {HELLO}\ndata: \n\n".encode()
    assert face.client.get("/api/v1/events", headers=face.bearers["ana"]).status_code == 401


def test_the_stream_of_everybody_else_goes_on(face):
    face.bearer("ana")
    words, ended = heard(face, "max", lambda: disabled(face), seconds=1)
    assert not ended
    assert words == [b"event: people\ndata: \n\n"]


def test_without_the_word_that_people_changed_it_would_only_end_at_the_next_sign_of_life(face):
    def quietly():
        told(face, StaffCard(user=UserId("ana"), name="Ana", roles=("associate",), active=False))

    _, ended = heard(face, "ana", quietly, seconds=1)
    assert not ended


def test_the_feed_that_names_people_says_that_people_changed(face):
    heard_names = []
    face.edge.store.wakes = dataclasses.replace(face.edge.store.wakes, tell=heard_names.append)
    told(face, StaffCard(user=UserId("ana"), name="Ana", roles=("associate",), active=False))
    assert "people" in heard_names


# --- scanning at the till ---------------------------------------------------------------------------------


def only_sells(face):
    told(face, RoleCard(role="seller", permissions=(Permission.SELL, Permission.SHIFT)), StaffCard(user="sam", name="Sam", roles=("seller",)))  # fmt: skip


def test_who_may_only_sell_scans_a_piece_and_sells_it(face):
    only_sells(face)
    assert face.post("/shifts", {"till": "till-1", "float_minor": 20_000}, user="sam").status_code == 201
    sale = face.post("/sales", {"till": "till-1"}, user="sam").json()["sale"]
    line = {"piece": "p1", "override": "held in the hand"}
    assert face.post(f"/sales/{sale}/lines", line, user="sam").status_code == 409, "not read here since the start"
    scanned = face.post("/scan", {"pieces": ["p1"]}, user="sam")
    assert (scanned.status_code, scanned.json()["seen"]) == (200, ["p1"])
    assert "has not been read here" not in face.post(f"/sales/{sale}/lines", line, user="sam").text


def test_who_may_neither_sell_nor_count_scans_nothing(face):
    told(face, RoleCard(role="guest", permissions=()), StaffCard(user="gil", name="Gil", roles=("guest",)))
    assert face.post("/scan", {"pieces": ["p1"]}, user="gil").status_code == 403


# --- what a person's pages speak --------------------------------------------------------------------------


def test_a_language_holds_at_once_and_goes_to_the_office_whose_word_comes_after(face):
    token = face.bearer("ana")["authorization"].split()[1]
    face.client.cookies.set(face.edge.api.state.front.cookie, token)

    def speaks():
        face.client.cookies.delete("vitrine-language")
        return face.client.get("/me").text.partition('<html lang="')[2][:2]

    for _again in range(2):
        face.client.post("/language", data={"language": "fr", "next": "/me"})
    assert speaks() == "fr", "before the office has heard of it"
    books = face.edge.store.books
    rows = [decode_entry(row.body) for row in books.journal(books.node().epoch, Stream.TRADE, 1, 1_000)]
    chosen = [(row.by, fact.language) for row in rows for fact in row.facts if isinstance(fact, LanguageChosen)]
    assert chosen == [("ana", "fr")], "once, however often it was pressed"
    told(face, StaffCard(user=UserId("ana"), name="Ana", roles=("associate",), language="de"))
    assert speaks() == "de", "she chose again, elsewhere"
