"""A certificate is taken back: `vitrine revoke NAME --house DIR --broker DIR`, and who holds it is shown out at once.

The broker reads the list at SIGHUP, for new connections only (ADR 3). So whoever is connected under that name is
pushed out by a connection of our own, with a certificate of a few minutes for the same name: one name is one client.
"""

import datetime as dt
import os
import signal
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
LIST_READ_S: Final = 0.5
"""The broker reads its list within this after SIGHUP, before anybody is pushed out and dials anew."""


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
    broker.take_list(broker_dir, authority)
    if process is None:
        return Done(number, told=False, shown_out=False)
    os.kill(process, signal.SIGHUP)
    time.sleep(LIST_READ_S)
    with tempfile.TemporaryDirectory() as folder:
        shown_out = _push_out(authority.brief_client(name, now, Path(folder)), host, port)
    return Done(number, told=True, shown_out=shown_out)


def _push_out(identity: Identity, host: str, port: int) -> bool:
    """Connect under that name once: who was connected under it is thrown out, and not let in again."""
    tls = ssl.create_default_context(cafile=str(identity.ca))
    tls.load_cert_chain(identity.cert, identity.key)
    tls.check_hostname = False  # it is our own broker on this machine; its certificate may name another address
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
