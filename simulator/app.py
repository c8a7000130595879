"""The simulator as a process: `plan` says what the world will be, `run` is that world until it is told to stop."""

import asyncio
import contextlib
import signal
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import structlog
import uvicorn

from contract.feed import PieceCard
from contract.ids import PieceId, ReaderId, StoreId
from simulator.door import create_door
from simulator.gen2 import Memory
from simulator.llrp.device import Device
from simulator.llrp.server import LlrpServer
from simulator.psp import Payment, Provider
from simulator.radio import Radio
from simulator.stock import StockPiece, make_stock
from simulator.store import LAYOUTS, Layout, Reader, load_layout
from simulator.tags import Tags
from simulator.world import Saved, World

SAVE_EVERY_S: Final = 2.0
TICK_S: Final = 0.1
_log = structlog.get_logger()


class SimulatorConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything `run` needs; JSON on disk (`write_config`, `load_config`). Ports are keyed `store/reader`."""

    seed: int
    layouts: tuple[str, ...]
    reader_ports: dict[str, int]
    door_port: int
    host: str = "127.0.0.1"
    pieces: dict[str, int] = {}
    """Pieces per layout, where it should not be the layout's own number."""
    state_file: Path | None = None


class ReaderPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A reader and where it listens."""

    id: ReaderId
    store: StoreId
    host: str
    port: int
    reader: Reader

    @property
    def url(self) -> str:
        return f"llrp://{self.host}:{self.port}"


class StorePlan(msgspec.Struct, frozen=True, kw_only=True):
    """A store with its readers' addresses and its stock."""

    layout: Layout
    readers: tuple[ReaderPlan, ...]
    stock: tuple[StockPiece, ...]

    @property
    def cards(self) -> tuple[PieceCard, ...]:
        return tuple(piece.card for piece in self.stock)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The world to come: hand `config` to `run`, write the edges' configurations and import stock from `stores`."""

    config: SimulatorConfig
    stores: tuple[StorePlan, ...]


def plan(
    layouts: Sequence[str] = LAYOUTS,
    seed: int = 1,
    *,
    host: str = "127.0.0.1",
    first_port: int = 0,
    pieces: dict[str, int] | None = None,
    state_file: Path | None = None,
) -> Plan:
    """The world of these layouts by this seed. The door takes `first_port`, readers the ports after it.

    `first_port=0` picks free ports now; another process may still take them before `run` binds.
    """
    readers = [f"{load_layout(name).store}/{r.id}" for name in layouts for r in load_layout(name).readers]
    ports = (
        list(range(first_port, first_port + 1 + len(readers))) if first_port else _free_ports(host, len(readers) + 1)
    )
    return plan_of(
        SimulatorConfig(
            seed=seed,
            layouts=tuple(layouts),
            reader_ports=dict(zip(readers, ports[1:], strict=True)),
            door_port=ports[0],
            host=host,
            pieces=pieces or {},
            state_file=state_file,
        )
    )


def plan_of(config: SimulatorConfig) -> Plan:
    """The plan that a configuration describes: a pure function of it."""
    stores = []
    for number, name in enumerate(config.layouts):
        layout = load_layout(name)
        stock = make_stock(
            seed=config.seed,
            store_number=number + 1,
            n=config.pieces.get(name, layout.pieces),
            shelves=layout.shelves(),
            currency=layout.currency,
            tax_bp=layout.tax_bp,
        )
        readers = tuple(
            ReaderPlan(
                id=reader.id,
                store=layout.store,
                host=config.host,
                port=config.reader_ports[f"{layout.store}/{reader.id}"],
                reader=reader,
            )
            for reader in layout.readers
        )
        stores.append(StorePlan(layout=layout, readers=readers, stock=stock))
    return Plan(config=config, stores=tuple(stores))


def write_config(path: Path, config: SimulatorConfig) -> None:
    path.write_bytes(msgspec.json.format(msgspec.json.encode(config, enc_hook=str), indent=2))


def load_config(path: Path) -> SimulatorConfig:
    """Raises `msgspec.ValidationError` naming the key, or `OSError`."""
    return msgspec.json.decode(path.read_bytes(), type=SimulatorConfig, dec_hook=lambda kind, value: kind(value))


class _Door(uvicorn.Server):
    """uvicorn as a guest: signals stay with the composition root, and it says when it is ready."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


class StateFile(msgspec.Struct, frozen=True, kw_only=True):
    """What a restart keeps."""

    world: Saved = Saved()
    payments: tuple[Payment, ...] = ()
    tags: dict[PieceId, Memory] = {}
    """Tags somebody has written, locked or killed."""


class Outside:
    """The running world: pieces, radios, readers, the payment provider and the door. `start`, `stop`.

    `now_us` is its time; `pace` seconds of it pass in one of the event loop.
    """

    def __init__(self, config: SimulatorConfig, now_us: Callable[[], int] | None = None, *, pace: float = 1.0) -> None:
        self.config, self._now_us = config, now_us or clock_us
        self.plan = plan_of(config)
        self.world = World([(store.layout, store.stock) for store in self.plan.stores])
        self.provider = Provider()
        self.tags = Tags(self.world)
        self.servers: dict[str, LlrpServer] = {}
        for number, store in enumerate(self.plan.stores):
            radio = Radio(self.world, store.layout.store, config.seed, self._now_us())
            for index, reader in enumerate(store.readers):
                key = f"{store.layout.store}/{reader.id}"
                chance = np.random.default_rng([config.seed, 5, number, index])
                self.servers[key] = LlrpServer(
                    Device(reader.reader, key, radio, self.tags, chance), self._now_us, pace=pace
                )
        self._saved = b""
        self._restore()
        app = create_door(self.world, self.servers, self.provider, self._now_us)
        self._door = _Door(
            uvicorn.Config(app, host=config.host, port=config.door_port, log_level="warning", lifespan="off")
        )
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Listen everywhere. Raises `OSError` naming the address that is taken."""
        for store in self.plan.stores:
            for reader in store.readers:
                await self.servers[f"{reader.store}/{reader.id}"].start(reader.host, reader.port)
        door = socket.create_server((self.config.host, self.config.door_port))
        self._tasks = [
            asyncio.create_task(self._door.serve(sockets=[door])),
            asyncio.create_task(self._tick()),
        ]
        await self._door.ready.wait()

    async def stop(self) -> None:
        self._door.should_exit = True
        self._tasks[1].cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for server in self.servers.values():
            await server.stop()
        self.save()

    def save(self) -> None:
        """Write the state file if anything changed: whole, beside, then renamed."""
        if self.config.state_file is None:
            return
        payments = tuple(self.provider.payments.values())
        state = msgspec.json.encode(StateFile(world=self.world.save(), payments=payments, tags=self.tags.save()))
        if state != self._saved:
            beside = self.config.state_file.with_suffix(".new")
            beside.write_bytes(state)
            beside.replace(self.config.state_file)
            self._saved = state

    def _restore(self) -> None:
        if self.config.state_file is not None and self.config.state_file.exists():
            state = msgspec.json.decode(self.config.state_file.read_bytes(), type=StateFile)
            self.world.restore(state.world)
            self.tags.restore(state.tags)
            self.provider.payments = {payment.key: payment for payment in state.payments}

    async def _tick(self) -> None:
        """Let planned moves happen and keep the state file fresh."""
        saved_s, version = time.monotonic(), -1
        while True:
            self.world.advance(self._now_us())
            changed = self.world.version + len(self.provider.payments) + self.tags.changes
            if changed != version and time.monotonic() - saved_s > SAVE_EVERY_S:
                self.save()
                saved_s, version = time.monotonic(), changed
            await asyncio.sleep(TICK_S)


async def serve(config: SimulatorConfig) -> None:
    """Run until SIGINT or SIGTERM."""
    outside = Outside(config)
    await outside.start()
    _log.info("simulator ready", door=f"http://{config.host}:{config.door_port}", readers=len(outside.servers))
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    await stopping.wait()
    await outside.stop()


def run(config: SimulatorConfig | Path) -> None:
    """The simulator as a process, from a configuration or the JSON file of one. Returns when told to stop."""
    asyncio.run(serve(load_config(config) if isinstance(config, Path) else config))


def clock_us() -> int:
    """UTC microseconds: the one wall clock of the simulator."""
    return time.time_ns() // 1000


def _free_ports(host: str, n: int) -> list[int]:
    sockets = [socket.socket() for _ in range(n)]
    try:
        for one in sockets:
            one.bind((host, 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()
