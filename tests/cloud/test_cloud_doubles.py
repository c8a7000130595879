"""One person once: doubles are found and told in words, joined and parted by somebody's word, and seen as one."""

import threading

import msgspec
import pytest
import sqlalchemy as sa

from cloud import aliases
from cloud.clienteling.identity.merging import MergeRefusedError
from cloud.desk import Desk
from cloud.people import Keyring
from cloud.pos.clients import desk, erasing, likeness, merging, pairs, profile, queries, seeking
from cloud.pos.clients.comparing import Comparing, Stage
from cloud.pos.clients.pairs import Said
from cloud.sealing import passing
from cloud.tables import client_alias, client_pair, person_key, sale
from cloud.work import begin
from contract.ids import PersonId, StoreId, UserId
from trade.consent import Channel, Proof, may_reach
from trade.consent import Said as Consent
from trade.guards import ALL

ANA = UserId("ana")
ONE, OTHER, THIRD = (PersonId(f"01990000-0000-7000-8000-00000000000{n}") for n in (1, 2, 3))
EVA = {"given_name": "Eva", "family_name": "Beispiel", "emails": ["eva@example.com"], "phones": ["+33199001234"]}
EVA_AGAIN = {"given_name": "Evy", "family_name": "Beispiel", "emails": ["eva@example.com"], "phones": ["+33199001234"]}
MAX = {"given_name": "Max", "family_name": "Muster", "emails": ["max@example.org"], "phones": ["+33199005566"]}


class House:
    def __init__(self, office):
        self.office, self.ring, self.now_us, self.ids = office, Keyring(passing()), 1_000_000, iter(range(1, 1_000))
        self.desk = Desk(
            office=office, now_us=self.tick, mono_us=self.tick, new_id=lambda: f"merge-{next(self.ids)}", guards=ALL
        )

    def tick(self):
        self.now_us += 1
        return self.now_us

    def work(self, act):
        with self.office.transaction() as tx:
            return act(begin(tx, ALL, self.tick()))

    def keep(self, person, given, **more):
        ready = profile.typed({**given, **more})
        self.work(lambda work: desk.create(work, self.ring, person, ready, by=ANA, store=StoreId("paris"), why="new"))

    def merge(self, survivor, absorbed):
        new = self.desk.new_id()
        self.work(lambda work: merging.merge(work, self.ring, survivor, absorbed, new, by=ANA))
        return new

    def compare(self):
        comparing = Comparing(self.desk, self.ring, run=lambda act: act())
        assert comparing.start(by=ANA)
        assert comparing.now.stage is Stage.DONE, comparing.now.why
        return comparing.now

    def waiting(self):
        with self.office.reading() as tx:
            return pairs.waiting(tx, limit=50)

    def say(self, one, other, said):
        self.work(lambda work: pairs.say(work, one, other, said, by=ANA))

    def seen(self, person):
        return self.work(
            lambda work: queries.detail(work, self.ring, person, desk.read(work, self.ring, person))
        )  # fmt: skip

    def verify(self, person, phone):
        alter = desk.setting({"verified_phone": phone})
        self.work(lambda work: desk.change(work, self.ring, person, alter, by=ANA, why="answered"))


@pytest.fixture
def house(office):
    return House(office)


def test_two_cards_of_one_person_wait_in_the_queue_with_what_speaks_for_it(house):
    house.keep(ONE, EVA)
    house.keep(OTHER, EVA_AGAIN)
    house.keep(THIRD, MAX)
    now = house.compare()
    assert (now.total, now.done, now.found) == (3, 3, 1)
    (pair,) = house.waiting()
    assert {pair.one, pair.other} == {ONE, OTHER}
    assert "the same mailbox, or nearly so" in pair.reasons
    stored = house.work(lambda work: work.tx.rows(sa.select(client_pair)))
    assert "eva" not in str(stored).lower(), "reasons name nobody"


def test_what_is_put_off_comes_after_the_rest_and_what_is_apart_is_never_asked_again(house):
    house.keep(ONE, EVA)
    house.keep(OTHER, EVA_AGAIN)
    house.compare()
    house.say(ONE, OTHER, Said.LATER)
    assert [pair.state for pair in house.waiting()] == ["later"]
    house.compare()
    assert [pair.state for pair in house.waiting()] == ["later"], "a new comparison keeps what was said"
    house.say(OTHER, ONE, Said.APART)
    assert house.waiting() == []
    assert house.compare().found == 0


def test_apart_holds_for_whoever_stands_for_them_later(house):
    house.keep(ONE, EVA)
    house.keep(OTHER, EVA_AGAIN)
    house.keep(THIRD, {**EVA, "given_name": "Eva-Maria"})
    house.say(OTHER, THIRD, Said.APART)
    house.merge(ONE, OTHER)
    house.compare()
    assert house.waiting() == [], "the one that absorbed a client who is two with the third is two with it as well"


def test_merged_clients_are_found_read_and_kept_as_one(house):
    house.keep(ONE, EVA, language="fr")
    house.keep(
        OTHER, {"given_name": "Evelyn", "family_name": "Ehename", "phones": ["+33199007788"]}, address="Musterallee 1"
    )
    note = profile.Note(note="n", text="Comes with a dog", by=ANA, at_us=1)
    house.work(lambda work: desk.change(work, house.ring, OTHER, desk.adding("notes", note), by=ANA, why="told us"))
    house.work(lambda work: desk.visited(work, house.ring, OTHER, "v1", "Rings", by=ANA, store=StoreId("paris")))
    house.work(lambda work: work.tx.add(sale, {"store": "paris", "sale": "s1", "client": OTHER, "currency": "EUR"}))
    house.merge(ONE, OTHER)
    with house.office.reading() as tx:
        for query in ("beis", "ehename", "+33199007788", OTHER):
            assert [row.person for row in seeking.find(tx, house.ring, query).rows] == [ONE], query
        assert [row.person for row in queries.book(tx, house.ring)] == [ONE]
    seen = house.seen(ONE)
    assert seen.profile.phones == ("+33199001234", "+33199007788")
    assert (seen.profile.address, seen.profile.language, seen.profile.name) == ("Musterallee 1", "fr", "Eva Beispiel")
    assert [note.text for note in seen.profile.notes] == ["Comes with a dog"]
    assert [visit.text for visit in seen.visits] == ["Rings"]
    assert [each.sale for each in seen.sales] == ["s1"]
    assert seen.own["notes"] == 0, "nobody takes away here what is written of the other id"
    assert [(each.absorbed, each.name) for each in seen.merges] == [(OTHER, "Evelyn Ehename")]


def test_a_merge_is_undone_and_each_is_again_what_was_written_of_it(house):
    house.keep(ONE, EVA)
    house.keep(OTHER, MAX)
    before = msgspec.json.encode([house.seen(ONE).profile, house.seen(OTHER).profile])
    merge = house.merge(ONE, OTHER)
    assert house.work(lambda work: merging.undo(work, merge, by=ANA)) == ONE
    assert msgspec.json.encode([house.seen(ONE).profile, house.seen(OTHER).profile]) == before
    with house.office.reading() as tx:
        assert [row.person for row in seeking.find(tx, house.ring, "muster").rows] == [OTHER]
        assert aliases.ids(tx, ONE) == (ONE,)
    assert frozenset((ONE, OTHER)) in house.work(lambda work: pairs.known_apart(work.tx))
    with pytest.raises(merging.UnknownMergeError):
        house.work(lambda work: merging.undo(work, merge, by=ANA))


def test_clients_with_two_verified_numbers_are_not_joined_not_even_through_a_third(house):
    house.keep(ONE, EVA)
    house.keep(OTHER, MAX)
    house.keep(THIRD, EVA_AGAIN)
    house.verify(ONE, "+33199001234")
    house.verify(OTHER, "+33199005566")
    with pytest.raises(MergeRefusedError, match="verified"):
        house.merge(ONE, OTHER)
    house.merge(THIRD, ONE)
    with pytest.raises(MergeRefusedError, match="verified"):
        house.merge(THIRD, OTHER)
    house.verify(ONE, "")  # the control: without the one that was verified nothing stands in the way
    house.merge(THIRD, OTHER)
    assert set(house.work(lambda work: aliases.ids(work.tx, OTHER))) == {ONE, OTHER, THIRD}


def test_a_number_that_is_taken_away_is_verified_no_more(house):
    house.keep(ONE, EVA)
    house.verify(ONE, "+33199001234")
    alter = desk.setting({"phones": ("+33199009999",)})
    house.work(lambda work: desk.change(work, house.ring, ONE, alter, by=ANA, why="a new number"))
    assert house.seen(ONE).profile.verified_phone == ""


def test_the_database_itself_lets_nobody_be_absorbed_twice(house):
    house.keep(ONE, EVA)
    house.keep(OTHER, MAX)
    house.merge(ONE, OTHER)
    with pytest.raises(sa.exc.IntegrityError):
        house.work(
            lambda work: work.tx.add(client_alias, {"merge": "another", "survivor": THIRD, "absorbed": OTHER})
        )  # fmt: skip
    with pytest.raises(MergeRefusedError, match="one client already"):
        house.merge(OTHER, ONE)


def test_a_no_said_of_either_id_holds_for_the_person(house):
    house.keep(ONE, EVA)
    house.keep(OTHER, EVA_AGAIN)
    for person, given, said_us in ((ONE, True, 10), (OTHER, False, 20)):
        said = Consent(Channel.EMAIL, given, said_us, ANA, Proof.SIGNED, "1")
        house.work(
            lambda work, person=person, said=said: desk.hear_consent(work, person, said, store=StoreId("paris"))
        )  # fmt: skip
    house.merge(ONE, OTHER)
    seen = house.seen(ONE)
    assert seen.reach == {"email": False}
    assert not may_reach(seen.consents, Channel.EMAIL)


def test_who_is_erased_is_erased_under_every_id_and_waits_in_no_queue(house):
    house.keep(ONE, EVA)
    house.keep(OTHER, EVA_AGAIN)
    house.compare()
    house.merge(ONE, OTHER)
    house.work(lambda work: erasing.erase(house.office, work, OTHER, "asked", by=ANA))
    assert house.work(lambda work: work.tx.rows(sa.select(person_key))) == []
    assert house.work(lambda work: work.tx.rows(sa.select(client_pair))) == []


def test_who_is_joined_while_they_are_erased_is_erased_whole(postgres_office, empty_postgres):
    house = House(postgres_office)
    house.keep(ONE, EVA)
    house.keep(OTHER, EVA_AGAIN)
    erase = threading.Thread(
        target=lambda: house.work(lambda work: erasing.erase(house.office, work, OTHER, "asked", by=ANA))
    )
    with house.office.transaction() as tx:
        merging.merge(begin(tx, ALL, house.tick()), house.ring, ONE, OTHER, "merge-x", by=ANA)
        erase.start()
        erase.join(1)
        assert erase.is_alive(), "it waits for whoever joins them"
    erase.join(30)
    assert house.work(lambda work: work.tx.rows(sa.select(person_key))) == []


def test_somebody_new_is_shown_whom_they_may_be(house):
    house.keep(ONE, EVA)
    house.keep(OTHER, MAX)
    with house.office.reading() as tx:
        (found,) = likeness.likely(tx, house.ring, profile.Profile(**profile.typed(EVA_AGAIN)))
        assert found.row.person == ONE
        assert found.reasons
        nobody = {"given_name": "Otto", "family_name": "Niemand", "phones": ["+33199004321"]}
        assert likeness.likely(tx, house.ring, profile.Profile(**profile.typed(nobody))) == []
        namesake = {"given_name": "Max", "family_name": "Muster"}
        assert likeness.likely(tx, house.ring, profile.Profile(**namesake)) == [], "a name alone is not enough"


def test_a_household_is_not_one_person(house):
    shared = {"family_name": "Beispiel", "phones": ["+33199001234"], "address": "Musterallee 17\n99999 Beispielstadt"}
    house.keep(ONE, {"given_name": "Eva", **shared})
    house.keep(OTHER, {"given_name": "Konstantin", **shared})
    assert house.compare().found == 0
