"""A small jeweller's for the house's tests: zones, readers, a clock that the test moves, reads made by hand."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from contract.facts import ReaderLink
from contract.ids import ReaderId, StoreId, TillId, ZoneId
from edge.config import EdgeConfig, ReaderConfig, ZoneConfig, ZoneKind
from edge.readers.base import PHASE_ABSENT, ReadBatch


class HandClock:
    """Time that moves when the test says so."""

    def __init__(self) -> None:
        self.now = 1_000_000

    def mono_us(self) -> int:
        return self.now

    def wall_us(self) -> int:
        return self.now + 1_700_000_000_000_000


@dataclass
class HandHealth:
    """A reader's health as the test sets it."""

    link: ReaderLink = ReaderLink.READING
    last_heard_us: int = 0
    why: str = ""
    model: str = "hand"
    firmware: str = "1"
    reads_total: int = 0
    dropped_total: int = 0


def epc_of(number: int) -> bytes:
    return bytes.fromhex("E280AA") + number.to_bytes(9, "big")


def a_batch(
    reader: str, arrived_us: int, epcs: list[bytes], antenna: int | list[int] = 1, rssi: int = -5500
) -> ReadBatch:
    n = len(epcs)
    ports = [antenna] * n if isinstance(antenna, int) else antenna
    return ReadBatch(
        reader=ReaderId(reader),
        arrived_us=arrived_us,
        epc=np.frombuffer(b"".join(epcs), np.uint8).reshape(n, 12).copy(),
        epc_bits=np.full(n, 96, np.uint16),
        antenna=np.array(ports, np.uint16),
        rssi_cdbm=np.full(n, rssi, np.int16),
        phase=np.full(n, PHASE_ABSENT, np.uint16),
        channel=np.zeros(n, np.uint16),
        seen_count=np.ones(n, np.uint16),
        first_seen_us=np.zeros(n, np.uint64),
        last_seen_us=np.zeros(n, np.uint64),
        rospec_id=np.ones(n, np.uint32),
    )


def a_config(data_dir: Path) -> EdgeConfig:
    zones = (("safe", ZoneKind.SAFE), ("case", ZoneKind.CASE), ("pad", ZoneKind.PAD), ("exit", ZoneKind.EXIT))
    readers = (
        ("r-safe", {"1": "safe"}),
        ("r-case", {"1": "case", "2": "case"}),
        ("r-pad", {"1": "pad"}),
        ("r-exit", {"1": "exit"}),
    )
    return EdgeConfig(
        store=StoreId("paris"),
        name="Paris",
        currency="EUR",
        data_dir=data_dir,
        zones=tuple(ZoneConfig(id=ZoneId(name), name=name.title(), kind=kind) for name, kind in zones),
        readers=tuple(
            ReaderConfig(
                id=ReaderId(name),
                url="llrp://127.0.0.1:1",
                profile="generic-llrp",
                antennas={p: ZoneId(z) for p, z in ports.items()},
            )
            for name, ports in readers
        ),
        tills=(TillId("till-1"), TillId("till-2")),
    )


@pytest.fixture
def config(tmp_path: Path) -> EdgeConfig:
    return a_config(tmp_path)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@dataclass
class Tools:
    """What tests make things with (helper modules are not importable under importlib mode)."""

    batch: object = field(default=a_batch)
    epc: object = field(default=epc_of)
    health: object = field(default=HandHealth)
    config: object = field(default=a_config)
    clock: object = field(default=HandClock)


@pytest.fixture
def make() -> Tools:
    return Tools()
