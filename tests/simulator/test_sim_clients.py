"""The readers of the simulator before clients nobody here wrote: sllurp, llrpkit and Wireshark, each unpatched."""

import asyncio
import logging
import shutil
import signal
import struct
import subprocess
import sys
import time

import pytest
from llrpkit import Reader
from llrpkit.client import LLRPClient
from llrpkit.exceptions import LLRPConnectionError, LLRPTimeoutError
from llrpkit.protocol import messages, params
from sllurp.llrp import LLRPReaderClient, LLRPReaderConfig

from simulator.app import plan, write_config
from simulator.llrp.codec import FrameBuffer
from simulator.llrp.server import Fault

RELAY_CHUNK = 1400


def epcs(outside, zones):
    """Of the pieces there, and of what hangs there for good."""
    world, where = outside.world, outside.world.where("boutique")
    hung = {tag.epc.hex() for tag in world.hung if tag.place in {f"boutique/{zone}" for zone in zones}}
    return hung | {world.stock[world.row_of[piece]].card.epc.lower() for zone in zones for piece in where[zone]}


FLOOR = ("safe-1", "case-1", "case-2", "shelf-1")


def test_llrpkit_inventories_the_store(run):
    async def scene(outside):
        port = outside.servers["boutique/case-reader-1"].port
        async with Reader("127.0.0.1", port) as reader:
            assert reader.firmware == "3.21.23.0"
            tags = [tag async for tag in reader.inventory(antennas=[1, 2, 3, 4], duration=2.0)]
        return tags, epcs(outside, FLOOR)

    tags, truth = run(scene)
    seen = {tag.epc_hex for tag in tags}
    assert seen <= truth
    assert len(seen) > 0.8 * len(truth)
    assert all(-90 <= tag.rssi_dbm <= -15 and 1 <= tag.antenna <= 4 for tag in tags)
    now_us = time.time() * 1e6
    assert all(abs(tag.first_seen_us - now_us) < 60e6 for tag in tags)


def test_llrpkit_gets_impinj_content_from_the_impinj_model(run):
    async def scene(outside):
        world = outside.world
        world.move(1, "move", "boutique", pieces=world.where("boutique")["case-1"][:3], to="boutique/pad-1")
        async with Reader("127.0.0.1", outside.servers["boutique/pad-reader"].port) as reader:
            assert reader.impinj_extensions_enabled
            tags = [t async for t in reader.inventory(duration=1.0, include_phase=True, include_tid=True)]
        return tags, epcs(outside, ["pad-1"])

    tags, truth = run(scene)
    assert {tag.epc_hex for tag in tags} == truth
    assert all(tag.phase_deg is not None and len(tag.tid) == 12 and tag.rssi_dbm % 1 for tag in tags[:1])


@pytest.mark.parametrize("config", [{}, {"report_every_n_tags": 20}, {"impinj_search_mode": 2, "session": 1}])
def test_sllurp_inventories_the_store(config, run):
    reader = "pad-reader" if "impinj_search_mode" in config else "case-reader-1"

    async def scene(outside):
        world = outside.world
        world.move(1, "move", "boutique", pieces=world.where("boutique")["case-1"][:20], to="boutique/pad-1")
        antennas = [1] if reader == "pad-reader" else [1, 2, 3, 4]
        seen = await asyncio.to_thread(sllurp_reads, outside.servers[f"boutique/{reader}"].port, antennas, config)
        return seen, epcs(outside, ["pad-1"] if reader == "pad-reader" else FLOOR)

    seen, truth = run(scene)
    assert seen <= truth
    assert len(seen) > 0.7 * len(truth)


def sllurp_reads(port, antennas, config, seconds=1.8):
    logging.getLogger("sllurp").setLevel(logging.CRITICAL)
    base = {"antennas": antennas, "duration": 0.5, "tx_power": 0, "keepalive_interval": 500}
    if "report_every_n_tags" in config:
        base["duration"] = None
    client = LLRPReaderClient("127.0.0.1", port, LLRPReaderConfig(base | config))
    seen = set()
    client.add_tag_report_callback(lambda _, tags: seen.update(tag["EPC"].decode() for tag in tags))
    client.connect()
    time.sleep(seconds)
    # sllurp 3.0.5 sends first and then says whom to call back (`stopPolitely`): an answer that is quicker is lost to it,
    # so it is asked again.
    for _ in range(5):
        client.disconnect(timeout=2)
        if not client.is_alive():
            break
    assert not client.is_alive()
    return seen


# --- Wireshark ----------------------------------------------------------------------------------------------


class Relay:
    """A wire with a tap: passes bytes on in both directions and keeps them as (from_client, chunk)."""

    def __init__(self, port):
        self.port, self.kept = port, []

    async def start(self):
        self._server = await asyncio.start_server(self._join, "127.0.0.1", 0)
        return self._server.sockets[0].getsockname()[1]

    async def stop(self):
        self._server.close()
        await asyncio.sleep(0)

    async def _join(self, reader, writer):
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.port)
        await asyncio.gather(
            self._pump(reader, far_writer, from_client=True), self._pump(far_reader, writer, from_client=False)
        )

    async def _pump(self, reader, writer, *, from_client):
        try:
            while data := await reader.read(RELAY_CHUNK):
                self.kept.append((from_client, data))
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    def pcap(self, path):
        """Raw IPv4 packets with the reader at port 5084, as a capture would show them."""
        out = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)]
        sent = {True: 1, False: 1}
        for number, (from_client, data) in enumerate(self.kept):
            ports = (40000, 5084) if from_client else (5084, 40000)
            tcp = struct.pack(">HHIIBBHHH", *ports, sent[from_client], sent[not from_client], 0x50, 0x18, 65535, 0, 0)
            ends = (b"\x0a\0\0\1", b"\x0a\0\0\2") if from_client else (b"\x0a\0\0\2", b"\x0a\0\0\1")
            size = 20 + len(tcp) + len(data)
            packet = struct.pack(">BBHHHBBH", 0x45, 0, size, number & 0xFFFF, 0x4000, 64, 6, 0) + b"".join(ends) + tcp
            out.append(struct.pack("<IIII", 1_800_000_000 + number // 1000, number % 1000, size, size) + packet + data)
            sent[from_client] += len(data)
        path.write_bytes(b"".join(out))


WIRESHARK_MISCOUNTS = "Incorrect length of parameter: 13 bytes decoded, but 15 bytes claimed."
"""Wireshark 4.0 shows all eight bytes of an Identification's ReaderID, but does not count its two length bytes."""


def tshark(path, *wanted):
    done = subprocess.run(
        ["tshark", "-n", "-r", str(path), "-T", "fields", "-E", "aggregator=|", *wanted],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return [one for line in done.stdout.splitlines() for one in line.split("|")]


def complaints(path):
    """What Wireshark finds malformed or wrong in the capture, in its words."""
    found = tshark(
        path, "-Y", "_ws.malformed || (llrp && _ws.expert.severity >= 0x00600000)", "-e", "_ws.expert.message"
    )
    return [one for one in found if one != WIRESHARK_MISCOUNTS]


async def a_whole_session(server, port):
    """Everything a client may do once: configuration, capabilities, misuse, reports, signals, tags, closing."""
    async with Reader("127.0.0.1", port) as reader:
        await reader.set_keepalive(200)
        every = [params.EventNotificationState(event_type=kind, notification_state=True) for kind in (1, 2, 6, 8)]
        spec = params.ReaderEventNotificationSpec(event_notification_states=every)
        await reader.client.transact(
            messages.SET_READER_CONFIG(reset_to_factory_default=False, reader_event_notification_spec=spec)
        )
        await reader.set_gpi_enabled(1, True)
        await reader.set_gpo(2, True)
        server.set_input(1, high=True)
        told = await reader.get_gpio()
        assert (told.gpis[1], server.device.settings.gpos[2]) == ("high", True)
        await reader.get_config()
        await reader.client.transact(messages.START_ROSPEC(ro_spec_id=77))
        tags = [tag async for tag in reader.inventory(duration=1.0, report_every_n=5)]
        await reader.client.transact(messages.GET_ROSPECS())
        await reader.client.transact(messages.GET_ACCESSSPECS())
        # Results with data, with a count of words, with neither; and one that says what failed.
        await reader.read_memory(bank="tid", word_count=6)
        await reader.write_memory(bank="user", data="CAFE")
        await reader.write_memory(bank="tid", data="CAFE")
        await reader.kill_tag(kill_password=9, target_epc=tags[0].epc)
    return len(tags)


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed; ./test installs it")
@pytest.mark.parametrize("reader", ["case-reader-1", "pad-reader"])
def test_wireshark_finds_no_malformed_packet(tmp_path, reader, run):
    async def scene(outside):
        world = outside.world
        world.move(1, "move", "boutique", pieces=world.where("boutique")["case-1"][:9], to="boutique/pad-1")
        server = outside.servers[f"boutique/{reader}"]
        relay = Relay(server.port)
        tags = await a_whole_session(server, await relay.start())
        await relay.stop()
        return relay, tags

    relay, tags = run(scene)
    path = tmp_path / "session.pcap"
    relay.pcap(path)
    assert complaints(path) == []
    kinds = [int(kind) for kind in tshark(path, "-Y", "llrp", "-e", "llrp.type")]
    assert {1, 11, 3, 13, 2, 12, 20, 30, 22, 32, 24, 34, 36, 54, 61, 62, 63, 14, 4} <= set(kinds)
    sent = FrameBuffer().feed(b"".join(data for from_client, data in relay.kept if not from_client))
    assert kinds.count(61) == [m.kind for m in sent].count(61) >= tags // 5 > 5

    # The control: the same capture with one damaged length is found to be malformed.
    at = next(i for i, (from_client, data) in enumerate(relay.kept) if not from_client and data[:2] == b"\x04\x0b")
    from_client, data = relay.kept[at]
    relay.kept[at] = (from_client, data[:40] + b"\xff\xff" * 6 + data[52:])
    relay.pcap(path)
    assert complaints(path)


# --- connections and faults ---------------------------------------------------------------------------------


def test_a_second_client_is_refused_and_the_first_is_told(run):
    async def scene(outside):
        port = outside.servers["boutique/case-reader-1"].port
        async with LLRPClient("127.0.0.1", port) as first:
            with pytest.raises(LLRPConnectionError, match="refused"):
                await LLRPClient("127.0.0.1", port).connect()
            told = await asyncio.wait_for(first.events.get(), 30)
            assert int(told.reader_event_notification_data.connection_attempt_event.status) == 4
            assert await first.transact(messages.GET_ROSPECS())
        async with LLRPClient("127.0.0.1", port) as again:
            assert await again.transact(messages.GET_ROSPECS())

    run(scene)


async def ask(outside, reader, fault, antenna=0):
    await outside.servers[reader].set_fault(Fault(fault), antenna)


def test_a_black_hole_says_nothing_and_closes_nothing_until_it_is_mended(run):
    async def scene(outside):
        port = outside.servers["boutique/case-reader-1"].port
        client = LLRPClient("127.0.0.1", port, response_timeout=0.5, connect_timeout=0.5)
        await client.connect()
        await ask(outside, "boutique/case-reader-1", "blackhole")
        with pytest.raises(Exception, match="no response"):
            await client.transact(messages.GET_ROSPECS())
        assert client.connected
        with pytest.raises(LLRPConnectionError, match="ConnectionAttemptEvent"):
            await LLRPClient("127.0.0.1", port, connect_timeout=0.5).connect()
        await ask(outside, "boutique/case-reader-1", "none")
        await asyncio.sleep(0.2)
        assert not client.connected, "after a power cut the old connection is reset"
        await client.close()
        async with LLRPClient("127.0.0.1", port) as again:
            assert (await again.transact(messages.GET_ROSPECS())).ro_specs == []

    run(scene)


def test_a_rebooted_reader_comes_back_without_its_rospecs(monkeypatch, run):
    monkeypatch.setattr("simulator.llrp.server.REBOOT_S", 0.3)

    async def scene(outside):
        server = outside.servers["boutique/case-reader-1"]
        async with Reader("127.0.0.1", server.port) as reader:
            tags = reader.inventory(duration=30)
            await anext(tags)
            await server.set_fault(Fault.REBOOT)
            with pytest.raises(Exception, match=r"lost|closed"):
                async for _ in tags:
                    pass
        with pytest.raises(LLRPConnectionError):
            await LLRPClient("127.0.0.1", server.port).connect()
        await asyncio.sleep(0.6)
        async with LLRPClient("127.0.0.1", server.port) as again:
            assert (await again.transact(messages.GET_ROSPECS())).ro_specs == []

    run(scene)


def test_a_refusing_reader_answers_with_the_reason(run):
    async def scene(outside):
        await ask(outside, "boutique/gate-reader", "refuse")
        port = outside.servers["boutique/gate-reader"].port
        with pytest.raises(LLRPConnectionError, match="refused"):
            await LLRPClient("127.0.0.1", port).connect()
        await ask(outside, "boutique/gate-reader", "none")
        async with LLRPClient("127.0.0.1", port) as client:
            assert client.connected

    run(scene)


def test_bytes_that_are_not_llrp_end_the_connection_only(run):
    async def scene(outside):
        port = outside.servers["boutique/case-reader-1"].port
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        assert len(await asyncio.wait_for(reader.read(), 30)) > 0
        writer.close()
        async with LLRPClient("127.0.0.1", port) as client:
            assert client.connected

    run(scene)


def test_a_jammed_store_is_deaf_on_every_reader_until_it_is_mended(run):
    async def scene(outside):
        radios = {key: server.device.engine.radio for key, server in outside.servers.items()}
        await outside.servers["boutique/gate-reader"].set_fault(Fault.JAMMED)
        await outside.servers["boutique/pad-reader"].set_fault(Fault.NONE)
        assert all(radio.jammed for radio in radios.values())
        await outside.servers["boutique/gate-reader"].set_fault(Fault.NONE)
        assert not any(radio.jammed for radio in radios.values())

    run(scene)


def test_a_dead_antenna_is_told_to_whoever_asked(run):
    async def scene(outside):
        server = outside.servers["boutique/case-reader-1"]
        async with LLRPClient("127.0.0.1", server.port) as client:
            wanted = [params.EventNotificationState(event_type=8, notification_state=True)]
            spec = params.ReaderEventNotificationSpec(event_notification_states=wanted)
            await client.transact(
                messages.SET_READER_CONFIG(reset_to_factory_default=False, reader_event_notification_spec=spec)
            )
            for fault, state in ((Fault.ANTENNA_DEAD, 0), (Fault.NONE, 1)):
                await server.set_fault(fault, 3 if fault is Fault.ANTENNA_DEAD else 0)
                told = await asyncio.wait_for(client.events.get(), 30)
                event = told.reader_event_notification_data.antenna_event
                assert (event.antenna_id, int(event.event_type)) == (3, state)

    run(scene)


def test_a_flapping_reader_comes_and_goes(monkeypatch, run):
    monkeypatch.setattr("simulator.llrp.server.FLAP_US", 400_000)

    async def scene(outside):
        server = outside.servers["boutique/case-reader-1"]
        async with LLRPClient("127.0.0.1", server.port, response_timeout=0.1) as client:
            await server.set_fault(Fault.FLAPPING)
            answered = []
            for _ in range(16):
                try:
                    await client.transact(messages.GET_ROSPECS())
                    answered.append(True)
                except LLRPTimeoutError:
                    answered.append(False)
                await asyncio.sleep(0.05)
        assert any(answered)
        assert not all(answered)

    run(scene)


def test_the_simulator_is_a_process_that_stops_when_told(tmp_path):
    made = plan(("boutique",), 11, pieces={"boutique": 20}, state_file=tmp_path / "state.json")
    write_config(tmp_path / "simulator.json", made.config)
    command = [sys.executable, "-m", "simulator", str(tmp_path / "simulator.json")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert "simulator ready" in process.stdout.readline()
        taken = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert taken.returncode == 1
        assert "free that address" in taken.stderr.splitlines()[-1]
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert (tmp_path / "state.json").exists()
