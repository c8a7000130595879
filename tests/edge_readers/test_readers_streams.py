"""Reader streams over MQTT: what each family's messages say, and what is believed of a reader behind a broker."""

import json
import random
import tracemalloc

import numpy as np
import pytest

from contract.facts import ReaderLink
from contract.ids import ReaderId
from edge.readers.base import EPC_BITS_MAX, PHASE_ABSENT, RSSI_ABSENT_CDBM, MisconfiguredError, ProtocolError
from edge.readers.health import Health
from edge.readers.impinj_iot.events import decode as impinj
from edge.readers.mqtt.address import address_of
from edge.readers.mqtt.events import EVENTS_PER_MESSAGE_MAX, MESSAGE_BYTES_MAX
from edge.readers.mqtt.reads import columns, epc_of_base64, epc_of_hex, utc_us
from edge.readers.mqtt.stream import LATE_US, WINDOW_US, Message, Stream
from edge.readers.zebra_iot.events import decode as zebra
from simulator.mqtt import words
from simulator.mqtt.publisher import damaged

NOON_US = 1_794_830_400_000_000
EPCS = [bytes([n]) * 12 for n in range(1, 6)] + [bytes(range(62)), b"\xe2\x80"]
SEEN = [words.Seen(epc, NOON_US + n, port=n % 4 + 1, rssi_dbm=-50 - n, times=n + 1) for n, epc in enumerate(EPCS)]
FORMS = {
    "zebra fixed, an array": (zebra, words.fx_tags(SEEN)),
    "zebra fixed, one a line": (zebra, b"\n".join(words.fx_tags([each]) for each in SEEN)),
    "zebra handheld": (zebra, words.rfd_tags(SEEN)),
    "impinj lines, hex": (impinj, words.r700_lines(SEEN)),
    "impinj lines, base64": (impinj, words.r700_lines(SEEN, hexadecimal=False)),
    "impinj array": (impinj, words.r700_array(SEEN)),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_tag_of_a_message_is_read(form):
    decode, data = FORMS[form]
    told = decode(data)
    assert [read.epc for read in told.reads] == EPCS
    assert (told.damaged, told.unknown) == (0, 0)
    if "handheld" not in form:
        assert [read.antenna for read in told.reads] == [each.port for each in SEEN]
    assert [read.rssi_cdbm for read in told.reads] == [each.rssi_dbm * 100 for each in SEEN]


def test_times_are_the_readers_own_in_microseconds():
    assert [read.at_us for read in impinj(words.r700_lines(SEEN)).reads] == [each.at_us for each in SEEN]
    assert zebra(words.fx_tags(SEEN[:1])).reads[0].at_us == NOON_US
    assert utc_us("2026-11-29T06:00:00.123456789Z") == utc_us("2026-11-29T07:00:00.123456+0100")
    assert [utc_us(text) for text in ("", "06:00:00", "2026-11-29T06:00:00", "yesterday", "0001-01-01T00:00:00Z")] == [
        0
    ] * 5


def test_columns_are_those_of_a_read_batch():
    batch = columns(ReaderId("r"), 77, impinj(words.r700_lines(SEEN)).reads)
    assert (len(batch), batch.arrived_us, batch.epc.shape) == (7, 77, (7, 64))
    assert batch.epc_bits.tolist() == [96] * 5 + [EPC_BITS_MAX, 16]
    assert bytes(batch.epc[6]) == b"\xe2\x80" + bytes(62)
    assert batch.phase.tolist() == [1024] * 7, "90 degrees are a quarter of a turn"
    assert batch.last_seen_us.dtype == np.uint64
    assert batch.last_seen_us.tolist() == batch.first_seen_us.tolist() == [each.at_us for each in SEEN]
    assert zebra(words.fx_tags(SEEN)).reads[3].seen == 4


def test_what_is_not_told_is_absent():
    read = zebra(b'{"type":"CUSTOM","data":{"eventNum":1,"idHex":"3039606203c7180000000001"}}').reads[0]
    assert (read.antenna, read.rssi_cdbm, read.phase, read.seen, read.at_us) == (
        0,
        RSSI_ABSENT_CDBM,
        PHASE_ABSENT,
        1,
        0,
    )


def test_a_damaged_event_costs_itself_and_is_counted():
    events = json.loads(words.r700_array(SEEN[:5]))
    events[1]["tagInventoryEvent"]["antennaPort"] = "one"
    events[3]["tagInventoryEvent"]["epcHex"] = "30 not hex"
    for data in (json.dumps(events), "\n".join(json.dumps(event) for event in events)):
        told = impinj(data.encode())
        assert [read.epc for read in told.reads] == [EPCS[0], EPCS[2], EPCS[4]]
        assert told.damaged == 2


def test_a_damaged_tag_of_a_handhelds_many_costs_itself():
    data = json.loads(words.rfd_tags(SEEN[:3], barcodes=2))
    data["data"]["tagData"][1] = {"EPC": 5, "eventNum": 2}
    told = zebra(json.dumps(data).encode())
    assert ([read.epc for read in told.reads], told.damaged, told.unknown) == ([EPCS[0], EPCS[2]], 1, 2)


def test_an_array_that_is_cut_off_keeps_what_was_whole():
    data = words.r700_array(SEEN[:5])
    told = impinj(data[: data.rindex(b"{", 0, data.rindex(b'"tagInventoryEvent"')) - 40])
    assert [read.epc for read in told.reads] == EPCS[:3]
    assert told.damaged >= 1


@pytest.mark.parametrize("decode", [zebra, impinj], ids=["zebra", "impinj"])
def test_limits_are_kept_and_counted(decode):
    assert decode(b" " * 100).damaged == 0
    assert decode(b"[" + b" " * MESSAGE_BYTES_MAX + b"{}]").damaged == 1
    many = decode(b"[" + b"{}," * (EVENTS_PER_MESSAGE_MAX + 4) + b"{}]")
    assert (many.damaged, many.unknown) == (5, EVENTS_PER_MESSAGE_MAX)
    for nest in (b"[" * 100_000, b'{"a":' * 40_000, b'{"data":' * 40_000 + b"1" + b"}" * 40_000):
        assert decode(nest).damaged >= 1


def test_an_epc_is_whole_words_up_to_496_bits():
    assert epc_of_hex("e280") == b"\xe2\x80"
    assert epc_of_base64("4oCqqu_-") == epc_of_base64("4oCqqu/+")
    for text in ("", "e2", "e280aa", "00" * 64, "zz", "٣٠"):
        with pytest.raises(ProtocolError):
            epc_of_hex(text)
    for text in ("", "4", "not base64!", "4oA=4oA="):
        with pytest.raises(ProtocolError):
            epc_of_base64(text)


def test_a_reader_tells_what_else_it_knows():
    told = zebra(words.fx_heartbeat(NOON_US, active=False, antennas={1: True, 2: False}))
    assert (told.inventory, told.antennas, told.reads, told.unknown) == (False, {1: True, 2: False}, [], 0)
    assert zebra(words.rfd_heartbeat(NOON_US, reading=True)).inventory is True
    gone = zebra(b'{"connectionState":"DISCONNECTED","deviceModel":"RFD4031","timestamp":"14:23:11"}')
    assert (gone.inventory, gone.model) == (False, "RFD4031")
    alert = zebra(b'{"id":9,"type":"TEMPERATURE","description":"radio is hot","timestamp":"2026-11-29T06:00:00Z"}')
    assert alert.trouble == "TEMPERATURE: radio is hot"
    assert impinj(words.r700_status(NOON_US, "running")).inventory is True
    assert impinj(words.r700_status(NOON_US, "idle")).inventory is False
    assert impinj(words.r700_event(NOON_US, "antennaDisconnected", antennaPort=3)).antennas == {3: False}
    assert impinj(words.r700_event(NOON_US, "overflow")).overflow
    assert impinj(words.r700_event(NOON_US, "gpiTransition", gpi=1)).unknown == 1


# --- fuzz -----------------------------------------------------------------------------------------------------


def fuzz(rounds, seed=6):
    """Nothing but counts comes of any of it. What is believed is a read, and fits its columns."""
    chance = random.Random(seed)
    bodies = [data for _, data in FORMS.values()] + [
        words.fx_heartbeat(NOON_US), words.rfd_heartbeat(NOON_US, reading=True), words.r700_status(NOON_US, "idle")
    ]  # fmt: skip
    for turn in range(rounds):
        body = damaged(chance.choice(bodies), chance)
        told = (zebra, impinj)[turn % 2](body)
        if told.reads:
            columns(ReaderId("r"), 1, told.reads)


def test_damaged_messages_raise_nothing():
    fuzz(2_000)


def test_control_the_fuzz_finds_a_decoder_that_raises(monkeypatch):
    monkeypatch.setattr("edge.readers.mqtt.events.FAULTS", (KeyError,))
    with pytest.raises(Exception, match=r"."):
        fuzz(200)


def test_fifty_thousand_damaged_messages_leave_no_memory_behind():
    fuzz(500)
    tracemalloc.start()
    fuzz(1_000, seed=7)
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    fuzz(47_500, seed=8)
    tracemalloc.start()
    fuzz(1_000, seed=9)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 1 << 20


@pytest.mark.long
@pytest.mark.parametrize("seed", range(4))
def test_a_million_damaged_messages(seed):
    fuzz(250_000, seed=100 + seed)


# --- what is believed of a reader behind a broker ----------------------------------------------------------------


class Heard:
    """A stream of one reader, with the test's own time in seconds."""

    def __init__(self, *, handheld=False, silence_s=10.0):
        self.health = Health(ReaderId("r"))
        self.stream = Stream(self.health, impinj, range(1, 5), silence_s=silence_s, handheld=handheld)
        self.now_us = 5_000_000
        self.reader_ahead_us = NOON_US
        self.link(1)

    def link(self, connects, *, up=True, why=""):
        self.stream.linked(connects, up=up, why=why)
        self.stream.tick(self.now_us)

    def after(self, seconds, *, late_s=0.0, body=None):
        """So much later a message arrives that was sent `late_s` before; an empty body: nothing arrives."""
        self.now_us += round(seconds * 1e6)
        sent_us = self.now_us + self.reader_ahead_us - round(late_s * 1e6)
        body = words.r700_lines([words.Seen(EPCS[0], sent_us, port=2)]) if body is None else body
        batch = self.stream.hear([Message(self.now_us, body)]) if body else None
        self.stream.tick(self.now_us)
        return batch


def test_a_link_that_is_up_says_nothing_of_the_reader():
    heard = Heard()
    assert heard.health.link is ReaderLink.CONNECTING
    heard.after(1)
    assert (heard.health.link, heard.health.alive_since_us) == (ReaderLink.READING, heard.now_us)
    heard.after(9, body=b"")
    assert heard.health.link is ReaderLink.READING
    heard.after(2, body=b"")
    assert (heard.health.link, heard.health.why) == (ReaderLink.SILENT, "nothing heard for 10 s")
    heard.after(30, body=b"")
    assert heard.health.why == "nothing heard for 10 s", "told once: each change of it is a fact"
    heard.after(1)
    assert heard.health.alive_since_us == heard.now_us, "a new stretch of reading"


def test_a_broker_that_went_and_came_begins_a_new_stretch_even_between_two_looks():
    heard = Heard()
    heard.after(1)
    heard.link(1, up=False, why="broker: refused")
    assert (heard.health.link, heard.health.why) == (ReaderLink.CONNECTING, "broker: refused")
    heard.link(2)
    assert heard.health.link is ReaderLink.CONNECTING, "nothing has been heard of the reader on the new link"
    heard.after(1)
    first = heard.health.alive_since_us
    heard.link(3)  # it broke and stood again within a tick
    heard.after(1)
    assert heard.health.alive_since_us > first


def test_a_reader_that_lives_and_does_not_read_is_no_witness():
    heard = Heard()
    heard.after(1)
    heard.after(1, body=words.r700_status(heard.now_us + NOON_US, "idle"))
    assert heard.health.link is ReaderLink.SILENT
    assert "start its inventory" in heard.health.why
    heard.after(1, body=words.r700_status(heard.now_us + NOON_US, "running"))
    assert heard.health.link is ReaderLink.READING


def test_messages_that_were_kept_back_are_no_presence_now_and_their_seconds_were_not_witnessed():
    heard = Heard()
    assert heard.after(1) is not None
    assert heard.after(1, late_s=2) is not None, "a slow network is no news"
    heard_us = heard.health.last_heard_us
    assert heard.after(1, late_s=30) is None
    health = heard.health
    assert (health.late_total, health.overflow_us, health.last_heard_us) == (1, heard.now_us, heard_us)
    assert heard.after(1) is not None


def test_control_without_a_look_at_their_age_old_reads_would_be_presence(monkeypatch):
    monkeypatch.setattr("edge.readers.mqtt.stream.LATE_US", 10 * LATE_US)
    heard = Heard()
    heard.after(1)
    assert heard.after(1, late_s=30) is not None


def test_a_clock_that_was_set_back_is_believed_again_and_said_meanwhile():
    heard = Heard()
    heard.after(1)
    heard.reader_ahead_us -= 3_600_000_000
    assert heard.after(11) is None
    assert "comes late: mend its network, or set its clock" in heard.health.why
    heard.after(2 * WINDOW_US / 1e6)
    assert heard.after(1) is not None
    heard.reader_ahead_us += 7_200_000_000
    assert heard.after(1) is not None, "a clock that was set forward hides nothing"


def test_an_overflow_of_the_reader_or_of_ours_leaves_no_round_witnessed():
    heard = Heard()
    heard.after(1)
    heard.after(1, body=words.r700_event(heard.now_us + NOON_US, "overflow"))
    assert (heard.health.overflows_total, heard.health.overflow_us) == (1, heard.now_us)
    heard.stream.lost(3, heard.now_us + 1)
    assert (heard.health.messages_lost_total, heard.health.overflow_us) == (3, heard.now_us + 1)


def test_of_antennas_that_are_not_ours_nothing_is_kept():
    heard = Heard()
    for port in (2, 5, 40_000):
        heard.after(1, body=words.r700_event(heard.now_us + NOON_US, "antennaDisconnected", antennaPort=port))
    assert heard.health.antennas_down == frozenset({2})


def test_antennas_that_fall_off_are_known_until_they_are_back():
    heard = Heard()
    for port in (2, 3):
        heard.after(1, body=words.r700_event(heard.now_us + NOON_US, "antennaDisconnected", antennaPort=port))
    heard.after(1, body=words.r700_event(heard.now_us + NOON_US, "antennaConnected", antennaPort=2))
    assert heard.health.antennas_down == frozenset({3})


def test_a_handhelds_reads_belong_to_the_zone_that_is_swept():
    heard = Heard(handheld=True)
    assert heard.after(1).antenna.tolist() == [0], "nobody has said where"
    heard.stream.sweeps = lambda: 5
    assert heard.after(1).antenna.tolist() == [5]
    assert Heard().after(1).antenna.tolist() == [2], "of a fixed reader, as it tells"


# --- the address ------------------------------------------------------------------------------------------------


def test_an_address_names_broker_topics_and_what_was_agreed():
    found = address_of(
        "zebra-iot://ada@broker?topic=shop/%2B/tags&topic=shop/+/events&silence=5&ca=ca.pem&password_file=pw&mqtt=3.1.1",
        witness=True,
    )
    assert (found.host, found.port, found.topics) == ("broker", 8883, ("shop/+/tags", "shop/+/events"))
    assert (found.silence_s, found.version, found.user, str(found.ca)) == (5.0, "3.1.1", "ada", "ca.pem")
    assert address_of("impinj-iot://b?topic=%23", witness=True).topics == ("#",)
    assert address_of("zebra-iot://b?topic=t&silence=600", witness=False).silence_s == 600


@pytest.mark.parametrize(
    ("rest", "mend"),
    [
        ("//?topic=t", "names no broker"),
        ("//b", "give 1 to 8 topics"),
        ("//b?topic=", "give 1 to 8 topics"),
        ("//b?topic=t&silence=16", "silence is 1 to 15 seconds"),
        ("//b?topic=t&silence=nan", "silence is 1 to 15 seconds"),
        ("//b?topic=t&qos=2", "there is no option 'qos'"),
        ("//b?topic=t&ca=a&ca=b", "ca is given twice"),
        ("//b?topic=t&cert=c&key=k", "go together, and with ca"),
        ("//b?topic=t&password_file=p", "write user@host"),
        ("//b?topic=t&mqtt=4", "mqtt is 3.1.1 or 5"),
        ("//b:x?topic=t", "give the broker's port"),
    ],
)
def test_an_address_that_cannot_be_is_refused_with_its_mend(rest, mend):
    with pytest.raises(MisconfiguredError, match=mend):
        address_of(f"zebra-iot:{rest}", witness=True)
