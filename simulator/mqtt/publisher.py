"""A reader's end of the broker: publishes what it is told to, rudely where it is told so, and can fall off."""

import contextlib
import random
import threading
import time
from collections.abc import Sequence
from typing import Any, Final, Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

CONNECT_WITHIN_S: Final = 10.0
TRIES: Final = 100
KEEPALIVE_S: Final = 5


class Publisher:
    """One client. `tls`: (ca, cert, key) as paths; `login`: user and password."""

    def __init__(
        self,
        port: int,
        name: str,
        *,
        tls: tuple[str, str, str] | None = None,
        login: tuple[str, str] | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        self._address = (host, port)
        self._connected = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=name, reconnect_on_failure=False)
        if tls is not None:
            self._client.tls_set(*tls)
        if login is not None:
            self._client.username_pw_set(*login)
        self._client.on_connect = self._on_connect

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    def connect(self) -> None:
        """As readers do, again until the broker is there. Raises `TimeoutError` when it does not take us."""
        self._connected.clear()
        for _ in range(TRIES):
            try:
                self._client.connect(*self._address, KEEPALIVE_S)
                break
            except ConnectionRefusedError:
                time.sleep(CONNECT_WITHIN_S / TRIES)
        self._client.loop_start()
        if not self._connected.wait(CONNECT_WITHIN_S):
            raise TimeoutError("the broker did not answer")

    def leave(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def fall_off(self) -> None:
        """The cable is pulled: no goodbye."""
        self._client.loop_stop()
        sock: Any = self._client.socket()
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.close()

    def say(self, topic: str, *bodies: bytes, retain: bool = False) -> None:
        """Each body as a message of its own, waiting until the broker has it."""
        for body in bodies:
            self._client.publish(topic, body, qos=1, retain=retain).wait_for_publish(CONNECT_WITHIN_S)

    def say_in_disorder(self, topic: str, bodies: Sequence[bytes], chance: random.Random) -> None:
        """The same messages, some twice, in an order of their own."""
        twice = [*bodies, *chance.sample(list(bodies), len(bodies) // 3)]
        chance.shuffle(twice)
        self.say(topic, *twice)

    def _on_connect(self, _client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if not reason.is_failure:
            self._connected.set()


def damaged(body: bytes, chance: random.Random) -> bytes:
    """A message as bad memory, bad firmware or a bad person would send it."""
    kinds = (
        lambda: body[: chance.randrange(len(body))],
        lambda: body[: (at := chance.randrange(len(body)))] + chance.randbytes(3) + body[at + 1 :],
        lambda: body.replace(b'"', b"", 1),
        lambda: b"[" * chance.randrange(1, 3000) + body,
        lambda: chance.randbytes(chance.randrange(200)),
        lambda: body.replace(b":", b":" + str(10 ** chance.randrange(400)).encode() + b",", 1),
    )
    return chance.choice(kinds)()
