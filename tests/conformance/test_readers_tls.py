"""LLRP inside TLS: whom to trust is a person's decision, and whatever happens to the connection, the reader is read
again. The other end is the simulator's server behind Python's ssl, with a proxy between that cuts, stalls and lies."""

import asyncio
import contextlib
import hashlib
import random
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import NamedTuple

import numpy as np
import pytest
from conformance_stories import play, play_each, running, until
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from house_hurry import HURRIED, PACE

from contract.facts import ReaderLink
from contract.ids import ReaderId, ZoneId
from edge.config import ReaderConfig
from edge.readers import inquire, open_reader
from edge.readers.base import MisconfiguredError
from edge.readers.profiles import load_profile
from simulator.llrp.device import Device
from simulator.llrp.server import LlrpServer
from simulator.radio import Radio
from simulator.stock import make_stock
from simulator.store import load_layout
from simulator.tags import Tags
from simulator.world import World
from vitrine.problems import PersonError
from vitrine.reader import Papers, check, probe

STALLED_S = 3600
"""As good as for ever: it is cancelled when the story ends."""


class Paper:
    """A certificate for 127.0.0.1 that signs itself, as readers make one, in files."""

    def __init__(self, folder, name, host="127.0.0.1"):
        key = ec.generate_private_key(ec.SECP256R1())
        who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(who).issuer_name(who).public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=2))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )  # fmt: skip
        self.cert, self.key = folder / f"{name}.pem", folder / f"{name}.key"
        self.cert.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        self.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        self.pin = hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).hexdigest()

    def server(self, client=None, version=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert, self.key)
        if client is not None:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(client.cert)
        if version is not None:
            context.minimum_version = context.maximum_version = version
        return context


@pytest.fixture(scope="module")
def papers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    return {name: Paper(folder, name) for name in ("reader", "stranger", "store")} | {
        "elsewhere": Paper(folder, "elsewhere", "192.0.2.7")
    }


def a_server():
    layout = load_layout("boutique")
    stock = make_stock(seed=7, store_number=1, n=60, shelves=layout.shelves(), currency="EUR", tax_bp=2000)
    world = World([(layout, stock)])
    radio = Radio(world, layout.store, 7, HURRIED.now_us())
    device = Device(layout.readers[0], "r", radio, Tags(world), np.random.default_rng(5))
    return LlrpServer(device, HURRIED.now_us, pace=PACE)


def configured(port, scheme="llrps", **tls):
    return ReaderConfig(
        id=ReaderId("r"), url=f"{scheme}://127.0.0.1:{port}", profile="zebra-fx9600",
        antennas={"1": ZoneId("z"), "2": ZoneId("z")}, **tls,
    )  # fmt: skip


def reader_on(port, **tls):
    return open_reader(configured(port, **tls), load_profile("zebra-fx9600"), random.Random(3))


class Between:
    """A proxy: cuts, or falls silent, after so many bytes from the reader's side; the first connection only."""

    def __init__(self, to_port, after, *, stall=False):
        self._to_port, self._left, self._stall = to_port, after, stall
        self.cuts = 0
        self._tasks = set()

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _serve(self, reader, writer):
        self._tasks.add(asyncio.ensure_future(self._between(reader, writer)))

    async def _between(self, reader, writer):
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._to_port)
        up = asyncio.ensure_future(self._pass(reader, up_writer))
        self._tasks.add(up)
        try:
            while data := await up_reader.read(4096):
                part = data if self._left is None else data[: self._left]
                writer.write(part)
                if self._left is not None:
                    self._left -= len(part)
                    if self._left == 0:
                        self._left, self.cuts = None, self.cuts + 1
                        if self._stall:
                            await asyncio.sleep(STALLED_S)
                        break
        except ConnectionError:
            pass
        finally:
            up.cancel()
            for each in (writer, up_writer):
                each.close()

    async def _pass(self, reader, writer):
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(4096):
                writer.write(data)


async def beside_a_server(story, tls):
    server = a_server()
    await server.start("127.0.0.1", 0, tls)
    try:
        await story(server)
    finally:
        await server.stop()


def play_one(story, tls=None):
    """A story with a simulated reader, behind TLS if so."""
    play(lambda: beside_a_server(story, tls))


def is_reading(reader, more=20):
    before = reader.health.reads_total
    return lambda: reader.health.link is ReaderLink.READING and reader.health.reads_total >= before + more


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_reader_whose_certificate_is_pinned_is_read(papers, version):
    async def story(server):
        reader = reader_on(server.port, tls_pin=papers["reader"].pin)
        async with running(reader) as batches:
            await until(is_reading(reader, 300))
        assert sum(map(len, batches)) == reader.health.reads_total
        assert reader.health.dropped_total == 0

    play_one(story, papers["reader"].server(version=version))


def test_a_pin_may_be_written_as_certificates_show_it():
    pin = ":".join(f"{byte:02X}" for byte in range(32))
    assert reader_on(1, tls_pin=pin).health.link is ReaderLink.CONNECTING


@pytest.mark.parametrize("pinned", ["stranger", None])
def test_a_certificate_nobody_trusted_is_refused_with_its_fingerprint_and_what_to_write(papers, pinned):
    heard = []

    async def story(server):
        server.device.hear = lambda *args: heard.append(args) or b""
        reader = reader_on(server.port, **({"tls_pin": papers[pinned].pin} if pinned else {}))
        async with running(reader):
            await until(lambda: reader.health.link is ReaderLink.REFUSED)
        assert f'tls_pin = "{papers["reader"].pin}"' in reader.health.why
        assert ("another certificate" in reader.health.why) == bool(pinned)

    play_one(story, papers["reader"].server())
    assert heard == [], "nothing is said to whoever is not trusted"


def test_probing_an_unpinned_reader_tells_its_fingerprint(papers):
    async def story(server):
        with pytest.raises(MisconfiguredError, match=papers["reader"].pin):
            await inquire(configured(server.port), random.Random(1), HURRIED, lambda _: None)
        pinned = configured(server.port, tls_pin=papers["reader"].pin)
        told = await inquire(pinned, random.Random(1), HURRIED, lambda _: None)
        assert dict(told.rows())["reader"] == "Zebra FX9600"

    play_one(story, papers["reader"].server())


def test_a_reader_that_asks_who_we_are_is_probed_and_checked_with_our_certificate(papers, capsys):
    ours = Papers(papers["reader"].pin, papers["store"].cert, papers["store"].key)

    async def story(server):
        url = f"llrps://127.0.0.1:{server.port}"
        await asyncio.to_thread(probe, url, ours, as_json=False)
        await asyncio.to_thread(check, "zebra-fx9600", url, ["1=case"], ours, as_json=False)
        with pytest.raises(PersonError):  # control: it does not speak to whoever shows nothing
            await asyncio.to_thread(probe, url, Papers(papers["reader"].pin), as_json=False)

    play_one(story, papers["reader"].server(client=papers["store"]))
    said = capsys.readouterr().out
    assert "Zebra FX9600" in said
    assert "can be used with this reader" in said


def test_a_reader_whose_maker_vouches_for_it_is_read_by_the_name_in_its_certificate(papers):
    async def story(server):
        reader = reader_on(server.port, tls_ca=papers["reader"].cert)
        async with running(reader):
            await until(is_reading(reader))

    play_one(story, papers["reader"].server())


@pytest.mark.parametrize(("shown", "ca"), [("stranger", "reader"), ("elsewhere", "elsewhere")])
def test_a_certificate_of_another_authority_or_name_is_refused(papers, shown, ca):
    async def story(server):
        reader = reader_on(server.port, tls_ca=papers[ca].cert)
        async with running(reader):
            await until(lambda: reader.health.link is ReaderLink.REFUSED)
        assert "tls_ca does not vouch for" in reader.health.why

    play_one(story, papers[shown].server())


def test_a_reader_that_asks_who_we_are_is_shown_our_certificate(papers):
    async def story(server):
        ours = papers["store"]
        reader = reader_on(server.port, tls_pin=papers["reader"].pin, tls_cert=ours.cert, tls_key=ours.key)
        async with running(reader):
            await until(is_reading(reader))

    play_one(story, papers["reader"].server(client=papers["store"]))


def test_control_without_our_certificate_that_reader_does_not_speak_to_us(papers):
    async def story(server):
        reader = reader_on(server.port, tls_pin=papers["reader"].pin)
        async with running(reader):
            await until(lambda: reader.health.link is ReaderLink.SILENT)
        assert reader.health.reads_total == 0

    play_one(story, papers["reader"].server(client=papers["store"]))


def test_a_reader_that_speaks_plainly_on_that_port_is_not_spoken_to_and_the_port_is_named(papers):
    async def story(server):
        reader = reader_on(server.port, tls_pin=papers["reader"].pin)
        async with running(reader):
            await until(lambda: "no TLS there" in reader.health.why)
            await until(lambda: reader.health.link is ReaderLink.SILENT)
        assert "is that the reader's TLS port?" in reader.health.why

    play_one(story)


def test_a_handshake_that_stalls_is_given_up_and_the_reader_read_at_the_next_try(papers):
    async def story(server):
        async with Between(server.port, 200, stall=True) as proxy:
            reader = reader_on(proxy.port, tls_pin=papers["reader"].pin)
            whys = []
            async with running(reader):
                await until(lambda: whys.append(reader.health.why) or is_reading(reader, 0)())
            assert proxy.cuts == 1
            assert any("TLS was not ready" in why for why in whys)

    play_one(story, papers["reader"].server())


class Cut(NamedTuple):
    """After how many bytes from the reader the line is cut."""

    after: int

    @property
    def name(self):
        return str(self.after)


CUTS = [Cut(after) for after in (1, 5, 80, 300, 600, 900, 1100, 1500, 2500, 5000, 12_000)]


def test_a_connection_cut_at_any_byte_is_made_again_and_no_read_is_damaged(papers, tmp_path):
    async def story(server, cut):
        async with Between(server.port, cut.after) as proxy:
            reader = reader_on(proxy.port, tls_pin=papers["reader"].pin)
            async with running(reader):
                await until(lambda: proxy.cuts == 1 and is_reading(reader, 0)())
                await until(is_reading(reader))
            assert (reader.health.dropped_total, reader.health.bytes_skipped_total) == (0, 0)

    tls = papers["reader"].server()
    play_each(lambda cut, _: beside_a_server(lambda server: story(server, cut), tls), CUTS, tmp_path)


def test_a_reader_that_says_farewell_in_tls_is_connected_again(papers):
    """close_notify (RFC 8446 §6.1): the end of all reads, however TCP stands."""

    async def story(server):
        reader = reader_on(server.port, tls_pin=papers["reader"].pin)
        async with running(reader):
            await until(is_reading(reader))
            server._client.close()
            await until(lambda: reader.health.connects_total == 2)
            await until(is_reading(reader, 100))

    play_one(story, papers["reader"].server())


@pytest.mark.parametrize(
    ("tls", "words"),
    [
        ({"tls_pin": "beef"}, "64 digits"),
        ({"tls_pin": "no hex at all"}, "64 digits"),
        ({"tls_cert": "x.pem"}, "belong together"),
        ({"tls_ca": "not/there.pem"}, "not/there.pem"),
        ({"scheme": "llrp", "tls_pin": "00" * 32}, "has no TLS"),
    ],
)
def test_keys_that_are_no_use_are_refused_with_the_mend(tls, words):
    with pytest.raises(MisconfiguredError, match=words):
        reader_on(1, **tls)
