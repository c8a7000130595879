"""Who answers a serial module in one round: a list of tags, or one antenna of the simulated shop."""

from collections.abc import Sequence
from typing import Final, Protocol

import msgspec
import numpy as np

from simulator.llrp.reports import Tags
from simulator.radio import Radio, Singulation
from simulator.store import Antenna

ROUND_US: Final = 30_000


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One tag singulated once."""

    epc: bytes
    rssi_dbm: int
    antenna: int = 1


class Air(Protocol):
    """What lies before the antennas."""

    def round(self, antenna: int, session: int, power_dbm: float, now_us: int) -> list[Answer]: ...

    def tid(self, epc: bytes) -> bytes | None:
        """TID of the tag with this EPC, if it is there and can be written to."""
        ...

    def write(self, epc: bytes, new: bytes) -> None: ...


class Tray(msgspec.Struct):
    """Tags given by hand: EPC → TID. Each answers every round on antenna 1, unless it is told to be elsewhere."""

    tags: dict[bytes, bytes]
    antennas: dict[bytes, int] = msgspec.field(default_factory=dict)
    rssi_dbm: int = -55

    def round(self, antenna: int, session: int, power_dbm: float, now_us: int) -> list[Answer]:  # noqa: ARG002 - an Air
        here = [epc for epc in self.tags if self.antennas.get(epc, 1) == antenna]
        return [Answer(epc=epc, rssi_dbm=self.rssi_dbm, antenna=antenna) for epc in here]

    def tid(self, epc: bytes) -> bytes | None:
        return self.tags.get(epc)

    def write(self, epc: bytes, new: bytes) -> None:
        self.tags[new] = self.tags.pop(epc)


class Shop:
    """The antennas of one reader of the simulated store, and its weather."""

    def __init__(
        self, radio: Radio, tags: Tags, antennas: Sequence[Antenna], key: str, chance: np.random.Generator
    ) -> None:
        self._radio, self._tags, self._key, self._chance = radio, tags, key, chance
        self._antennas = {antenna.port: antenna for antenna in antennas}

    def round(self, antenna: int, session: int, power_dbm: float, now_us: int) -> list[Answer]:
        if antenna not in self._antennas:
            return []
        air = Singulation(session=session, tags_per_s=200.0, power_dbm=power_dbm)
        seen = self._radio.dwell(
            self._key, self._antennas[antenna], air, now_us=now_us, budget_us=ROUND_US, rng=self._chance
        )
        return [
            Answer(epc=self._tags.epc[row].tobytes(), rssi_dbm=int(cdbm) // 100, antenna=antenna)
            for row, cdbm in zip(seen.rows, seen.rssi_cdbm, strict=True)
        ]

    def tid(self, epc: bytes) -> bytes | None:
        row = self._row(epc)
        return None if row is None else self._tags.tid[row].tobytes()

    def write(self, epc: bytes, new: bytes) -> None:
        """The world's own list of EPCs stays as it was: a tag written here is a stranger to the shop's stock."""
        row = self._row(epc)
        if row is not None and len(new) == self._tags.epc.shape[1]:
            if not self._tags.epc.flags.writeable:
                self._tags.epc = self._tags.epc.copy()
            self._tags.epc[row] = np.frombuffer(new, np.uint8)

    def _row(self, epc: bytes) -> int | None:
        rows = np.flatnonzero((self._tags.epc == np.frombuffer(epc.ljust(12, b"\0")[:12], np.uint8)).all(axis=1))
        return int(rows[0]) if len(rows) else None
