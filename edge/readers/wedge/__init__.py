"""Keyboard-wedge sleds: handhelds that type what they read into the page "Pass"."""

from collections.abc import Mapping
from random import Random

from edge.config import ReaderConfig
from edge.readers.base import MisconfiguredError
from edge.readers.health import Health
from edge.readers.profiles import Place, Profile
from edge.readers.wedge.driver import WedgeReader


def open_wedge(config: ReaderConfig, profile: Profile, places: Mapping[int, Place], chance: Random) -> WedgeReader:
    """`wedge:`, and nothing more; its "antennas" number the zones that may be swept. Raises `MisconfiguredError`."""
    del places, chance
    if config.url not in ("wedge:", "wedge://"):
        raise MisconfiguredError(f"reader {config.id}: {config.url!r} is not dialled; write url = 'wedge:'")
    if not profile.handheld:
        raise MisconfiguredError(f"reader {config.id}: profile {profile.name!r} is of no handheld; use 'wedge'")
    return WedgeReader(Health(config.id, why="the box is starting", model=profile.name))
