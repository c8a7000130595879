"""Web orders and transfers between three real stores, while lines are cut and boxes, broker and office are killed.

People speak at the stores' and the office's public APIs; the simulated world only carries pieces and money.
"""

from collections.abc import Iterator

import pytest

from cloud.pos.ledger.queries import Balance, PostingRow
from cloud.pos.orders.queries import OrderRow
from cloud.pos.parked.queries import CaseRow
from cloud.pos.pieces.queries import PieceDetail
from cloud.pos.sales.queries import SaleDetail
from cloud.pos.transfers.queries import TransferDetail
from contract.facts import ClaimKind
from edge.api import shapes
from simulator.psp import Payment, PaymentAct, State
from vitrine.ask import AskError, wait

FLAGSHIP, BOUTIQUE, STOCKROOM = "flagship", "boutique", "stockroom"
LEASE_WAIT_S = 6.0
SOON_S = 30
"""Nothing here takes long; a slow, busy machine is not an error."""


@pytest.fixture(scope="module")
def lasting(make_lasting_house):
    house = make_lasting_house({FLAGSHIP: 12, BOUTIQUE: 24, STOCKROOM: 40}, lease_wait_s=LEASE_WAIT_S)
    for store in (FLAGSHIP, BOUTIQUE, STOCKROOM):
        house.serving(store)
    return house


@pytest.fixture
def house(lasting) -> Iterator:
    yield lasting
    lasting.whole()
    assert sum(each.amount_minor for each in lasting.office().get("/api/v1/ledger/balances", list[Balance])) == 0


# --- asking -----------------------------------------------------------------------------------------------


def order(house, name: str, piece: str) -> OrderRow:
    return house.office().post("/api/v1/orders", OrderRow, {"order": name, "piece": piece})


def ended(house, name: str) -> OrderRow:
    def once() -> OrderRow | None:
        row = house.office().get(f"/api/v1/orders/{name}", OrderRow)
        return row if row.state in {"paid", "closed"} else None

    return wait(f"order {name} to end", LEASE_WAIT_S + SOON_S, once)


def payment(house, placed: OrderRow) -> State:
    key = f"{placed.order_id}:{placed.store}:{placed.piece}"
    return house.world().get(f"/psp/{key}", Payment).state


def bank_voids(house, placed: OrderRow) -> None:
    """The client's bank takes its word back before the money was taken."""
    key = f"{placed.order_id}:{placed.store}:{placed.piece}"
    house.world().post(f"/psp/{PaymentAct.VOID}", Payment, {"key": key})


def postings(house, ref: str) -> list[str]:
    rows = house.office().get("/api/v1/ledger/postings", list[PostingRow], limit="200")
    return [row.kind for row in rows if row.ref == ref]


def leased(house, store: str, piece: str) -> shapes.PieceView:
    def once() -> shapes.PieceView | None:
        view = house.view(store, piece)
        return view if view.claim is ClaimKind.LEASE else None

    return wait(f"{store} to keep {piece} for its web order", SOON_S, once)


def free(house, store: str, piece: str) -> shapes.PieceView:
    def once() -> shapes.PieceView | None:
        view = house.view(store, piece)
        return view if view.sellable else None

    return wait(f"{piece} to be free again at {store}", SOON_S, once)


def posted(house, store: str, sale: str) -> SaleDetail:
    def once() -> SaleDetail | None:
        try:
            detail = house.office().get(f"/api/v1/sales/{store}/{sale}", SaleDetail)
        except AskError:
            return None
        return detail if detail.row.state == "posted" else None

    return wait(f"sale {sale} of {store} to be posted", SOON_S, once)


def transfer(house, name: str) -> TransferDetail:
    return house.office().get(f"/api/v1/transfers/{name}", TransferDetail)


def held_by(house, piece: str) -> tuple[str, str]:
    """Who may decide about the piece, by the office's books."""
    row = house.office().get(f"/api/v1/pieces/{piece}", PieceDetail).row
    return row.holder, row.custody


def cases(house) -> list[CaseRow]:
    return house.office().get("/api/v1/cases", list[CaseRow])


# --- web orders -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("store", "offline"), [(STOCKROOM, ""), (BOUTIQUE, ""), (STOCKROOM, BOUTIQUE), (BOUTIQUE, STOCKROOM)]
)
def test_of_two_web_orders_one_is_paid_and_the_piece_of_the_other_is_sold_in_its_store(house, store, offline):
    """While the provider is slow both pieces are kept, and the till says so. That another store is down is nothing."""
    bought, left = house.piece(store), house.piece(store)
    with house.without(f"edge-{offline}" if offline else ""):
        house.hold("broker")
        paid, closed = order(house, f"buy-{bought}", bought), order(house, f"no-{left}", left)
        assert (paid.state, closed.state) == ("leasing", "leasing"), "authorised; the store could not be asked yet"
        assert payment(house, paid) is State.AUTHORISED
        bank_voids(house, closed)
        house.hold("simulator")
        house.let_go("broker")
        for piece, placed in ((bought, paid), (left, closed)):
            assert leased(house, store, piece).claimed_for == placed.order_id
            assert f"is reserved for web order {placed.order_id}" in house.refused(store, piece)
        assert not postings(house, paid.order_id), "no money has moved yet"
        house.let_go("simulator")

        assert ended(house, paid.order_id).state == "paid"
        assert payment(house, paid) is State.CAPTURED
        assert postings(house, paid.order_id) == ["order"]
        wait("the store to give the piece to its order", SOON_S, lambda: house.view(store, bought).custody == "sold")
        assert "is sold already" in house.refused(store, bought)

        assert ended(house, closed.order_id).state == "closed"
        assert payment(house, closed) is State.VOIDED
        free(house, store, left)
        sale = house.sell(store, left)
        posted(house, store, sale.sale)
        assert not postings(house, closed.order_id)
    assert not cases(house)


def test_a_web_order_is_promised_only_a_piece_that_is_seen_now(house):
    """In the stockroom nobody scanned it since the box started; in the boutique it is in somebody's hand."""
    unscanned, carried = house.unseen(STOCKROOM), house.piece(BOUTIQUE)
    house.move(BOUTIQUE, carried, "hand")
    house.kill("edge-boutique")  # what was read before the start is not seen now
    house.wait("edge-boutique")
    for store, piece in ((STOCKROOM, unscanned), (BOUTIQUE, carried)):
        placed = order(house, f"see-{piece}", piece)
        row = ended(house, placed.order_id)
        assert (row.state, row.why) == ("closed", f"{store}: no reader sees the piece now")
        assert payment(house, placed) is State.VOIDED
        assert house.view(store, piece).claim is None


def test_a_declined_web_order_never_asks_the_store(house):
    """The simulated bank declines amounts that end in 13."""
    card = {
        "piece": "p-13", "sku": "13", "title": "Ring nobody can pay", "category": "ring", "metal": "gold",
        "fineness": 750, "weight_mg": 4000, "stones": "", "price_minor": 120_013, "currency": "EUR", "tax_bp": 2000,
    }  # fmt: skip
    house.office().post("/api/v1/pieces/import", object, {"store": STOCKROOM, "pieces": [card], "state": "here"})
    placed = order(house, "declined", "p-13")
    assert (placed.state, placed.why) == ("closed", "the payment was declined")
    assert payment(house, placed) is State.DECLINED


def test_a_web_order_for_a_store_that_is_offline_waits_and_is_closed_by_its_deadline(house):
    piece = house.piece(STOCKROOM)
    with house.without("edge-stockroom"):
        placed = order(house, f"late-{piece}", piece)
        assert placed.state == "leasing"
        row = ended(house, placed.order_id)
        assert (row.state, row.why) == ("closed", "no answer from the store in time")
        assert row.ended_us - row.asked_us >= (LEASE_WAIT_S - 1) * 1e6, "it waited for the store"
        assert payment(house, placed) is State.VOIDED
        assert not postings(house, placed.order_id)
    house.serving(STOCKROOM)
    house.scan(STOCKROOM, piece)
    # The request waits for the store: it may grant it, late, and is told that the order is closed.
    free(house, STOCKROOM, piece)
    posted(house, STOCKROOM, house.sell(STOCKROOM, piece).sale)
    assert not cases(house)


# --- transfers --------------------------------------------------------------------------------------------


def ship(house, source: str, target: str, piece: str) -> str:
    asked = {"to": target, "pieces": [piece]}
    shipped = house.at(source).post("/api/v1/transfers", shapes.ShippedView, asked)
    if source != STOCKROOM:
        house.move(source, piece, "road")
    return shipped.transfer


def arrived(house, store: str, piece: str) -> None:
    """Received by a read, and sellable."""
    wait(f"{store} to receive {piece}", SOON_S, lambda: house.view(store, piece).custody == "here")
    free(house, store, piece)


def test_a_piece_that_arrives_before_its_paper_is_sighted_and_not_sold_until_the_grant(house):
    piece = house.piece(STOCKROOM)
    house.hold("broker")
    name = ship(house, STOCKROOM, BOUTIQUE, piece)
    assert "has not been handed over" in house.refused(STOCKROOM, piece), "shipping gives the right up at once"
    house.move(BOUTIQUE, piece, "case-1")
    wait("the boutique to read it", SOON_S, lambda: house.view(BOUTIQUE, piece).seen)
    assert "has not been handed over to this store yet" in house.refused(BOUTIQUE, piece)
    house.let_go("broker")
    arrived(house, BOUTIQUE, piece)
    wait("the transfer to be received", SOON_S, lambda: transfer(house, name).row.state == "received")
    assert held_by(house, piece) == (BOUTIQUE, "here")
    posted(house, BOUTIQUE, house.sell(BOUTIQUE, piece).sale)
    assert not cases(house)


def test_a_store_that_was_offline_receives_what_was_shipped_to_it_meanwhile(house):
    piece = house.piece(STOCKROOM)
    with house.without("edge-boutique"):
        name = ship(house, STOCKROOM, BOUTIQUE, piece)
        wait("the office to grant it", SOON_S, lambda: held_by(house, piece) == (BOUTIQUE, "incoming"))
        house.move(BOUTIQUE, piece, "case-1")
    arrived(house, BOUTIQUE, piece)
    wait("the transfer to be received", SOON_S, lambda: transfer(house, name).row.state == "received")
    assert not cases(house)


def test_what_an_offline_store_shipped_is_received_once_its_line_is_back(house):
    piece = house.piece(STOCKROOM)
    house.cut("broker")
    name = ship(house, STOCKROOM, BOUTIQUE, piece)
    house.cut("edge-stockroom")
    house.again("broker")
    house.move(BOUTIQUE, piece, "case-2")
    wait("the boutique to read it", SOON_S, lambda: house.view(BOUTIQUE, piece).seen)
    assert not house.view(BOUTIQUE, piece).sellable, "the paper lies in a box that is down"
    house.again("edge-stockroom")
    arrived(house, BOUTIQUE, piece)
    wait("the transfer to be received", SOON_S, lambda: transfer(house, name).row.state == "received")
    assert not cases(house)


def test_a_piece_that_arrives_at_the_wrong_store_is_found_there_and_sold_there(house):
    piece = house.piece(STOCKROOM)
    name = ship(house, STOCKROOM, FLAGSHIP, piece)
    wait("the office to grant it", SOON_S, lambda: held_by(house, piece) == (FLAGSHIP, "incoming"))
    assert "is on its way here" in house.refused(FLAGSHIP, piece)
    house.move(BOUTIQUE, piece, "case-1")
    arrived(house, BOUTIQUE, piece)
    assert held_by(house, piece) == (BOUTIQUE, "here")
    assert "has not been handed over" in house.refused(FLAGSHIP, piece)
    assert transfer(house, name).pieces[0].state == "found elsewhere"
    posted(house, BOUTIQUE, house.sell(BOUTIQUE, piece).sale)
    assert not cases(house)


# --- restarts ---------------------------------------------------------------------------------------------


def test_after_broker_office_and_box_were_each_restarted_rows_flow_again_without_a_person(house):
    for victim in ("broker", "cloud", "edge-stockroom"):
        piece = house.piece(STOCKROOM)
        sale = house.cart(STOCKROOM)
        total = house.lay(STOCKROOM, sale, piece).total_minor
        house.kill(victim)
        house.wait(victim)
        house.scan(STOCKROOM, piece)
        recorded = house.pay(STOCKROOM, sale, total)
        assert posted(house, STOCKROOM, sale).row.receipt_number == recorded.receipt_number
        for store in (FLAGSHIP, BOUTIQUE, STOCKROOM):
            house.sent(store)
    assert not cases(house)
