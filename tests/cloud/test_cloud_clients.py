"""Clients at the office: kept sealed, found as they are typed, opened by name only to the audit, and erased whole."""

import msgspec
import pytest
import sqlalchemy as sa

from cloud import feed
from cloud.people import Keyring, wrap_anew
from cloud.pos.clients import desk, erasing, profile, queries, seeking, words
from cloud.pos.clients.profile import ClientError, Finger, RingSize, Source
from cloud.sealing import KEY_BYTES, SealedError, Sealing, passing
from cloud.tables import client, client_change, client_consent, client_look, person_key, person_word
from cloud.work import begin
from contract.feed import ForgetCard
from contract.ids import PersonId, StoreId, UserId
from trade.consent import Channel, Proof, Said, may_reach
from trade.guards import ALL

ANA, LEO = UserId("ana"), UserId("leo")
ONE, OTHER = PersonId("01990000-0000-7000-8000-000000000001"), PersonId("01990000-0000-7000-8000-000000000002")


class Shop:
    """Somebody at the office with one keyring."""

    def __init__(self, office, ring):
        self.office, self.ring, self.now_us = office, ring, 1_000_000

    def work(self, act):
        self.now_us += 1
        with self.office.transaction() as tx:
            return act(begin(tx, ALL, self.now_us))

    def create(self, person=ONE, by=ANA, store="paris", country="fr", **given):
        ready = profile.typed(given, country=country)
        return self.work(
            lambda work: desk.create(work, self.ring, person, ready, by=by, store=StoreId(store), why="new")
        )

    def change(self, alter, person=ONE, by=ANA, why="they said so"):
        return self.work(lambda work: desk.change(work, self.ring, person, alter, by=by, why=why))

    def read(self, person=ONE):
        return self.work(lambda work: desk.read(work, self.ring, person))

    def find(self, query):
        with self.office.reading() as tx:
            return [row.person for row in seeking.find(tx, self.ring, query).rows]

    def erase(self, person=ONE, reason="asked"):
        self.work(lambda work: erasing.erase(self.office, work, person, reason, by=LEO))

    def rows(self, table):
        with self.office.reading() as tx:
            return tx.rows(sa.select(table))


@pytest.fixture
def shop(office):
    return Shop(office, Keyring(passing()))


def test_what_was_told_of_a_client_is_read_again(shop):
    shop.create(given_name=" Élodie ", family_name="Exemple", emails=["Elodie@Example.com"], phones=["01 99 00 12 34"])
    kept = shop.read()
    assert (kept.name, kept.emails, kept.phones) == ("Élodie Exemple", ("Elodie@Example.com",), ("+33199001234",))


def test_somebody_without_any_name_or_number_is_not_kept(shop):
    with pytest.raises(ClientError, match="nobody finds"):
        shop.create(language="fr")
    assert shop.rows(client) == []


@pytest.mark.parametrize(
    "query",
    [
        "elo",
        "exe ELO",
        "Élodie Exemple",
        "elodie@EXAMPLE.com",
        "+33 1 99 00 12 34",
        "01.99.00.12.34",
        "0033 199001234",
        ONE,
    ],
)
def test_a_client_is_found_as_people_type(shop, query):
    shop.create(given_name="Élodie", family_name="Exemple", emails=["Elodie@Example.com"], phones=["01 99 00 12 34"])
    shop.create(OTHER, given_name="Max", family_name="Muster")
    assert shop.find(query) == [ONE]


@pytest.mark.parametrize("query", ["", "el", "lodie", "exe max", "nobody@example.com", "+33199001235", "?!"])
def test_what_fits_nobody_finds_nobody(shop, query):
    shop.create(given_name="Élodie", family_name="Exemple", emails=["Elodie@Example.com"], phones=["01 99 00 12 34"])
    assert shop.find(query) == []


def test_a_short_name_is_found_whole_and_a_long_one_by_its_beginning(shop):
    shop.create(given_name="Bo", family_name="Wolkensteinhausen")
    assert shop.find("bo") == shop.find("wolkensteinhausen") == shop.find("wolkensteinh") == [ONE]


def test_a_name_spelt_nearly_so_is_found_when_nothing_fits(shop):
    shop.create(given_name="Katharina", family_name="Mustermann")
    shop.create(OTHER, given_name="Katzenberger", family_name="Mustopf")
    assert shop.find("Katarina Mustermen") == [ONE]


def test_the_nearest_stands_first(shop):
    shop.create(given_name="Marianne", family_name="Muster")
    shop.create(OTHER, given_name="Mari", family_name="Muster")
    assert shop.find("mari") == [OTHER, ONE]


def test_a_search_opens_no_more_than_it_may(shop, monkeypatch):
    monkeypatch.setattr(seeking, "CANDIDATES_MAX", 2)
    for n in range(4):
        shop.create(PersonId(f"01990000-0000-7000-8000-00000000001{n}"), given_name="Max", family_name=f"Muster{n}")
    with shop.office.reading() as tx:
        found = seeking.find(tx, shop.ring, "max")
    assert (len(found.rows), found.more) == (2, True)


def test_a_field_that_changed_keeps_who_when_and_why_and_finds_by_the_new_name(shop):
    shop.create(given_name="Élodie", family_name="Exemple")
    assert shop.change(desk.setting({"family_name": "Muster"}), by=LEO, why="she married") == ["family_name"]
    with shop.office.reading() as tx:
        newest, first = queries.changes(tx, shop.ring, ONE)
    assert (newest.by, newest.field, newest.was, newest.now, newest.why) == (
        "leo",
        "family_name",
        "Exemple",
        "Muster",
        "she married",
    )
    assert (first.by, first.field) == ("ana", desk.MADE)
    assert shop.find("exemple") == []
    assert shop.find("muster") == [ONE]


def test_two_people_who_change_different_fields_lose_nothing(shop):
    shop.create(given_name="Élodie", family_name="Exemple")
    shop.change(desk.setting({"language": "fr"}))
    shop.change(desk.setting({"salutation": "Mme"}), by=LEO)
    assert (shop.read().language, shop.read().name) == ("fr", "Mme Élodie Exemple")


def test_a_change_of_nothing_is_not_noted(shop):
    shop.create(given_name="Élodie")
    assert shop.change(desk.setting({"given_name": "Élodie"})) == []
    assert len(shop.rows(client_change)) == 1


def test_the_newest_size_of_a_finger_is_the_one_that_is_shown(shop):
    shop.create(given_name="Élodie")
    for um in (54_000, 54_400):
        size = RingSize(finger=Finger.LEFT_RING, circumference_um=um, source=Source.MEASURED, day="2026-11-22")
        shop.change(desk.adding("sizes", size))
    (size,) = shop.read().sizes
    assert size.told() == {"eu": "54.5", "us": "7", "uk": "N ½", "jp": "14", "ch": "14.5"}
    shop.change(desk.without("sizes", 0))
    assert shop.read().sizes == ()


def test_a_client_goes_into_another_book_and_it_is_said_why(shop):
    shop.create(given_name="Élodie")
    shop.work(lambda work: desk.hand_over(work, shop.ring, ONE, LEO, by=ANA, why="Ana leaves"))
    with shop.office.reading() as tx:
        assert [row.person for row in queries.book(tx, shop.ring, owner="leo")] == [ONE]
        assert queries.book(tx, shop.ring, owner="ana") == []
        assert queries.changes(tx, shop.ring, ONE)[0].why == "Ana leaves"


def test_a_withdrawn_consent_wins_over_a_yes_that_comes_late(shop):
    shop.create(given_name="Élodie")

    def hear(given, said_us):
        said = Said(Channel.EMAIL, given, said_us, ANA, Proof.SIGNED, "2026-01")
        shop.work(lambda work: desk.hear_consent(work, ONE, said, store=StoreId("paris")))

    hear(True, 10)
    hear(False, 30)
    hear(True, 20)
    with shop.office.reading() as tx:
        told = queries.consents(tx, ONE)
    assert not may_reach(told, Channel.EMAIL)
    assert len(told) == 3, "each word is kept with its proof"
    with pytest.raises(ClientError, match="tomorrow"):
        hear(True, shop.now_us + 2 * desk.AHEAD_US_MAX)


def test_whoever_opens_a_profile_is_kept_for_ever(shop):
    shop.create(given_name="Élodie")
    shop.work(lambda work: desk.look(work, shop.ring, ONE, by=LEO, how="page"))
    with shop.office.reading() as tx:
        assert [(seen.by, seen.how) for seen in queries.looks(tx, ONE)] == [("leo", "page")]
    for table in (client_look, client_change, client_consent):
        if shop.rows(table):
            with pytest.raises(sa.exc.DBAPIError, match="immutable"):
                shop.work(lambda work, table=table: work.tx.run(sa.delete(table)))


# --- sealed ---------------------------------------------------------------------------------------------------


def test_a_row_of_one_client_does_not_open_as_another(shop):
    shop.create(given_name="Élodie")
    shop.create(OTHER, given_name="Max")
    with shop.office.transaction() as tx:
        sealed = tx.value(sa.select(client.c.sealed).where(client.c.person == ONE))
        tx.run(sa.update(client).where(client.c.person == OTHER).values(sealed=sealed))
        wrapped = tx.value(sa.select(person_key.c.wrapped).where(person_key.c.person == ONE))
        tx.run(sa.update(person_key).where(person_key.c.person == OTHER).values(wrapped=wrapped))
    with pytest.raises(SealedError):
        shop.read(OTHER)


def test_the_same_profile_sealed_twice_is_not_the_same_bytes(shop):
    shop.create(given_name="Élodie")
    shop.change(desk.setting({"language": "fr"}))
    first = bytes(shop.rows(client)[0]["sealed"])
    shop.change(desk.setting({"language": ""}))
    shop.change(desk.setting({"language": "fr"}))
    assert bytes(shop.rows(client)[0]["sealed"]) != first


def test_the_database_alone_opens_nobody(shop):
    shop.create(given_name="Élodie")
    thief = Shop(shop.office, Keyring(passing()))
    with pytest.raises(SealedError, match="put that back"):
        thief.read()
    with pytest.raises(SealedError):
        thief.find("elo")
    with pytest.raises(SealedError):
        thief.create(OTHER, given_name="Max")
    assert thief.find(OTHER) == [], "nothing was half done"


def test_the_offices_key_is_changed_and_clients_are_found_and_opened_as_before(office, monkeypatch):
    monkeypatch.setattr("cloud.people.AT_ONCE", 2)
    old, new = b"o" * KEY_BYTES, b"n" * KEY_BYTES
    shop = Shop(office, Keyring(Sealing((old,))))
    people = [PersonId(f"01990000-0000-7000-8000-00000000001{n}") for n in range(5)]
    for n, person in enumerate(people):
        shop.create(person, given_name=f"Max{n}")
    both, only_new = Sealing((new, old)), Shop(office, Keyring(Sealing((new,))))
    with pytest.raises(SealedError):
        only_new.read(people[0])
    assert [wrap_anew(office, both), wrap_anew(office, both)] == [5, 0]
    assert [only_new.read(person).given_name for person in people] == [f"Max{n}" for n in range(5)]
    assert only_new.find("max3") == [people[3]]


def test_what_no_key_opens_stays_for_the_day_the_file_is_back(shop):
    shop.create(given_name="Élodie")
    assert wrap_anew(shop.office, passing()) == 0
    assert shop.read().given_name == "Élodie"


# --- erased ---------------------------------------------------------------------------------------------------


def test_an_erased_client_is_nobody_and_every_store_is_told(shop):
    shop.create(given_name="Élodie", family_name="Exemple", emails=["elodie@example.com"])
    shop.erase()
    with pytest.raises(desk.UnknownClientError, match="erased"):
        shop.read()
    assert shop.find("elo") == shop.find("elodie@example.com") == shop.find(ONE) == []
    assert shop.rows(person_key) == shop.rows(person_word) == []
    with shop.office.reading() as tx:
        assert feed.card(tx, ForgetCard, f"forget:{ONE}") == ForgetCard(person=ONE)
        assert queries.changes(tx, shop.ring, ONE) == []
    with pytest.raises(ClientError, match="there was"):
        shop.create(given_name="Again")
    before = shop.rows(client)
    shop.erase()
    assert shop.rows(client) == before, "a repeat changes nothing"


def test_only_the_one_who_asked_is_erased(shop):
    shop.create(given_name="Élodie")
    shop.create(OTHER, given_name="Max")
    shop.erase()
    assert shop.read(OTHER).given_name == "Max"
    assert shop.find("max") == [OTHER]


def test_not_one_word_of_a_person_lies_in_any_table(shop, texts_of):
    told = everything(shop)
    assert len(told) >= 20
    assert [word for word in told if word.encode() in texts_of(shop.office)] == []
    exported = shop.work(lambda work: msgspec.json.encode(erasing.export(work, shop.ring, ONE, by=LEO)).decode())
    assert [word for word in told if word not in exported] == [], "the control: it is all there for who has the key"
    shop.erase()
    assert [word for word in told if word.encode() in texts_of(shop.office)] == []


def everything(shop) -> list[str]:
    """A client with every field filled; gives the twenty words and more that were told."""
    shop.create(
        salutation="Hochwohlgeboren", given_name="Zwetlana", family_name="Beispielowa", also_called="Lanotschka",
        emails=["zwetlana.beispiel@example.com", "zweite@example.org"], phones=["+33199001234", "+442079460123"],
        address="Musterallee 17\nHinterhaus\n99999 Beispielstadt", language="qyx",
    )  # fmt: skip
    grown = {
        "sizes": RingSize(finger=Finger.LEFT_RING, circumference_um=54_321, source=Source.MEASURED, day="2021-07-13"),
        "pins": profile.Pin(about=profile.Likes.STONE, text="Paraiba-Turmalin", by="ana", at_us=1),
        "notes": profile.Note(note="n1", text="Mag keine Rosen, kommt mit Dackel", by="ana", at_us=1),
        "milestones": profile.Milestone(
            milestone="m1",
            kind=profile.Day.BIRTHDAY,
            day="1984-05-17",
            relation=profile.Relation.SPOUSE,
            name="Ottokar",
        ),
    }
    for name, entry in grown.items():
        shop.change(desk.adding(name, entry))
    shop.change(desk.setting({"given_name": "Swetlana"}), why="Schreibfehler im Pass")
    shop.work(
        lambda work: desk.visited(work, shop.ring, ONE, "v1", "Sah den Saphirring", by=ANA, store=StoreId("paris"))
    )
    return [
        "Hochwohlgeboren", "Zwetlana", "Swetlana", "Beispielowa", "Lanotschka", "zwetlana.beispiel", "zweite@", "33199001234",
        "442079460123", "Musterallee", "Hinterhaus", "Beispielstadt", "qyx", "54321", "2021-07-13", "Paraiba", "Turmalin",
        "Rosen", "Dackel", "1984-05-17", "Ottokar", "Schreibfehler", "Saphirring",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("Kjær", "kjaer"),
        ("Lœwe", "LOEWE"),
        ("Großmann", "grossmann"),
        ("Élodie", "elodie"),
        ("Søndergård", "sondergard"),
    ],
)
def test_a_name_is_found_as_it_is_typed_without_its_letters(written, typed):
    assert words.plain(written) == words.plain(typed) == typed.lower()
