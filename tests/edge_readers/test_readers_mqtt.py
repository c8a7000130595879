"""Readers behind a real broker: what they publish arrives as columns, whatever happens to broker, reader or message."""

import asyncio
import datetime as dt
import itertools
import random
import subprocess
import time
from contextlib import asynccontextmanager

import pytest

from contract.facts import ReaderLink
from contract.ids import ReaderId, ZoneId
from edge.clock import SystemClock
from edge.config import ReaderConfig, ZoneKind
from edge.mqtt import LinkTally
from edge.readers import open_reader
from edge.readers.base import MisconfiguredError
from edge.readers.mqtt import driver
from edge.readers.profiles import load_profile
from simulator.mqtt import words
from simulator.mqtt.publisher import Publisher, damaged
from vitrine.authority import Authority

WAIT_S = 20
TAGS, EVENTS = "shop/tags", "shop/events"
EPCS = [bytes([n]) * 12 for n in range(1, 31)]
R700 = ("impinj-iot", "impinj-r700-iot")
FX, RFD = ("zebra-iot", "zebra-fx-iot"), ("zebra-iot", "zebra-rfd40")


def now_us():
    return time.time_ns() // 1000


def seen(epc, port=1, late_s=0.0):
    return words.Seen(epc, now_us() - round(late_s * 1e6), port=port)


def r700(*epcs, late_s=0.0):
    return words.r700_lines([seen(epc, late_s=late_s) for epc in epcs])


class Listener:
    """A reader opened as a box opens it, and everything it delivered."""

    def __init__(self, port, family, rest="", host="127.0.0.1"):
        (scheme, profile), loaded = family, load_profile(family[1])
        del profile
        self.batches = []
        url = f"{scheme}://{host}:{port}?topic={TAGS}&topic={EVENTS}{rest}"
        antennas = {"1": ZoneId("case"), "2": ZoneId("safe")}
        config = ReaderConfig(id=ReaderId("r"), url=url, profile=family[1], antennas=antennas, handheld=loaded.handheld)
        self.reader = open_reader(config, loaded, random.Random(4), {1: ZoneKind.CASE, 2: ZoneKind.SAFE})
        self.health = self.reader.health

    @property
    def epcs(self):
        return [bytes(row)[:12] for batch in self.batches for row in batch.epc]

    async def until(self, wanted, again=None):
        """`again` is said every 0.2 s: what is published to nobody is gone."""
        for turn in itertools.count():
            if wanted():
                return
            assert turn < WAIT_S / 0.05, (self.health, len(self.batches))
            if again is not None and turn % 4 == 0:
                await asyncio.to_thread(again)
            await asyncio.sleep(0.05)


@asynccontextmanager
async def listening(*args, **more):
    listener = Listener(*args, **more)
    task = asyncio.create_task(listener.reader.run(listener.batches.append, SystemClock()))
    try:
        yield listener
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def hear_all(listener, publisher, bodies):
    """The reader is heard first, then says these; every tag arrives where any are said."""
    await listener.until(lambda: listener.health.link is ReaderLink.READING, lambda: publisher.say(TAGS, r700(EPCS[0])))
    await asyncio.to_thread(publisher.say, TAGS, *bodies)
    await listener.until(lambda: set(listener.epcs) >= set(EPCS if bodies else EPCS[:1]))


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_what_a_reader_publishes_arrives_as_columns(mosquitto, version):
    async def story():
        with Publisher(mosquitto.port, "r700") as reader:
            async with listening(mosquitto.port, R700, f"&mqtt={version}") as listener:
                await hear_all(listener, reader, [r700(*EPCS[:20]), words.r700_array([seen(e, 2) for e in EPCS[20:]])])
                last = listener.batches[-1]
                assert set(last.antenna.tolist()) <= {1, 2}
                assert abs(int(last.last_seen_us[-1]) - now_us()) < 60_000_000
                assert listener.health.clock_offset_us is not None
                assert listener.health.connects_total == 1

    asyncio.run(story())


def test_a_fixed_zebra_with_heartbeats_is_a_witness_of_an_empty_shelf(mosquitto):
    async def story():
        with Publisher(mosquitto.port, "fx") as reader:
            async with listening(mosquitto.port, FX, "&silence=1") as listener:
                beat = lambda: reader.say(EVENTS, words.fx_heartbeat(now_us()))  # noqa: E731
                await listener.until(lambda: listener.health.link is ReaderLink.READING, beat)
                assert listener.batches == []
                await listener.until(lambda: listener.health.link is ReaderLink.SILENT)
                await listener.until(lambda: listener.health.link is ReaderLink.READING, beat)
                await asyncio.to_thread(reader.say, EVENTS, words.fx_heartbeat(now_us(), active=False))
                await listener.until(lambda: "not reading" in listener.health.why)

    asyncio.run(story())


def test_damaged_and_disordered_messages_cost_themselves_alone(mosquitto):
    async def story():
        chance = random.Random(3)
        with Publisher(mosquitto.port, "r700") as reader:
            async with listening(mosquitto.port, R700) as listener:
                await hear_all(listener, reader, [])
                good = [r700(epc) for epc in EPCS]
                await asyncio.to_thread(reader.say, TAGS, *(damaged(body, chance) for body in good))
                await asyncio.to_thread(reader.say_in_disorder, TAGS, good, chance)
                await listener.until(lambda: set(listener.epcs) >= set(EPCS))
                assert listener.health.dropped_total > 10
                assert listener.health.link is ReaderLink.READING

    asyncio.run(story())


async def what_arrives(port, monkeypatch=None):
    """An old read stands at the broker, and one of a minute ago comes late; then one of now."""
    old, late, new = EPCS[1:4]
    with Publisher(port, "r700") as reader:
        reader.say(TAGS, r700(old), retain=True)
        async with listening(port, R700) as listener:
            await listener.until(
                lambda: listener.health.link is ReaderLink.READING, lambda: reader.say(TAGS, r700(EPCS[0]))
            )
            await asyncio.to_thread(reader.say, TAGS, r700(late, late_s=60), r700(new))
            await listener.until(lambda: new in listener.epcs)
            return set(listener.epcs), listener.health


def test_what_stood_at_the_broker_or_came_late_is_no_presence(mosquitto):
    arrived, health = asyncio.run(what_arrives(mosquitto.port))
    assert arrived == {EPCS[0], EPCS[3]}
    assert (health.retained_total, health.late_total) == (1, 1)


def test_control_without_both_guards_old_reads_would_be_presence(mosquitto, monkeypatch):
    monkeypatch.setattr("edge.readers.mqtt.stream.LATE_US", 1 << 60)
    honest = driver.Broker
    monkeypatch.setattr(driver, "Broker", lambda **given: honest(**{**given, "fresh_only": False}))
    arrived, _ = asyncio.run(what_arrives(mosquitto.port))
    assert arrived >= set(EPCS[1:4])


def test_a_killed_broker_and_a_reader_that_falls_off_are_found_again(mosquitto):
    async def story():
        reader = Publisher(mosquitto.port, "r700")
        await asyncio.to_thread(reader.connect)
        async with listening(mosquitto.port, R700, "&silence=1") as listener:
            await hear_all(listener, reader, [])
            await asyncio.to_thread(reader.fall_off)
            await listener.until(lambda: listener.health.link is ReaderLink.SILENT)
            with Publisher(mosquitto.port, "r700 again") as again:
                await hear_all(listener, again, [])
            mosquitto.kill()
            await listener.until(lambda: listener.health.link is ReaderLink.CONNECTING)
            assert listener.health.why
            mosquitto.start()
            await listener.until(lambda: listener.health.connects_total == 2)
            with Publisher(mosquitto.port, "r700 at last") as last:
                await hear_all(listener, last, [r700(*EPCS)])

    asyncio.run(story())


def test_a_handhelds_reads_go_to_the_zone_that_is_swept_with_it(mosquitto):
    async def story():
        with Publisher(mosquitto.port, "rfd") as sled:
            async with listening(mosquitto.port, RFD, "&silence=600") as listener:
                await listener.until(lambda: listener.epcs, lambda: sled.say(TAGS, words.rfd_tags([seen(EPCS[0])])))
                listener.reader.sweep(lambda: 2)
                await asyncio.to_thread(sled.say, TAGS, words.rfd_tags([seen(EPCS[1])], barcodes=1))
                await listener.until(lambda: EPCS[1] in listener.epcs)
                ports = {bytes(e)[:1]: int(p) for b in listener.batches for e, p in zip(b.epc, b.antenna, strict=True)}
                assert ports == {EPCS[0][:1]: 0, EPCS[1][:1]: 2}

    asyncio.run(story())


def test_with_certificates_and_a_password_nobody_else_listens_in(broker, tmp_path):
    authority = Authority.open(tmp_path / "house", dt.datetime.now(dt.UTC))
    server = authority.server("broker", ("localhost",), dt.datetime.now(dt.UTC))
    ours = authority.client("paris", dt.datetime.now(dt.UTC))
    passwords = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-c", "-b", str(passwords), "ada", "s3cret"], check=True, capture_output=True)
    passwords.chmod(0o644)
    broker.rules(
        "allow_anonymous false", f"password_file {passwords}", "require_certificate true",
        f"cafile {server.ca}", f"certfile {server.cert}", f"keyfile {server.key}", "user root",
    )  # fmt: skip
    broker.start()
    (tmp_path / "pw").write_text("s3cret\n")
    tls = f"&ca={ours.ca}&cert={ours.cert}&key={ours.key}"

    async def story():
        files = (str(ours.ca), str(ours.cert), str(ours.key))
        async with listening(
            broker.port, R700, f"{tls}&password_file={tmp_path / 'pw'}", host="ada@localhost"
        ) as listener:
            await listener.until(lambda: listener.health.connects_total == 1)
            with Publisher(broker.port, "r700", tls=files, login=("ada", "s3cret"), host="localhost") as reader:
                await hear_all(listener, reader, [r700(*EPCS)])
        async with listening(broker.port, R700, tls, host="localhost") as stranger:
            await stranger.until(lambda: "refuses us" in stranger.health.why)

    asyncio.run(story())


def test_more_messages_than_may_wait_are_lost_counted_and_no_round_is_witnessed(mosquitto, monkeypatch):
    monkeypatch.setattr(driver, "MESSAGES_PENDING_MAX", 0)

    async def story():
        with Publisher(mosquitto.port, "r700") as reader:
            async with listening(mosquitto.port, R700) as listener:
                await listener.until(
                    lambda: listener.health.messages_lost_total, lambda: reader.say(TAGS, r700(EPCS[0]))
                )
                assert listener.health.overflow_us > 0
                assert listener.batches == []

    asyncio.run(story())


class LinkUp:
    """A link that stands; nothing arrives by itself."""

    up, why_down = True, ""

    def __init__(self):
        self.tally = LinkTally(connects_total=1)


def test_a_message_held_over_several_ticks_is_counted_once(monkeypatch):
    """Seven arrive where two are taken a tick: five had to wait, three of them twice and one three times."""
    monkeypatch.setattr(driver, "MESSAGES_PER_TICK_MAX", 2)
    listener, link = Listener(1, R700), LinkUp()
    for at in range(7):
        listener.reader._keep(driver.Message(1_000 * at, r700(EPCS[at])))
    for tick in range(1, 5):
        listener.reader._turn(link, listener.batches.append, tick * 20_000)
    assert not listener.reader._messages
    assert listener.health.messages_held_total == 5


def test_files_that_are_not_there_are_named_before_anything_is_dialled(tmp_path):
    with pytest.raises(MisconfiguredError, match=r"nowhere\.pem is not there"):
        Listener(1, R700, "&ca=nowhere.pem")
    with pytest.raises(MisconfiguredError, match="cannot read pw"):
        Listener(1, R700, "&password_file=pw", host="ada@localhost")


def test_a_handheld_must_be_called_one_on_both_sides():
    profile = load_profile("zebra-rfd40")
    config = ReaderConfig(id=ReaderId("r"), url="zebra-iot://b?topic=t", profile="zebra-rfd40", antennas={"1": "case"})
    with pytest.raises(MisconfiguredError, match="set handheld = true"):
        open_reader(config, profile, random.Random(1))
