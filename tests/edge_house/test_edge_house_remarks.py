"""What a store's staff write of a client: in words on its pages, sealed in its books, gone with the client."""

import asyncio
import itertools
import secrets

import msgspec
import pytest

from contract.facts import QuoteLine, Stream
from contract.remarks import FORGOTTEN, KEYS_PER_MESSAGE_MAX, NOT_HERE, RemarkKeysKept
from edge.clients.keys import box_keys
from edge.clients.remarks import Remarks
from edge.till.saying import Unsealed
from trade.ordering.collecting import _called
from trade.orders.order import Order, Quote
from web.sealed import from_text, to_text, wrap

CLIENT = "p-1"
RING = {
    "description": "Ring with Paraiba engraving", "condition": "Bent by Beispielowa", "declared_value_minor": 900_000,
    "weight_mg": 4_100, "zone": "safe",
    "stones": [{"at": "centre", "kind": "white stone", "length_um": 6480, "width_um": 6450, "inscription": "GIA 4711"}],
}  # fmt: skip
WORDS = ("Zwetlana", "Beispielowa", "Paraiba", "Ottokar", "Morgenstunde", "Dackel", "GIA 4711", "Silberdistel")


def ok(answer, status=200):
    assert answer.status_code == status, answer.text
    return answer.json()


def written(store):
    """All that is typed about one client's ring."""
    order = ok(store.post("/orders", {"kind": "repair", "client": CLIENT, "title": "Ring of Zwetlana"}), 201)["order"]
    item = ok(store.post(f"/orders/{order}/things", RING), 201)["things"][0]["item"]
    line = {"description": "Sized for Ottokar", "gross_minor": 5_000}
    ok(store.post(f"/orders/{order}/quote", {"lines": [line]}))
    ok(store.post(f"/orders/{order}/promise", {"promised_day": "2999-01-01", "why": "Morgenstunde"}))
    looks = [{"at": "centre", "length_um": 6480, "width_um": 6450, "inscription": "GIA 4711", "note": "Silberdistel"}]
    ok(store.post(f"/orders/{order}/things/{item}/check", {"looks": looks}))
    ok(store.post(f"/orders/{order}/hold", {"reason": "Her Dackel ate the claim"}))
    return order


def books(store):
    """Every row of the books' file, and all of the journal."""
    db = store.edge.store.books.db
    return db.image()


def told(store, order):
    one, things = store.get(f"/orders/{order}").text, store.get(f"/orders/{order}/things").text
    return one + things


def missing(text):
    return [word for word in WORDS if word not in text]


def test_what_is_written_of_a_client_is_in_words_on_the_pages_and_nowhere_in_the_books(face):
    order = written(face)
    assert missing(told(face, order)) == []
    image = books(face)
    assert [word for word in WORDS if word.encode() in image] == []


def test_without_the_seal_the_books_tell_it(face):
    face.edge.store.desk._remarks = Unsealed()
    written(face)
    image = books(face)
    assert [word for word in WORDS if word.encode() not in image] == [], "the control"


def test_a_refusal_stands_in_the_journal_without_what_was_typed(face):
    order = written(face)
    refused = face.post(f"/orders/{order}/answer", {"approved": True, "how": "counter"})
    assert refused.status_code == 409
    assert "Dackel" in refused.text, "the person is told in words"
    assert b"Dackel" not in books(face)


def test_who_is_forgotten_takes_the_words_along_and_the_order_stays(face):
    order = written(face)
    face.edge.store.remarks.forget(["p-1"])
    shown = told(face, order)
    assert [word for word in WORDS if word in shown] == []
    assert FORGOTTEN in shown
    ok(face.post(f"/orders/{order}/resume", {}))
    ok(face.post(f"/orders/{order}/hold", {"reason": "Zwetlana asks again"}))
    assert "Zwetlana" not in told(face, order)
    assert b"Zwetlana" not in books(face)


def test_the_same_act_twice_is_one_although_it_is_sealed(face):
    order = written(face)
    before = face.edge.store.books.journal(face.edge.store.books.node().epoch, Stream.TRADE, 1, 10_000)
    ok(face.post(f"/orders/{order}/hold", {"reason": "Her Dackel ate the claim"}))
    assert face.edge.store.books.journal(face.edge.store.books.node().epoch, Stream.TRADE, 1, 10_000) == before


def test_a_sale_names_work_by_its_order_and_not_by_the_words_of_its_quote(face):
    lines = tuple(
        {"line": f"l{n}", "description": "For Ottokar", "gross_minor": 1, "tax_bp": 0, "piece": None} for n in range(2)
    )
    made = tuple(QuoteLine(**each) for each in lines)
    order = Order(
        order="o", number="R-1", kind="repair", client="c", title="t", currency="EUR", account="a", state="ready",
        quotes=(Quote(quote=1, lines=made),),
    )  # fmt: skip
    assert [_called(order, each) for each in made] == ["Repair R-1, 1 of 2", "Repair R-1, 2 of 2"]


# --- the keys --------------------------------------------------------------------------------------------------------


@pytest.fixture
def boxes(tmp_path):
    made = []

    def one(name="a", **more):
        folder = tmp_path / name
        made.append(Remarks(folder, box_keys(folder), secrets.token_bytes, **more))
        return made[-1]

    yield one
    for each in made:
        each.stop()


def test_one_client_has_one_key_here_and_another_client_another(boxes):
    kept = boxes()
    one, again, other = kept.seal("p-1", "a word"), kept.seal("p-1", "a word"), kept.seal("p-2", "a word")
    assert len({one, again, other}) == 3, "equal words look different"
    assert [each.split(".")[2] for each in (one, again)] == [one.split(".")[2]] * 2
    assert other.split(".")[2] != one.split(".")[2]
    assert kept.open(f"{one} and {other}") == "a word and a word"
    assert kept.seal("p-1", one) == one, "what is sealed is not sealed again"
    assert kept.seal("p-1", "") == ""


def test_the_keys_outlive_a_restart_and_not_a_forgetting(boxes):
    kept = boxes()
    word = kept.seal("p-1", "Zwetlana")
    kept.stop()
    again = boxes()
    assert again.open(word) == "Zwetlana"
    again.forget(["p-1"])
    assert again.open(word) == FORGOTTEN
    assert again.seal("p-1", "Zwetlana") == FORGOTTEN
    again.stop()
    third = boxes()
    assert third.open(word) == FORGOTTEN


def test_a_box_that_does_not_know_yet_whom_to_forget_reads_nothing(boxes):
    word = boxes().seal("p-1", "Zwetlana")
    assert boxes(may_open=lambda: False).open(word) == NOT_HERE
    assert boxes().open(word) == "Zwetlana", "the control"


def test_under_another_key_file_the_box_asks_for_all_it_had(boxes, tmp_path):
    kept, office = boxes(), Office()
    word, gone = kept.seal("p-1", "Zwetlana"), kept.seal("p-2", "Bob")
    kept.forget(["p-2"])
    asyncio.run(_sync(kept, office))
    kept.stop()
    (tmp_path / "a" / "box.key").unlink()
    again = boxes()
    assert again.open(word) == NOT_HERE
    asyncio.run(_sync(again, office))
    assert again.open(word) == "Zwetlana"
    assert again.open(gone) == FORGOTTEN


class Office:
    """Keeps keys as the office does, gives those back that came before, and counts the questions."""

    def __init__(self):
        self.keys, self.asked = {}, 0

    async def remark_keys(self, told):
        self.asked += 1
        known = list(self.keys.values()) if not told.after_us else []
        for each in told.keys:
            self.keys[each.key_id] = each
        return RemarkKeysKept(
            taken=tuple(each.key_id for each in told.keys), keys=tuple(_wrapped(each, told.box_key) for each in known),
            upto_us=1,
        )  # fmt: skip


def _wrapped(key, box_key):
    sealed = wrap(from_text(key.key), key.person, from_text(box_key), secrets.token_bytes)
    return msgspec.structs.replace(key, key=to_text(sealed))


async def _sync(kept, office):
    await kept.sync(office)


def test_keys_that_cannot_be_opened_any_more_do_not_stand_before_newer_ones(boxes, tmp_path):
    kept, office = boxes(), Office()
    with kept._db.work():
        for number in range(KEYS_PER_MESSAGE_MAX + 1):
            kept._db.run("put", key_id=f"{number:032x}", person=f"q-{number}", key=b"of another box", ours=1)
    kept.seal("p-1", "a")
    asyncio.run(_sync(kept, office))
    assert [each.person for each in office.keys.values()] == ["p-1"]


def test_new_keys_go_up_once(boxes):
    kept, office, pokes = boxes(), Office(), itertools.count()
    kept.made = lambda: next(pokes)
    kept.seal("p-1", "a")
    kept.seal("p-1", "b")
    assert next(pokes) == 1, "the office is told at once that there is a key, once"
    asyncio.run(_sync(kept, office))
    asyncio.run(_sync(kept, office))
    (only,) = office.keys.values()
    assert (only.person, len(from_text(only.key))) == ("p-1", 32)
    assert office.asked == 2
