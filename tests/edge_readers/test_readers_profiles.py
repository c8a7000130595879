"""Profiles as data: a mistake in a file is told with file, key and mend."""

import pytest

from edge.config import ZoneKind
from edge.readers.base import MisconfiguredError
from edge.readers.llrp.fit import power_index
from edge.readers.profiles import Place, Search, load_profile

GOOD = """
name = "x"
vendor = "generic"
[places.case]
session = 1
population = 10
"""


def profile_of(folder, text):
    (folder / "x.toml").write_text(text, encoding="utf-8")
    return load_profile("x", folder)


def test_a_small_profile_is_enough(tmp_path):
    assert profile_of(tmp_path, GOOD).place(ZoneKind.SHELF).session == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("session = 4", "session"),
        ("session = 1\nsesion = 2", "sesion"),
        ("session = 1\nsearch = 'dual'", "only vendor impinj"),
        ("session = 1\npower_dbm = 20.0\npower_index = 3", "keep one"),
        ("session = 1\ntrigger = 'periodic'\nperiod_ms = 100\nreport_every_ms = 200", "at most that"),
        ("session = 1\nreport_every_tags = 0", "report_every_tags from 1"),
        ("session = 1\nperiod_ms = 5", "remove period_ms"),
        ("session = ", "correct that key"),
    ],
)
def test_a_mistake_is_named_with_its_mend(tmp_path, change, told):
    with pytest.raises(MisconfiguredError, match=told):
        profile_of(tmp_path, GOOD.replace("session = 1", change))


def test_an_unknown_profile_is_answered_with_the_known_ones():
    with pytest.raises(MisconfiguredError, match="impinj-r420"):
        load_profile("acme")


def test_a_profile_name_never_leaves_its_folder():
    with pytest.raises(MisconfiguredError, match="plain name"):
        load_profile("../secret")


def test_a_place_the_profile_does_not_know_is_named(tmp_path):
    with pytest.raises(MisconfiguredError, match=r"places\.exit"):
        profile_of(tmp_path, GOOD).place(ZoneKind.EXIT)


def test_power_is_the_strongest_the_place_allows():
    place = Place(session=1, population=1, power_dbm=24.0)
    assert power_index(place, [(1, 1000), (2, 2400), (3, 3000)]) == 2
    assert power_index(place, [(1, 2500), (2, 2600)]) == 1
    assert power_index(place, []) is None
    assert power_index(Place(session=1, population=1), [(1, 1000)]) is None


def test_the_search_mode_reaches_only_impinj_readers():
    assert load_profile("impinj-r420").place(ZoneKind.SAFE).search is Search.DUAL
    assert load_profile("zebra-fx9600").place(ZoneKind.SAFE).search is Search.READER
