"""Measured goods that are brought to another store, and the list over HTTP."""

import itertools

import pytest

from cloud import app as office_app
from cloud.config import CloudConfig
from cloud.pos.goods import desk as goods
from cloud.pos.goods.desk import GoodsError
from cloud.pos.ledger import queries as ledger
from cloud.pos.staff.desk import put_staff
from cloud.work import begin
from contract.feed import GoodsCard, Role, StaffCard, StoreCard, Unit
from contract.ids import UserId
from trade.guards import ALL

PASSWORD = "long enough for anybody"
MELEE = GoodsCard(goods="melee", title="Melee", unit=Unit.CARAT, unit_minor=45_000, currency="EUR")
_refs = itertools.count()


@pytest.fixture
def stocked(house):
    """Paris has ten carats that cost 2,000.01; Lyon none."""
    house.store("paris")
    house.store("lyon")
    with house.office.transaction() as tx:
        work = begin(tx, ALL, 5)
        goods.put(work, MELEE, by="eva")
        goods.moved(work, "melee", "paris", 10_000, why="delivery 7", ref="r1", by="eva", cost_minor=200_001)
    return house


def bring(house, quantity, source="paris", target="lyon", **more):
    told = {"why": "parcel 9", "ref": f"m{next(_refs)}", "by": "eva", **more}
    with house.office.transaction() as tx:
        goods.transferred(begin(tx, ALL, 6), "melee", source, target, quantity, **told)


def told(house, store):
    """What lies there, what it is worth by the stock, and what the ledger says of it."""
    with house.office.reading() as tx:
        (row,) = goods.listing(tx)
        books = {each.account: each.amount_minor for each in ledger.balances(tx, store=store)}
    value = row.value_minor.get(store, (0, ""))[0]
    assert value == books.get("inventory", 0), "the stock and the ledger say the same"
    return row.stock_milli.get(store, 0), value, books.get("inter_store", 0)


def test_goods_brought_to_another_store_take_their_cost_along(stocked):
    bring(stocked, 2_500)
    assert told(stocked, "paris") == (7_500, 150_001, 50_000)
    assert told(stocked, "lyon") == (2_500, 50_000, -50_000)
    bring(stocked, 7_500)
    assert told(stocked, "paris") == (0, 0, 200_001), "the last of it takes all that is left"
    assert told(stocked, "lyon") == (10_000, 200_001, -200_001)


def test_the_same_transfer_again_is_the_same_transfer(stocked):
    for _ in range(2):
        bring(stocked, 10_000, ref="once")
    assert told(stocked, "lyon")[0] == 10_000


def test_what_a_store_sold_before_it_came_gets_its_cost_when_it_comes(stocked):
    with stocked.office.transaction() as tx:
        goods.moved(begin(tx, ALL, 5), "melee", "lyon", -1_000, why="measured", ref="r2", by="eva")
    bring(stocked, 2_000)
    stock, value, clearing = told(stocked, "lyon")
    assert (stock, clearing) == (1_000, -40_000)
    assert value == 20_000


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"quantity": 10_001}, "Only 10 of it lies in Paris"),
        ({"quantity": 0}, "Say how much"),
        ({"quantity": 1, "target": "paris"}, "name two stores"),
        ({"quantity": 1, "why": " "}, "Say why"),
        ({"quantity": 1, "source": "lyon", "target": "paris"}, "Only 0 of it lies in Lyon"),
    ],
)
def test_a_transfer_that_cannot_be_is_refused_in_words_and_moves_nothing(stocked, said, words):
    with pytest.raises(GoodsError, match=words):
        bring(stocked, **said)
    assert told(stocked, "paris")[0] == 10_000


def test_stores_that_keep_their_books_in_other_money_are_told_how_to_do_it(stocked):
    from cloud.pos.stores.desk import open_store

    with stocked.office.transaction() as tx:
        open_store(begin(tx, ALL, 5), StoreCard(store="london", name="London", currency="GBP"))
    with pytest.raises(GoodsError, match="keeps its books in EUR and London in GBP"):
        bring(stocked, 1, target="london")
    with pytest.raises(LookupError, match="no store nowhere"):
        bring(stocked, 1, target="nowhere")


# --- over HTTP --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def api(tmp_path_factory, browse):
    folder = tmp_path_factory.mktemp("office")
    cloud = office_app.build(
        CloudConfig(database_url=f"sqlite:///{folder / 'office.sqlite3'}", port=0, second_factor=False)
    )
    verifier = office_app.staff_desk.Passwords().verifier(PASSWORD)
    from cloud.pos.stores.desk import open_store

    with cloud.desk.work() as work:
        for role in (Role.ADMIN, Role.ASSOCIATE):
            put_staff(work, StaffCard(user=UserId(role), name=role.title(), roles=(role,)), verifier)
        for store in ("paris", "lyon"):
            open_store(work, StoreCard(store=store, name=store.title(), currency="EUR"))
    client = browse(cloud.app)

    def ask(user, method, path, **body):
        token = client.post("/api/v1/login", json={"user": user, "password": PASSWORD}).json()["token"]
        headers = {"Authorization": f"Bearer {token}"}
        return getattr(client, method.lower())(
            f"/api/v1/goods{path}", headers=headers, **({"json": body} if body else {})
        )

    yield ask
    cloud.office.close()


def test_goods_are_kept_moved_and_told_over_http(api):
    card = {"title": "Melee", "unit": "ct", "unit_minor": 45_000, "currency": "EUR", "tax_bp": 2_000}
    assert api("admin", "PUT", "/melee", **card).status_code == 204
    came = {
        "move": "delivery-7",
        "store": "paris",
        "quantity_milli": 10_000,
        "why": "delivery 7",
        "cost_minor": 200_000,
    }
    for _ in range(2):
        assert api("admin", "POST", "/melee/moves", **came).status_code == 204
    brought = {"move": "parcel-90", "source": "paris", "target": "lyon", "quantity_milli": 2_500, "why": "parcel 9"}
    for _ in range(2):
        assert api("admin", "POST", "/melee/transfers", **brought).status_code == 204
    (told,) = api("admin", "GET", "").json()
    assert told["stock_milli"] == {"paris": 7_500, "lyon": 2_500}
    assert told["value_minor"]["lyon"] == {"value_minor": 50_000, "currency": "EUR"}
    assert {(each["store"], each["quantity_milli"]) for each in api("admin", "GET", "/moves").json()} == {
        ("paris", 10_000), ("paris", -2_500), ("lyon", 2_500),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "words"),
    [
        ("PUT", "/x", {"title": "X", "unit": "furlong", "unit_minor": 1, "currency": "EUR"}, 422, "no such unit"),
        (
            "PUT",
            "/no%20name",
            {"title": "X", "unit": "ct", "unit_minor": 1, "currency": "EUR"},
            409,
            "A good is called",
        ),
        (
            "POST",
            "/gone/moves",
            {"move": "delivery-8", "store": "paris", "quantity_milli": 1, "why": "x"},
            409,
            "no good gone",
        ),
        ("POST", "/gone/moves", {"move": "short", "store": "paris", "quantity_milli": 1, "why": "x"}, 422, "move"),
    ],
)
def test_what_cannot_be_is_refused_in_words(api, method, path, body, status, words):
    answer = api("admin", method, path, **body)
    assert (answer.status_code, words in answer.text) == (status, True), answer.text


def test_an_associate_keeps_no_goods(api):
    assert api("associate", "GET", "").status_code == 403
