"""The office as a process: real broker, real TLS door, kill -9 in the middle, and everything is there once."""

import contextlib
import datetime as dt
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import msgspec
import paho.mqtt.client as paho
import pytest
import sqlalchemy as sa
from house_ports import free_port
from paho.mqtt.enums import CallbackAPIVersion

from cloud import schema
from cloud.db import open_office
from cloud.tables import sale, stream
from contract import topics
from contract.entries import leaf_hash, next_head
from contract.facts import Stream
from contract.ids import StoreId
from contract.messages import Down, JournalRows, Rejoin, Snapshot, Standing, decode_down, encode
from vitrine.authority import Authority

ROOT = Path(__file__).resolve().parents[2]
RUN = """
import sys
from pathlib import Path
from cloud import config, running
sys.exit(running.run(config.load_config(Path(sys.argv[1]))))
"""
PIECES = tuple(f"p{n}" for n in range(40))


def until(what, seconds: float = 30.0):
    """Wait for the world; a bound, not a measurement."""
    end = time.monotonic() + seconds
    while not (got := what()):
        assert time.monotonic() < end, f"waited {seconds} s in vain for {what}"
        time.sleep(0.05)
    return got


class Line:
    """A store's connection to the broker, and what it heard."""

    def __init__(self, port: int, store: str) -> None:
        self.heard: list[Down] = []
        self.up = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=store, protocol=paho.MQTTv5)
        self._client.on_connect = lambda client, *_: (client.subscribe(topics.down(StoreId(store)), 1), self.up.set())
        self._client.on_message = lambda _c, _d, message: self.heard.append(decode_down(message.payload))
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert self.up.wait(20)
        self._topic = topics.up(StoreId(store))

    def send(self, body: bytes) -> None:
        self._client.publish(self._topic, body, 1)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
    port = free_port()
    config = tmp_path_factory.mktemp("broker") / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nuser root\n")
    child = subprocess.Popen([program, "-c", str(config)], stderr=subprocess.DEVNULL)
    until(lambda: _listens(port))
    yield port
    child.terminate()
    child.wait(10)


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


class Process:
    """The office, started and killed."""

    def __init__(self, folder: Path, broker: int) -> None:
        now = dt.datetime.now(dt.UTC)
        self.authority = Authority.open(folder / "authority", now)
        door = self.authority.server("office", ("127.0.0.1",), now)
        self.port, self.door_port = free_port(), free_port()
        self.url = f"sqlite:///{folder / 'office.sqlite3'}"
        self.config = folder / "cloud.toml"
        self.log = folder / "office.log"
        self.config.write_text(
            f'database_url = "{self.url}"\nport = {self.port}\nsecond_factor = false\n[broker]\nhost = "127.0.0.1"\nport = {broker}\n'
            f'[door]\nport = {self.door_port}\nca = "{self.authority.ca_file}"\ncert = "{door.cert}"\nkey = "{door.key}"\n'
        )
        self.child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.child = subprocess.Popen([sys.executable, "-c", RUN, str(self.config)], cwd=ROOT, stderr=log)
        until(lambda: self.healthy() or self.child.poll() is not None)
        assert self.child.poll() is None, self.log.read_text()

    def healthy(self) -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"http://127.0.0.1:{self.port}/healthz", trust_env=False).json()["broker"]
        return False

    def kill(self) -> None:
        os.kill(self.child.pid, signal.SIGKILL)
        self.child.wait(10)

    def stop(self) -> int:
        self.child.terminate()
        return self.child.wait(20)

    def client(self, name: str) -> httpx.Client:
        identity = self.authority.client(name, dt.datetime.now(dt.UTC))
        tls = ssl.create_default_context(cafile=str(identity.ca))
        tls.load_cert_chain(str(identity.cert), str(identity.key))
        return httpx.Client(base_url=f"https://127.0.0.1:{self.door_port}", verify=tls, trust_env=False, timeout=20)


@pytest.fixture
def process(tmp_path, broker, house_type):
    process = Process(tmp_path, broker)
    office = open_office(process.url)
    schema.migrate(office)
    house_type(office).store("paris", *PIECES, join=False)
    office.close()
    process.start()
    yield process
    if process.child.poll() is None:
        process.stop()


def joined(process, box_type):
    """A box of the contract's words, joined over the real door."""
    box = box_type(None, "paris")
    with process.client("paris") as door:
        answer = door.post("/edge/v1/rejoin", content=encode(box.plea("n1")))
        assert answer.status_code == 200, answer.text
        snapshot = msgspec.json.decode(answer.content, type=Snapshot)
        assert door.post("/edge/v1/rejoin", content=encode(box.plea("n1"))).content == answer.content
    box.adopt(snapshot)
    return box


def test_a_box_is_known_by_its_certificate(process, box_type):
    box = joined(process, box_type)
    assert set(box.ce) == set(PIECES)
    with process.client("milan") as stranger:
        asked = Rejoin(store=StoreId("paris"), instance="thief", nonce="x", term=0, cloud_epoch=0)
        assert stranger.post("/edge/v1/rejoin", content=encode(asked)).status_code == 403
        assert stranger.get("/edge/v1/feed?since=0").status_code == 200
    with pytest.raises(httpx.HTTPError):
        httpx.get(f"https://127.0.0.1:{process.door_port}/edge/v1/feed", verify=False, trust_env=False)


def test_every_sale_is_posted_once_though_the_office_is_killed_again_and_again(process, broker, box_type, house_type):
    box = joined(process, box_type)
    line = Line(broker, "paris")
    for n, piece in enumerate(PIECES, 1):
        box.write(house_type.sale(box, f"s{n}", piece, receipt=n))
    upto = 0
    for turn in range(6):
        for first in range(upto + 1, len(PIECES) + 1, 3):
            line.send(encode(box.message(first, min(first + 2, len(PIECES)))))
        if turn < 3:
            time.sleep(0.05 * turn)
            process.kill()
            process.start()
        line.send(encode(box.message(len(PIECES) + 1)))
        heard = until(lambda: [down for down in line.heard if down.acks and down.epoch == box.epoch])
        assert all(down.standing is Standing.OK for down in heard)
        upto = max(down.acks[0].upto for down in heard)
    until(lambda: any(down.acks and down.acks[0].upto == len(PIECES) for down in line.heard))
    line.close()
    with process.client("paris") as door:
        asked = {"epoch": box.epoch, "stream": "trade", "from": 1}
        page = msgspec.json.decode(door.get("/edge/v1/journal", params=asked).content, type=JournalRows)
    assert [bytes(raw) for raw in page.rows] == box.rows[Stream.TRADE]
    assert process.stop() == 0
    office = open_office(process.url)
    with office.reading() as tx:
        assert tx.value(sa.select(sa.func.count()).select_from(sale).where(sale.c.state == "posted")) == len(PIECES)
        head = bytes(tx.value(sa.select(stream.c.head)))
    office.close()
    mine = bytes.fromhex(page.head)
    for body in box.rows[Stream.TRADE]:
        mine = next_head(mine, leaf_hash(body))
    assert head == mine


def test_a_decision_is_told_at_once_without_being_asked(process, broker, box_type):
    joined(process, box_type)
    line = Line(broker, "paris")
    # a manager signs in and asks for a count; the store hears of it although it said nothing
    _make_manager(process)
    with httpx.Client(base_url=f"http://127.0.0.1:{process.port}", trust_env=False) as api:
        token = api.post("/api/v1/login", json={"user": "marc", "password": "long enough for it"}).json()["token"]
        asked = api.post(
            "/api/v1/stores/paris/count-requests", json={"place": "safe"}, headers={"Authorization": f"Bearer {token}"}
        )
        assert asked.status_code == 201, asked.text
    down = until(lambda: next((down for down in line.heard if down.commands), None))
    assert b"count.request" in bytes(down.commands[0])
    line.close()


def _make_manager(process) -> None:
    from cloud.pos.staff.desk import Passwords, put_staff
    from cloud.work import begin
    from contract.feed import Role, StaffCard
    from trade.guards import ALL

    office = open_office(process.url)
    with office.transaction() as tx:
        card = StaffCard(user="marc", name="Marc", roles=(Role.MANAGER,))
        put_staff(begin(tx, ALL, 1), card, Passwords().verifier("long enough for it"))
    office.close()
