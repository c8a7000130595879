"""The office while it lives: its servers, its threads, and how it ends.

`run(config)` lives until SIGTERM or SIGINT (exit code 0), or until a part that must not fail has failed (1).
"""

import asyncio
import contextlib
import signal
import socket
import ssl
import threading
from typing import Final

import structlog
import uvicorn
from fastapi import FastAPI

from cloud.app import Cloud, build
from cloud.config import CloudConfig, ConfigError
from cloud.db import ContentionError
from cloud.doors import CertificateProtocol
from cloud.pos.appointments import telling
from cloud.pos.segments.job import keep_nights
from cloud.pos.stores.enrolment import Signer
from web.serving import Server, write_logs

ORDERS_EVERY_S: Final = 0.2
POST_EVERY_S: Final = 2.0
POST_AFTER_STUMBLE_S: Final = 60.0
STOP_GRACE_S: Final = 3
_log = structlog.get_logger()


def run(config: CloudConfig, signer: Signer | None = None) -> int:
    """Run the office until it is told to stop; `signer` lets boxes in. Raises `ConfigError` when a port is taken."""
    write_logs()
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(_listen(config.host, config.port, "port"))
        door = config.door
        door_listener = None if door is None else stack.enter_context(_listen(door.host, door.port, "door.port"))
        cloud = build(config, signer=signer)
        stack.callback(cloud.office.close)
        return asyncio.run(_live(cloud, listener, door_listener))


async def _live(cloud: Cloud, listener: socket.socket, door_listener: socket.socket | None) -> int:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    cloud.fatal.then = lambda: loop.call_soon_threadsafe(stop.set)
    servers = [_server(cloud.app, cloud.config.cert, cloud.config.key)]
    tasks = [asyncio.create_task(servers[0].serve(sockets=[listener]), name="office")]
    if door_listener is not None:
        servers.append(_door_server(cloud))
        tasks.append(asyncio.create_task(servers[1].serve(sockets=[door_listener]), name="door"))
    quit_orders = threading.Event()
    orders_thread = threading.Thread(target=_carry_orders, args=(cloud, quit_orders), name="orders", daemon=True)
    post_thread = threading.Thread(target=_carry_post, args=(cloud, quit_orders), name="post", daemon=True)
    at_night = (cloud.divisions, (cloud.lapsing.nightly,), quit_orders)
    nights = threading.Thread(target=keep_nights, args=at_night, name="nights", daemon=True)
    await asyncio.to_thread(cloud.ingest.unpark, cloud.desk.now_us())
    if cloud.consumer is not None:
        cloud.consumer.start()
    orders_thread.start()
    post_thread.start()
    nights.start()
    _log.info("office_started", port=listener.getsockname()[1], database=cloud.office.engine.dialect.name)
    stopped = asyncio.create_task(stop.wait(), name="stop")
    await asyncio.wait([stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
    code = 0 if stop.is_set() and not cloud.fatal.errors else 1
    if code:
        _log.critical("office_broke", why=[str(error) for error in cloud.fatal.errors])
    for server in servers:
        server.should_exit = True
    quit_orders.set()
    if cloud.consumer is not None:
        await asyncio.to_thread(cloud.consumer.stop)
    await asyncio.wait(tasks[: len(servers)], timeout=STOP_GRACE_S)
    for task in (*tasks, stopped):
        task.cancel()
    await asyncio.gather(*tasks, stopped, return_exceptions=True)
    for thread in (orders_thread, post_thread):
        await asyncio.to_thread(thread.join, STOP_GRACE_S)
    _log.info("office_stopped", code=code)
    return code


def _carry_orders(cloud: Cloud, quit_orders: threading.Event) -> None:
    """The order desk's thread: the provider may be slow, and nobody else waits for it."""
    while not quit_orders.wait(ORDERS_EVERY_S):
        try:
            cloud.orders.step(mono_us=cloud.desk.mono_us(), now_us=cloud.desk.now_us())
        except ContentionError as error:
            _log.warning("orders_contended", why=str(error))
        except Exception as error:  # noqa: BLE001 - the outermost shell of this thread: the process ends, not limps
            _log.exception("orders_stopped")
            cloud.fatal.tell(error)
            return


def _carry_post(cloud: Cloud, quit_post: threading.Event) -> None:
    """The post's thread: carriers may be slow. One that fails in a way nobody foresaw waits, and is tried again."""
    while not quit_post.wait(POST_EVERY_S):
        try:
            cloud.reminders.step(now_us=cloud.desk.now_us())
            cloud.campaigns.step()
            telling.step(cloud.desk, now_us=cloud.desk.now_us())
            cloud.post.step(now_us=cloud.desk.now_us())
        except ContentionError as error:
            _log.warning("post_contended", why=str(error))
        except Exception:  # noqa: BLE001 - the outermost shell of this thread: selling goes on without letters
            _log.exception("post_stumbled")
            quit_post.wait(POST_AFTER_STUMBLE_S)


def _server(app: FastAPI, cert: str, key: str) -> uvicorn.Server:
    return Server(
        uvicorn.Config(
            app, log_config=None, access_log=False, server_header=False, lifespan="off",
            timeout_graceful_shutdown=STOP_GRACE_S, ssl_certfile=cert or None, ssl_keyfile=key or None,
        )
    )  # fmt: skip


def _door_server(cloud: Cloud) -> uvicorn.Server:
    door = cloud.config.door
    assert door is not None, "only an office with a door has a door server"
    return Server(
        uvicorn.Config(
            cloud.door, log_config=None, access_log=False, server_header=False, lifespan="off",
            timeout_graceful_shutdown=STOP_GRACE_S, http=CertificateProtocol, ssl_certfile=door.cert,
            ssl_keyfile=door.key, ssl_ca_certs=door.ca, ssl_cert_reqs=ssl.CERT_REQUIRED,
        )
    )  # fmt: skip


def _listen(host: str, port: int, key: str) -> socket.socket:
    try:
        return socket.create_server((host, port), backlog=128)
    except OSError as error:
        raise ConfigError(f"cannot listen on {host}:{port}: {error.strerror}; free it or set {key}") from error
