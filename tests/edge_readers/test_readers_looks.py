"""A count asks a reader to look otherwise, and it is a witness all along."""

import msgspec
import pytest
from readers_hand import SECOND, HandReader, converse, dialogue_for

from contract.facts import ReaderLink
from contract.ids import ReaderId
from edge.readers.base import Look, MisconfiguredError, Varying
from edge.readers.health import Health
from edge.readers.llrp.connection import State
from edge.readers.looks import Looks
from edge.readers.profiles import Antennas, Place, Search, Variation, left_out, load_profile

PROFILE = """
name = "x"
vendor = "impinj"
[places.case]
session = 2
search = "dual"
population = 8
looks = [{}]
"""


def a_dialogue(llrp, reader, profile="impinj-r420"):
    return converse(dialogue_for(profile), reader)


def talk(dialogue, reader, now_us):
    """Until nobody has anything to say."""
    dialogue.tick(now_us)
    while said := dialogue.take():
        dialogue.hear_bytes(reader.answer(said), now_us)
        dialogue.tick(now_us)


def test_another_look_is_set_without_a_gap_in_the_witness(llrp):
    reader = HandReader(llrp)
    dialogue = a_dialogue(llrp, reader)
    began_us, since_us = dialogue.health.alive_since_us, 2 * SECOND
    dialogue.looks.vary(1)
    del reader.heard[:]
    dialogue.tick(since_us)
    assert dialogue.state is State.VARYING
    assert dialogue.health.link is ReaderLink.READING
    talk(dialogue, reader, since_us)
    assert reader.heard == [21, 20, 24, 64, 22]
    assert dialogue.state is State.READING
    assert dialogue.health.look == Look(1, since_us)
    assert dialogue.health.alive_since_us == began_us


def test_a_look_that_is_refused_is_offered_no_more_and_told(llrp):
    reader = HandReader(llrp)
    dialogue = a_dialogue(llrp, reader)
    dialogue.looks.vary(1)
    reader.refuses = {20}
    talk(dialogue, reader, 2 * SECOND)
    assert dialogue.health.link is ReaderLink.REFUSED
    reader.refuses = set()
    converse(dialogue, reader)
    assert dialogue.state is State.READING
    assert dialogue.health.look.number == 0
    assert dialogue.looks.named == ("as always",)
    assert any("does not look otherwise for counts" in note for note in dialogue.health.notes)


def test_a_reader_that_takes_long_to_set_a_look_is_no_witness_meanwhile(llrp):
    dialogue = a_dialogue(llrp, HandReader(llrp))
    dialogue.looks.vary(1)
    dialogue.tick(2 * SECOND)
    dialogue.hear_bytes(llrp.message(62), 2 * SECOND + 700_000)
    dialogue.tick(2 * SECOND + 700_000)
    assert dialogue.health.link is ReaderLink.READING
    dialogue.tick(2 * SECOND + 800_000)
    assert dialogue.health.link is not ReaderLink.READING
    assert dialogue.health.look == Look(0, 2 * SECOND)


def test_a_reader_that_falls_silent_while_its_look_is_set_is_no_witness(llrp):
    reader = HandReader(llrp)
    dialogue = a_dialogue(llrp, reader)
    dialogue.looks.vary(1)
    for second in range(2, 9):
        dialogue.tick(second * SECOND)
    assert dialogue.health.link is not ReaderLink.READING


def test_there_are_only_the_looks_of_the_profile(llrp):
    looks = dialogue_for("impinj-r420").looks
    assert looks.named == (
        "as always", "session 3, single target", "session 3, single b target", "mode 1, 2 dB weaker",
    )  # fmt: skip
    with pytest.raises(ValueError, match="no look 4"):
        looks.vary(4)


def test_what_a_look_does_not_say_stays():
    place = Place(session=1, population=8, power_dbm=24.0, mode=2, looks=(Variation(session=0, less_db=3),))
    assert place.look(1) == msgspec.structs.replace(place, session=0, power_dbm=21.0)
    assert place.look(0) == place.look(2) == place


def test_looks_may_read_every_other_antenna_in_turn_and_one_that_is_alone_always():
    looks = (Variation(antennas=Antennas.ODD), Variation(antennas=Antennas.EVEN), Variation(session=0))
    place = Place(session=1, population=8, looks=looks)
    three = {1: place, 4: place, 7: place}
    assert [sorted(left_out(three, number)) for number in range(5)] == [[], [4], [1, 7], [], []]
    assert [left_out({2: place}, number) for number in range(4)] == [frozenset()] * 4
    health = Health(ReaderId("r"))
    looks = Looks(health, three)
    assert looks.named == ("as always", "odd antennas", "even antennas", "session 0")
    looks.vary(2)
    assert sorted(looks.places) == [4]
    looks.reading(5)
    assert health.look == Look(2, 5, frozenset({1, 7}))


def a_profile(tmp_path, looks):
    (tmp_path / "x.toml").write_text(PROFILE.replace("{}", looks))
    return load_profile("x", tmp_path)


def test_a_look_that_would_read_nothing_is_no_profile(tmp_path):
    once, back = '{ session = 3, search = "single" }', '{ session = 3, search = "single_b" }'
    assert a_profile(tmp_path, f"{once}, {back}").places
    with pytest.raises(MisconfiguredError, match="look 2 would read nothing after look 1; flip the target"):
        a_profile(tmp_path, f"{once}, {once}")


def test_a_look_that_is_weaker_than_no_power_is_no_profile(tmp_path):
    with pytest.raises(MisconfiguredError, match="no power_dbm to be less than"):
        a_profile(tmp_path, "{ less_db = 2 }")


def test_a_vendor_without_search_modes_has_no_looks_of_them(tmp_path):
    words = PROFILE.replace("impinj", "zebra").replace('search = "dual"\n', "")
    (tmp_path / "x.toml").write_text(words.replace("{}", '{ search = "single" }'))
    with pytest.raises(MisconfiguredError, match="only vendor impinj"):
        load_profile("x", tmp_path)


def test_a_reader_of_llrp_can_vary():
    assert {"looks", "vary"} <= set(dir(Varying))
    assert Search.SINGLE_B == "single_b"
