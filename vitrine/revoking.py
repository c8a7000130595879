"""A certificate is taken back: `vitrine revoke NAME --house DIR --broker DIR`, and who holds it is shown out at once.

The broker reads the list at SIGHUP, for new connections only (ADR 3). So whoever is connected under that name is
pushed out by a connection of our own, with a certificate of a few minutes for the same name: one name is one client.
"""

import datetime as dt
import os
import signal
import socket
import ssl
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from contract.ids import check_slug
from vitrine import broker
from vitrine.authority import CLOUD, Authority, Identity
from vitrine.problems import PersonError

KICK_S: Final = 10.0
ASKED_EVERY_S: Final = 0.3
CANARY: Final = "canary"
"""Name of a certificate that is revoked as soon as it is made: once it is turned away, the broker has read its list."""


@dataclass(frozen=True, slots=True)
class Done:
    """`told`: the broker reads the list; `shown_out`: nobody of that name is connected now."""

    certificates: int
    told: bool
    shown_out: bool


def revoke(authority: Authority, name: str, now: dt.datetime, broker_dir: Path | None) -> Done:
    """Raises `PersonError`."""
    if name != CLOUD:
        try:
            check_slug(name)
        except ValueError as error:
            raise PersonError(str(error)) from error
    number = authority.revoke_name(name, now)
    if broker_dir is None:
        return Done(number, told=False, shown_out=False)
    host, port, process = broker.running(broker_dir)
    if process is None:
        broker.take_list(broker_dir, authority)
        return Done(number, told=False, shown_out=False)
    with tempfile.TemporaryDirectory() as revoked, tempfile.TemporaryDirectory() as good:
        canary = authority.brief_client(CANARY, now, Path(revoked))
        authority.revoke_name(CANARY, now)
        broker.take_list(broker_dir, authority)
        os.kill(process, signal.SIGHUP)
        read = _is_read(canary, host, port)
        shown_out = read and _push_out(authority.brief_client(name, now, Path(good)), host, port)
    return Done(number, told=read, shown_out=shown_out)


def _is_read(canary: Identity, host: str, port: int) -> bool:
    """Whether the broker turns away a certificate that stands on its new list, within `KICK_S`."""
    end = time.monotonic() + KICK_S
    while time.monotonic() < end:
        try:
            line = socket.create_connection((host, port), KICK_S)
        except OSError:
            time.sleep(ASKED_EVERY_S)  # nobody answers: that turns nobody away
            continue
        try:
            with line, _trust(canary).wrap_socket(line) as tls:
                tls.settimeout(ASKED_EVERY_S)
                if not tls.recv(1):
                    return True
        except TimeoutError:
            continue  # it is let in, and awaited to speak
        except (ssl.SSLError, ConnectionError):
            return True
    return False


def _trust(identity: Identity) -> ssl.SSLContext:
    tls = ssl.create_default_context(cafile=str(identity.ca))
    tls.load_cert_chain(identity.cert, identity.key)
    tls.check_hostname = False  # it is our own broker on this machine; its certificate may name another address
    return tls


def _push_out(identity: Identity, host: str, port: int) -> bool:
    """Connect under that name once: who was connected under it is thrown out, and not let in again."""
    tls = _trust(identity)
    client, entered = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5), threading.Event()
    client.tls_set_context(tls)

    def connected(_c: mqtt.Client, _d: object, _f: mqtt.ConnectFlags, reason: ReasonCode, _p: object) -> None:
        if not reason.is_failure:
            entered.set()

    client.on_connect = connected
    try:
        client.connect(host, port)
    except OSError:
        return False
    client.loop_start()
    try:
        return entered.wait(KICK_S)
    finally:
        client.disconnect()
        client.loop_stop()
