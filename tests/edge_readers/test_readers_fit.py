"""A profile is held against the reader before anything is asked of it, and what is wrong is said in a sentence."""

import msgspec
import pytest
from llrpkit.protocol import decode_message

from contract.facts import ReaderLink
from contract.ids import ReaderId
from edge.config import ZoneKind
from edge.readers.findings import notes, refusal
from edge.readers.health import Health
from edge.readers.llrp import messages
from edge.readers.llrp.capabilities import Capabilities, Limits, Mode
from edge.readers.llrp.dialogue import Dialogue
from edge.readers.llrp.fit import findings, power_index
from edge.readers.llrp.timing import Timing
from edge.readers.profiles import Place, Profile, Search, Trigger, Vendor, known, load_profile
from simulator.llrp import models
from simulator.llrp.codec import params
from simulator.llrp.settings import Settings
from simulator.llrp.spec import parse_ro_spec

SECOND = 1_000_000
R420 = Capabilities(
    maker=25882, model_number=2001002, antennas=4, gpis=4, gpos=4, powers=((1, 1000), (2, 2400), (3, 2700)),
    modes=(Mode(0), Mode(1), Mode(2), Mode(1002)), limits=Limits(specs_per_ro_spec=3),
)  # fmt: skip
ZEBRA = msgspec.structs.replace(R420, maker=161, model_number=96008)
LOCAL = {name: load_profile(name) for name in known()}


def asked(place, reader=R420, *, vendor=Vendor.IMPINJ, ports=(1,), **more):
    profile = Profile(name="shop", vendor=vendor, places={ZoneKind.SAFE: place})
    return findings(profile, dict.fromkeys(ports, place), reader, **more)


def place(**keys):
    return Place(**{"session": 1, "population": 100, "search": Search.DUAL} | keys)


WRONG = [
    ("a port that is not there", {"ports": (1, 5)}, {}, "antenna 5 of 4: this reader has 4 ports"),
    ("a mode that is not there", {}, {"mode": 4}, "mode 4 of safe not offered; offered: 0, 1, 2, 1002"),
    ("a power that is not there", {}, {"power_index": 9}, "power_index 9 of safe is not in this reader's table; use one of 1, 2, 3"),
    ("a safe whose tags answer once", {}, {"session": 2, "search": Search.SINGLE}, "session 2 of safe with a single target"),
    ("a safe whose tags answer once, on another maker's reader", {"vendor": Vendor.GENERIC}, {"session": 3, "search": Search.READER}, "use session 0 or 1"),
    ("tags that keep still", {}, {"search": Search.FOCUS}, "search focus of safe"),
    ("another maker's extensions", {"reader": ZEBRA}, {}, "speaks Impinj's extensions, and this reader is a Zebra FX9600"),
    ("an input that is not wired", {"inputs": (1, 5)}, {}, "input 5 of 4: this reader has 4 inputs"),
    ("an output that is not wired", {"outputs": (6,)}, {}, "output 6 of 4"),
    ("more dwells than the reader takes", {"ports": (1, 2, 3, 4)}, {"dwell_ms": 100}, "takes 3 in a ROSpec"),
    ("a port without Gen2", {"reader": msgspec.structs.replace(R420, air_protocols={1: (0,)})}, {}, "antenna 1 of this reader does not speak Gen2"),
]  # fmt: skip
LESS = [
    ("more power than the region allows", {}, {"power_dbm": 30.0}, "safe wants 30.0 dBm; the region this reader is set up for allows 27.0 dBm"),
    ("less power than it can", {}, {"power_dbm": 5.0}, "10.0 dBm is the weakest"),
    ("a reader that tells no powers", {"reader": msgspec.structs.replace(R420, powers=())}, {"power_dbm": 5.0}, "left to the reader"),
    ("a reader that tells no modes", {"reader": msgspec.structs.replace(R420, modes=())}, {"mode": 1002}, "mode 1002 of safe is left out"),
    ("a reader that tells nothing", {"reader": Capabilities()}, {}, "does not tell how many antennas"),
    ("a reader that tells of no outputs", {"reader": msgspec.structs.replace(R420, gpos=0), "outputs": (1,)}, {}, "tells of no outputs"),
    ("dwells longer than the period", {"ports": (1, 2)}, {"dwell_ms": 400, "trigger": Trigger.PERIODIC, "period_ms": 500}, "2 antennas dwell 800 ms in all"),
    ("more tags than a round has slots", {}, {"population": 60_000}, "32768 slots"),
    ("a profile for another maker's readers", {"vendor": Vendor.ZEBRA}, {}, "was made for readers of Zebra"),
]  # fmt: skip


@pytest.mark.parametrize(("keys", "way", "told"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_what_is_wrong_for_a_reader_is_refused_with_a_sentence(keys, way, told):
    found = asked(place(**way), **keys)
    assert told in refusal(found)
    assert not refusal(asked(place()))


@pytest.mark.parametrize(("keys", "way", "told"), [row[1:] for row in LESS], ids=[row[0] for row in LESS])
def test_what_can_be_had_in_part_is_had_and_told(keys, way, told):
    found = asked(place(**way), **keys)
    assert told in "; ".join(notes(found))
    assert not refusal(found)


def test_a_sentence_is_said_once_however_many_antennas_it_concerns():
    assert len(asked(place(mode=4), ports=(1, 2, 3, 4))) == 1


def capabilities(model):
    parts = (models.general_capabilities, models.llrp_capabilities, models.regulatory_capabilities)
    return b"\x01\x1f\x00\x08" + bytes(4) + b"".join(p(model) for p in parts)


class Shelf:
    """A reader of a model that greets, answers one question about itself, and shows what it is then asked."""

    def __init__(self, model, profile, places):
        self.model = model
        self.dialogue = Dialogue(Health(ReaderId("r")), profile, places, Timing())

    def meet(self, llrp):
        """The ADD_ROSPEC that follows the capabilities, or nothing."""
        dialogue = self.dialogue
        dialogue.connect(SECOND)
        say = llrp.message(63, llrp.tlv(246, llrp.tlv(256, b"\0\0")))
        for _ in range(12):
            dialogue.hear_bytes(say, SECOND)
            dialogue.tick(SECOND)
            heard = dialogue.take()
            if not heard:
                return None
            kind, _, number = messages.HEADER.unpack_from(heard)
            kind &= 0x3FF
            if kind == 20:
                return heard[10:]
            answer = {1: 11, 2: 12, 3: 13, 21: 31, 41: 51, 1023: 1023}[kind]
            ok = llrp.tlv(287, bytes(4))
            body = capabilities(self.model) if kind == 1 else b"\x00\x00\x65\x1a\x16" + ok if kind == 1023 else ok
            say = llrp.message(answer, body, number)
        raise AssertionError("the dialogue does not come to its ROSpec")


def cut(model, low, high):
    """The same reader where its region allows less."""
    powers = tuple(dbm for dbm in model.powers_dbm if low <= dbm <= high)
    return msgspec.structs.replace(model, powers_dbm=powers)


REGIONS = {"as it is sold": (0, 40), "27 dBm at most": (0, 27), "10 dBm at most": (0, 10), "24 dBm at least": (24, 40)}


@pytest.mark.parametrize("region", REGIONS, ids=REGIONS)
@pytest.mark.parametrize("model", [*models.MODELS.values(), *models.ABROAD.values()], ids=lambda model: model.name)
@pytest.mark.parametrize("name", LOCAL)
def test_no_profile_ever_asks_for_more_power_than_a_readers_region_allows(llrp, name, model, region):
    there = cut(model, *REGIONS[region])
    profile = LOCAL[name]
    loud = {kind: msgspec.structs.replace(way, power_dbm=36.0) for kind, way in profile.places.items()}
    for places in (profile.places, loud):
        told = msgspec.structs.replace(profile, places=places)
        ways = dict(enumerate(list(places.values())[: there.antennas], start=1))
        shelf = Shelf(there, told, ways)
        body = shelf.meet(llrp)
        if body is None:
            assert shelf.dialogue.health.link is ReaderLink.REFUSED
            continue
        spec = parse_ro_spec(next(iter(params(body))), there, Settings(there).air)
        for asking in spec.ai_specs:
            for port in asking.antennas:
                want = ways[port].power_dbm
                dbm = asking.settings[port].power_dbm
                assert dbm <= max(there.powers_dbm)
                assert want is None or dbm <= max(want, min(there.powers_dbm))


def test_without_the_readers_own_table_a_profile_could_ask_for_too_much():
    """The control: an index taken from the profile alone, or from another region's table, is more than is allowed."""
    model = models.MODELS["impinj-r420"]
    here, elsewhere = cut(model, 0, 20), [(i, round(100 * d)) for i, d in enumerate(model.powers_dbm, start=1)]
    index = power_index(place(power_dbm=30.0), elsewhere)
    assert index is not None
    assert index > len(here.powers_dbm)
    assert power_index(place(power_index=index), [(i, 0) for i in range(1, 20)]) is None


@pytest.mark.parametrize("model", models.MODELS.values(), ids=lambda model: model.name)
def test_the_profile_of_a_model_is_not_refused_by_it_in_any_place(llrp, model):
    profile = LOCAL[model.name]
    for kind in ZoneKind:
        shelf = Shelf(model, profile, {1: profile.place(kind)})
        assert shelf.meet(llrp) is not None, shelf.dialogue.health.why


def test_a_reader_that_is_asked_for_what_it_cannot_is_not_read_and_says_why(llrp):
    profile = LOCAL["impinj-r420"]
    shelf = Shelf(models.MODELS["impinj-r700"], profile, {1: place(mode=1000), 9: place()})
    assert shelf.meet(llrp) is None
    health = shelf.dialogue.health
    assert shelf.dialogue.hung_up
    assert health.link is ReaderLink.REFUSED
    assert "antenna 9 of 4" in health.why


def test_a_profile_of_another_maker_is_named_with_its_mend(llrp):
    class Zebra(Shelf):
        def meet(self, llrp):
            self.dialogue.connect(SECOND)
            self.dialogue.hear_bytes(llrp.message(63, llrp.tlv(246, llrp.tlv(256, b"\0\0"))), SECOND)
            number = messages.HEADER.unpack_from(self.dialogue.take())[2]
            self.dialogue.hear_bytes(llrp.message(100, llrp.tlv(287, b"\0\x6d\0\0"), number), SECOND)

    shelf = Zebra(models.MODELS["zebra-fx9600"], LOCAL["impinj-r420"], {1: place()})
    shelf.meet(llrp)
    assert "use generic-llrp" in shelf.dialogue.health.why


def test_the_power_a_region_does_not_allow_is_told_on_the_readers_page(llrp):
    profile = LOCAL["impinj-r420"]
    shelf = Shelf(cut(models.MODELS["impinj-r420"], 0, 25), profile, {1: profile.place(ZoneKind.EXIT)})
    assert shelf.meet(llrp) is not None
    (note,) = shelf.dialogue.health.notes
    assert note == ("exit wants 30.0 dBm; the region this reader is set up for allows 25.0 dBm, which is used instead")


def test_a_dwell_of_its_own_reaches_the_reader_and_the_cycle_has_room_for_all(llrp):
    profile = LOCAL["thingmagic-sargas"]
    ways = {1: profile.place(ZoneKind.SAFE), 2: profile.place(ZoneKind.PAD)}
    model = models.MODELS["thingmagic-sargas"]
    body = Shelf(model, profile, ways).meet(llrp)
    spec = parse_ro_spec(next(iter(params(body))), model, Settings(model).air)
    assert [(each.antennas, each.duration_ms) for each in spec.ai_specs] == [((1,), 500), ((2,), 150)]
    assert spec.period_ms == messages.cycle_ms(ways) == 670


def test_a_reader_hops_by_a_table_it_has():
    """A reader that numbers its tables otherwise than from 1 would refuse the ROSpec."""
    reader = msgspec.structs.replace(R420, hop_tables={3: (902_750, 903_250)})
    data = messages.add_rospec(7, LOCAL["impinj-r420"], {1: place(power_dbm=20.0)}, reader)
    (antenna,) = decode_message(data).ro_spec.spec_parameters[0].inventory_parameter_specs[0].antenna_configurations
    assert (antenna.rf_transmitter.hop_table_id, antenna.rf_transmitter.channel_index) == (3, 0)
