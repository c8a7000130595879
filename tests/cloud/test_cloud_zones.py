"""What the office knows of a store's zones: their names, and how well the store tells them apart."""

import pytest

from cloud.pos.floor import queries
from contract.facts import Stream, Vision, ZonesCalibrated, ZoneVision, ZoneWalked
from contract.ids import ZoneId

CASE, SAFE = ZoneId("case-1"), ZoneId("safe")


def calibrated(version: int, right: int, *, name: str = "Case 1, solitaires", put_back: int = 0) -> ZonesCalibrated:
    zones = (
        ZoneWalked(zone=CASE, positions=3, tried=24, right=right, name=name),
        ZoneWalked(zone=SAFE, positions=1),
    )
    return ZonesCalibrated(
        version=version, points="00", model="kernel", temperature=1.0, accuracy=right / 24, tray_accuracy=-1.0,
        tray_temperature=1.0, zones=zones, antennas=("r:1=case-1", "r:2=safe"), put_back=put_back,
    )  # fmt: skip


@pytest.fixture
def box(house):
    box = house.store("paris", "p1")
    box.write(ZoneVision(zone=CASE, vision=Vision.BLIND, why="covered", name="Case 1"), stream=Stream.FLOOR)
    box.write(ZoneVision(zone=SAFE, vision=Vision.SEEING, why="read every second"), stream=Stream.FLOOR)
    box.send(stream=Stream.FLOOR)
    return box


def test_a_zone_is_called_as_its_store_calls_it_and_an_older_edge_does_not_tell(house, box):
    with house.office.reading() as tx:
        assert {row.zone: row.name for row in queries.zones(tx, "paris")} == {CASE: "Case 1", SAFE: ""}


def test_the_office_sees_who_walked_when_and_how_well_each_zone_is_known(house, box):
    box.write(calibrated(1, 18), stream=Stream.FLOOR, by="max")
    box.write(calibrated(2, 24), stream=Stream.FLOOR, by="lou")
    box.send(stream=Stream.FLOOR)
    with house.office.reading() as tx:
        now, before = queries.calibrations(tx, "paris")
        assert queries.zone_names(tx, "paris") == {CASE: "Case 1, solitaires"}
    assert (now.version, now.by, now.accuracy, now.tray_accuracy) == (2, "lou", 1.0, None)
    assert [(each.zone, each.name, each.positions, each.accuracy) for each in now.zones] == [
        (CASE, "Case 1, solitaires", 3, 1.0),
        (SAFE, "", 1, None),
    ]
    assert (before.version, before.by, before.accuracy) == (1, "max", 0.75)
