"""What to show a client next: what can be had near, and why; nothing that is promised, lost, sold or far away."""

import pytest
import sqlalchemy as sa

from cloud.app import build
from cloud.clienteling.next_piece import Together
from cloud.config import CloudConfig
from cloud.pos.clients import desk as clients
from cloud.pos.clients.profile import Likes, Pin
from cloud.pos.staff.desk import put_staff
from cloud.pos.stores.desk import open_store
from cloud.pos.suggestions import queries
from cloud.pos.suggestions.queries import Pins
from cloud.tables import claim, client_alias, custody, hold, piece, presence, returned_line, sale, sale_line
from contract.feed import Role, StaffCard, StoreCard
from contract.ids import PersonId, UserId

ANA = PersonId("01990000-0000-7000-8000-0000000000aa")


@pytest.fixture
def cloud(tmp_path):
    cloud = build(CloudConfig(database_url=f"sqlite:///{tmp_path / 'office.sqlite3'}", port=0, second_factor=False))
    with cloud.desk.work() as work:
        for store, city in (("paris", "Paris"), ("web", "Paris"), ("milan", "Milan")):
            open_store(work, StoreCard(store=store, name=store.title(), currency="EUR", city=city))
        for role in Role:
            put_staff(work, StaffCard(user=UserId(role), name=role.title(), roles=(role,)))
        pins = (Pin(about=Likes.STONE, text="Sapphires, blue ones", by="ada", at_us=1),)
        clients.create(
            work, cloud.ring, ANA, {"given_name": "Ana", "pins": pins}, by=UserId("ada"), store="paris", why="a test"
        )
    yield cloud
    cloud.office.close()


def put(cloud, name, *, at="paris", state="here", price=100_000, **card):
    told = {
        "sku": f"SKU-{name}",
        "title": f"The {name}",
        "category": "ring",
        "metal": "white gold",
        "stones": "",
        "currency": "EUR",
    }
    with cloud.desk.work() as work:
        work.tx.add(piece, {"piece": name, "price_minor": price, **told, **card})
        work.tx.add(custody, {"piece": name, "holder": at, "ce": 1, "state": state})


def sold(cloud, name, client=ANA, *, price=100_000, state="posted", **card):
    put(cloud, name, at="", state="sold", price=price, **card)
    with cloud.desk.work() as work:
        work.tx.add(sale, {"store": "paris", "sale": f"s-{name}", "client": client, "state": state, "recorded_us": 5})
        work.tx.add(
            sale_line,
            {"store": "paris", "sale": f"s-{name}", "line": "l", "kind": "piece", "piece": name, "gross_minor": price},
        )


def shown(cloud, at="paris", pins=Pins(), pairs=Together()):  # noqa: B008 - both are frozen
    with cloud.desk.look() as work:
        return {each.piece: each.reasons for each in queries.shown(work.tx, ANA, at, pins, pairs)}


def test_what_goes_with_what_they_own_is_told_with_its_reason(cloud):
    sold(cloud, "mine", collection="Aube", stones="sapphire 0.4 ct")
    put(cloud, "match", category="earrings", collection="Aube")
    put(cloud, "other", category="watch", metal="steel")
    found = shown(cloud)
    assert list(found) == ["match"]
    assert found["match"][0] == "goes with the The mine"


def test_what_is_promised_lost_sold_or_far_is_not_shown(cloud):
    sold(cloud, "mine", collection="Aube")
    for name in ("free", "leased", "held", "missing", "broken", "claimed_before"):
        put(
            cloud,
            name,
            category="earrings",
            collection="Aube",
            sku=name,
            condition="repair" if name == "broken" else "ok",
        )
    put(cloud, "far", at="milan", category="earrings", collection="Aube")
    put(cloud, "near", at="web", category="earrings", collection="Aube")
    put(cloud, "coming", state="incoming", category="earrings", collection="Aube")
    with cloud.desk.work() as work:
        work.tx.add(claim, {"store": "paris", "claim": "c1", "piece": "leased", "kind": "hold"})
        work.tx.add(
            claim, {"store": "paris", "claim": "c2", "piece": "claimed_before", "kind": "hold", "ended": "released"}
        )
        work.tx.add(hold, {"piece": "held", "sale": "s9", "store": "paris"})
        work.tx.add(presence, {"store": "paris", "piece": "missing", "state": "missing"})
    assert set(shown(cloud)) == {"free", "near", "claimed_before"}
    assert set(shown(cloud, "milan")) == {"far"}


def test_what_came_back_is_not_theirs_and_what_another_id_bought_is(cloud):
    sold(cloud, "back", collection="Aube")
    sold(cloud, "doubtful", collection="Aube", state="quarantined")
    put(cloud, "match", category="earrings", collection="Aube")
    with cloud.desk.work() as work:
        work.tx.add(returned_line, {"sale": "s-back", "line": "l", "store": "paris"})
    assert shown(cloud) == {}
    sold(cloud, "theirs", "other-id", collection="Aube")
    with cloud.desk.work() as work:
        work.tx.add(client_alias, {"merge": "m", "survivor": ANA, "absorbed": "other-id"})
    assert list(shown(cloud)) == ["match"]
    with cloud.desk.work() as work:
        work.tx.run(sa.update(client_alias).values(survivor="between"))
        work.tx.add(client_alias, {"merge": "m2", "survivor": ANA, "absorbed": "between"})
    assert list(shown(cloud)) == ["match"], "also by an id that was joined to a joined one"


def test_a_pinned_word_finds_what_it_names_and_others_who_own_the_same_are_heard(cloud):
    put(cloud, "blue", stones="sapphire 0.4 ct", metal="steel")
    put(cloud, "clear", stones="diamond 0.4 ct", metal="steel")
    assert shown(cloud) == {}
    assert shown(cloud, pins=Pins(stones=("Sapphires, blue ones",))) == {"blue": ("likes sapphire",)}
    for n in range(30):
        sold(cloud, f"a{n}", f"c{n}", sku="A")
        sold(cloud, f"b{n}", f"c{n}" if n < 25 else f"d{n}", sku="B")
        sold(cloud, f"c{n}", f"e{n}", sku="C")
    sold(cloud, "mine", sku="A", metal="platinum")
    put(cloud, "b-here", sku="B", metal="steel", category="brooch")
    with cloud.desk.look() as work:
        pairs = queries.owned_together(work.tx)
    assert "others who own the same style chose it" in shown(cloud, pairs=pairs)["b-here"]


def test_the_profile_shows_it_near_the_clients_store_to_who_may_see_clients(cloud, browse):
    sold(cloud, "mine", collection="Aube")
    put(cloud, "match", category="earrings", collection="Aube")
    put(cloud, "far", at="milan", category="earrings", collection="Aube")
    browser = browse(cloud.app)

    def ask(user, path):
        token = cloud.logins.begin(UserId(user)).token
        return browser.ask("GET", path, headers={"Authorization": f"Bearer {token}", "Accept": "text/html"})

    page = ask(Role.ASSOCIATE, f"/next-pieces/{ANA}").text
    assert "The match" in page
    assert "The far" not in page
    assert "The far" in ask(Role.ASSOCIATE, f"/next-pieces/{ANA}?near=milan").text
    assert ask(Role.LOSS_PREVENTION, f"/next-pieces/{ANA}").status_code == 403
    assert ask(Role.ASSOCIATE, "/next-pieces/nobody").status_code == 404
    with cloud.desk.look() as work:
        assert work.tx.value(sa.select(sa.func.count()).select_from(piece)) == 3
