"""LLRP 1.0.1/1.1 over TCP: frames → spans → columns for reads, a table for the connection."""

from collections.abc import Mapping
from random import Random

from edge.config import ReaderConfig
from edge.readers.health import Health
from edge.readers.llrp.dialogue import Dialogue, Timing
from edge.readers.llrp.driver import LlrpReader
from edge.readers.profiles import Place, Profile


def open_llrp(config: ReaderConfig, profile: Profile, places: Mapping[int, Place], chance: Random) -> LlrpReader:
    """Raises `MisconfiguredError` for a URL that is not llrp://host:port."""
    return LlrpReader(config.url, Dialogue(Health(config.id), profile, places, Timing()), chance)
