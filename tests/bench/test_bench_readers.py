"""The readers bench: what the simulated readers say is what they were given, and a read nobody counted would be seen."""

import numpy as np

from bench import readers
from simulator.llrp.replay import Cycle, Flood


def test_every_reader_of_the_shelf_says_every_tag_in_turn():
    tags = readers.PIECES + readers.STRANGERS
    first, second = readers._shelf(0).take(tags), readers._shelf(1).take(tags)
    assert len(np.unique(first, axis=0)) == len(np.unique(second, axis=0)) == tags
    assert not (first == second).all()
    assert {card.epc for card in readers._cards()} < {epc.tobytes().hex().upper() for epc in first}


def test_a_cycle_begins_again_and_a_flood_never_does():
    cycle = Cycle(Flood(1).take(10))
    assert (cycle.take(10) == cycle.take(10)).all()
    floods = [Flood(number) for number in range(readers.READERS)]
    said = np.concatenate([flood.take(500) for flood in floods for _ in range(3)])
    assert len(np.unique(said, axis=0)) == len(said)


def test_ratios_are_per_read_and_what_nobody_counted_is_told(monkeypatch):
    ran = {
        readers._ours: readers.Ran(reads=100_000, wall_s=10.0, cpu_s=0.5),
        readers._sllurp: readers.Ran(reads=50_000, wall_s=10.0, cpu_s=2.5),
        readers._llrpkit: readers.Ran(reads=10_000, wall_s=10.0, cpu_s=5.0),
        readers._flooded: readers.Ran(reads=400_000, wall_s=10.0, cpu_s=4.0, dropped=395_904, uncounted=7),
    }
    monkeypatch.setattr(readers, "_measure", lambda contender, *_, flood=False: ran[contender])
    figures = readers.run()
    assert figures["ours_at_10000_core_percent"] == 5.0
    assert figures["ours_at_10000_cpu_ms_per_1000_reads"] == 5.0
    assert figures["sllurp_vs_ours_at_10000_cpu_per_read_ratio"] == 10.0
    assert figures["llrpkit_vs_ours_at_40000_cpu_per_read_ratio"] == 100.0
    assert figures["flood_uncounted_reads"] == 7
