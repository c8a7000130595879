"""What only a serial line can do to a reader: lose bytes, run at another rate; and a module before the simulated shop."""

import numpy as np
import pytest
from conformance_stories import play_each, running, until
from conformance_subjects import reader_on, reading
from conformance_transports import now_us

from contract.facts import ReaderLink
from edge.readers.base import MisconfiguredError
from simulator.radio import Radio
from simulator.serial.air import Shop
from simulator.serial.line import Fault
from simulator.stock import make_stock
from simulator.store import load_layout
from simulator.tags import Tags
from simulator.world import World


@pytest.mark.parametrize("fault", [Fault.GARBAGE, Fault.LOSS])
def test_a_bad_cable_costs_reads_and_never_gives_a_wrong_one(serial_kinds, tmp_path, fault):
    async def story(module, folder):
        async with module.at(folder) as place:
            reader = reader_on(module, place.url)
            async with running(reader) as batches:
                await until(lambda: reader.health.reads_total > 20)
                place.line.fault = fault
                skipped = reader.health.bytes_skipped_total
                await until(lambda: reader.health.bytes_skipped_total > skipped)
                before = reader.health.reads_total
                await until(lambda: reader.health.reads_total > before + 20)
            assert {epc.tobytes() for batch in batches for epc in batch.epc} == set(place.tags)

    play_each(story, serial_kinds, tmp_path)


def test_the_rate_of_a_module_is_found(serial_kinds, tmp_path):
    async def story(module, folder):
        async with module.at(folder, query="baud=auto&region=eu") as place:
            place.line.module.baud = module.another_baud
            reader = reader_on(module, place.url)
            async with running(reader):
                await until(lambda: reader.health.reads_total > 20)

    play_each(story, serial_kinds, tmp_path)


def test_a_module_at_another_rate_than_configured_is_not_read(serial_kinds, tmp_path):
    async def story(module, folder):
        async with module.at(folder) as place:
            place.line.module.baud = module.another_baud
            reader = reader_on(module, place.url)
            async with running(reader):
                await until(lambda: reader.health.link is ReaderLink.SILENT)
                assert reader.health.reads_total == 0

    play_each(story, serial_kinds, tmp_path)


def test_the_simulated_shops_pieces_are_read_through_a_module(serial_kinds, tmp_path):
    async def story(module, folder):
        layout = load_layout("boutique")
        stock = make_stock(seed=7, store_number=1, n=60, shelves=layout.shelves(), currency="EUR", tax_bp=2000)
        world = World([(layout, stock)])
        radio, tags = Radio(world, layout.store, 7, now_us()), Tags(world)
        place = module.at(folder)
        place.line.module.air = Shop(radio, tags, layout.readers[0].antennas, "r", np.random.default_rng(5))
        async with place:
            reader = reader_on(module, place.url)
            async with running(reader) as batches:
                await until(lambda: reader.health.reads_total > 50)
        known = {epc.tobytes() for epc in tags.epc}
        assert {epc.tobytes() for batch in batches for epc in batch.epc} <= known

    play_each(story, serial_kinds, tmp_path)


def test_two_names_of_one_port_are_one_module(serial_kinds, tmp_path):
    async def story(module, folder):
        async with module.at(folder) as place:
            other = folder / "by-id"
            other.symlink_to(place.line.path)
            first = reader_on(module, place.url)
            second = reader_on(module, place.url.replace(place.address, str(other)))
            async with running(first):
                await until(lambda: reading(first))
                async with running(second):
                    await until(lambda: second.health.link is ReaderLink.SILENT)
                    assert "cannot open" in second.health.why

    play_each(story, serial_kinds, tmp_path)


def test_an_antenna_a_module_does_not_have_is_refused(serial_kind, tmp_path):
    with pytest.raises(MisconfiguredError, match="antenna"):
        reader_on(serial_kind, serial_kind.at(tmp_path).url, antennas=("1", "99"))
