"""Clients a store keeps: brought sealed for its box, found as they are typed, written of, and forgotten."""

import asyncio
import base64
import secrets

import pytest
import sqlalchemy as sa
from clients_house import ANA, EVA, MAX, MILAN, ONE, OTHER, PARIS, THIRD, told
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.pos.clients import desk, slices
from cloud.tables import client, client_heard, client_look, person_key, person_word, sale
from contract.clients import ClientCard, ClientConsent, ClientEdit, ClientsAsked, ClientSize, ClientWish, SliceAsked
from contract.facts import ClientConsented, ClientLooked
from edge.clients.edits import Written, with_edits
from edge.clients.keys import BoxKeys, box_keys
from edge.clients.slice import RESTORED_US, ClosedError, Slice
from edge.clients.syncing import OVERLAP_US, WHOLE_EVERY_US, sync
from trade.consent import Channel, Proof, Said, standing
from web.sealed import SealBrokenError, unwrap


def bring(office, box):
    return asyncio.run(sync(box, office, lambda: office.now_us))


@pytest.mark.parametrize(
    "query", ["eva", "BEISP", "Éva Beispielowa", "eva@EXAMPLE.com", "+33 1 99 00 12 34", "01 99 00 12 34", ONE]
)
def test_a_client_is_found_at_the_box_as_people_type(office, box, query):
    office.keep(ONE, EVA)
    office.keep(OTHER, MAX)
    bring(office, box)
    assert [card.person for card in box.find(query).cards] == [ONE]


def test_a_store_keeps_its_own_clients_and_those_who_bought_or_came_there(office, box):
    office.keep(ONE, EVA)
    office.keep(OTHER, MAX, store=MILAN)
    office.keep(THIRD, {"given_name": "Otto"}, store=MILAN)
    office.work(
        lambda work: work.tx.add(sale, {"store": PARIS, "sale": "s1", "client": OTHER, "business_day": "2026-11-01"})
    )
    bring(office, box)
    assert box.count() == 2
    assert box.find("otto").cards == []
    assert box.one(OTHER) is not None


def test_who_was_not_seen_for_two_years_leaves_with_the_next_whole_pass(office, box):
    office.keep(ONE, EVA)
    bring(office, box)
    assert box.count() == 1
    office.now_us += 731 * slices.DAY_US
    office.keep(OTHER, MAX)
    bring(office, box)
    assert box.one(ONE) is None
    assert [card.person for card in box.find("muster").cards] == [OTHER]


def test_above_the_bound_the_newest_are_kept(office, box, monkeypatch):
    monkeypatch.setattr("contract.clients.SLICE_MAX", 2)
    monkeypatch.setattr("contract.clients.SLICE_ROWS_PER_PAGE_MAX", 1)
    for person, who in ((ONE, EVA), (OTHER, MAX), (THIRD, {"given_name": "Otto"})):
        office.keep(person, who)
    assert bring(office, box) == 2
    assert (box.one(ONE), box.count()) == (None, 2)


def test_changes_come_without_bringing_everybody_again(office, box):
    office.keep(ONE, EVA)
    office.keep(OTHER, MAX)
    bring(office, box)
    office.now_us += 3_600_000_000
    office.change(ONE, desk.setting({"family_name": "Neumann"}))
    page = asyncio.run(office.clients(SliceAsked(box_key=box.public, after_us=office.now_us - 10)))
    assert [each.person for each in page.clients] == [ONE]
    bring(office, box)
    assert box.find("beispielowa").cards == []
    assert [card.person for card in box.find("neumann").cards] == [ONE]


def test_the_file_holds_no_word_of_anybody_and_opens_for_no_other_box(office, box, tmp_path):
    office.keep(ONE, EVA)
    bring(office, box)
    kept = b"".join(path.read_bytes() for path in (tmp_path / "clients").iterdir())
    for word in ("Beispielowa", "eva@example", "33199001234", "beispielowa"):
        assert word.encode() not in kept
    page = asyncio.run(office.clients(SliceAsked(box_key=box.public)))
    other = BoxKeys(secrets.token_bytes(32), secrets.token_bytes(32))
    (each,) = page.clients
    with pytest.raises(SealBrokenError):
        unwrap(base64.b64decode(each.key), each.person, other.private)
    thief = Slice(tmp_path / "thief", other, secrets.token_bytes)
    thief.admit("e1")
    assert thief.take(page, now_us=1) == 1
    assert thief.count() == 0
    thief.stop()


def test_who_is_forgotten_is_gone_from_the_file_and_comes_back_by_no_late_page(office, box, tmp_path):
    office.keep(ONE, EVA)
    office.keep(OTHER, MAX)
    page = asyncio.run(office.clients(SliceAsked(box_key=box.public)))
    bring(office, box)
    wrapped = next(each for each in page.clients if each.person == ONE)
    box.take(page, now_us=1)
    sealed = base64.b64decode(wrapped.card)
    assert sealed in on_disk(tmp_path), "the control: it lies there"
    assert box.forget([ONE]) == 1
    assert box.forget([ONE]) == 0
    assert sealed not in on_disk(tmp_path)
    assert base64.b64decode(wrapped.key) not in on_disk(tmp_path)
    box.take(page, now_us=2)
    assert box.find("beispielowa").cards == []
    assert box.one(ONE) is None
    assert box.opened(wrapped) is None
    assert box.one(OTHER) is not None


def on_disk(folder):
    return b"".join(path.read_bytes() for path in (folder / "clients").iterdir())


def test_a_slice_of_another_log_is_closed_until_the_office_said_whom_to_forget(office, box, tmp_path):
    office.keep(ONE, EVA)
    bring(office, box)
    box.stop()
    again = Slice(tmp_path / "clients", box_keys(tmp_path / "clients"), secrets.token_bytes)
    assert again.open("e1", []), "the control: the same log, and it opens without a line"
    again.stop()
    copied = Slice(tmp_path / "clients", box_keys(tmp_path / "clients"), secrets.token_bytes)
    assert not copied.open("e2", [])
    for look in (lambda: copied.find("eva"), lambda: copied.one(ONE), lambda: copied.key_of(ONE)):
        with pytest.raises(ClosedError, match="forget"):
            look()
    copied.forget([ONE])
    copied.admit("e2")
    assert copied.one(ONE) is None
    copied.stop()


def test_at_a_start_the_books_forget_list_runs_before_anybody_is_seen(office, box, tmp_path):
    office.keep(ONE, EVA)
    bring(office, box)
    box.stop()
    again = Slice(tmp_path / "clients", box_keys(tmp_path / "clients"), secrets.token_bytes)
    assert again.open("e1", [ONE])
    assert again.one(ONE) is None
    again.stop()


def test_merged_clients_are_one_at_the_box(office, box):
    office.keep(ONE, EVA)
    office.keep(OTHER, MAX)
    bring(office, box)
    office.merge(ONE, OTHER)
    bring(office, box)
    assert box.count() == 1
    for query in ("muster", OTHER, "eva"):
        assert [card.person for card in box.find(query).cards] == [ONE], query
    assert box.one(OTHER).person == ONE
    assert set(box.one(ONE).phones) == {"+33199001234", "+33199005566"}


# --- written at the till ------------------------------------------------------------------------------------------


def test_what_is_written_is_seen_at_once_and_taken_into_the_profile(office, box):
    office.keep(ONE, EVA)
    bring(office, box)
    size = ClientSize(finger="left_ring", circumference_um=54_000, source="measured", day="2026-11-30")
    edit = ClientEdit(
        language="fr", notes=("Mag Opale",), wishes=(ClientWish(text="Brosche", piece="P-7"),), sizes=(size,)
    )
    fact = told(ONE, box.key_of(ONE), edit)
    at_us = office.hear(fact)
    box.write(ONE, Written(at_us=at_us, by=ANA, edit=edit))
    seen = box.one(ONE)
    assert (seen.language, seen.notes[0].text, seen.wishes[0].piece, seen.sizes) == ("fr", "Mag Opale", "P-7", (size,))
    assert office.absorb() == 1
    kept = office.read(ONE)
    assert (kept.language, kept.notes[0].text, kept.notes[0].by, kept.wishes[0].text) == (
        "fr",
        "Mag Opale",
        ANA,
        "Brosche",
    )
    bring(office, box)
    assert len(box.one(ONE).notes) == 1, "the office told it back, and it is not seen twice"
    assert b"Opale" not in bytes(fact.bytes, "ascii")


def test_somebody_made_without_a_line_is_known_at_the_office_once_key_and_words_are_there(office, box):
    key, edit = (
        secrets.token_bytes(32),
        ClientEdit(made=True, given_name="Nina", family_name="Neu", phones=("+33199007788",)),
    )
    box.make(ClientCard(person=ONE, given_name="Nina", family_name="Neu", phones=("+33199007788",)), key, at_us=1)
    assert [card.person for card in box.find("nina").cards] == [ONE]
    office.hear(told(ONE, key, edit))
    assert office.absorb() == 0, "the words came first and wait for their key"
    bring(office, box)
    assert office.read(ONE).name == "Nina Neu"
    bring(office, box)
    assert box.count() == 1
    assert asyncio.run(office.clients(SliceAsked(box_key=box.public))).clients[0].person == ONE


def put_back(office):
    """The office to a backup from before it heard of anybody."""

    def forget(work):
        for table in (person_key, person_word, client, client_heard):
            work.tx.run(sa.delete(table))

    office.work(forget)


def test_an_office_that_was_put_back_is_brought_the_keys_of_people_kept_here_first(office, box):
    key, edit = secrets.token_bytes(32), ClientEdit(made=True, given_name="Nina", notes=("Likes rubies",))
    box.make(ClientCard(person=ONE, given_name="Nina"), key, at_us=office.now_us)
    office.hear(told(ONE, key, edit))
    bring(office, box)
    office.keep(OTHER, MAX)
    bring(office, box)
    put_back(office)
    office.hear(told(ONE, key, edit))
    office.now_us += WHOLE_EVERY_US
    bring(office, box)
    assert office.absorb() == 0, "the control: in the same log nobody brings it again"
    assert box.one(ONE) is not None, "and what the office does not know any more is not dropped here"
    box.admit("the next log")
    assert [person for person, _ in box.to_bring(10)] == [ONE], "the other's key is the office's own"
    bring(office, box)
    assert [note.text for note in office.read(ONE).notes] == ["Likes rubies"]
    assert box.to_bring(10) == []


def test_what_was_brought_longer_ago_than_a_backup_is_kept_is_not_brought_again(office, box):
    box.make(ClientCard(person=ONE, given_name="Nina"), secrets.token_bytes(32), at_us=office.now_us)
    bring(office, box)
    office.now_us += RESTORED_US + WHOLE_EVERY_US
    bring(office, box)
    box.admit("the next log")
    assert (box.to_bring(10), box.one(ONE)) == ([], None)


def test_who_was_made_here_is_found_here_until_the_office_knows_them(office, box):
    office.keep(OTHER, MAX)
    bring(office, box)
    key = secrets.token_bytes(32)
    box.make(ClientCard(person=ONE, given_name="Maxima"), key, at_us=1)
    assert [card.person for card in box.found_here_alone("max")] == [ONE]
    office.hear(told(ONE, key, ClientEdit(made=True, given_name="Maxima")))
    bring(office, box)
    assert box.found_here_alone("max") == []
    assert {card.person for card in box.find("max").cards} == {ONE, OTHER}


def test_who_was_erased_is_not_made_again_by_a_store_that_was_alone(office, box):
    office.keep(ONE, EVA)
    bring(office, box)
    key = box.key_of(ONE)
    office.erase(ONE)
    office.hear(told(ONE, key, ClientEdit(notes=("Zu spät",))))
    assert office.absorb() == 0
    box.make(ClientCard(person=ONE, given_name="Eva"), key, at_us=1)
    bring(office, box)
    with pytest.raises(desk.UnknownClientError):
        office.read(ONE)


def test_words_are_read_also_where_the_office_had_another_key_of_that_person_first(office, box):
    key = secrets.token_bytes(32)
    box.make(ClientCard(person=ONE, given_name="Nina"), key, at_us=1)
    office.work(lambda work: office.ring.new_person(work.tx, ONE, now_us=work.now_us))
    office.hear(told(ONE, key, ClientEdit(made=True, given_name="Nina")))
    assert office.absorb() == 0
    bring(office, box)
    assert office.read(ONE).given_name == "Nina"
    bring(office, box)
    assert box.to_bring(10) == [], "the office's card came with the office's key"
    assert box.key_of(ONE) != key
    office.hear(told(ONE, box.key_of(ONE), ClientEdit(notes=("later",))))
    assert office.absorb() == 1


def test_what_another_key_sealed_is_told_and_changes_nothing(office, box):
    office.keep(ONE, EVA)
    office.hear(told(ONE, secrets.token_bytes(32), ClientEdit(notes=("x",))))
    assert office.absorb() == 0
    assert office.read(ONE).notes == ()
    assert office.absorb() == 0


def test_looks_and_consents_of_a_till_are_kept_at_the_office(office, box):
    office.keep(ONE, EVA)
    office.hear(ClientLooked(how="till", person=ONE))
    said = {"person": ONE, "channel": "email", "proof": "spoken", "text_version": "1"}
    office.hear(ClientConsented(given=False, said_us=20, **said), ClientConsented(given=True, said_us=10, **said))
    bring(office, box)
    assert box.one(ONE).consents == (ClientConsent(channel="email", given=False, said_us=20),)


WORDS = st.lists(
    st.tuples(st.sampled_from(list(Channel)), st.booleans(), st.integers(0, 5)), max_size=12
)  # fmt: skip


@given(WORDS, st.randoms(use_true_random=False))
@settings(max_examples=200)
def test_at_a_box_the_same_consent_holds_as_at_the_office_in_whatever_order(words, rng):
    said = [Said(channel, given, at_us, ANA, Proof.SPOKEN, "1") for channel, given, at_us in words]
    written = [
        Written(at_us=n, by=ANA, consent=ClientConsent(channel=s.channel, given=s.given, said_us=s.said_us))
        for n, s in enumerate(said)
    ]
    rng.shuffle(written)
    card = with_edits(ClientCard(person=ONE), written)
    holds = {each.channel: each.given for each in card.consents}
    assert holds == {channel: each.given for channel, each in standing(said).items()}


def test_a_search_at_the_office_gives_cards_for_this_box_alone_and_is_kept(office, box):
    office.keep(ONE, EVA, store=MILAN)
    found = asyncio.run(office.search_clients(ClientsAsked(box_key=box.public, by=ANA, query="beisp")))
    assert [box.opened(each).name for each in found.clients] == ["Éva Beispielowa"]
    assert box.count() == 0, "what is looked at is not kept"
    (row,) = office.work(lambda work: work.tx.rows(sa.select(client_look)))
    assert (row["how"], row["by"], row["found"]) == ("till search paris", ANA, 1)


def test_a_whole_pass_is_made_once_a_day(office, box):
    office.keep(ONE, EVA)
    bring(office, box)
    first = box.standing().whole_us
    bring(office, box)
    assert box.standing().whole_us == first
    office.now_us += WHOLE_EVERY_US
    bring(office, box)
    assert box.standing().whole_us > first
    assert box.count() == 1


def test_a_whole_pass_brings_no_card_twice_and_one_that_is_lacking_again(office, box):
    office.keep(ONE, EVA)
    office.now_us += 2 * OVERLAP_US
    office.keep(OTHER, MAX)
    bring(office, box)
    office.now_us += WHOLE_EVERY_US
    asked = SliceAsked(box_key=box.public, cards_after_us=office.now_us)
    page = asyncio.run(office.clients(asked))
    assert [(each.card, each.key) for each in page.clients] == [("", ""), ("", "")]
    bring(office, box)
    assert box.count() == 2, "who was named alone stays"
    box.unmake(ONE)
    office.now_us += WHOLE_EVERY_US
    bring(office, box)
    assert box.one(ONE) is None
    bring(office, box)
    assert box.one(ONE) is not None
