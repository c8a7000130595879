"""A reader's clock, its buffer and its name, told by itself: uptime instead of UTC, jumps, overflow, identification; TLS."""

import asyncio
import datetime as dt
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from llrpkit.protocol import decode_message, enums, messages, params

from simulator.llrp.server import Fault, LlrpServer


def notified(said):
    return [m.reader_event_notification_data for m in said if isinstance(m, messages.READER_EVENT_NOTIFICATION)]


def switch_events(bench, *kinds, **more):
    states = [params.EventNotificationState(event_type=kind, notification_state=True) for kind in kinds]
    spec = params.ReaderEventNotificationSpec(event_notification_states=states)
    bench.ask(messages.SET_READER_CONFIG(reset_to_factory_default=False, reader_event_notification_spec=spec, **more))


def test_a_reader_without_utc_stamps_everything_with_its_uptime(new_bench):
    bench = new_bench()
    bench.device.clock.utc = False
    bench.device.clock.boot(bench.now_us - 5_000_000)
    first = bench.connect().reader_event_notification_data
    assert first.timestamp == params.Uptime(microseconds=5_000_000)
    bench.inventory()
    tag = bench.tags(1.0)[0]
    assert tag.first_seen_timestamp_utc is None
    assert tag.last_seen_timestamp_utc is None
    assert 5_000_000 <= tag.first_seen_timestamp_uptime.microseconds <= 6_000_000
    assert tag.first_seen_timestamp_uptime.microseconds <= tag.last_seen_timestamp_uptime.microseconds


def test_uptime_begins_again_when_the_reader_does(new_bench):
    bench = new_bench()
    bench.device.clock.utc = False
    bench.connect()
    bench.air(60.0)
    bench.device.reboot(bench.now_us)
    bench.said.clear()
    assert bench.connect().reader_event_notification_data.timestamp.microseconds == 0


def test_a_clock_that_is_wrong_jumps_and_changes_nothing_already_read(bench):
    bench.device.clock.offset_us = 3_600_000_000
    bench.inventory(report_every_n=1000)
    began_us = bench.now_us
    bench.air(1.0)
    bench.device.clock.offset_us = -86_400_000_000
    bench.air(1.0)
    bench.ask(messages.STOP_ROSPEC(ro_spec_id=1))
    stamps = [
        tag.first_seen_timestamp_utc.microseconds - began_us
        for m in bench.said
        if isinstance(m, messages.RO_ACCESS_REPORT)
        for tag in m.tag_report_datas
    ]
    early = [us for us in stamps if us > 0]
    late = [us for us in stamps if us < 0]
    assert early
    assert late
    assert all(3_600_000_000 <= us <= 3_601_300_000 for us in early)
    assert all(-86_400_000_000 <= us <= -86_398_000_000 for us in late)


def test_capabilities_say_whether_there_is_a_utc_clock(bench):
    told = bench.ask(messages.GET_READER_CAPABILITIES(requested_data=1)).general_device_capabilities
    assert told.has_utc_clock_capability


def test_a_buffer_that_fills_warns_and_then_says_what_it_lost(bench, monkeypatch):
    monkeypatch.setattr("simulator.llrp.device.HELD_BYTES_MAX", 20_000)
    hold = params.EventsAndReports(hold_events_and_reports_upon_reconnect=True)
    switch_events(bench, 3, events_and_reports=hold)
    bench.inventory()
    bench.device.disconnected()
    bench.air(10.0)
    assert bench.device.held_lost_total > 0
    bench.device.connected(bench.now_us)
    before = len(bench.said)
    bench.ask(messages.ENABLE_EVENTS_AND_REPORTS())
    told = notified(bench.said[before:])
    assert any(one.report_buffer_overflow_error_event is not None for one in told)
    bench.device.disconnected()
    lost = bench.device.held_lost_total
    while not bench.device._warned:
        bench.air(0.1)
    assert bench.device.held_lost_total == lost, "the warning comes before anything is lost"
    bench.device.connected(bench.now_us)
    before = len(bench.said)
    bench.ask(messages.ENABLE_EVENTS_AND_REPORTS())
    (warned,) = notified(bench.said[before:])
    assert warned.report_buffer_level_warning_event.report_buffer_percentage_full == 80


def test_a_client_that_did_not_ask_is_told_of_no_buffer(bench, monkeypatch):
    monkeypatch.setattr("simulator.llrp.device.HELD_BYTES_MAX", 20_000)
    hold = params.EventsAndReports(hold_events_and_reports_upon_reconnect=True)
    bench.ask(messages.SET_READER_CONFIG(reset_to_factory_default=False, events_and_reports=hold))
    bench.inventory()
    bench.device.disconnected()
    bench.air(5.0)
    bench.device.connected(bench.now_us)
    before = len(bench.said)
    bench.ask(messages.ENABLE_EVENTS_AND_REPORTS())
    assert notified(bench.said[before:]) == []


def test_every_reader_has_a_name_of_its_own(run):
    async def scene(outside):
        told = set()
        for server in outside.servers.values():
            server.device.connected(1)
            asked = messages.GET_READER_CONFIG(antenna_id=0, requested_data=1, gpi_port_num=0, gpo_port_num=0)
            body = server.device._get_config(asked.to_bytes(message_id=1)[10:], 1)[0]
            frame = (0x040C).to_bytes(2) + (10 + len(body)).to_bytes(4) + bytes(4) + body
            named = decode_message(frame).identification
            assert int(named.id_type) == enums.IdentificationType.MAC_Address
            told.add(bytes(named.reader_id))
        assert len(told) == len(outside.servers)
        assert {len(one) for one in told} == {8}

    run(scene)


# --- TLS ----------------------------------------------------------------------------------------------------


@pytest.fixture
def certificate(tmp_path):
    """A certificate of the reader's own, as one is laid onto it at the bench."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "reader")])
    day = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(day)
        .not_valid_after(day + dt.timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "reader.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


def test_a_reader_speaks_llrp_inside_tls_and_to_nobody_outside_it(certificate, new_bench, monkeypatch):
    monkeypatch.setattr("simulator.llrp.server.REBOOT_S", 0.2)
    bench = new_bench()
    here = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    here.load_cert_chain(certificate)
    there = ssl.create_default_context(cafile=str(certificate))
    there.check_hostname = False

    async def hello(server, tls):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port, ssl=tls)
        try:
            if tls is None:
                writer.write(b"\x04\x01\0\0\0\x0b\0\0\0\1\0")
            head = await asyncio.wait_for(reader.readexactly(10), 30)
            return int.from_bytes(head[:2]) & 0x3FF
        finally:
            writer.transport.abort()
            await asyncio.sleep(0)

    async def play():
        server = LlrpServer(bench.device, lambda: bench.now_us)
        await server.start("127.0.0.1", 0, tls=here)
        try:
            assert await hello(server, there) == 63
            with pytest.raises((asyncio.IncompleteReadError, ConnectionError, TimeoutError)):
                await hello(server, None)
            await server.set_fault(Fault.REBOOT)
            await asyncio.sleep(0.5)
            assert await hello(server, there) == 63, "after a reboot it is TLS again"
        finally:
            await server.stop()

    asyncio.run(play())
