"""Cases end by what ends them: a quarantined sale by its resolution; and what is late never overwrites what is seen now."""

import pytest
import sqlalchemy as sa

from cloud.pos.parked import queries as parked
from cloud.pos.sales.desk import NotQuarantinedError, resolve
from cloud.tables import case_file, ledger_line, presence, reader, sale, zone_vision
from cloud.work import GOES_ON_US, begin
from contract.facts import (
    ClaimEnd,
    ClaimEnded,
    ClaimHeld,
    ClaimKind,
    PiecePresence,
    PieceSighted,
    PresenceState,
    ReaderHealth,
    ReaderLink,
    SaleOpened,
    Stream,
    TenderKind,
    ValueKept,
    Vision,
    ZoneVision,
)
from contract.ids import AccountId, PieceId, ReaderId, SaleId, UserId, ZoneId

MARC = UserId("marc")


def sold_twice(house):
    """p1 is sold by Paris, then by Lyon, which did not hold it."""
    paris, lyon = house.store("paris", "p1"), house.store("lyon")
    paris.write(house.sale(paris, "s1", "p1"))
    paris.send()
    lyon.ce["p1"] = paris.ce["p1"]
    lyon.write(house.sale(lyon, "s2", "p1"))
    lyon.send()
    return lyon


def end(house, box, name: str, *, post_it: bool = True) -> None:
    with house.office.transaction() as tx:
        work = begin(tx, house.guards, 9)
        resolve(work, box.store, SaleId(name), post_it=post_it, by=MARC, outcome="the client keeps it")


def close(house, case_id: str) -> bool:
    with house.office.transaction() as tx:
        return parked.close_case(tx, case_id, by=MARC, outcome="done", now_us=9)


def open_cases(house) -> list[str]:
    found = house.rows(sa.select(case_file.c.case_id).where(case_file.c.closed_us.is_(None)))
    return [row["case_id"] for row in found]


def test_the_case_of_a_quarantined_sale_is_not_closed_over_its_money(house):
    lyon = sold_twice(house)
    (case_id,) = open_cases(house)
    with pytest.raises(parked.SaleStandsError, match="s2"):
        close(house, case_id)
    end(house, lyon, "s2")
    assert open_cases(house) == []
    states = {row["sale"]: row["state"] for row in house.rows(sa.select(sale))}
    assert states == {"s1": "posted", "s2": "resolved"}


def test_another_case_is_closed_by_a_word(house):
    box = house.store("paris")
    with house.office.transaction() as tx:
        begin(tx, house.guards, 1).open_case("no receiver", "shipped to nowhere", store=box.store)
    (case_id,) = open_cases(house)
    assert close(house, case_id)
    assert not close(house, case_id)


def hear_it(house, at_us, *, sentence="shipped to nowhere", goes_on=False):
    with house.office.transaction() as tx:
        work = begin(tx, house.guards, at_us)
        return work.open_case("no receiver", sentence, store="paris", piece=PieceId("p1"), goes_on=goes_on)


def test_what_happens_again_after_its_case_was_closed_is_a_new_case_that_names_the_old_one(house):
    house.store("paris")
    assert hear_it(house, 1)
    assert not hear_it(house, 2), "open, it is one case however often it is heard"
    (first,) = open_cases(house)
    assert close(house, first)
    assert hear_it(house, 10, sentence="shipped to nowhere once more")
    assert not hear_it(house, 11)
    (second,) = open_cases(house)
    assert close(house, second)
    assert hear_it(house, 12)
    with house.office.reading() as tx:
        told = [(row.before, row.before_outcome, row.before_by, row.opened_us) for row in parked.cases(tx)]
        every = {row.case_id: row for row in parked.cases(tx, open_only=False)}
    assert told == [(second, "done", MARC, 12)]
    assert (every[second].before, every[first].before) == (first, "")
    assert every[second].sentence == "shipped to nowhere once more"


def test_of_what_simply_goes_on_a_closed_case_is_opened_anew_after_a_day(house):
    house.store("paris")
    hear_it(house, 1, goes_on=True)
    (first,) = open_cases(house)
    close(house, first)
    assert not hear_it(house, 9 + GOES_ON_US - 1, goes_on=True), "somebody has just looked at it"
    assert open_cases(house) == []
    assert hear_it(house, 9 + GOES_ON_US, goes_on=True), "and it has not ended by that"


def test_the_twelfth_case_of_one_thing_names_the_eleventh(house):
    house.store("paris")
    for n in range(12):
        assert hear_it(house, 10 + n)
        (last,) = open_cases(house)
        if n < 11:
            assert close(house, last)
    with house.office.reading() as tx:
        (told,) = parked.cases(tx)
    assert (told.case_id, told.before) == ("no receiver:paris:p1#12", "no receiver:paris:p1#11")


def keeps_too_much(paris, lyon):
    del paris
    lyon.write(ValueKept(account=AccountId("card-1"), kind=TenderKind.GIFT_CARD, amount_minor=900, currency="EUR"))
    lyon.send()


def decides_under_what_was_never_given(paris, lyon):
    held = {"piece": PieceId("p1"), "ce": paris.ce["p1"] + 5, "kind": ClaimKind.LEASE, "ref": "w1", "fence": 1}
    lyon.write(ClaimHeld(claim="c1", **held))
    lyon.send()


def reads_what_paris_has_read(paris, lyon):
    for box in (paris, lyon) if not paris.rows[Stream.TRADE] else (lyon,):
        box.now_us = max(paris.now_us, lyon.now_us)
        box.write(PieceSighted(piece=PieceId("p1"), zone=ZoneId("case-1")))
        box.send()


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("tell", "kind"),
    [
        (keeps_too_much, "value unfounded"),
        (decides_under_what_was_never_given, "unknown custody"),
        (reads_what_paris_has_read, "two stores too soon"),
    ],
)
def test_what_a_box_goes_on_saying_does_not_open_the_case_again_that_somebody_has_just_closed(house, tell, kind):
    paris, lyon = house.store("paris", "p1"), house.store("lyon")
    tell(paris, lyon)
    (first,) = (name for name in open_cases(house) if name.startswith(kind))
    with house.office.transaction() as tx:
        assert parked.close_case(tx, first, by=MARC, outcome="being looked at", now_us=lyon.now_us)
    tell(paris, lyon)
    assert [name for name in open_cases(house) if name.startswith(kind)] == []


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
def test_a_row_that_was_applied_late_and_is_told_again_in_its_place_has_not_happened_again(house):
    box = house.store("paris", "p1")
    box.write(SaleOpened(sale=SaleId("x"), till="till-1", associate="ana", currency="EUR"))
    mine = {"claim": "c1", "piece": PieceId("p1"), "ce": box.ce["p1"]}
    box.write(ClaimHeld(**mine, kind=ClaimKind.LEASE, ref="w1", fence=1))
    box.write(ClaimEnded(**mine, how=ClaimEnd.BROKEN))
    box.hand_over(2)
    (broken,) = (name for name in open_cases(house) if name.startswith("lease broken"))
    with house.office.transaction() as tx:
        assert parked.close_case(tx, broken, by=MARC, outcome="the client was called", now_us=box.now_us)
    assert box.send().acks[0].upto == 3
    assert [name for name in open_cases(house) if name.startswith("lease broken")] == []


def test_a_sale_found_on_a_lost_disk_is_resolved_from_the_row_it_came_in(house):
    box = house.store("paris", "p1")
    epoch = box.epoch
    box.write(house.sale(box, "s1", "p1"))
    lost = list(box.rows[Stream.TRADE])
    box.rows[Stream.TRADE] = []
    box.write(SaleOpened(sale=SaleId("x"), till="till-1", associate="ana", currency="EUR"))
    box.send()
    box.join()
    box.hand_over(epoch=epoch, rows=lost)
    assert house.rows(sa.select(sale.c.state)) == [{"state": "quarantined"}]
    end(house, box, "s1")
    assert house.rows(sa.select(sale.c.state)) == [{"state": "resolved"}]
    assert len(house.rows(sa.select(ledger_line).where(ledger_line.c.posting == "sale:s1"))) == 3
    with pytest.raises(NotQuarantinedError):
        end(house, box, "s1")


def test_what_an_old_log_says_does_not_overwrite_what_is_seen_now(house):
    def said(zone: str, state: PresenceState, vision: Vision, link: ReaderLink) -> tuple:
        return (
            PiecePresence(piece=PieceId("p1"), state=state, zone=ZoneId(zone)),
            ZoneVision(zone=ZoneId("case-1"), vision=vision, why=""),
            ReaderHealth(reader=ReaderId("r1"), link=link),
        )

    box = house.store("paris", "p1")
    epoch = box.epoch
    box.write(*said("old", PresenceState.PRESENT, Vision.BLIND, ReaderLink.SILENT), stream=Stream.FLOOR)
    rows = list(box.rows[Stream.FLOOR])
    box.join()
    box.write(*said("new", PresenceState.MISSING, Vision.SEEING, ReaderLink.READING), stream=Stream.FLOOR)
    box.send(stream=Stream.FLOOR)
    box.hand_over(stream=Stream.FLOOR, epoch=epoch, rows=rows)
    assert house.rows(sa.select(presence.c.zone, presence.c.state)) == [{"zone": "new", "state": "missing"}]
    assert house.rows(sa.select(zone_vision.c.vision)) == [{"vision": "seeing"}]
    assert house.rows(sa.select(reader.c.link)) == [{"link": "reading"}]
