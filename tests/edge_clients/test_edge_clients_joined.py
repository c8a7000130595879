"""Somebody who was kept at a store first, and whom the office then joined with somebody else: no key of theirs is lost."""

import asyncio
import secrets

import pytest
import sqlalchemy as sa
from clients_house import ANA, EVA, MAX, MILAN, ONE, OTHER, PARIS, THIRD, told

from cloud.pos.clients import merging
from cloud.tables import client, client_alias, client_heard, person_key, person_word, sale
from contract import clients as wire
from contract.clients import ClientCard, ClientConsent, ClientEdit
from contract.facts import ClientConsented
from edge.clients.edits import Written
from edge.clients.keys import box_keys
from edge.clients.slice import RESTORED_US, Slice
from edge.clients.syncing import WHOLE_EVERY_US, sync

NINA = ClientEdit(made=True, given_name="Nina", family_name="Neu", notes=("Likes rubies",))


def bring(office, box):
    return asyncio.run(sync(box, office, lambda: office.now_us))


@pytest.fixture
def nina(office, box):
    """Made at Paris without a line, known at the office now; her key and what she was written of."""
    key = secrets.token_bytes(32)
    box.make(ClientCard(person=ONE, given_name="Nina", family_name="Neu"), key, at_us=office.now_us)
    fact = told(ONE, key, NINA)
    office.hear(fact)
    bring(office, box)
    office.now_us += 3_600_000_000
    return key, fact


def again(box, tmp_path):
    """The same disk after a restart."""
    box.stop()
    started = Slice(tmp_path / "clients", box_keys(tmp_path / "clients"), secrets.token_bytes)
    assert started.open("e1", [])
    return started


def put_back(office):
    """The office to a backup from before it heard of her, and from before it joined anybody."""

    def forget(work):
        for table in (person_key, person_word, client, client_heard):
            work.tx.run(sa.delete(table).where(*([table.c.person == ONE] if "person" in table.c else [])))
        work.tx.run(sa.delete(client_alias))

    office.work(forget)


def test_who_stands_for_a_stores_own_client_is_kept_there_from_whichever_store_they_are(office, box, nina, tmp_path):
    office.keep(OTHER, MAX, store=MILAN)
    bring(office, box)
    assert box.one(OTHER) is None, "the control: of Milan alone"
    office.merge(OTHER, ONE)
    bring(office, box)
    assert (box.one(ONE).person, box.count()) == (OTHER, 1)
    started = again(box, tmp_path)
    assert (started.one(ONE).person, started.count()) == (OTHER, 1)
    assert {card.person for card in started.find("nina").cards} == {OTHER}
    office.keep(THIRD, EVA, store=MILAN)
    office.merge(THIRD, OTHER)
    bring(office, started)
    assert started.one(ONE).person == started.one(OTHER).person == THIRD, "and through who stood for them before"
    office.now_us += WHOLE_EVERY_US
    bring(office, started)
    assert started.one(ONE).person == THIRD, "the whole pass of the day brings them too"
    started.stop()


def test_who_bought_under_an_id_that_another_stands_for_is_kept_where_they_bought(office, box):
    office.keep(ONE, EVA, store=MILAN)
    office.keep(OTHER, MAX, store=MILAN)
    row = {"store": PARIS, "sale": "s1", "client": ONE, "business_day": "2026-11-01"}
    office.work(lambda work: work.tx.add(sale, row))
    office.merge(OTHER, ONE)
    bring(office, box)
    assert box.one(ONE).person == OTHER


@pytest.mark.parametrize("bought", [ONE, OTHER, THIRD])
def test_who_is_of_this_store_by_one_id_and_was_anywhere_lately_by_another_is_kept(office, box, bought):
    for person, given, store in ((ONE, EVA, PARIS), (OTHER, MAX, MILAN), (THIRD, MAX, MILAN)):
        office.keep(person, given, store=store)
    office.merge(OTHER, ONE)
    office.merge(OTHER, THIRD)
    office.now_us += (wire.SLICE_DAYS + 1) * WHOLE_EVERY_US
    bring(office, box)
    assert box.count() == 0, "the control: quiet by all their ids"
    row = {"store": MILAN, "sale": "s1", "client": bought, "recorded_us": office.now_us}
    office.work(lambda work: work.tx.add(sale, row))
    office.now_us += WHOLE_EVERY_US
    bring(office, box)
    assert box.one(ONE).person == OTHER


@pytest.mark.parametrize("home", [PARIS, MILAN])
def test_the_key_made_here_is_brought_again_to_an_office_that_was_put_back(office, box, nina, tmp_path, home):
    key, fact = nina
    office.keep(OTHER, MAX, store=home)
    office.merge(OTHER, ONE)
    bring(office, box)
    started = again(box, tmp_path)
    assert started.to_bring(9) == [], "the office has it"
    put_back(office)
    office.hear(fact)
    assert office.absorb() == 0, "the control: without her key nothing of it can be read"
    started.admit("e2")
    assert started.to_bring(9) == [(ONE, key)]
    bring(office, started)
    assert [note.text for note in office.read(ONE).notes] == ["Likes rubies"]
    assert started.to_bring(9) == []
    bring(office, started)
    assert started.one(ONE).person == ONE, "nobody stands for her any more"
    assert started.key_of(ONE) == key
    started.stop()


def test_it_goes_once_no_backup_of_an_office_can_lack_it(office, box, nina):
    office.keep(OTHER, MAX)
    office.merge(OTHER, ONE)
    bring(office, box)
    office.now_us += RESTORED_US + WHOLE_EVERY_US
    bring(office, box)
    box.admit("e2")
    assert box.to_bring(9) == []


def test_parted_again_each_is_opened_alone_and_the_key_is_still_known_as_made_here(office, box, nina):
    key, _ = nina
    office.keep(OTHER, MAX, store=MILAN)
    office.merge(OTHER, ONE)
    bring(office, box)
    (name,) = office.work(lambda work: [row["merge"] for row in work.tx.rows(sa.select(client_alias))])
    office.work(lambda work: merging.undo(work, name, by=ANA))
    bring(office, box)
    assert (box.one(ONE).name, box.key_of(ONE)) == ("Nina Neu", key)
    box.admit("e2")
    assert box.to_bring(9) == [(ONE, key)]


def test_erasing_whoever_stands_for_them_destroys_both_keys_everywhere(office, box, nina, tmp_path):
    office.keep(OTHER, MAX)
    bring(office, box)
    files = [path for path in (tmp_path / "clients").iterdir() if path.name.startswith("slice")]

    def lies():
        return b"".join(path.read_bytes() for path in files if path.exists())

    wrapped = [row["key"] for person in (ONE, OTHER) if (row := box._db.one("one", person=person))]
    office.merge(OTHER, ONE)
    bring(office, box)
    assert wrapped[0] in lies(), "the control: the key that was made here lies on"
    office.erase(OTHER)
    bring(office, box)
    keys = sa.select(person_key.c.person)
    assert office.work(lambda work: list(work.tx.rows(keys))) == []
    assert box.forget([ONE, OTHER]) == 2
    assert not any(each in lies() for each in wrapped)
    box.admit("e2")
    assert (box.to_bring(9), box.one(ONE), box.one(OTHER)) == ([], None, None)


# --- written at the store while the office joined them --------------------------------------------------------------


def test_what_was_written_of_them_without_a_line_is_seen_under_who_stands_for_them(office, box, nina):
    key, _ = nina
    office.keep(OTHER, MAX)
    office.merge(OTHER, ONE)
    edit = ClientEdit(notes=("Left-handed",))
    fact, at_us = told(ONE, key, edit), office.tick()
    box.write(ONE, Written(at_us=at_us, by=ANA, edit=edit))
    said = ClientConsent(channel="email", given=False, said_us=at_us)
    box.write(ONE, Written(at_us=at_us, by=ANA, consent=said))
    bring(office, box)  # the words are still on their way
    assert [note.text for note in box.one(ONE).notes] == ["Likes rubies", "Left-handed"]
    assert [(each.channel, each.given) for each in box.one(OTHER).consents] == [("email", False)]
    office.now_us += 3_600_000_000
    office.hear(fact)
    bring(office, box)
    bring(office, box)
    assert [note.text for note in box.one(ONE).notes] == ["Likes rubies", "Left-handed"], "told back, and seen once"


def test_a_word_about_an_id_that_another_stands_for_changes_the_card_of_who_does(office, box, nina):
    office.keep(OTHER, MAX)
    office.merge(OTHER, ONE)
    bring(office, box)
    office.now_us += WHOLE_EVERY_US // 2
    office.keep(THIRD, EVA)
    bring(office, box)  # changes are asked for from here on
    office.now_us += 3_600_000_000
    no = {"given": False, "said_us": office.now_us, "proof": "spoken", "text_version": "1"}
    office.hear(ClientConsented(person=ONE, channel="email", **no), store=MILAN)
    bring(office, box)
    assert [(each.channel, each.given) for each in box.one(OTHER).consents] == [("email", False)]


def part(office):
    """The one merge of the house is undone."""
    (name,) = office.work(lambda work: [row["merge"] for row in work.tx.rows(sa.select(client_alias))])
    office.work(lambda work: merging.undo(work, name, by=ANA))


def says(box, person, *, given, office):
    at_us = office.tick()
    word = ClientConsent(channel="email", given=given, said_us=at_us)
    box.write(person, Written(at_us=at_us, by=ANA, consent=word))


def said(box, person):
    return [(each.channel, each.given) for each in box.one(person).consents]


def test_what_was_written_stays_when_who_stands_for_them_comes_on_a_later_page(office, box, nina, monkeypatch):
    monkeypatch.setattr(wire, "SLICE_ROWS_PER_PAGE_MAX", 1)
    office.keep(OTHER, MAX)
    bring(office, box)
    says(box, ONE, given=False, office=office)
    office.merge(OTHER, ONE)
    office.keep(THIRD, EVA)
    no = {"given": False, "said_us": office.now_us, "proof": "spoken", "text_version": "1"}
    office.hear(ClientConsented(person=THIRD, channel="phone", **no), store=MILAN)
    office.hear(ClientConsented(person=OTHER, channel="phone", **no), store=MILAN)
    assert asyncio.run(sync(box, office, lambda: office.now_us)) > 1, "the control: they come on several pages"
    assert sorted(said(box, ONE)) == [("email", False), ("phone", False)]
    assert box.one(ONE).person == OTHER


def test_a_consent_given_by_one_is_no_permission_of_another_once_they_are_parted(office, box, nina):
    office.keep(OTHER, MAX)
    bring(office, box)
    office.merge(OTHER, ONE)
    says(box, ONE, given=True, office=office)
    bring(office, box)
    assert said(box, OTHER) == said(box, ONE) == [("email", True)], "the control: one client, one word"
    part(office)
    bring(office, box)
    assert (said(box, OTHER), said(box, ONE)) == ([], [("email", True)])
    office.merge(OTHER, ONE)
    bring(office, box)
    assert said(box, OTHER) == [("email", True)]


def test_a_word_that_cannot_be_opened_is_dropped_and_counted_and_the_page_is_taken(office, box, nina):
    office.keep(OTHER, MAX)
    bring(office, box)
    says(box, ONE, given=True, office=office)
    says(box, ONE, given=False, office=office)
    box._db._db.execute("UPDATE edit SET sealed = zeroblob(64) WHERE at_us = (SELECT min(at_us) FROM edit)")
    office.merge(OTHER, ONE)
    bring(office, box)
    assert (said(box, OTHER), box.edits_broken_total) == ([("email", False)], 1)


def test_words_written_under_the_key_made_here_stay_under_the_key_of_the_office(office, box):
    office.keep(ONE, EVA)
    box.make(ClientCard(person=ONE, given_name="Nina"), secrets.token_bytes(32), at_us=office.now_us)
    says(box, ONE, given=False, office=office)
    bring(office, box)
    assert (box.one(ONE).given_name, said(box, ONE), box.edits_broken_total) == ("Éva", [("email", False)], 0)


def test_who_was_erased_keeps_no_key_until_they_are_forgotten(office, box, nina):
    office.keep(OTHER, MAX)
    bring(office, box)
    office.erase(ONE)
    bring(office, box)
    box.admit("e2")
    assert (box.one(ONE), box.to_bring(9)) == (None, [])


def test_a_key_left_by_a_box_that_did_not_know_of_joined_ids_goes_at_the_next_start(office, box, nina, tmp_path):
    wrapped = box._db.one("one", person=ONE)["key"]
    office.keep(OTHER, MAX)
    office.merge(OTHER, ONE)
    bring(office, box)
    box._db.run("forget", person=ONE)  # as the older box did, which looked into no other table
    assert wrapped in b"".join(path.read_bytes() for path in (tmp_path / "clients").iterdir()), "the control"
    started = again(box, tmp_path)
    assert wrapped not in b"".join(path.read_bytes() for path in (tmp_path / "clients").iterdir())
    started.stop()


def test_a_file_of_before_edits_had_a_source_is_opened_and_keeps_its_words(office, box, nina, tmp_path):
    says(box, ONE, given=False, office=office)
    box._db._db.execute("DROP INDEX edit_source")
    box._db._db.execute("ALTER TABLE edit DROP COLUMN source")
    started = again(box, tmp_path)
    assert said(started, ONE) == [("email", False)]
    started.stop()
