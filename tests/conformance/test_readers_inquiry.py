"""Who a reader is, asked of readers that are not ours: nothing is changed there, and every silence has its sentence."""

import asyncio
import contextlib
import json
import random
import re
import shlex
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from contract.ids import ReaderId, ZoneId
from edge.clock import SystemClock
from edge.config import ReaderConfig, load_config
from edge.readers import DRIVERS, driver_of, inquire, open_reader
from edge.readers.base import MisconfiguredError, UnreachableError
from edge.readers.llrp.events import ROSPEC_ACTIVE
from edge.readers.profiles import load_profile
from simulator.llrp.device import Device
from simulator.llrp.reports import Tags
from simulator.llrp.server import Fault, LlrpServer
from simulator.radio import Radio
from simulator.serial.air import Tray
from simulator.serial.line import Fault as LineFault
from simulator.serial.line import Line
from simulator.serial.m100 import M100
from simulator.stock import make_stock
from simulator.store import load_layout
from simulator.world import World

ROOT = Path(__file__).resolve().parents[2]
SET_M100 = {0x07, 0xB6, 0x0E, 0x12, 0x0C, 0x27}


def now_us():
    return time.time_ns() // 1000


def play(story):
    """A story with the boutique's first simulated reader, an FX9600 in Europe."""

    async def whole():
        layout = load_layout("boutique")
        stock = make_stock(seed=7, store_number=1, n=60, shelves=layout.shelves(), currency="EUR", tax_bp=2000)
        world = World([(layout, stock)])
        radio = Radio(world, layout.store, 7, now_us())
        device = Device(layout.readers[0], "r", radio, Tags(world), np.random.default_rng(5))
        server = LlrpServer(device, now_us)
        await server.start("127.0.0.1", 0)
        try:
            await story(server)
        finally:
            await server.stop()
            await asyncio.sleep(0.1)

    asyncio.run(whole())


async def until(condition):
    """Wait for something that must come; patience is no measurement."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - the driver tells by its health, which is looked at, not waited for
            await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def reading(port):
    """A client of the store's box, which reads."""
    url = f"llrp://127.0.0.1:{port}"
    reader = open_reader(config(url, "zebra-fx9600"), load_profile("zebra-fx9600"), random.Random(3))
    task = asyncio.create_task(reader.run(lambda _: None, SystemClock()))
    try:
        await until(lambda: reader.health.reads_total > 20)
        yield reader
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def config(url, profile=""):
    return ReaderConfig(id=ReaderId("r"), url=url, profile=profile, antennas={"1": ZoneId("z")})


async def asked(url):
    steps = []
    return await inquire(config(url), random.Random(1), SystemClock(), steps.append), steps


async def vitrine(*words):
    running = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "vitrine",
        *words,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await running.communicate()
    return running.returncode, out.decode(), err.decode().strip()


def test_a_reader_says_who_it_is_and_what_another_client_left_there():
    async def story(shop):
        url = f"llrp://127.0.0.1:{shop.port}"
        async with reading(shop.port):
            pass
        for _ in range(2):  # and it is not changed by being asked
            told, steps = await asked(url)
            assert told.rospecs == {1: ROSPEC_ACTIVE}
        rows = dict(told.rows())
        assert rows["reader"] == "Zebra FX9600"
        assert rows["antennas"].startswith("8 ports; connected: 1, 2")
        assert rows["ROSpecs"] == "1 running"
        assert "4 of 4 questions asked" in steps

    play(story)


def test_a_reader_that_another_client_holds_is_left_to_it():
    async def story(shop):
        async with reading(shop.port) as reader:
            with pytest.raises(UnreachableError, match="another client holds this reader; end the program"):
                await asked(f"llrp://127.0.0.1:{shop.port}")
            before = reader.health.reads_total
            await until(lambda: reader.health.reads_total > before)

    play(story)


def test_a_reader_without_power_is_silence_with_its_mend():
    async def story(shop):
        await shop.set_fault(Fault.BLACKHOLE)
        with pytest.raises(UnreachableError, match="switch the reader off and on"):
            await asked(f"llrp://127.0.0.1:{shop.port}")

    play(story)


def test_what_does_not_speak_llrp_is_told_from_a_reader():
    async def story(_):
        async def greet(_, writer):
            writer.write(b"SSH-2.0-something else altogether\r\n")
            await writer.drain()
            await gone.wait()
            writer.close()
            await writer.wait_closed()

        gone = asyncio.Event()
        server = await asyncio.start_server(greet, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(UnreachableError, match="does not speak LLRP"):
            await asked(f"llrp://127.0.0.1:{port}")
        gone.set()
        await asyncio.sleep(0.1)
        server.close()

    play(story)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("llrp://127.0.0.1:1", "Connection refused; look at the address"),
        ("llrp://nowhere.invalid", "cannot connect to nowhere.invalid"),
        (
            "m100:///dev/there-is-no-such-port",
            "cannot open /dev/there-is-no-such-port: No such file or directory; look",
        ),
    ],
)
def test_a_wrong_address_is_said_with_its_mend(url, told):
    async def story(_):
        with pytest.raises(UnreachableError, match=re.escape(told)):
            await asked(url)

    play(story)


def test_a_module_says_who_it_is_and_is_set_to_nothing(serial_kind, tmp_path):
    async def story():
        module = serial_kind.module(Tray({}))
        async with Line(module, tmp_path / "port", now_us):
            told, _ = await asked(f"{serial_kind.scheme}://{tmp_path / 'port'}")
        assert dict(told.rows())["module"] == serial_kind.model
        assert told.power_dbm == {"m100": 26.0, "mercury": 27.0, "r2000": 30.0, "uhf288": 30.0}[serial_kind.scheme]
        assert told.region == {"m100": "china", "mercury": "", "r2000": "us", "uhf288": "us"}[serial_kind.scheme]
        assert (told.temperature_c is None) == (serial_kind.scheme == "m100")
        if serial_kind.scheme == "m100":
            assert not SET_M100 & set(module.heard)

    asyncio.run(story())


def test_a_module_that_says_nothing_is_named_with_its_port(serial_kind, tmp_path):
    async def story():
        line = Line(serial_kind.module(Tray({})), tmp_path / "port", now_us)
        line.fault = LineFault.SILENT
        async with line:
            with pytest.raises(UnreachableError, match=r"no module answered at .*whether it is plugged in"):
                await asked(f"{serial_kind.scheme}://{tmp_path / 'port'}?baud=115200")

    asyncio.run(story())


def test_a_kind_of_reader_nobody_knows_is_answered_with_the_known_ones():
    with pytest.raises(MisconfiguredError, match=", ".join(DRIVERS)):
        driver_of(config("carrier-pigeon://x"))


def test_what_the_readme_says_of_readers_can_be_typed_as_it_stands(tmp_path, monkeypatch):
    """Its addresses are those of a simulated reader and of a module behind a pseudo-terminal; so are its zones' lines."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text[text.index("## Your own readers") :].split("\n## ", 1)[0].split("\n### ", 1)[0]
    commands, _ = re.findall(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    lines = "".join(re.findall(r"^```toml\n(.*?)^```$", section, re.MULTILINE | re.DOTALL))

    async def story(shop):
        for line in commands.splitlines():
            here = line.replace("192.0.2.10", f"127.0.0.1:{shop.port}").replace("/dev/ttyUSB0", str(tmp_path / "port"))
            code, _, err = await vitrine(*shlex.split(here)[1:])
            assert code == 0, f"{line}: {err}"

    async def both(shop):
        async with Line(M100(Tray({}), mark="BB"), tmp_path / "port", now_us):
            await story(shop)

    play(both)
    edge = tmp_path / "edge.toml"
    (tmp_path / "mail-password").touch(0o600)
    monkeypatch.chdir(tmp_path)
    head = 'store = "paris"\nname = "Paris"\ncurrency = "EUR"\ndata_dir = "paris"\n'
    edge.write_text(head + lines, encoding="utf-8")
    loaded = load_config(edge)
    kinds = {zone.id: zone.kind for zone in loaded.zones}
    for each in loaded.readers:
        ports = {int(port): kinds[zone] for port, zone in each.antennas.items()}
        open_reader(each, load_profile(each.profile), random.Random(1), ports)


def test_programs_get_json_and_an_exit_code():
    async def story(shop):
        url = f"llrp://127.0.0.1:{shop.port}"
        code, out, _ = await vitrine("reader", "probe", url, "--json")
        assert (code, json.loads(out)["told"]["capabilities"]["antennas"]) == (0, 8)
        code, out, err = await vitrine("reader", "check", "impinj-r420", url, "--json")
        found = json.loads(out)
        assert (code, found["usable"]) == (2, False)
        assert [each["weight"] for each in found["findings"]] == ["refused", "refused"]
        assert len(err.splitlines()) == 1
        code, out, _ = await vitrine("reader", "check", "zebra-fx9600", url, "--antenna", "2=exit")
        assert code == 0
        assert "exit wants 30.0 dBm; the region this reader is set up for allows 29.2 dBm" in out

    play(story)


def test_a_reader_that_streams_by_itself_cannot_be_asked():
    with pytest.raises(MisconfiguredError, match="look at its own page"):
        asyncio.run(asked("zebra-iot://gate"))


def test_an_antenna_that_cannot_be_is_said_before_anybody_is_asked():
    async def story(_):
        code, _, err = await vitrine("reader", "check", "m100", "m100:///dev/nowhere", "--antenna", "2=pad")
        assert (code, "antenna 1 alone" in err) == (2, True)
        code, _, err = await vitrine("reader", "check", "m100", "m100:///dev/nowhere", "--antenna", "2=attic")
        assert (code, "write PORT=KIND" in err) == (2, True)

    play(story)


def test_all_that_the_readme_writes_into_edge_toml_fits_into_one_file(tmp_path, monkeypatch):
    """The store's own lines, with the zones in the place of its zones, and then each example as it comes."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```toml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    first = next(n for n, block in enumerate(blocks) if block.startswith("# edge.toml"))
    zones, *rest = blocks[first + 1 :]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "house").mkdir()
    for name in ("house.pem", "paris.pem", "paris.key"):
        (tmp_path / "house" / name).touch()
    (tmp_path / "mail-password").touch(0o600)
    edge = tmp_path / "edge.toml"
    store = re.sub(r"^zones = .*\n", zones, blocks[first], flags=re.MULTILINE)
    edge.write_text(store + "\n".join(rest), encoding="utf-8")
    loaded = load_config(edge)
    assert [reader.id for reader in loaded.readers] == ["back", "till", "gate", "sled", "rfd40"]
    assert (loaded.printers[0].id, loaded.tags.scheme, loaded.uplink.broker_port) == ("back", "sgtin-96", 8883)
