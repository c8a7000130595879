"""Ports to zones: a port that nobody configured is of no zone, however high its number."""

import numpy as np
import pytest

from edge.floor.zonemap import NO_ZONE, ZoneMap


@pytest.fixture
def zones(config):
    return ZoneMap(config)


@pytest.fixture
def place(config):
    """Its place among the readers of the configuration, as a column."""
    names = [reader.id for reader in config.readers]
    return lambda reader, count: np.full(count, names.index(reader))


def test_a_port_that_is_not_configured_is_of_no_zone(zones, place):
    case = zones.index["case"]
    ports = np.array([1, 2, 3, 65535], np.uint16)
    assert zones.zone_of(place("r-case", 4), ports).tolist() == [case, case, NO_ZONE, NO_ZONE]
    assert [zones.zone_at("r-case", int(port)) for port in ports] == [case, case, NO_ZONE, NO_ZONE]


def test_a_reader_of_one_zone_that_names_no_antenna_means_that_zone(zones, place):
    assert zones.zone_of(place("r-pad", 1), np.zeros(1, np.uint16)).tolist() == [zones.index["pad"]]
    assert zones.zone_at("r-pad", 0) == zones.index["pad"]


def test_nobody_changes_the_zones_of_a_reader(zones):
    with pytest.raises(ValueError, match="read-only"):
        zones.zones_of("r-case")[0] = 7
