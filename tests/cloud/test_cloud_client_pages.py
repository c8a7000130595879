"""Clients over HTTP: pages and API, who may what, what an address never holds, and an erased person on the disk."""

import logging
import time

import msgspec
import pytest
import sqlalchemy as sa

from cloud.app import build
from cloud.config import CloudConfig
from cloud.pos.staff.desk import put_staff
from cloud.pos.stores.desk import open_store
from cloud.tables import client, client_look, person_key, sale
from contract.feed import Role, StaffCard, StoreCard
from contract.ids import PersonId, StoreId, UserId

NEW = {
    "at": "paris", "salutation": "Mme", "given_name": "Zwetlana", "family_name": "Beispielowa", "emails": ["zwet@example.com"],
    "phones": ["+33199001234"], "language": "fr",
}  # fmt: skip

DOUBT = "In doubt: waits for a person"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clients")
    cloud = build(CloudConfig(database_url=f"sqlite:///{folder / 'office.sqlite3'}", port=0, second_factor=False))
    with cloud.desk.work() as work:
        for store in ("paris", "milan"):
            open_store(work, StoreCard(store=StoreId(store), name=store.title(), currency="EUR"))
        for role in Role:
            put_staff(work, StaffCard(user=UserId(role), name=role.title(), roles=(role,)))
        put_staff(
            work, StaffCard(user=UserId("other"), name="Other", roles=(Role.ASSOCIATE,), stores=(StoreId("milan"),))
        )
    yield cloud
    cloud.office.close()


@pytest.fixture(scope="module")
def ask(cloud, browse):
    browser = browse(cloud.app)
    tokens = {user: cloud.logins.begin(UserId(user)).token for user in (*Role, "other")}

    def ask(user, method, path, *, page=False, **given):
        headers = {"Authorization": f"Bearer {tokens[user]}"} | ({"Accept": "text/html"} if page else {})
        return browser.ask(method, path, headers=headers, **given)

    return ask


@pytest.fixture
def person(ask):
    made = ask(Role.ASSOCIATE, "POST", "/api/v1/clients", json={**NEW, "sure": True})
    assert made.status_code == 201, made.text
    return made.json()["person"]


def told(ask, person, user=Role.ASSOCIATE):
    return ask(user, "GET", f"/api/v1/clients/{person}").json()


def test_a_profile_grows_by_the_api_and_is_whole_on_its_page(ask, person):
    at = f"/api/v1/clients/{person}"
    for path, body in {
        "sizes": {"finger": "left_ring", "size": "7", "system": "us", "source": "measured", "day": "2026-11-22"},
        "pins": {"about": "stone", "text": "Sapphires"},
        "notes": {"text": "Comes with a dog"},
        "milestones": {"kind": "birthday", "day": "--05-17", "relation": "spouse", "name": "Ottokar"},
        "consents": {"channel": "email", "given": True, "proof": "signed", "text_version": "2026-01", "at": "paris"},
        "visits": {"at": "paris", "text": "The blue ring in the window"},
        "owner": {"owner": "manager", "why": "She asked for him"},
    }.items():
        answer = ask(Role.ASSOCIATE, "POST", f"{at}/{path}", json=body)
        assert answer.status_code == 204, (path, answer.text)
    assert ask(Role.ASSOCIATE, "PATCH", at, json={"language": "de"}).status_code == 204
    seen = told(ask, person)
    assert seen["profile"]["language"] == "de"
    assert seen["profile"]["given_name"] == "Zwetlana"
    assert seen["sizes"][0]["told"] == {"eu": "54.5", "us": "7", "uk": "N ½", "jp": "14", "ch": "14.5"}
    assert (seen["reach"], seen["owner"]) == ({"email": True}, "manager")
    page = ask(Role.MANAGER, "GET", f"/clients/{person}", page=True)
    assert page.status_code == 200
    for word in ("Zwetlana", "N ½", "Sapphires", "dog", "Ottokar", "blue ring", "E-mail", "+33199001234"):
        assert word in page.text, word


def test_a_client_book_is_ones_own_and_the_search_stands_in_no_address(ask, person):
    mine = [row["person"] for row in ask(Role.ASSOCIATE, "GET", "/api/v1/clients").json()]
    assert person in mine
    assert ask(Role.ADMIN, "GET", "/api/v1/clients").json() == []
    assert person in [row["person"] for row in ask(Role.ADMIN, "GET", "/api/v1/clients?book=all").json()]
    found = ask(Role.ADMIN, "POST", "/api/v1/clients/search", json={"query": "zwet beis"}).json()
    assert person in [row["person"] for row in found["rows"]]
    assert "Zwetlana" in ask(Role.ADMIN, "POST", "/clients", data={"query": "zwet"}, page=True).text
    assert ask(Role.ADMIN, "GET", "/clients?query=zwet", page=True).text.count("Zwetlana") == 0


def test_empty_books_and_searches_say_what_to_do(ask):
    assert "third letter" in ask(Role.ADMIN, "POST", "/clients", data={"query": "qqqq"}, page=True).text
    assert "is empty" in ask("other", "GET", "/clients", page=True).text


def test_a_form_that_is_refused_keeps_what_was_typed(ask, person):
    assert ask(Role.ASSOCIATE, "GET", "/clients/new", page=True).status_code == 200
    form = {"at": "paris", "given_name": "Max", "phones": "12", "why": ""}
    refused = ask(Role.ASSOCIATE, "POST", "/clients/new", data=form, page=True)
    assert refused.status_code == 422
    assert "with its country" in refused.text
    assert 'value="Max"' in refused.text
    assert "Zwetlana" in ask(Role.ASSOCIATE, "GET", f"/clients/{person}/edit", page=True).text
    refused = ask(Role.ASSOCIATE, "POST", f"/clients/{person}/edit", data={"emails": "no"}, page=True)
    assert refused.status_code == 422


def test_forms_make_and_change_a_client(ask):
    form = {"at": "paris", "given_name": "Max", "family_name": "Muster", "phones": "+33 1 99 00 55 66\n", "why": ""}
    made = ask(Role.ASSOCIATE, "POST", "/clients/new", data=form, page=True)
    assert made.status_code == 303, made.text
    at = made.headers["location"]
    changed = ask(
        Role.ASSOCIATE, "POST", f"{at}/edit", data={"given_name": "Maxim", "emails": "max@example.com"}, page=True
    )
    assert changed.status_code == 303
    for path, entry in {
        "notes": {"text": "Prefers mornings"}, "pins": {"about": "metal", "text": "Platinum"},
        "sizes": {"finger": "left_ring", "size": "T ½", "system": "uk", "source": "told", "day": "2026-11-22"},
        "milestones": {"kind": "wedding", "day": "2020-02-29", "relation": "couple", "name": "", "person": ""},
        "visits": {"at": "paris", "text": "Watches"}, "owner": {"owner": "", "why": "On leave"},
        "consents": {"channel": "sms", "given": "no", "proof": "spoken", "text_version": "1", "at": "paris"},
    }.items():  # fmt: skip
        kept = ask(Role.ASSOCIATE, "POST", f"{at}/{path}", data=entry, page=True)
        assert kept.status_code == 303, (path, kept.text)
    taken = ask(Role.ASSOCIATE, "POST", f"{at}/notes/take", data={"at": "0"}, page=True)
    assert taken.status_code == 303
    page = ask(Role.ASSOCIATE, "GET", at, page=True).text
    assert "Maxim Muster" in page
    assert "mornings" not in page
    assert "SMS: no" in page
    assert "Has bought nothing yet" in page


def test_a_likely_double_is_shown_before_another_card_is_made(ask, person):
    refused = ask(Role.ASSOCIATE, "POST", "/api/v1/clients", json=NEW)
    assert refused.status_code == 409
    form = {
        "at": "paris",
        "given_name": "Zwetlana",
        "family_name": "Beispielowa",
        "phones": "+33 1 99 00 12 34",
        "why": "",
    }
    shown = ask(Role.ASSOCIATE, "POST", "/clients/new", data=form, page=True)
    assert shown.status_code == 409
    for word in ("may be a client already", "the same telephone", 'name="sure"', 'value="Zwetlana"'):
        assert word in shown.text, word
    made = ask(Role.ASSOCIATE, "POST", "/clients/new", data={**form, "sure": "yes"}, page=True)
    assert made.status_code == 303


def test_two_are_joined_seen_as_one_and_parted_on_the_pages(ask, cloud, person):
    other = ask(Role.ASSOCIATE, "POST", "/api/v1/clients", json={**NEW, "sure": True, "language": "it"}).json()[
        "person"
    ]
    assert ask("other", "POST", "/clients/doubles/compare", page=True).status_code == 303
    deadline = time.monotonic() + 30
    while cloud.comparing.now.busy and time.monotonic() < deadline:
        time.sleep(0.05)
    queue = ask(Role.ASSOCIATE, "GET", "/clients/doubles", page=True)
    assert queue.status_code == 200
    for word in ("The same person", "Two people", "Later", "the same mailbox", "were compared"):
        assert word.lower() in queue.text.lower(), word
    told = {"one": person, "other": other}
    assert ask(Role.ASSOCIATE, "POST", "/clients/doubles/later", data=told, page=True).status_code == 303
    assert ask(Role.ASSOCIATE, "POST", "/clients/doubles/same", data=told, page=True).status_code == 303
    assert ask(Role.ASSOCIATE, "POST", "/api/v1/clients/doubles/same", json=told).status_code == 409
    moved = ask(Role.ASSOCIATE, "GET", f"/clients/{other}", page=True)
    assert moved.headers["location"] == f"/clients/{person}"
    page = ask(Role.ASSOCIATE, "GET", f"/clients/{person}", page=True).text
    assert "two people after all" in page
    (merge,) = ask(Role.ASSOCIATE, "GET", f"/api/v1/clients/{other}").json()["merges"]
    parted = ask(Role.ASSOCIATE, "POST", "/clients/doubles/part", data={"merge": merge["merge"]}, page=True)
    assert parted.headers["location"] == f"/clients/{person}"
    assert ask(Role.ASSOCIATE, "GET", f"/clients/{other}", page=True).status_code == 200
    assert ask(Role.ASSOCIATE, "POST", f"/api/v1/clients/merges/{merge['merge']}/undo").status_code == 404
    assert ask(Role.LOSS_PREVENTION, "GET", "/clients/doubles", page=True).status_code == 403


def test_what_happened_is_found_by_its_words(ask, person):
    at = f"/api/v1/clients/{person}"
    ask(Role.ASSOCIATE, "POST", f"{at}/wishes", json={"text": "An Art déco brooch", "piece": "P-1"})
    ask(Role.ASSOCIATE, "POST", f"{at}/engravings", json={"text": "Für immer"})
    ask(Role.ASSOCIATE, "POST", f"{at}/notes", json={"text": "Comes with a dog"})
    assert ask(Role.ASSOCIATE, "POST", f"{at}/verified", json={"phone": "+33199001234"}).status_code == 204
    assert ask(Role.ASSOCIATE, "POST", f"{at}/verified", json={"phone": "+33199000000"}).status_code == 422
    assert {each["kind"] for each in ask(Role.ASSOCIATE, "GET", f"{at}/timeline").json()} == {
        "wish",
        "engraving",
        "note",
    }
    assert ask(Role.ASSOCIATE, "GET", f"{at}/owned").json() == {"pieces": [], "tastes": [], "budgets": []}

    def story(**asked):
        text = ask(Role.ASSOCIATE, "POST", f"/clients/{person}", data=asked, page=True).text
        return text[text.index("story-title") : text.index("notes-title")]

    assert "brooch" in story(seek="ART deco")
    assert "dog" not in story(seek="ART deco")
    assert "dog" in story(kind="note")
    assert "Nothing fits" in story(seek="watch")
    assert "Verified" in ask(Role.ASSOCIATE, "GET", f"/clients/{person}", page=True).text


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"phones": ["0199001234"]}, "with its country"),
        ({"emails": ["zwet at example"]}, "name@example.com"),
        ({"language": "french"}, "two letters"),
        ({"given_name": "", "family_name": "", "emails": [], "phones": []}, "nobody finds"),
        ({"why": "x"}, "why"),
    ],
)
def test_what_cannot_be_kept_is_refused_without_saying_it_again(ask, person, change, says):
    answer = ask(Role.ASSOCIATE, "PATCH", f"/api/v1/clients/{person}", json={"salutation": "Frau", **change})
    assert answer.status_code == 422
    assert says in answer.text
    for value in change.get("phones", []) + change.get("emails", []):
        assert value not in answer.text
    assert told(ask, person)["profile"]["salutation"] == "Mme", "nothing was half done"


def test_a_client_in_somebody_elses_book_stays_there(ask, person):
    told = {"owner": "other", "why": "I want them"}
    assert ask("other", "POST", f"/api/v1/clients/{person}/owner", json=told).status_code == 403
    assert ask(Role.MANAGER, "POST", f"/api/v1/clients/{person}/owner", json=told).status_code == 204


def test_nobody_keeps_clients_at_a_store_that_is_not_theirs(ask):
    assert ask("other", "POST", "/api/v1/clients", json=NEW).status_code == 403
    assert ask(Role.LOSS_PREVENTION, "GET", "/clients", page=True).status_code == 403


def test_who_opened_a_profile_is_told_to_who_may_know(ask, cloud, person):
    ask(Role.MANAGER, "GET", f"/clients/{person}", page=True)
    seen = ask(Role.ADMIN, "GET", f"/api/v1/clients/{person}/looks").json()
    assert [(row["by"], row["how"]) for row in seen] == [("manager", "page")]
    ask(Role.ADMIN, "POST", "/api/v1/clients/search", json={"query": "zwet"})
    with cloud.office.reading() as tx:
        newest = tx.row(sa.select(client_look).order_by(client_look.c.n.desc()).limit(1))
    assert (newest["how"], newest["by"], newest["person"], newest["found"] > 0) == ("search", "admin", "", True)


def test_a_list_of_clients_leaves_with_who_answers_for_them_and_is_kept(ask, cloud, person):
    def looks() -> list[tuple[str, int]]:
        with cloud.office.reading() as tx:
            rows = tx.rows(sa.select(client_look).where(client_look.c.how == "export").order_by(client_look.c.n))
            return [(row["by"], row["found"]) for row in rows]

    before = looks()
    assert ask(Role.MANAGER, "GET", "/clients?book=all&as=csv", page=True).status_code == 403
    assert ask(Role.ADMIN, "GET", "/clients?book=all", page=True).status_code == 200
    assert looks() == before, "a page that is looked at takes nothing out"
    out = ask(Role.ADMIN, "GET", "/clients?book=all&as=csv", page=True)
    lines = out.content.decode("utf-8-sig").splitlines()
    assert any(person in line and "Beispielowa" in line for line in lines)
    assert looks() == [*before, (Role.ADMIN, len(lines) - 1)]


def test_only_who_has_the_right_hands_out_and_erases(ask, person):
    at = f"/api/v1/clients/{person}"
    for user in (Role.ASSOCIATE, Role.MANAGER):
        assert ask(user, "GET", f"{at}/export").status_code == 403
        assert ask(user, "POST", f"{at}/erase", json={"reason": "asked"}).status_code == 403
    all_of_it = ask(Role.ADMIN, "GET", f"{at}/export").json()
    assert all_of_it["profile"]["emails"] == ["zwet@example.com"]
    assert ask(Role.ADMIN, "GET", f"/clients/{person}/export", page=True).json()["person"] == person
    unsure = ask(Role.ADMIN, "POST", f"/clients/{person}/erase", data={"reason": "asked"}, page=True)
    assert unsure.status_code == 422
    sure = {"reason": "asked", "sure": "yes"}
    assert ask(Role.ADMIN, "POST", f"/clients/{person}/erase", data=sure, page=True).status_code == 303
    assert ask(Role.ADMIN, "GET", at).status_code == 404
    assert ask(Role.ADMIN, "POST", f"{at}/erase", json={"reason": "asked"}).status_code == 200, "again is no error"


WORDS = (
    "Zwetlana", "Beispielowa", "zwet@example", "33199001234", "Musterallee", "Hinterhaus", "qyx", "Lanotschka",
    "Paraiba", "Turmalin", "Rosen", "Dackel", "Ottokar", "1984-05-17", "Saphirring", "Schreibfehler", "54321",
    "Hochwohlgeboren", "Beispielstadt", "Zwetlanotschka", "Damaszener",
)  # fmt: skip


def on_disk(folder) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


def test_not_one_word_of_a_person_lies_in_a_file_nor_their_key_when_they_are_erased(tmp_path, browse, caplog, capfd):
    """The office's whole folder, database, WAL and all; and what was logged while it was done."""
    caplog.set_level(logging.DEBUG)
    cloud = build(CloudConfig(database_url=f"sqlite:///{tmp_path / 'office.sqlite3'}", port=0, second_factor=False))
    with cloud.desk.work() as work:
        open_store(work, StoreCard(store=StoreId("paris"), name="Paris", currency="EUR"))
        put_staff(work, StaffCard(user=UserId("ada"), name="Ada", roles=(Role.ADMIN,)))
    browser, token = browse(cloud.app), cloud.logins.begin(UserId("ada")).token

    def post(path, body, method="POST"):
        answer = browser.ask(method, f"/api/v1/clients{path}", json=body, headers={"Authorization": f"Bearer {token}"})
        assert answer.is_success, answer.text
        return answer

    more = {
        "also_called": "Lanotschka Zwetlanotschka",
        "address": "Musterallee 17\nHinterhaus\nBeispielstadt",
        "language": "qyx",
    }
    person = post("", {**NEW, **more, "salutation": "Hochwohlgeboren"}).json()["person"]
    size = {"finger": "left_ring", "size": "54.321", "source": "measured", "day": "2021-07-13"}
    post(f"/{person}/sizes", size)
    post(f"/{person}/pins", {"about": "stone", "text": "Paraiba-Turmalin, Damaszener"})
    post(f"/{person}/notes", {"text": "Keine Rosen; Dackel"})
    post(f"/{person}/milestones", {"kind": "birthday", "day": "1984-05-17", "name": "Ottokar", "relation": "spouse"})
    post(f"/{person}/visits", {"at": "paris", "text": "Saphirring"})
    post(f"/{person}", {"salutation": "Frau", "why": "Schreibfehler"}, "PATCH")
    post("/search", {"query": "Zwetlana Beispielowa"})
    assert len(WORDS) >= 20
    exported = browser.get(f"/api/v1/clients/{person}/export", headers={"Authorization": f"Bearer {token}"}).text
    assert [word for word in WORDS if word not in exported] == [], "the control: all of it is kept"
    assert [word for word in WORDS if word.encode() in on_disk(tmp_path)] == [], "before they are erased"
    with cloud.office.reading() as tx:
        key = bytes(tx.value(sa.select(person_key.c.wrapped).where(person_key.c.person == person)))
    assert key in on_disk(tmp_path), "the control: their wrapped key is there"
    post(f"/{person}/erase", {"reason": "asked"})
    kept = on_disk(tmp_path)
    assert [word for word in WORDS if word.encode() in kept] == []
    assert key not in kept, "the key that opens them is nowhere"
    assert person.encode() in kept, "their id stays"
    said = caplog.text + "".join(capfd.readouterr())
    assert [word for word in WORDS if word in said] == []
    cloud.office.close()


@pytest.mark.parametrize("careless", ["the WAL as it is", "deleted and not overwritten"])
def test_otherwise_their_key_would_lie_on_in_a_file(tmp_path, careless):
    """The controls of the test above: the office's own way, and each of its two halves left out."""
    cloud = build(CloudConfig(database_url=f"sqlite:///{tmp_path / 'office.sqlite3'}", port=0))
    wrapped = b"a key that is wrapped, by the house"
    with cloud.office.transaction() as tx:
        tx.add(person_key, {"person": "p", "wrapped": wrapped, "made_us": 1})
        tx.add(person_key, {"person": "q", "wrapped": b"another", "made_us": 1})
    cloud.office.leave_no_trace(["person_key"])
    with cloud.office.transaction() as tx:
        if careless == "deleted and not overwritten":
            tx.value(sa.text("PRAGMA secure_delete=OFF"))
        tx.run(sa.delete(person_key).where(person_key.c.person == "p"))
    if careless == "the WAL as it is":
        assert wrapped in on_disk(tmp_path)
    assert cloud.office.leave_no_trace(["person_key"])
    assert (wrapped in on_disk(tmp_path)) == (careless == "deleted and not overwritten")
    cloud.office.close()


def test_a_sale_in_which_the_till_named_a_client_stands_on_their_profile(ask, cloud, house_type, person):
    house = house_type(cloud.office)
    box = house.store("lyon", "p1", "p2")
    named = msgspec.structs.replace(house.sale(box, "s-named", "p1"), client=PersonId(person))
    box.write(named, house.sale(box, "s-nobody", "p2", receipt=2))
    box.send()
    seen = told(ask, person)
    assert [(row["sale"], row["what"]) for row in seen["sales"]] == [("s-named", ["Ring p1"])]
    page = ask(Role.ASSOCIATE, "GET", f"/clients/{person}", page=True).text
    assert "/sales/lyon/s-named" in page
    assert "Has bought nothing yet" not in page
    assert DOUBT not in page
    assert ask(Role.ADMIN, "POST", f"/api/v1/clients/{person}/erase", json={"reason": "asked"}).status_code == 200
    with cloud.office.reading() as tx:
        kept = tx.value(sa.select(sale.c.total_minor).where(sale.c.sale == "s-named", sale.c.client == person))
    assert kept == named.total_minor, "the sale stays, under an id that names nobody"


def changed_us(cloud, person):
    with cloud.office.reading() as tx:
        return tx.value(sa.select(client.c.changed_us).where(client.c.person == person))


def test_a_sale_in_doubt_stands_on_the_profile_and_says_so_until_a_person_decides(ask, cloud, house_type, person):
    """A piece that the store had no right to: the client bought and paid, and may not be the one who keeps it."""
    house = house_type(cloud.office)
    rome, genoa = house.store("rome", "p7"), house.store("genoa")
    rome.write(house.sale(rome, "s-first", "p7"))
    rome.send()
    genoa.ce["p7"] = rome.ce["p7"]
    genoa.write(msgspec.structs.replace(house.sale(genoa, "s-doubt", "p7"), client=PersonId(person)))
    before = changed_us(cloud, person)
    genoa.send()
    assert changed_us(cloud, person) != before, "stores that keep their card hear of it"
    at = f"/api/v1/clients/{person}"

    def shown():
        (one,) = told(ask, person)["sales"]
        (event,) = [each for each in ask(Role.ASSOCIATE, "GET", f"{at}/timeline").json() if each["kind"] == "purchase"]
        (piece,) = ask(Role.ASSOCIATE, "GET", f"{at}/owned").json()["pieces"]
        marked = ask(Role.ASSOCIATE, "GET", f"/clients/{person}", page=True).text.count(DOUBT)
        return one["sale"], one["state"], event["in_doubt"], piece["in_doubt"], marked

    assert shown() == ("s-doubt", "quarantined", True, True, 2)
    page = ask(Role.ASSOCIATE, "GET", f"/clients/{person}", page=True).text
    assert '<a href="/sales/genoa/s-doubt"><span class="chip' in page, "its mark leads to the sale, and so to the case"
    body = {"money": "post", "outcome": "the client keeps it"}
    ended = ask(Role.ADMIN, "POST", "/sales/genoa/s-doubt/resolve", page=True, data=body)
    assert ended.status_code in (200, 303), ended.text
    assert shown() == ("s-doubt", "resolved", False, False, 0)
