"""The office at the broker: messages in, one transaction for many, answers out after its commit, then the ack.

paho's network thread only fills a bounded queue; one worker thread decides and talks. An unacknowledged message is
nothing lost: the broker holds no truth, and a store sends again what `upto` does not cover (DESIGN law 2).
"""

import queue
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import paho.mqtt.client as paho
import structlog
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from cloud.config import BrokerConfig
from cloud.db import ContentionError
from cloud.ingest import Ingest, RestoredCloudError, UnstorableError
from cloud.work import UnknownStoreError
from contract import topics
from contract.ids import StoreId
from contract.messages import MESSAGE_BYTES_MAX, Down, Up, decode_status, decode_up, encode

MESSAGES_PENDING_MAX: Final = 500
"""Also the MQTT 5 receive maximum: the broker keeps the rest, stores send again."""
MESSAGES_PER_TRANSACTION_MAX: Final = 50
DOWNS_QUEUED_MAX: Final = 1_000
"""Answers a slow broker has not taken yet; beyond them a store asks again."""
KEEPALIVE_S: Final = 15
RECONNECT_MIN_S: Final = 1
RECONNECT_MAX_S: Final = 20
IDLE_S: Final = 0.5
EVERYONE: Final = StoreId("*")
_log = structlog.get_logger()


@dataclass(slots=True)
class ConsumerCounts:
    """Since this process began."""

    messages_in_total: int = 0
    messages_out_total: int = 0
    messages_out_dropped_total: int = 0
    messages_refused_total: int = 0
    messages_dropped_total: int = 0
    transactions_total: int = 0


class Consumer:
    """One connection to the broker and the worker that serves it. `on_fatal` is told why the office must stop."""

    def __init__(
        self,
        config: BrokerConfig,
        ingest: Ingest,
        now_us: Callable[[], int],
        on_fatal: Callable[[Exception], None],
        stores: Callable[[], list[StoreId]],
    ) -> None:
        self._config = config
        self._ingest = ingest
        self._now_us = now_us
        self._on_fatal = on_fatal
        self._stores = stores
        self._pending: queue.Queue[paho.MQTTMessage] = queue.Queue(MESSAGES_PENDING_MAX)
        self._pokes: set[StoreId] = set()
        self._poked = threading.Lock()
        self._stopping = threading.Event()
        self._worker = threading.Thread(target=self._work, name="ingest", daemon=True)
        self._client = self._make_client()
        self.counts = ConsumerCounts()
        self.online: dict[StoreId, bool] = {}
        """What the stores' retained status says; for people."""
        self.connected = False

    def start(self) -> None:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho lacks the annotation
        properties.ReceiveMaximum = MESSAGES_PENDING_MAX
        properties.MaximumPacketSize = MESSAGE_BYTES_MAX + 4096
        self._client.connect_async(
            self._config.host, self._config.port, KEEPALIVE_S, clean_start=True, properties=properties
        )
        self._client.loop_start()
        self._worker.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._worker.is_alive():
            self._worker.join(timeout=10)
        self._client.disconnect()
        self._client.loop_stop()

    def poke(self, stores: set[StoreId]) -> None:
        """There is something new for these stores; any thread may say so."""
        with self._poked:
            self._pokes |= stores

    # --- the network thread -------------------------------------------------------------------------------

    def _make_client(self) -> paho.Client:
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._config.client_id,
            protocol=paho.MQTTv5,
            manual_ack=True,
        )
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.reconnect_delay_set(RECONNECT_MIN_S, RECONNECT_MAX_S)
        client.max_queued_messages_set(DOWNS_QUEUED_MAX)
        if self._config.ca:
            tls = ssl.create_default_context(cafile=self._config.ca)
            tls.load_cert_chain(self._config.cert, self._config.key)
            client.tls_set_context(tls)
        return client

    def _on_connect(self, client: paho.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        self.connected = not reason.is_failure
        if reason.is_failure:
            _log.warning("broker_refused", reason=str(reason))
            return
        client.subscribe([(topics.EVERY_UP, topics.QOS), (topics.EVERY_STATUS, topics.QOS)])
        _log.info("broker_connected", host=self._config.host, port=self._config.port)

    def _on_disconnect(self, _client: paho.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        self.connected = False
        _log.info("broker_disconnected", reason=str(reason))

    def _on_message(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        try:
            self._pending.put_nowait(message)
        except queue.Full:  # a broker that ignores our receive maximum; the store will send again
            self.counts.messages_dropped_total += 1

    # --- the worker ---------------------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            while not self._stopping.is_set():
                batch = self._next_batch()
                ups = [up for message in batch if (up := self._parse(message)) is not None]
                self.send(self._hear(ups))
                for message in batch:
                    self._client.ack(message.mid, message.qos)
                self._say()
        except Exception as error:  # noqa: BLE001 - the outermost shell of this thread: the process ends, not limps
            _log.exception("ingest_stopped")
            self._on_fatal(error)

    def _next_batch(self) -> list[paho.MQTTMessage]:
        batch: list[paho.MQTTMessage] = []
        try:
            batch.append(self._pending.get(timeout=0.02 if self._pokes else IDLE_S))
            while len(batch) < MESSAGES_PER_TRANSACTION_MAX:
                batch.append(self._pending.get_nowait())
        except queue.Empty:
            pass
        return batch

    def _parse(self, message: paho.MQTTMessage) -> Up | None:
        """A message of our contract from the store it names; anything else is counted and dropped."""
        self.counts.messages_in_total += 1
        try:
            store = topics.store_of(message.topic)
            if message.topic == topics.status(store):
                status = decode_status(message.payload)
                self.online[store] = status.online
                return None
            up = decode_up(message.payload)
        except (msgspec.DecodeError, ValueError) as error:
            self._refuse(message, str(error))
            return None
        if up.store != store:
            self._refuse(message, f"came on the topic of {store} and speaks for {up.store}")
            return None
        return up

    def _refuse(self, message: paho.MQTTMessage, why: str) -> None:
        self.counts.messages_refused_total += 1
        _log.warning("message_refused", topic=message.topic, bytes=len(message.payload), why=why)

    def _hear(self, ups: list[Up]) -> list[Down]:
        """All in one transaction; when one of them spoils it, each alone."""
        if not ups:
            return []
        self.counts.transactions_total += 1
        try:
            return self._ingest.hear_all(ups, self._now_us())
        except (UnknownStoreError, UnstorableError, ContentionError) as error:
            if len(ups) == 1:
                self.counts.messages_refused_total += 1
                _log.warning("message_refused", store=ups[0].store, why=str(error))
                return []
        except RestoredCloudError:
            _log.critical("this database is older than its own decisions")
            raise
        return [down for up in ups for down in self._hear([up])]

    def _say(self) -> None:
        with self._poked:
            stores, self._pokes = self._pokes, set()
        if EVERYONE in stores:
            stores = set(self._stores())
        downs = [down for store in sorted(stores) if (down := self._ingest.say(store, self._now_us())) is not None]
        self.send(downs)

    def send(self, downs: list[Down]) -> None:
        """Hand answers over; one that the link does not take is counted, and said again when its store asks."""
        for down in downs:
            if not self.connected:  # paho would keep it, and send it when it is old
                self.counts.messages_out_dropped_total += 1
                continue
            said = self._client.publish(topics.down(down.store), encode(down), topics.QOS)
            if said.rc == paho.MQTT_ERR_SUCCESS:
                self.counts.messages_out_total += 1
            else:
                self.counts.messages_out_dropped_total += 1
