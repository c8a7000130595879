"""One piece in two stores sooner than anybody travels: a case at the office, and none where a transfer explains it."""

import pytest
import sqlalchemy as sa

from cloud.pos.alarms.elsewhere import KIND
from cloud.pos.alarms.travel import CLOCKS_S, OTHER_CITY_S, SAME_CITY_S, Read, Trip, too_soon
from cloud.tables import case_file, store
from contract.facts import (
    CustodyReleased,
    ExitSeen,
    PiecePresence,
    PieceSighted,
    PresenceState,
    ReleaseWhy,
    Stream,
    TransferShipped,
)
from contract.ids import PieceId, StoreId, TransferId, ZoneId

P1, US = PieceId("p1"), 1_000_000
PARIS, LYON, MARAIS = (StoreId(name) for name in ("paris", "lyon", "marais"))


def at(where, seconds, city="Paris"):
    return Read(where, city, seconds * US, "read in case-1")


def test_nobody_is_in_lyon_five_minutes_after_paris():
    why = too_soon(at(PARIS, 0), at(LYON, 300, "Lyon"), [])
    assert "at paris, and 300 s later read in case-1 at lyon" in why
    assert "45 min" in why
    assert too_soon(at(LYON, 300, "Lyon"), at(PARIS, 0), []) == why, "whichever was heard first"


@pytest.mark.parametrize(("city", "least_s"), [("Paris", SAME_CITY_S), ("", SAME_CITY_S), ("Lyon", OTHER_CITY_S)])
def test_the_least_time_is_that_of_the_way_less_what_clocks_may_differ(city, least_s):
    assert too_soon(at(PARIS, 0), at(MARAIS, least_s - CLOCKS_S, city), []) == ""
    assert too_soon(at(PARIS, 0), at(MARAIS, least_s - CLOCKS_S - 1, city), [])


def test_a_transfer_between_the_two_is_peaceful_and_one_to_a_third_store_or_long_over_is_not():
    reads = at(PARIS, 1000), at(LYON, 1060, "Lyon")
    assert too_soon(*reads, [Trip(PARIS, LYON, 900 * US, None)]) == ""
    assert too_soon(*reads, [Trip(PARIS, LYON, 900 * US, 1060 * US)]) == ""
    assert too_soon(*reads, [Trip(PARIS, MARAIS, 900 * US, None)])
    assert too_soon(*reads, [Trip(PARIS, LYON, 100 * US, 200 * US)])


# --- at the office ------------------------------------------------------------------------------------------------


def cases(house):
    return [row["sentence"] for row in house.rows(sa.select(case_file).where(case_file.c.kind == KIND))]


def cities(house, **names):
    with house.office.transaction() as tx:
        for name, city in names.items():
            tx.run(sa.update(store).where(store.c.store == name).values(city=city))


def leaves(box, *, peaceful=False):
    box.write(ExitSeen(piece=P1, zone=ZoneId("door"), peaceful=peaceful, why="unsold"), stream=Stream.FLOOR)
    box.send(stream=Stream.FLOOR)


def sees(box, after_s):
    box.now_us += after_s * US
    box.write(PieceSighted(piece=P1, zone=ZoneId("case-1")))
    box.send()


@pytest.fixture
def boxes(house):
    paris, lyon = house.store("paris", "p1"), house.store("lyon")
    cities(house, paris="Paris", lyon="Lyon")
    return paris, lyon


def test_carried_out_in_paris_and_read_in_lyon_two_minutes_later_is_a_case_once(house, boxes):
    paris, lyon = boxes
    leaves(paris)
    sees(lyon, 120)
    sees(lyon, 10)
    (said,) = cases(house)
    assert said.startswith("Piece p1 was read at the gate door at paris, and 120 s later read in case-1 at lyon")
    assert "two tags carry its number" in said


def test_carried_out_in_paris_and_read_in_lyon_in_the_afternoon_is_a_journey(house, boxes):
    paris, lyon = boxes
    leaves(paris)
    sees(lyon, 3 * 3600)
    assert cases(house) == []


def test_the_order_in_which_the_stores_are_heard_does_not_matter(house, boxes):
    paris, lyon = boxes
    sees(lyon, 120)
    leaves(paris)
    assert len(cases(house)) == 1


def test_read_in_its_case_in_paris_a_minute_before_lyon_is_a_case_too(house, boxes):
    paris, lyon = boxes
    paris.write(PiecePresence(piece=P1, state=PresenceState.PRESENT, zone=ZoneId("case-2")), stream=Stream.FLOOR)
    paris.send(stream=Stream.FLOOR)
    sees(lyon, 60)
    assert "read in case-2 at paris" in cases(house)[0]


def test_under_transfer_it_is_peaceful(house, boxes):
    paris, lyon = boxes
    gone = CustodyReleased(piece=P1, ce=paris.ce["p1"], why=ReleaseWhy.SHIPPED, to=LYON, transfer=TransferId("t1"))
    paris.write(TransferShipped(transfer=TransferId("t1"), to=LYON, pieces=(P1,)), gone)
    paris.send()
    leaves(paris, peaceful=True)
    sees(lyon, 120)
    assert cases(house) == []
