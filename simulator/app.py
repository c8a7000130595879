"""The simulator as a process: `plan` says what the world will be, `run` is that world until it is told to stop."""

import socket
from collections.abc import Sequence
from pathlib import Path

import msgspec

from contract.feed import PieceCard
from contract.ids import ReaderId, StoreId
from simulator.stock import StockPiece, make_stock
from simulator.store import LAYOUTS, Layout, Reader, load_layout


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


def _free_ports(host: str, n: int) -> list[int]:
    sockets = [socket.socket() for _ in range(n)]
    try:
        for one in sockets:
            one.bind((host, 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()
