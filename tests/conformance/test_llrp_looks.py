"""Rounds of a count at a simulated reader: a flipped target reads all again, the same one twice reads nothing."""

import msgspec
import numpy as np

from contract.ids import ReaderId
from edge.config import ZoneKind
from edge.readers.health import Health
from edge.readers.llrp.connection import State
from edge.readers.llrp.dialogue import Dialogue
from edge.readers.llrp.timing import Timing
from edge.readers.profiles import Antennas, Search, Variation, load_profile
from simulator.llrp.codec import FrameBuffer
from simulator.llrp.device import Device
from simulator.radio import Radio
from simulator.stock import make_stock
from simulator.store import load_layout
from simulator.tags import Tags
from simulator.world import World

SECOND = 1_000_000
START_US = 1_800_000_000_000_000


class Shop:
    """A driver's dialogue and a simulated reader, byte to byte, in a time of their own."""

    def __init__(self, looks, ports=1, first=None):
        """The reader's first `ports` antennas look so; `first`: what the first of them does instead."""
        layout = load_layout("boutique")
        stock = make_stock(seed=7, store_number=1, n=60, shelves=layout.shelves(), currency="EUR", tax_bp=2000)
        world = World([(layout, stock)])
        self.now_us = START_US
        radio = Radio(world, layout.store, 7, START_US)
        radio.detectability[:] = 1.0
        reader = msgspec.structs.replace(layout.readers[0], model="impinj-r420")
        self.device = Device(reader, "r", radio, Tags(world), np.random.default_rng(5))
        place = msgspec.structs.replace(load_profile("impinj-r420").place(ZoneKind.CASE), looks=looks)
        places = {antenna.port: place for antenna in reader.antennas[:ports]}
        if first is not None:
            places[reader.antennas[0].port] = msgspec.structs.replace(place, looks=first)
        self.dialogue = Dialogue(Health(ReaderId("r")), load_profile("impinj-r420"), places, Timing())
        self.dialogue.connect(self.now_us)
        self.frames = FrameBuffer()
        self._hear(self.device.connected(self.now_us))

    def round(self, look=0, seconds=1.0):
        """EPCs read by this look, once it is set."""
        self.dialogue.looks.vary(look)
        until = None
        read = set()
        while until is None or self.now_us < until:
            self.now_us += 20_000
            for batch in self._step():
                if until is not None:
                    read |= {epc.tobytes() for epc in batch.epc}
            if until is None and self.dialogue.state is State.READING and self.dialogue.health.look.number == look:
                until = self.now_us + int(seconds * SECOND)
            assert self.now_us < START_US + 60 * SECOND
        return read

    def _step(self):
        self.dialogue.tick(self.now_us)
        batches = []
        said = self.dialogue.take()
        for received in self.frames.feed(said) if said else ():
            batches += self._hear(self.device.hear(received, self.now_us))
        return batches + self._hear(self.device.advance(self.now_us))

    def _hear(self, data):
        return self.dialogue.hear_bytes(data, self.now_us) if data else []


ONCE, BACK = Variation(session=3, search=Search.SINGLE), Variation(session=3, search=Search.SINGLE_B)


def test_a_flipped_target_reads_everything_again():
    shop = Shop((ONCE, BACK))
    every = shop.round()
    assert len(every) > 5
    assert shop.round(1) == every
    assert shop.round(2) == every
    assert shop.round(0) == every
    assert shop.dialogue.health.connects_total == 1


def test_control_the_same_target_once_more_reads_nothing():
    shop = Shop((ONCE, ONCE))
    assert shop.round(1)
    assert shop.round(2) == set(), "it would look like a round with nothing new, or like a zone of thefts"


def test_every_antenna_of_a_reader_looks_otherwise_in_the_same_round():
    shop = Shop((ONCE, BACK), ports=4)
    every = shop.round()
    assert len(every) > len(Shop((ONCE, BACK)).round()), "four zones lie before them"
    assert [shop.round(number) for number in (1, 2, 0, 1)] == [every] * 4


def test_control_one_antenna_of_four_that_asks_the_same_way_again_reads_nothing_of_its_zone():
    own = Shop((ONCE, BACK)).round()
    shop = Shop((ONCE, BACK), ports=4, first=(ONCE, ONCE))
    every = shop.round()
    assert shop.round(1) == every
    assert shop.round(2) == every - own


def test_half_the_antennas_read_what_lies_before_them_and_the_other_half_the_rest():
    halves = (Variation(antennas=Antennas.ODD), Variation(antennas=Antennas.EVEN))
    shop = Shop(halves, ports=4)
    every = shop.round()
    odd, even = shop.round(1), shop.round(2)
    assert odd | even == every
    assert not odd & even
    assert min(len(odd), len(even)) > 0
    assert shop.dialogue.health.look.without == {1, 3}
    assert shop.round(0) == every
    assert shop.dialogue.health.look.without == frozenset()


def test_an_antenna_without_looks_reads_as_always_beside_those_that_have_some():
    shop = Shop((ONCE, BACK), ports=4, first=())
    every = shop.round()
    assert [shop.round(number) for number in (1, 2, 0)] == [every] * 3
