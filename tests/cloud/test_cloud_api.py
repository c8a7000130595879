"""The office over HTTP: who may do what, importing, and that every route has a policy."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from cloud import app as office_app
from cloud.config import CloudConfig, ConfigError, load_config
from cloud.doors import CN_KEY, Box, NamedApp, common_name
from cloud.pos.staff.desk import Passwords, StaffError, check_user, put_staff
from cloud.pos.staff.entrance import Verdict
from contract.feed import Role, StaffCard, decode_page
from contract.ids import UserId
from contract.messages import Refusal, Rejoin, Snapshot, encode
from tests.doors import doors
from web import policy
from web.attempts import FREE_ATTEMPTS
from web.problems import ProblemError

PASSWORD = "long enough for anybody"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    folder = tmp_path_factory.mktemp("office")
    cloud = office_app.build(
        CloudConfig(database_url=f"sqlite:///{folder / 'office.sqlite3'}", port=0, second_factor=False)
    )
    verifier = office_app.staff_desk.Passwords().verifier(PASSWORD)
    with cloud.desk.work() as work:
        for role in Role:
            put_staff(work, StaffCard(user=UserId(role), name=role.title(), roles=(role,)), verifier)
    yield cloud
    cloud.office.close()


@pytest.fixture(scope="module")
def client(cloud, browse):
    return browse(cloud.app)


@pytest.fixture(scope="module")
def tokens(client):
    given = {}
    for role in Role:
        response = client.post("/api/v1/login", json={"user": role.value, "password": PASSWORD})
        assert response.status_code == 200, response.text
        given[role] = {"Authorization": f"Bearer {response.json()['token']}"}
    return given


@pytest.fixture(scope="module")
def door(cloud, browse):
    return lambda name: browse(NamedApp(cloud.door, name, 1))


def store(client, tokens, name: str):
    asked = {"store": name, "name": name.title(), "currency": "EUR"}
    return client.post("/api/v1/stores", json=asked, headers=tokens[Role.ADMIN])


def card(piece: str, **changes) -> dict:
    return {
        "piece": piece, "sku": "R1", "title": f"Ring {piece}", "category": "ring", "metal": "platinum", "fineness": 950,
        "weight_mg": 5100, "stones": "", "price_minor": 990000, "currency": "EUR", "tax_bp": 2000,
    } | changes  # fmt: skip


def test_every_route_has_a_policy(cloud):
    assert policy.undeclared(cloud.app) == []


def test_no_door_of_the_office_takes_a_card_number(cloud, client):
    asked = list(doors(cloud.app))
    assert len(asked) > 60, "the walk found the doors"
    answers = [client.ask(method, path, **sent) for method, path, sent in asked]
    let_in = [
        (each, answer.status_code)
        for each, answer in zip(asked, answers, strict=True)
        if answer.status_code != 422 or answer.json()["type"] != "urn:vitrine:problem:card-number"
    ]
    assert let_in == []


def test_every_route_of_the_edges_door_knows_the_box_that_asks(cloud):
    def knows(dependant: Dependant) -> bool:
        return isinstance(dependant.call, Box) or any(knows(each) for each in dependant.dependencies)

    routes = [route for route in cloud.door.routes if isinstance(route, APIRoute)]
    assert len(routes) >= 4
    assert [route.path for route in routes if not knows(route.dependant)] == []


def test_strangers_are_sent_away_and_roles_are_kept(client, tokens):
    assert client.get("/api/v1/pieces").status_code == 401
    asked = {"store": "nice", "name": "Nice", "currency": "EUR"}
    assert client.post("/api/v1/stores", json=asked, headers=tokens[Role.ASSOCIATE]).status_code == 403
    assert client.get("/api/v1/pieces", headers=tokens[Role.ASSOCIATE]).status_code == 200


@pytest.mark.parametrize("name", ["cloud", "office", "paris-", "Paris", ""])
def test_a_store_that_could_not_be_enrolled_is_not_opened(client, tokens, name):
    refused = store(client, tokens, name)
    assert refused.status_code == 422
    assert "use 1 to 40" in refused.text


def test_a_text_with_control_characters_is_refused(client, tokens):
    asked = {"store": "wien", "name": "Wi\0en", "currency": "EUR"}
    assert client.post("/api/v1/stores", json=asked, headers=tokens[Role.ADMIN]).status_code == 422


def test_guesses_at_once_are_counted_before_they_are_tried(cloud):
    def guess(n: int) -> int:
        try:
            return int(cloud.entrance.verified("many", f"guess {n}").verdict is Verdict.ADMITTED)
        except ProblemError as problem:
            return problem.status

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(guess, range(20)))
    assert answers.count(0) == FREE_ATTEMPTS
    assert answers.count(429) == 20 - FREE_ATTEMPTS


def test_a_right_password_forgives_the_wrong_ones(cloud):
    for _ in range(3 * FREE_ATTEMPTS):
        assert cloud.entrance.verified(Role.MANAGER, PASSWORD).verdict is Verdict.ADMITTED


def test_wrong_passwords_make_one_wait(client):
    codes = [client.post("/api/v1/login", json={"user": "guesser", "password": "x"}).status_code for _ in range(6)]
    assert codes[0] == 401
    assert codes[-1] == 429


def test_nobody_can_lock_the_last_admin_out(client, tokens):
    asked = {"name": "Admin", "roles": ["associate"]}
    response = client.put("/api/v1/staff/admin", json=asked, headers=tokens[Role.ADMIN])
    assert response.status_code == 409
    assert "admin" in response.json()["title"]


def test_an_import_with_one_error_changes_nothing_and_names_the_row(client, tokens):
    store(client, tokens, "paris")
    rows = [card("a1", epc="3034257BF7194E4000001A85"), card("a2", price_minor=-1), card("a1"), card("a4", epc="xyz")]
    body = {"store": "paris", "pieces": rows}
    told = client.post("/api/v1/pieces/import", json=body, headers=tokens[Role.MANAGER]).json()
    assert [(each["row"], each["field"]) for each in told["errors"]] == [(2, "price_minor"), (3, "piece"), (4, "epc")]
    assert client.get("/api/v1/pieces?store=paris", headers=tokens[Role.ADMIN]).json() == []


def test_a_dry_run_tells_and_does_nothing(client, tokens):
    store(client, tokens, "rome")
    body = {"store": "rome", "pieces": [card("b1"), card("b2")], "dry_run": True}
    told = client.post("/api/v1/pieces/import", json=body, headers=tokens[Role.MANAGER]).json()
    assert (told["new"], told["errors"]) == (2, [])
    assert client.get("/api/v1/pieces?store=rome", headers=tokens[Role.ADMIN]).json() == []


def test_imported_pieces_are_found_by_words_and_by_tag(client, tokens):
    store(client, tokens, "oslo")
    rows = [card("c1", title="Solitaire Aurora", epc="E2801160600002084A5B0C11"), card("c2", title="Band Aurora")]
    body = {"store": "oslo", "pieces": rows}
    assert client.post("/api/v1/pieces/import", json=body, headers=tokens[Role.MANAGER]).json()["new"] == 2
    again = client.post("/api/v1/pieces/import", json=body, headers=tokens[Role.MANAGER]).json()
    assert (again["new"], again["changed"], again["same"]) == (0, 0, 2)
    found = client.get("/api/v1/pieces?q=aurora solit", headers=tokens[Role.ASSOCIATE]).json()
    assert [row["piece"] for row in found] == ["c1"]
    assert found[0]["holder"] == "oslo"
    by_tag = client.get("/api/v1/pieces/e2801160600002084a5b0c11", headers=tokens[Role.ASSOCIATE]).json()
    assert by_tag["row"]["piece"] == "c1"
    for any_sign in ("100%25", "%25", "_", "%5C"):
        assert client.get(f"/api/v1/pieces?q={any_sign}", headers=tokens[Role.ASSOCIATE]).json() == []


def test_a_tag_is_bound_to_one_piece_only(client, tokens):
    store(client, tokens, "bern")
    first = {"store": "bern", "pieces": [card("d1", epc="AAAA0000BBBB1111CCCC2222")]}
    client.post("/api/v1/pieces/import", json=first, headers=tokens[Role.MANAGER])
    other = {"store": "bern", "pieces": [card("d2", epc="AAAA0000BBBB1111CCCC2222")]}
    told = client.post("/api/v1/pieces/import", json=other, headers=tokens[Role.MANAGER]).json()
    assert "bound to piece d1" in told["errors"][0]["why"]


def test_a_record_is_looked_at_by_anyone_and_changed_by_a_manager_with_a_reason(client, tokens):
    store(client, tokens, "kiel")
    metals = [{"metal": "gold", "fineness": 18, "unit": "karat", "weight_mg": 3000}]
    gems = [{"kind": "diamond", "carat_milli": 300, "certificate": "GIA 2141438171"}]
    body = {"store": "kiel", "pieces": [card("k1", metals=metals, gems=gems, condition="attention")]}
    assert client.post("/api/v1/pieces/import", json=body, headers=tokens[Role.MANAGER]).json()["new"] == 1
    told = client.get("/api/v1/pieces/k1/record", headers=tokens[Role.MANAGER]).json()
    assert (told["card"]["metals"], told["card"]["condition"]) == (metals, "attention")
    assert client.get("/api/v1/pieces/k1/record", headers=tokens[Role.ASSOCIATE]).json()["backing"] is None
    asked = {
        "card": told["card"] | {"title": "Ring of Kiel"}, "backing": {"cost_minor": 5, "cost_currency": "EUR"},
        "why": "renamed", "changed_us": told["changed_us"],
    }  # fmt: skip
    change = "/api/v1/pieces/k1/record"
    assert client.put(change, json=asked, headers=tokens[Role.ASSOCIATE]).status_code == 403
    assert client.put(change, json=asked | {"why": ""}, headers=tokens[Role.MANAGER]).status_code == 422
    wrong = asked | {"card": told["card"] | {"certificates": ["GIA 12"]}}
    refused = client.put(change, json=wrong, headers=tokens[Role.MANAGER])
    assert (refused.status_code, "7 to 10 digits" in refused.json()["detail"]) == (422, True)
    assert client.put(change, json=asked, headers=tokens[Role.MANAGER]).status_code == 200
    assert client.put(change, json=asked, headers=tokens[Role.MANAGER]).status_code == 409
    assert client.put("/api/v1/pieces/k2/record", json=asked, headers=tokens[Role.MANAGER]).status_code == 422
    now = client.get("/api/v1/pieces/k1/record", headers=tokens[Role.ADMIN]).json()
    assert (now["card"]["title"], now["backing"]["cost_minor"]) == ("Ring of Kiel", 5)
    assert ("manager", "renamed", "title") in {(each["by"], each["why"], each["field"]) for each in now["changes"]}


def test_categories_appraisals_and_sets_over_http(client, tokens):
    store(client, tokens, "gent")
    body = {"store": "gent", "pieces": [card("g1"), card("g2", set_of="g1", category="chain")]}
    assert client.post("/api/v1/pieces/import", json=body, headers=tokens[Role.MANAGER]).json()["new"] == 2
    rules = {"rules": [{"name": "clasp", "kind": "choice", "choices": ["box"]}]}
    as_manager = {"headers": tokens[Role.MANAGER]}
    assert client.put("/api/v1/pieces/categories/chain", json=rules, **as_manager).status_code == 200
    assert client.get("/api/v1/pieces/categories", **as_manager).json()[0]["rules"][0]["choices"] == ["box"]
    empty = {"rules": [{"name": "clasp", "kind": "choice"}]}
    assert client.put("/api/v1/pieces/categories/chain", json=empty, **as_manager).status_code == 422
    worth = {"value_minor": 7, "currency": "EUR", "purpose": "estate", "appraiser": "Ida", "day": "2026-01-31"}
    assert client.post("/api/v1/pieces/g1/appraisals", json=worth, **as_manager).status_code == 201
    assert client.post("/api/v1/pieces/zz/appraisals", json=worth, **as_manager).status_code == 404
    assert client.post("/api/v1/pieces/g1/apart", json={"why": "sold singly"}, **as_manager).json() == ["g2"]
    assert client.post("/api/v1/pieces/g1/apart", json={"why": "again"}, **as_manager).status_code == 404


def test_a_box_gets_the_feed_and_only_its_own(door, client, tokens):
    store(client, tokens, "lima")
    client.post("/api/v1/pieces/import", json={"store": "lima", "pieces": [card("e1")]}, headers=tokens[Role.ADMIN])
    page = decode_page(door("lima").get("/edge/v1/feed?since=0").content)
    assert {"piece:e1", "store:lima", "staff:admin"} <= {row.key for row in page.rows}
    assert decode_page(door("lima").get(f"/edge/v1/feed?since={page.upto}").content).rows == ()
    assert door("lima").get("/edge/v1/tree?epoch=e1&stream=trade&size=4").json()["upto"] == 0
    assert {door("").get(path).status_code for path in ("/edge/v1/feed", "/edge/v1/tree")} == {401}


def test_a_box_speaks_for_no_other_store(door, client, tokens):
    store(client, tokens, "cork")
    asked = Rejoin(store="cork", instance="m", nonce="n", term=0, cloud_epoch=0)
    assert door("lima").post("/edge/v1/rejoin", content=encode(asked)).status_code == 403
    assert door("cork").post("/edge/v1/rejoin", content=encode(asked)).status_code == 200
    assert door("cork").post("/edge/v1/rejoin", content=b"{}").status_code == 422


def test_another_machine_waits_for_a_managers_word(door, client, tokens):
    import msgspec

    store(client, tokens, "genf")
    first = Rejoin(store="genf", instance="m1", nonce="n1", term=0, cloud_epoch=0)
    other = Rejoin(store="genf", instance="m2", nonce="n2", term=0, cloud_epoch=0)
    msgspec.json.decode(door("genf").post("/edge/v1/rejoin", content=encode(first)).content, type=Snapshot)
    refused = door("genf").post("/edge/v1/rejoin", content=encode(other))
    assert refused.status_code == 409
    assert msgspec.json.decode(refused.content, type=Refusal).code == "replace"
    word = {"instance": "m2", "why": "the old box burnt"}
    assert client.post("/api/v1/stores/genf/replace", json=word, headers=tokens[Role.ASSOCIATE]).status_code == 403
    assert client.post("/api/v1/stores/genf/replace", json=word, headers=tokens[Role.MANAGER]).status_code == 200
    assert door("genf").post("/edge/v1/rejoin", content=encode(other)).status_code == 200


def test_the_office_asks_a_store_to_count(client, tokens):
    store(client, tokens, "ulm")
    asked = {"place": "safe", "zones": ["safe-1"]}
    response = client.post("/api/v1/stores/ulm/count-requests", json=asked, headers=tokens[Role.MANAGER])
    assert response.status_code == 201
    assert response.json()["row"]["state"] == "requested"
    assert client.post("/api/v1/stores/no/count-requests", json=asked, headers=tokens[Role.MANAGER]).status_code == 409


def test_pages_of_figures_answer(client, tokens):
    for path in ("sales", "shifts", "counts", "transfers", "orders", "alarms", "cases", "parked", "stores", "staff",
                 "ledger/balances", "ledger/postings", "floor/readers", "floor/ulm/zones", "floor/ulm/pieces",
                 "floor/ulm/exits", "me"):  # fmt: skip
        assert client.get(f"/api/v1/{path}", headers=tokens[Role.ADMIN]).status_code == 200, path
    assert b"vitrine_ingest_rows_stored_total" in client.get("/metrics").content
    document = client.get("/api/openapi.json").json()
    assert "/api/v1/pieces/import" in document["paths"]


def test_the_office_says_with_its_status_that_a_part_of_it_has_failed(cloud, client):
    well = client.get("/healthz")
    assert (well.status_code, well.json()["ok"]) == (200, True)
    cloud.fatal.tell(RuntimeError("the order desk stopped"))
    ill = client.get("/healthz")
    cloud.fatal.errors.clear()
    assert (ill.status_code, ill.json()["ok"]) == (503, False)


def test_a_certificates_name_is_its_common_name():
    subject = ((("countryName", "FR"),), (("commonName", "paris"),))
    assert common_name({"subject": subject}) == "paris"
    assert common_name(None) == ""
    assert CN_KEY


def test_a_wrong_configuration_names_the_key(tmp_path):
    path = tmp_path / "cloud.toml"
    path.write_text('database_url = "sqlite://"\nport = 1\ncolour = "red"\n')
    with pytest.raises(ConfigError, match="colour"):
        load_config(path)


def test_the_office_tells_the_time_of_a_place_that_exists(tmp_path):
    path = tmp_path / "cloud.toml"
    path.write_text('database_url = "sqlite://"\nport = 1\ntime_zone = "Europe/Paris"\n')
    assert load_config(path).time_zone == "Europe/Paris"
    path.write_text('database_url = "sqlite://"\nport = 1\ntime_zone = "Europe/Atlantis"\n')
    with pytest.raises(ConfigError, match="Atlantis"):
        load_config(path)


@pytest.mark.parametrize(
    ("user", "password", "said"),
    [
        ("ada", "short", "at least 10 characters"),
        ("ada", "aaaaaaaaaaaa", "first to be guessed"),
        ("ada", "password1234", "first to be guessed"),
        ("ada.lund", "Ada.Lund2026", "first to be guessed"),
        ("ada", "onyx-amber-jade", ""),
    ],
)
def test_a_password_that_is_soon_guessed_is_refused(user: str, password: str, said: str) -> None:
    passwords = Passwords()
    if said:
        with pytest.raises(StaffError, match=said):
            passwords.verifier(password, user)
    else:
        assert passwords.fits(passwords.verifier(password, user), password)


@pytest.mark.parametrize("user", ["Ada Lund", "house", "", "ada\n", "9ada"])
def test_a_name_that_nobody_can_sign_in_with_is_refused(user: str) -> None:
    assert check_user("ada.lund") == "ada.lund"
    with pytest.raises(StaffError, match="nobody can sign in as"):
        check_user(user)


def test_a_store_in_a_time_zone_nobody_knows_is_refused(client, tokens) -> None:
    asked = {"store": "lyon", "name": "Lyon", "currency": "EUR", "time_zone": "Europe/Lion"}
    assert client.post("/api/v1/stores", json=asked, headers=tokens[Role.ADMIN]).status_code == 422
    asked["time_zone"] = "Europe/Paris"
    assert client.post("/api/v1/stores", json=asked, headers=tokens[Role.ADMIN]).status_code == 201
