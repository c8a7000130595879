"""Several workers at once: a row is stored and applied once, and two stores do not wait for each other for ever."""

import threading

import pytest
import sqlalchemy as sa

from cloud import schema
from cloud.db import open_office
from cloud.ingest import Ingest
from cloud.pos.orders.desk import OrderDesk
from cloud.provider import NoProvider, PaymentState
from cloud.tables import case_file, inbox, ledger_line, sale, web_order
from contract.facts import CustodyReleased, ReleaseWhy, Stream
from contract.ids import OrderId, PieceId, StoreId, TransferId

SALES = 30


@pytest.fixture(params=["sqlite", "postgresql"])
def shared(request, tmp_path):
    """An office that many threads may use: a file, or the server."""
    if request.param == "postgresql":
        yield request.getfixturevalue("postgres_office"), request.getfixturevalue("empty_postgres")
        return
    office = open_office(f"sqlite:///{tmp_path / 'office.sqlite3'}")
    schema.create(office)
    yield office, None
    office.close()


def together(*acts) -> None:
    """Run them at once; the first error of any of them is ours."""
    errors: list[BaseException] = []
    start = threading.Barrier(len(acts))

    def run(act) -> None:
        start.wait()
        try:
            act()
        except BaseException as error:  # noqa: BLE001 - carried to the test's own thread
            errors.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    if errors:
        raise errors[0]


def test_two_workers_that_hear_the_same_rows_store_them_once(shared, house_type):
    office, _ = shared
    house = house_type(office)
    box = house.store("paris", *(f"p{n}" for n in range(SALES)))
    for n in range(SALES):
        box.write(house.sale(box, f"s{n}", f"p{n}", receipt=n + 1))
    messages = [box.message(first, first + 1) for first in range(1, SALES, 2)]

    def worker() -> None:
        ingest = Ingest(office)
        for up in messages:
            ingest.hear(up, 5)

    together(worker, worker, worker)
    assert [row["seq"] for row in house.rows(sa.select(inbox.c.seq).order_by(inbox.c.seq))] == list(range(1, SALES + 1))
    assert house.rows(sa.select(sa.func.count().label("n")).select_from(sale)) == [{"n": SALES}]
    assert house.rows(sa.select(case_file)) == []
    assert house.rows(sa.select(sa.func.count().label("n")).select_from(ledger_line)) == [{"n": 3 * SALES}]


def test_two_stores_that_ship_to_each_other_do_not_lock_up(shared, house_type):
    office, _ = shared
    house = house_type(office)
    boxes = [
        house.store("paris", *(f"a{n}" for n in range(SALES))),
        house.store("lyon", *(f"b{n}" for n in range(SALES))),
    ]
    for box, to in ((boxes[0], "lyon"), (boxes[1], "paris")):
        for piece, ce in box.ce.items():
            gone = CustodyReleased(
                piece=PieceId(piece), ce=ce, why=ReleaseWhy.SHIPPED, to=StoreId(to), transfer=TransferId(f"t-{piece}")
            )
            box.write(gone)

    def worker(box) -> None:
        for seq in range(1, len(box.rows[Stream.TRADE]) + 1):
            box.ingest.hear(box.message(seq, seq), 5)

    together(*(lambda box=box: worker(box) for box in boxes))
    for piece, holder in [("a0", "lyon"), ("b0", "paris")]:
        assert house.token(piece)[:2] == (holder, "incoming")


def test_an_order_that_two_workers_place_at_once_is_one_order(shared, house_type):
    office, _ = shared
    box = house_type(office).store("paris", *(f"p{n}" for n in range(8)))
    keys: dict[str, PaymentState] = {}

    class Psp(NoProvider):
        def authorise(self, key, amount_minor, currency):
            del amount_minor, currency
            return keys.setdefault(key, PaymentState.AUTHORISED)

    def worker() -> None:
        desk = OrderDesk(office, Psp())
        for n in range(8):
            desk.place(OrderId(f"w{n}"), PieceId(f"p{n}"), mono_us=1, now_us=5)

    together(worker, worker)
    with office.reading() as tx:
        states = [row["state"] for row in tx.rows(sa.select(web_order.c.state))]
    assert states == ["leasing"] * 8
    assert len(box.obey(box.send(1, 0))) == 8
