"""paho-mqtt behind our adapter: bytes out, bytes in, and whether the link is up. No logic.

Two rooms stand on it: the uplink (`edge/sync`), and readers that stream over a broker (`edge/readers/mqtt`).
A connection that breaks takes its unsent messages with it: the uplink sends again what the cloud's `upto` does not
cover (DESIGN law 2), so an old queue would only be noise. Every connection is therefore a fresh client.
"""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from ssl import CERT_REQUIRED, SSLError
from typing import Any, Final

import paho.mqtt.client as paho
import structlog
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

log = structlog.get_logger(__name__)

IN_FLIGHT_MAX: Final = 100
KEEPALIVE_S: Final = 10
CONNECT_TIMEOUT_S: Final = 5.0
RETRY_MIN_S: Final = 0.2
RETRY_MAX_S: Final = 5.0
QOS: Final = 1


class Version(StrEnum):
    """Of the protocol; brokers of readers may know 3.1.1 alone."""

    V311 = "3.1.1"
    V5 = "5"


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker says of us, retained on `topic`: `hello` once we are there, `payload` when we are gone."""

    topic: str
    payload: bytes
    hello: bytes


@dataclass(frozen=True, slots=True)
class Broker:
    """Where and who. The uplink's `client_id` is its certificate's CN; without `ca` the link is plain."""

    host: str
    port: int
    client_id: str
    subscribe: tuple[str, ...]
    will: Will | None = None
    """Who only listens has none."""
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    user: str = ""
    password: str = field(default="", repr=False)
    version: Version = Version.V5
    fresh_only: bool = False
    """Do not hear what stood at the broker before we came: it was said at some other time."""


@dataclass(slots=True)
class LinkTally:
    """Counters, read by `/metrics`."""

    connects_total: int = 0
    published_total: int = 0
    refused_full_total: int = 0
    refused_down_total: int = 0
    received_total: int = 0
    retained_total: int = 0
    """Messages that stood at the broker, not heard: `fresh_only`."""


class Link:
    """One MQTT link that reconnects for ever, with jitter. `heard` and `changed` are called on the link's thread."""

    def __init__(
        self,
        broker: Broker,
        *,
        heard: Callable[[str, bytes], object],
        changed: Callable[[bool], object],
        chance: random.Random,
        tally: LinkTally | None = None,
    ) -> None:
        self.broker = broker
        self.tally = tally or LinkTally()
        self.up = False
        self.why_down = "not connected yet"
        self._heard = heard
        self._changed = changed
        self._chance = chance
        self._stopping = threading.Event()
        self._wanted = threading.Event()
        self._wanted.set()
        self._why_resting = ""
        self._client: paho.Client | None = None
        self._thread = threading.Thread(target=self._live, name="mqtt", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Say offline, disconnect, wait for the thread."""
        self._stopping.set()
        self._wanted.set()
        client, will = self._client, self.broker.will
        if client is not None and self.up:
            if will is not None:
                client.publish(will.topic, will.payload, qos=QOS, retain=True)
            client.disconnect()
        if self._thread.ident is not None:
            self._thread.join(timeout=CONNECT_TIMEOUT_S + 1)

    def rest(self, why: str) -> None:
        """Leave the broker and stay away until `go_on`. May be called before `start`, and again.

        A broker knows one speaker by our name: two boxes of one store would throw each other out for ever. Nothing
        is said on the way out, for the status that stands there may be the other one's.
        """
        self._why_resting = self.why_down = why
        if self._wanted.is_set():
            self._wanted.clear()
            if self._client is not None:
                self._client.disconnect()

    def go_on(self) -> None:
        self._wanted.set()

    def publish(self, topic: str, payload: bytes) -> bool:
        """Hand bytes over; false when the link is down or full. True proves nothing (DESIGN law 2)."""
        client = self._client
        if client is None or not self.up:
            self.tally.refused_down_total += 1
            return False
        said = client.publish(topic, payload, qos=QOS)
        if said.rc == paho.MQTT_ERR_QUEUE_SIZE:
            self.tally.refused_full_total += 1
            return False
        if said.rc != paho.MQTT_ERR_SUCCESS:
            self.tally.refused_down_total += 1
            return False
        self.tally.published_total += 1
        return True

    # --- the link's thread ------------------------------------------------------------------------------------

    def _live(self) -> None:
        wait_s = RETRY_MIN_S
        while True:
            self._wanted.wait()
            if self._stopping.is_set():
                break
            received = self.tally.received_total
            try:
                self._one_connection()
            except (OSError, SSLError, ValueError) as error:
                words = getattr(error, "strerror", None) or error
                self.why_down = f"broker {self.broker.host}:{self.broker.port}: {words}"
            if not self._wanted.is_set():
                self.why_down = self._why_resting
            self._say(up=False)
            # Who heard nothing waits longer: two boxes of one name throw each other out before either gets its answer.
            wait_s = RETRY_MIN_S if self.tally.received_total > received else min(wait_s * 2, RETRY_MAX_S)
            self._stopping.wait(wait_s * self._chance.uniform(0.5, 1.5))

    def _one_connection(self) -> None:
        five = self.broker.version is Version.V5
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self.broker.client_id,
            clean_session=None if five else True,
            protocol=paho.MQTTv5 if five else paho.MQTTv311,
            reconnect_on_failure=False,
        )
        client.connect_timeout = CONNECT_TIMEOUT_S
        client.max_inflight_messages_set(IN_FLIGHT_MAX)
        client.max_queued_messages_set(IN_FLIGHT_MAX)
        if self.broker.will is not None:
            client.will_set(self.broker.will.topic, self.broker.will.payload, qos=QOS, retain=True)
        if self.broker.user:
            client.username_pw_set(self.broker.user, self.broker.password or None)
        if self.broker.ca is not None:
            client.tls_set(
                ca_certs=str(self.broker.ca),
                certfile=None if self.broker.cert is None else str(self.broker.cert),
                keyfile=None if self.broker.key is None else str(self.broker.key),
                cert_reqs=CERT_REQUIRED,
            )
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        self._client = client
        clean = True if five else paho.MQTT_CLEAN_START_FIRST_ONLY  # 3.1.1 has its word in `clean_session`
        client.connect(self.broker.host, self.broker.port, keepalive=KEEPALIVE_S, clean_start=clean)
        client.loop_forever(retry_first_connection=False)

    def _on_connect(
        self,
        client: paho.Client,
        _userdata: Any,
        _flags: paho.ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self.why_down = f"the broker refuses us: {reason}"
            log.warning("broker_refuses", broker=self.broker.host, reason=str(reason))
            client.disconnect()
            return
        if self.broker.subscribe:
            client.subscribe([(topic, QOS) for topic in self.broker.subscribe])
        else:
            self._ready(client)

    def _on_subscribe(
        self, client: paho.Client, _userdata: Any, _mid: int, reasons: list[ReasonCode], _properties: Properties | None
    ) -> None:
        refused = [str(reason) for reason in reasons if reason.is_failure]
        if refused:
            self.why_down = f"the broker refuses our topics: {', '.join(refused)}"
            log.warning("broker_refuses", broker=self.broker.host, reason=self.why_down)
            client.disconnect()
            return
        self._ready(client)

    def _ready(self, client: paho.Client) -> None:
        """Only now: an answer to what we send must find us listening."""
        if not self._wanted.is_set():  # told to rest while it connected
            client.disconnect()
            return
        if self.broker.will is not None:
            client.publish(self.broker.will.topic, self.broker.will.hello, qos=QOS, retain=True)
        self.tally.connects_total += 1
        self._say(up=True)

    def _on_disconnect(
        self,
        _client: paho.Client,
        _userdata: Any,
        _flags: paho.DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self.why_down = f"the link to the broker broke: {reason}"
        self._say(up=False)

    def _on_message(self, _client: paho.Client, _userdata: Any, message: paho.MQTTMessage) -> None:
        if message.retain and self.broker.fresh_only:
            self.tally.retained_total += 1
            return
        self.tally.received_total += 1
        self._heard(message.topic, bytes(message.payload))

    def _say(self, *, up: bool) -> None:
        if up == self.up:
            return
        self.up = up
        if up:
            self.why_down = ""
        log.info("broker_link", up=up, why=self.why_down)
        self._changed(up)
