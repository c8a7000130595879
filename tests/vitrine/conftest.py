"""A broker of its own house for a test: real mosquitto, real certificates, a port nobody else has."""

import datetime as dt
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from house_ports import free_port
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from vitrine import broker
from vitrine.authority import Authority, Identity

NOW = dt.datetime.now(dt.UTC)


@dataclass
class Client:
    """A plain MQTT 5 client that remembers what it was told."""

    paho: mqtt.Client
    connected: threading.Event = field(default_factory=threading.Event)
    cut: threading.Event = field(default_factory=threading.Event)
    heard: list[tuple[str, bytes]] = field(default_factory=list)
    reasons: dict[int, ReasonCode] = field(default_factory=dict)

    def publish(self, topic: str, body: bytes) -> ReasonCode:
        """Publishes at QoS 1 and gives the broker's reason code."""
        info = self.paho.publish(topic, body, qos=1)
        wait_until(lambda: info.mid in self.reasons)
        return self.reasons[info.mid]

    def close(self) -> None:
        self.paho.disconnect()
        self.paho.loop_stop()


def wait_until(so: Callable[[], bool], seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not so():
        assert time.monotonic() < until, "did not happen in time"
        time.sleep(0.01)


@pytest.fixture
def until() -> Callable[[Callable[[], bool]], None]:
    return wait_until


@dataclass
class House:
    authority: Authority
    port: int
    process: subprocess.Popen[bytes]
    clients: list[Client] = field(default_factory=list)

    def restart(self, command: list[str]) -> None:
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: _listens(self.port))

    def dial(self, identity: Identity | None, client_id: str, *, topics: tuple[str, ...] = ()) -> Client:
        """Connects as the holder of this certificate; `connected` stays unset when the broker refuses."""
        context = ssl.create_default_context(cafile=str(self.authority.ca_file))
        if identity is not None:
            context.load_cert_chain(identity.cert, identity.key)
        paho = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=mqtt.MQTTv5)
        paho.tls_set_context(context)
        client = Client(paho)

        def connected(_client: mqtt.Client, _data: object, _flags: object, reason: ReasonCode, _props: object) -> None:
            if reason.is_failure:
                return
            if topics:
                paho.subscribe([(topic, mqtt.SubscribeOptions(qos=1)) for topic in topics])
            else:
                client.connected.set()

        paho.on_connect = connected
        paho.on_subscribe = lambda *_: client.connected.set()
        paho.on_message = lambda _c, _d, message: client.heard.append((message.topic, message.payload))
        paho.on_publish = lambda _c, _d, mid, reason, _p: client.reasons.__setitem__(mid, reason)
        paho.on_disconnect = lambda *_: client.cut.set()
        paho.connect("127.0.0.1", self.port, keepalive=20, clean_start=True, properties=Properties(PacketTypes.CONNECT))
        paho.loop_start()
        self.clients.append(client)
        return client


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    authority = Authority.open(tmp_path / "ca", NOW)
    port = free_port()
    server = authority.server("broker", ["127.0.0.1", "localhost"], NOW)
    made = broker.prepare(tmp_path / "broker", broker.find(), authority, server, host="127.0.0.1", port=port)
    log = (tmp_path / "broker.log").open("wb")
    process = subprocess.Popen(made.command, stdout=log, stderr=subprocess.STDOUT)
    wait_until(lambda: _listens(port))
    house = House(authority, port, process)
    yield house
    for client in house.clients:
        client.close()
    house.process.terminate()
    house.process.wait(60)
    log.close()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
