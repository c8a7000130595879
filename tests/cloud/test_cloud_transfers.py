"""How a transfer ends: received, found in another store, or given up by a person."""

import sqlalchemy as sa

from cloud.custody import Custody
from cloud.holdings import holdings
from cloud.pos.stores import queries as stores
from cloud.pos.transfers.queries import DAY_US, ROAD_DAYS_MAX, on_the_road
from cloud.tables import transfer, transfer_piece
from cloud.work import begin
from contract.facts import CustodyReceived, CustodyReleased, PieceSighted, ReleaseWhy, TransferShipped
from contract.ids import PieceId, StoreId, TransferId, ZoneId


def ship(box, to: str, *pieces: str) -> None:
    left = [
        CustodyReleased(
            piece=PieceId(piece), ce=box.ce[piece], why=ReleaseWhy.SHIPPED, to=StoreId(to), transfer=TransferId("t1")
        )
        for piece in pieces
    ]
    manifest = tuple(PieceId(piece) for piece in pieces)
    box.write(TransferShipped(transfer=TransferId("t1"), to=StoreId(to), pieces=manifest), *left)
    box.send()


def obey(*boxes) -> None:
    for box in boxes:
        box.obey(box.send(len(box.rows["trade"]) + 1))


def say(box, *facts) -> None:
    box.write(*facts)
    box.send()


def let_go(box, piece: str) -> None:
    say(box, CustodyReleased(piece=PieceId(piece), ce=box.ce[piece], why=ReleaseWhy.RECALLED))


def read(box, piece: str, transfer_id: str = "") -> None:
    say(box, CustodyReceived(piece=PieceId(piece), ce=box.ce[piece], transfer=TransferId(transfer_id)))


def states(house) -> tuple[str, dict[str, str]]:
    pieces = house.rows(sa.select(transfer_piece).order_by(transfer_piece.c.piece))
    (whole,) = house.rows(sa.select(transfer))
    return whole["state"], {row["piece"]: row["state"] for row in pieces}


def test_a_piece_read_at_the_wrong_store_is_no_longer_waited_for(house):
    paris, lyon, nice = house.store("paris", "p1", "p2"), house.store("lyon"), house.store("nice")
    ship(paris, "lyon", "p1", "p2")
    obey(lyon)
    say(nice, PieceSighted(piece=PieceId("p1"), zone=ZoneId("case-1")))
    obey(lyon)
    let_go(lyon, "p1")
    assert states(house) == ("shipped", {"p1": "found elsewhere", "p2": "shipped"})
    obey(nice)
    read(nice, "p1")
    read(lyon, "p2", "t1")
    assert states(house) == ("received", {"p1": "found elsewhere", "p2": "received"})
    assert house.token("p1") == ("nice", "here", "")


def test_a_transfer_of_one_piece_that_never_left_ends_where_it_began(house):
    paris, lyon = house.store("paris", "p1"), house.store("lyon")
    ship(paris, "lyon", "p1")
    obey(lyon)
    say(paris, PieceSighted(piece=PieceId("p1"), zone=ZoneId("safe-1")))
    obey(lyon)
    let_go(lyon, "p1")
    assert states(house) == ("found elsewhere", {"p1": "found elsewhere"})


def test_a_piece_a_person_called_back_is_given_up_and_a_later_read_revives_it(house):
    paris, lyon = house.store("paris", "p1"), house.store("lyon")
    ship(paris, "lyon", "p1")
    obey(lyon)
    with house.office.transaction() as tx:
        tokens = Custody(begin(tx, house.guards, 1))
        tokens.ask_back(tokens.get(PieceId("p1")))
        tokens.work.settle()
    obey(lyon)
    let_go(lyon, "p1")
    assert states(house) == ("given up", {"p1": "given up"})
    say(paris, PieceSighted(piece=PieceId("p1"), zone=ZoneId("safe-1")))
    assert house.token("p1")[:2] == ("paris", "incoming")


def test_a_received_piece_that_is_called_back_later_stays_received(house):
    paris, lyon = house.store("paris", "p1"), house.store("lyon")
    ship(paris, "lyon", "p1")
    obey(lyon)
    read(lyon, "p1", "t1")
    say(paris, PieceSighted(piece=PieceId("p1"), zone=ZoneId("safe-1")))
    obey(lyon)
    let_go(lyon, "p1")
    assert states(house) == ("received", {"p1": "received"})


def test_a_piece_named_twice_in_a_manifest_is_shipped_once(house):
    paris, lyon = house.store("paris", "p1"), house.store("lyon")
    ship(paris, "lyon", "p1", "p1")
    obey(lyon)
    assert states(house) == ("shipped", {"p1": "shipped"})
    read(lyon, "p1", "t1")
    assert states(house) == ("received", {"p1": "received"})


def test_what_is_on_the_road_names_its_pieces_who_sent_it_and_when_it_is_overdue(house):
    paris, lyon = house.store("paris", "p1", "p2"), house.store("lyon")
    ship(paris, "lyon", "p1", "p2")
    obey(lyon)
    read(lyon, "p1", "t1")
    (left_us,) = [row["shipped_us"] for row in house.rows(sa.select(transfer.c.shipped_us))]

    def seen(now_us, store=""):
        with house.office.reading() as tx:
            return on_the_road(tx, now_us=now_us, store=store)

    (first,) = seen(left_us + ROAD_DAYS_MAX * DAY_US)
    assert (first.row.source, first.row.target, first.row.shipped_by) == ("paris", "lyon", "ana")
    assert [(each.piece, each.title) for each in first.missing] == [("p2", "Ring p2")]
    assert (first.days, first.overdue) == (ROAD_DAYS_MAX, False)
    (late,) = seen(left_us + (ROAD_DAYS_MAX + 1) * DAY_US, "lyon")
    assert late.overdue
    assert seen(left_us, "nice") == []
    read(lyon, "p2", "t1")
    assert seen(left_us + 30 * DAY_US) == []


def test_a_piece_on_the_road_is_counted_there_and_at_no_store_on_every_page(house):
    paris, lyon = house.store("paris", "p1", "p2"), house.store("lyon", "l1")
    ship(paris, "lyon", "p1")
    obey(lyon)
    with house.office.reading() as tx:
        held = holdings(tx)
        assert (held.stores, held.road, held.whole) == ({"paris": 1, "lyon": 1}, 1, 3)
        assert {row.store: row.pieces for row in stores.listing(tx)} == held.stores
        assert sum(len(each.missing) for each in on_the_road(tx, now_us=1)) == held.road
    read(lyon, "p1", "t1")
    with house.office.reading() as tx:
        assert (holdings(tx).stores, holdings(tx).road) == ({"paris": 1, "lyon": 2}, 0)
