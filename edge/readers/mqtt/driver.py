"""A reader behind a broker: the link's thread fills a bounded queue, the loop empties it at the pace of the tick."""

import asyncio
from collections import deque
from collections.abc import Callable
from random import Random
from typing import Final

from edge.clock import Clock
from edge.config import ReaderConfig
from edge.mqtt import Broker, Link
from edge.readers.base import MisconfiguredError, ReadBatch
from edge.readers.health import Health
from edge.readers.mqtt.address import Address, address_of
from edge.readers.mqtt.events import MESSAGE_BYTES_MAX
from edge.readers.mqtt.reads import Decode
from edge.readers.mqtt.stream import Message, Stream

TICK_S: Final = 0.02
MESSAGES_PENDING_MAX: Final = 2_000
MESSAGES_PER_TICK_MAX: Final = 500
BYTES_PER_TICK_MAX: Final = 1 << 20
"""A backlog is caught up in bites, so that one reader cannot hold the loop."""


class MqttReader:
    """One reader whose stream comes over MQTT. `run` ends only by cancellation; what happens is told by `health`."""

    def __init__(self, address: Address, stream: Stream, chance: Random, *, tick_s: float = TICK_S) -> None:
        """Raises `MisconfiguredError` when the password's file cannot be read."""
        self.id = stream.health.reader
        self.health: Health = stream.health
        self._stream = stream
        self._chance = chance
        self._tick_s = tick_s
        self._messages: deque[Message] = deque()
        self._lost = self._arrived = self._told = 0
        self._broker = _broker(address, f"vitrine-{self.id}-{chance.getrandbits(32):08x}")

    def sweep(self, port_now: Callable[[], int | None]) -> None:
        """Ask this at each message for the port whose zone a person sweeps with it; None: nobody does."""
        self._stream.sweeps = port_now

    async def run(self, deliver: Callable[[ReadBatch], None], clock: Clock) -> None:
        """Hear for ever. `deliver` gets every batch on the loop's thread and must not block."""
        link = Link(
            self._broker,
            heard=lambda _, body: self._keep(Message(clock.mono_us(), body)),
            changed=lambda _: None,
            chance=self._chance,
        )
        link.start()
        try:
            while True:
                self._turn(link, deliver, clock.mono_us())
                await asyncio.sleep(self._tick_s)
        finally:
            await asyncio.to_thread(link.stop)

    def _keep(self, message: Message) -> None:
        """On the link's thread. A message that is too long, or finds too many waiting, is lost and counted."""
        if len(message.body) > MESSAGE_BYTES_MAX or len(self._messages) >= MESSAGES_PENDING_MAX:
            self._lost += 1
        else:
            self._messages.append(message)
            self._arrived += 1

    def _turn(self, link: Link, deliver: Callable[[ReadBatch], None], now_us: int) -> None:
        health = self.health
        self._stream.linked(link.tally.connects_total, up=link.up, why=link.why_down)
        self._stream.lost(self._lost - health.messages_lost_total, now_us)
        health.retained_total = link.tally.retained_total
        taken: list[Message] = []
        size = 0
        while self._messages and len(taken) < MESSAGES_PER_TICK_MAX and size < BYTES_PER_TICK_MAX:
            taken.append(self._messages.popleft())
            size += len(taken[-1].body)
        fresh, self._told = self._arrived - self._told, self._arrived
        health.messages_held_total += min(len(self._messages), fresh)
        batch = self._stream.hear(taken) if taken else None
        self._stream.tick(now_us)
        if batch is not None:
            deliver(batch)


def streaming(config: ReaderConfig, decode: Decode, chance: Random) -> MqttReader:
    """A family's reader: its codec behind this transport. Raises `MisconfiguredError`."""
    address = address_of(config.url, witness=not config.handheld)
    ports = frozenset(map(int, config.antennas))
    stream = Stream(Health(config.id), decode, ports, silence_s=address.silence_s, handheld=config.handheld)
    return MqttReader(address, stream, chance)


def _broker(address: Address, client_id: str) -> Broker:
    password = ""
    if address.password_file is not None:
        try:
            password = address.password_file.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise MisconfiguredError(f"cannot read {address.password_file}: {error.strerror}; name its file") from error
        except UnicodeDecodeError as error:
            raise MisconfiguredError(f"{address.password_file} is no text; name the file of the password") from error
    for file in (address.ca, address.cert, address.key):
        if file is not None and not file.is_file():
            raise MisconfiguredError(f"{file} is not there; name the broker's CA, and our certificate and key")
    return Broker(
        host=address.host,
        port=address.port,
        client_id=client_id,
        subscribe=address.topics,
        ca=address.ca,
        cert=address.cert,
        key=address.key,
        user=address.user,
        password=password,
        version=address.version,
        fresh_only=True,
    )
