"""Answers by hand through the doors: what is no answer is refused with words, and changes nothing."""

import msgspec
import pytest

from contract.entries import decode_entry
from contract.facts import (
    CountExplained,
    CountFinished,
    CountPlace,
    CountStarted,
    CountTotal,
    CountVerdict,
    Stream,
    Verdict,
)
from contract.ids import HOUSE, CountId, PieceId, UserId, ZoneId

C1, CASE, ANA = CountId("c1"), ZoneId("case"), UserId("ana")
EXPLAIN = "/counts/c1/explain"
GONE = CountVerdict(piece=PieceId("p4"), verdict=Verdict.MISSING, zone=CASE, p_present=0.001, note="not read")
STARTED = CountStarted(count=C1, place=CountPlace.SHELF, zones=(CASE,), expected=8)
FINISHED = CountFinished(
    count=C1, place=CountPlace.SHELF, rounds=4, expected=8, found=7, p_complete=0.99, why_stopped="sure",
    verdicts=(GONE,), totals=(CountTotal(zone=CASE, expected=8, found=7),),
)  # fmt: skip


@pytest.fixture
def store(face):
    for fact in (STARTED, FINISHED):
        face.edge.store._record((fact,), "count", ANA if fact is STARTED else HOUSE)
    return face


def answers(store) -> list[CountVerdict]:
    rows = store.edge.store.books.db.rows("verdicts", CountVerdict, count=C1)
    return [each for each in rows if each.by]


BAD = {
    "no piece": {"found": True},
    "no answer": {"piece": "p4"},
    "found as a word": {"piece": "p4", "found": "yes"},
    "found as a number": {"piece": "p4", "found": 1},
    "an empty piece": {"piece": "", "found": True},
    "a piece with a line end": {"piece": "p4\n", "found": True},
    "a reason too long": {"piece": "p4", "found": False, "reason": "x" * 10_000},
    "a reason with a NUL": {"piece": "p4", "found": False, "reason": "lent\0"},
    "a field that nobody asked for": {"piece": "p4", "found": True, "by": "max"},
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD.keys())
def test_what_is_no_answer_is_refused_at_the_door(store, body):
    assert store.post(EXPLAIN, body).status_code == 422
    assert answers(store) == []


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        (EXPLAIN, {"piece": "p4", "found": False}, 409, "Say where the piece is"),
        (EXPLAIN, {"piece": "p4", "found": False, "reason": " \t "}, 409, "Say where the piece is"),
        (EXPLAIN, {"piece": "p5", "found": True}, 409, "not one that this count looks for"),
        (EXPLAIN, {"piece": "lyon-77", "found": True}, 409, "not one that this count looks for"),
        ("/counts/none/explain", {"piece": "p4", "found": True}, 409, "There is no count none"),
    ],
)
def test_an_answer_that_cannot_be_taken_is_refused_with_what_is_the_matter(store, path, body, status, words):
    answer = store.post(path, body)
    assert (answer.status_code, words in answer.text) == (status, True), answer.text
    assert answers(store) == []
    assert store.post(EXPLAIN, {"piece": "p4", "found": True}).status_code == 200, "a right one is taken"
    assert [(each.piece, each.verdict, each.by) for each in answers(store)] == [("p4", Verdict.FOUND, "ana")]


FORMS = {"no": 422, "false": 422, "0": 422, "": 409, "in hand": 303}


@pytest.mark.parametrize(("found", "status"), FORMS.items())
def test_only_the_button_of_who_has_it_in_hand_says_so(store, found, status):
    """A word that the page never sends is no yes; the other button without a reason is refused."""
    form = {"piece": "p4", "found": found, "reason": ""}
    answer = store.client.post(EXPLAIN, data=form, headers=store.bearer("ana"), follow_redirects=False)
    assert answer.status_code == status, answer.text
    assert len(answers(store)) == (status == 303)


def test_an_open_count_beside_a_blind_one_tells_by_no_refusal_which_pieces_it_lacks(store):
    started = msgspec.structs.replace(STARTED, count=CountId("c2"), blind=True)
    store.edge.store._record((started,), "count", ANA)
    told = {piece: store.post(EXPLAIN, {"piece": piece, "found": True}).json() for piece in ("p4", "p5", "nobody")}
    assert {each["status"] for each in told.values()} == {409}
    assert len({each["title"] for each in told.values()}) == 1, "of no piece more than of another"
    store.edge.store.submit_count(CountId("c2"), {CASE: 8}, ANA)
    assert store.post(EXPLAIN, {"piece": "p4", "found": True}).status_code == 200


def test_what_is_answered_for_is_no_longer_told_as_unread_and_perhaps_there(store):
    lacking = [msgspec.structs.replace(GONE, piece=PieceId(f"p{n}"), p_present=n / 10) for n in (4, 5)]
    more = msgspec.structs.replace(
        FINISHED, verdicts=tuple(lacking), found=6, totals=(CountTotal(zone=CASE, expected=8, found=6),)
    )
    store.edge.store._record((more,), "count", HOUSE)
    assert store.get("/counts/c1").json()["unread_expected"] == pytest.approx(0.9)
    shown = store.post(EXPLAIN, {"piece": "p5", "found": False, "reason": "lent"}).json()
    assert (shown["to_look_for"], shown["unread_expected"]) == (1, pytest.approx(0.4))
    page = store.client.get("/counts/c1", headers=store.bearer("ana")).text
    assert "<dt>Still unread</dt><dd>1<small>about 0.4 of them probably there</small>" in page


def test_a_place_of_which_all_is_answered_for_is_not_offered_to_be_counted_again(store):
    """That would ask anew."""

    def box() -> str:
        page = store.client.get("/counts/c1", headers=store.bearer("ana")).text
        return page.partition('name="zone" value="case"')[2].partition("</label>")[0]

    assert box() == ' checked> <span>Case <small class="soft">1 short</small></span>'
    store.post(EXPLAIN, {"piece": "p4", "found": False, "reason": "lent"})
    assert box() == "> <span>Case</span>"


@pytest.mark.parametrize("page", ["/counts/c1", "/closing"])
def test_nobody_approves_by_a_page_what_was_answered_since_they_were_shown_it(store, page):
    where = {"/counts/c1": ("/counts/c1/approve", {}), "/closing": ("/closing/approve", {"count": "c1"})}[page]

    def press(shown: str) -> int:
        form = {**where[1], "shown": shown}
        return store.client.post(where[0], data=form, headers=store.bearer("max"), follow_redirects=False).status_code

    def shown() -> str:
        text = store.client.get("/counts/c1", headers=store.bearer("max")).text
        return text.partition('name="shown" value="')[2].partition('"')[0]

    before = shown()
    store.post(EXPLAIN, {"piece": "p4", "found": False, "reason": "lent"})
    assert press(before) == 409
    assert store.get("/counts/c1").json()["state"] == "finished"
    assert press(shown()) == 303
    assert store.get("/counts/c1").json()["state"] == "approved"


def test_two_who_answer_for_one_piece_both_took_part_and_the_later_one_stands(store):
    store.post(EXPLAIN, {"piece": "p4", "found": True})
    shown = store.post(EXPLAIN, {"piece": "p4", "found": False, "reason": "lent to Max"}, "max").json()
    assert (shown["counted_by"], shown["found"], shown["to_look_for"]) == (["ana", "max"], 7, 0)
    (said,) = answers(store)
    assert (said.by, said.note) == ("max", "lent to Max")
    assert store.post("/counts/c1/approve", user="max").status_code == 409, "who answered does not approve"


def test_an_answer_asked_again_after_a_lost_one_is_written_once(store):
    for _ in range(2):
        assert store.post(EXPLAIN, {"piece": "p4", "found": False, "reason": "lent"}).status_code == 200
    assert written(store) == 1
    assert store.post(EXPLAIN, {"piece": "p4", "found": False, "reason": "lent to Leo"}).status_code == 200
    assert written(store) == 2, "another reason is another answer"


def written(store) -> int:
    books = store.edge.store.books
    rows = books.journal(books.node().epoch, Stream.FLOOR, 1, 10_000)
    return sum(isinstance(fact, CountExplained) for row in rows for fact in decode_entry(row.body).facts)
