"""Every reader profile we ship loads, knows every kind of place, and becomes a ROSpec."""

import random

import pytest

from contract.ids import ReaderId, ZoneId
from edge.config import ReaderConfig, ZoneKind
from edge.readers import DRIVERS, open_reader
from edge.readers.base import MisconfiguredError
from edge.readers.llrp.capabilities import Capabilities, Mode
from edge.readers.llrp.messages import add_rospec
from edge.readers.profiles import known, load_profile


@pytest.mark.parametrize("name", known())
def test_the_profile_loads_and_says_how_to_read_every_place(name):
    profile = load_profile(name)
    places = {port: profile.place(kind) for port, kind in enumerate(ZoneKind, start=1)}
    reader = Capabilities(powers=((1, 1000), (2, 3000)), modes=tuple(map(Mode, (0, 1, 2, 1002))))
    assert len(add_rospec(1, profile, places, reader)) > 100


@pytest.mark.parametrize("name", known())
def test_a_profile_is_taken_by_its_own_readers_and_by_no_others(name):
    profile = load_profile(name)
    assert profile.drivers
    assert set(profile.drivers) <= set(DRIVERS)
    for scheme in set(DRIVERS) - set(profile.drivers):
        config = ReaderConfig(
            id=ReaderId("r"), url=f"{scheme}://x", profile=name, antennas={"1": ZoneId("z")}, handheld=profile.handheld
        )
        with pytest.raises(MisconfiguredError, match="is not for"):
            open_reader(config, profile, random.Random(1))


def test_there_are_profiles_at_all():
    assert {"generic-llrp", "impinj-r420", "zebra-fx9600"} <= set(known())
