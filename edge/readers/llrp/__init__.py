"""LLRP 1.0.1/1.1 over TCP: frames → spans → columns for reads, a table for the connection."""

from collections.abc import Mapping
from random import Random

from edge.clock import Clock
from edge.config import Active, ReaderConfig
from edge.readers.base import MisconfiguredError, UnreachableError
from edge.readers.health import Health
from edge.readers.inquiry import Said, wait
from edge.readers.llrp.dialogue import Dialogue
from edge.readers.llrp.driver import LlrpReader
from edge.readers.llrp.gpio import Wires
from edge.readers.llrp.inquiry import Inquiry
from edge.readers.llrp.timing import Timing
from edge.readers.llrp.told import LlrpTold
from edge.readers.profiles import Level, Place, Profile, gpi_trigger
from edge.readers.tls import trust_of


def open_llrp(config: ReaderConfig, profile: Profile, places: Mapping[int, Place], chance: Random) -> LlrpReader:
    """Raises `MisconfiguredError`: neither llrp:// nor llrps://, TLS keys of no use, antennas for different inputs."""
    trigger = gpi_trigger(places)
    wires = Wires(
        inputs=frozenset(map(int, config.inputs)),
        outputs={int(port): output.active is Active.HIGH for port, output in config.outputs.items()},
        trigger=(trigger.gpi_port, trigger.gpi_level is Level.HIGH) if trigger and trigger.gpi_port else None,
    )
    dialogue = Dialogue(Health(config.id), profile, places, Timing(), wires)
    return LlrpReader(config.url, dialogue, chance, trust=trust_of(config))


async def inquire_llrp(config: ReaderConfig, chance: Random, clock: Clock, said: Said) -> LlrpTold:
    """What the reader says of itself; nothing is changed. Raises `UnreachableError` with the mend, or as above."""
    inquiry = Inquiry(Health(config.id), Timing())
    await wait(LlrpReader(config.url, inquiry, chance, trust=trust_of(config)), lambda: inquiry.over, clock, said)
    if inquiry.told is None:
        kind = MisconfiguredError if inquiry.distrusted else UnreachableError
        raise kind(f"{config.url}: {inquiry.why}")
    return inquiry.told
