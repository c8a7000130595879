"""Zebra readers that publish through their IoT connector: FX and ATR fixed, RFD handheld."""

from collections.abc import Mapping
from random import Random

from edge.config import ReaderConfig
from edge.readers.mqtt.driver import MqttReader, streaming
from edge.readers.profiles import Place, Profile
from edge.readers.zebra_iot.events import decode


def open_zebra_iot(config: ReaderConfig, profile: Profile, places: Mapping[int, Place], chance: Random) -> MqttReader:
    """`zebra-iot://[user@]broker[:port]?topic=…&silence=10`. We only listen: how it reads is set on its own page.

    Raises `MisconfiguredError` for a bad URL or a file that is not there.
    """
    del profile, places
    return streaming(config, decode, chance)
