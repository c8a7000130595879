"""Impinj R700 readers that publish the event stream of their IoT device interface."""

from collections.abc import Mapping
from random import Random

from edge.config import ReaderConfig
from edge.readers.impinj_iot.events import decode
from edge.readers.mqtt.driver import MqttReader, streaming
from edge.readers.profiles import Place, Profile


def open_impinj_iot(config: ReaderConfig, profile: Profile, places: Mapping[int, Place], chance: Random) -> MqttReader:
    """`impinj-iot://[user@]broker[:port]?topic=…&silence=10`. We only listen: how it reads is set on its own page.

    Raises `MisconfiguredError` for a bad URL or a file that is not there.
    """
    del profile, places
    return streaming(config, decode, chance)
