"""How a box lives: the loop thread with its sockets, the house thread, readers and uplink; and how it ends.

Doors open last and close first; the house writes what it learned after everybody has left.
"""

import asyncio
import contextlib
import random
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog
import uvicorn
from fastapi import FastAPI

from edge.api.shop import Shop
from edge.backup.mirroring import Mirror
from edge.clock import Clock, boot_id
from edge.cloudward import Cloudward
from edge.config import ConfigError, EdgeConfig
from edge.house import House
from edge.payments.driver import Driver
from edge.readers import Reader, Signalling
from edge.readers.base import ReadBatch
from edge.readers.times import dated
from edge.store import Store
from edge.store.wakes import Wakes
from edge.sync.facing import face_of, keep_facing
from edge.thrift import keep_small
from web.serving import Server

log = structlog.get_logger(__name__)

STOP_GRACE_S: Final = 3
BACKLOG: Final = 128
MIRROR_LOOK_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Edge:
    """Everything a box is made of, not yet running."""

    config: EdgeConfig
    clock: Clock
    chance: random.Random
    instance: str
    house: House
    store: Store
    shop: Shop
    api: FastAPI
    readers: tuple[Reader, ...]
    drivers: tuple[Driver, ...] = ()
    """Of card terminals."""
    mirror: Mirror | None = None


async def live(edge: Edge, listener: socket.socket) -> int:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    code = 0

    def broke(_: BaseException) -> None:
        nonlocal code
        code = 1
        _over(loop, stop.set)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    keep_small()
    server = _server(edge)
    tasks = [asyncio.create_task(server.serve(sockets=[listener]), name="http")]

    def deliver_everywhere(batch: ReadBatch) -> None:
        edge.shop.tags.read(batch)
        edge.store.pipeline.deliver(batch)

    deliver = dated(deliver_everywhere, edge.clock.wall_us, boot_id())
    tasks += [
        asyncio.create_task(reader.run(deliver, edge.clock), name=f"reader {reader.id}") for reader in edge.readers
    ]
    cloudward = _cloudward(edge)
    outputs = asyncio.Event()
    tasks.append(asyncio.create_task(_drive(edge, outputs), name="outputs"))
    tasks += [asyncio.create_task(each.run(), name="terminal") for each in edge.drivers]
    tasks.append(asyncio.create_task(edge.shop.pulse.run(lambda: edge.shop.floor), name="pulse"))
    if edge.shop.pictures is not None:
        tasks.append(asyncio.create_task(edge.shop.pictures.run(), name="photos"))
    if edge.shop.paperwork is not None:
        tasks.append(asyncio.create_task(edge.shop.paperwork.run(), name="papers"))
    edge.house.broken = broke
    edge.store.wakes = Wakes(
        tell=lambda name: _over(loop, edge.shop.bulletin.tell, name),
        uplink=(lambda: None) if cloudward is None else lambda: _over(loop, cloudward.wake.set),
        outputs=lambda: _over(loop, outputs.set),
        payments=lambda: _wake_drivers(loop, edge.drivers),
    )
    edge.house.start()
    if edge.mirror is not None:
        edge.mirror.changed = lambda: _over(loop, edge.shop.bulletin.tell, "store")
        edge.mirror.start()
        tasks.append(asyncio.create_task(_watch(edge, edge.mirror), name="mirror"))
    if cloudward is not None:
        edge.shop.clients.made = cloudward.client_made
        edge.store.remarks.made = lambda: _over(loop, cloudward.client_made)
        tasks.append(asyncio.create_task(cloudward.run(), name="uplink"))
        face = face_of(edge.config)
        if face is not None and face.names:
            tasks.append(asyncio.create_task(keep_facing(edge.config, face, server.config, edge.clock), name="face"))
    log.info("edge_started", store=edge.config.store, port=listener.getsockname()[1], readers=len(edge.readers))
    stopped = asyncio.create_task(stop.wait(), name="stop")
    await asyncio.wait([stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        if task.done() and not stop.is_set():
            code = 1
            log.critical("task_ended", task=task.get_name(), error=repr(None if task.cancelled() else task.exception()))
    await _stop(edge, server, tasks)
    return code


async def _drive(edge: Edge, wake: asyncio.Event) -> None:
    """Tell readers what their outputs are to be, as often as the house changes its mind."""
    readers = {reader.id: reader for reader in edge.readers if isinstance(reader, Signalling)}
    while True:
        await wake.wait()
        wake.clear()
        for (reader, port), on in edge.store.pipeline.signals.wanted.items():
            if reader in readers:
                await readers[reader].set_output(port, on=on)


async def _watch(edge: Edge, mirror: Mirror) -> None:
    """A mirror whose disk hangs says nothing itself: pages are told when that begins and when it ends."""
    well = True
    while True:
        await asyncio.sleep(MIRROR_LOOK_S)
        if well is bool(mirror.now.trouble(edge.clock.mono_us())):
            well = not well
            edge.shop.bulletin.tell("store")


def _wake_drivers(loop: asyncio.AbstractEventLoop, drivers: tuple[Driver, ...]) -> None:
    for each in drivers:
        _over(loop, each.wake.set)


def _over(loop: asyncio.AbstractEventLoop, act: Callable[..., object], *given: object) -> None:
    """From the house thread to the loop; at the very end the loop may be gone, and nobody is left to be told."""
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(act, *given)


async def _stop(edge: Edge, server: uvicorn.Server, tasks: list[asyncio.Task[None]]) -> None:
    """Doors first, then readers and uplink, then the house writes what it learned."""
    edge.shop.bulletin.close()
    server.should_exit = True
    await edge.shop.tags.close()
    await edge.shop.press.close()
    await edge.shop.receipts.close()
    http, *others = tasks
    for task in others:
        task.cancel()
    await asyncio.wait([http], timeout=STOP_GRACE_S)
    http.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.to_thread(edge.house.stop, edge.store.stop)
    if edge.mirror is not None:
        await asyncio.to_thread(edge.mirror.stop, STOP_GRACE_S)
    await asyncio.to_thread(edge.shop.slow.shutdown)
    # The last capture, and the history's last page, may still be on their way to the disk.
    await asyncio.to_thread(edge.shop.tape.shutdown)
    await asyncio.to_thread(edge.shop.archive.shutdown)
    if edge.store.chronicle is not None:
        edge.store.chronicle.history.duck.close()
    if edge.shop.clients.kept is not None:
        edge.shop.clients.kept.stop()
    edge.store.remarks.stop()
    if edge.shop.db is not edge.store.books.db:
        edge.shop.db.close()
    edge.store.books.close()
    log.info("edge_stopped", store=edge.config.store)


def _cloudward(edge: Edge) -> Cloudward | None:
    if edge.config.uplink is None:
        return None
    return Cloudward(
        edge.config,
        edge.config.uplink,
        edge.store,
        edge.house.ask,
        edge.shop.uplink,
        instance=edge.instance,
        chance=edge.chance,
        tally=edge.shop.link,
        clients=edge.shop.clients.kept,
        papers=None if edge.shop.paperwork is None else edge.shop.paperwork.papers,
    )


def _server(edge: Edge) -> uvicorn.Server:
    face = face_of(edge.config)
    return Server(
        uvicorn.Config(
            edge.api,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=STOP_GRACE_S,
            ssl_certfile=None if face is None else face.cert,
            ssl_keyfile=None if face is None else face.key,
        )
    )


def listen(config: EdgeConfig) -> socket.socket:
    family = socket.AF_INET6 if ":" in config.http_host else socket.AF_INET
    # asyncio switches Nagle off only where the protocol is named; without it every answer waits 40 ms for an ACK.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((config.http_host, config.http_port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise ConfigError(
            f"cannot listen on {config.http_host}:{config.http_port}: {error.strerror}; free the port or set http_port"
        ) from error
    return listener
