"""Who answers a serial module in one round: a list of tags, or one antenna of the simulated shop."""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

import msgspec
import numpy as np

from simulator.gen2 import PC_AT, Bank, Tag, pc_of
from simulator.radio import Radio, Singulation
from simulator.store import Antenna
from simulator.tags import Tags

ROUND_US: Final = 30_000


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One tag singulated once."""

    epc: bytes
    rssi_dbm: int
    antenna: int = 1


class Air(Protocol):
    """What lies before the antennas."""

    def round(self, antenna: int, session: int, power_dbm: float, now_us: int) -> list[Answer]: ...

    def near(self) -> list[Tag]:
        """The tags an access reaches. Whoever works on one says `worked_on` afterwards."""
        ...

    def worked_on(self, tag: Tag) -> None: ...

    def tid(self, epc: bytes) -> bytes | None:
        """TID of the tag with this EPC, if it is there and can be written to."""
        ...

    def write(self, epc: bytes, new: bytes) -> None: ...


class _Reached:
    """What follows from `near`."""

    def near(self) -> list[Tag]:
        raise NotImplementedError

    def worked_on(self, tag: Tag) -> None:
        del tag

    def tid(self, epc: bytes) -> bytes | None:
        return next((tag.tid for tag in self.near() if tag.epc == epc), None)

    def write(self, epc: bytes, new: bytes) -> None:
        for tag in [tag for tag in self.near() if tag.epc == epc][:1]:
            tag.write(Bank.EPC, PC_AT, pc_of(new).to_bytes(2) + new, secured=True)
            self.worked_on(tag)


class Tray(_Reached):
    """Tags given by hand: EPC → TID. Each answers every round on antenna 1, unless it is told to be elsewhere."""

    def __init__(
        self, tags: Mapping[bytes, bytes], antennas: Mapping[bytes, int] | None = None, rssi_dbm: int = -55
    ) -> None:
        self._antennas, self.rssi_dbm = antennas or {}, rssi_dbm
        self._lying = [(Tag(epc, tid), self._antennas.get(epc, 1)) for epc, tid in tags.items()]

    @property
    def tags(self) -> dict[bytes, bytes]:
        """EPC → TID, as they are now."""
        return {tag.epc: tag.tid for tag in self.near()}

    def near(self) -> list[Tag]:
        return [tag for tag, _ in self._lying if not tag.killed]

    def round(self, antenna: int, session: int, power_dbm: float, now_us: int) -> list[Answer]:  # noqa: ARG002 - an Air
        here = [tag for tag, port in self._lying if port == antenna and not tag.killed]
        return [Answer(epc=tag.epc, rssi_dbm=self.rssi_dbm, antenna=antenna) for tag in here]


class Shop(_Reached):
    """The antennas of one reader of the simulated store, and its weather. What it heard last is near."""

    def __init__(
        self, radio: Radio, tags: Tags, antennas: Sequence[Antenna], key: str, chance: np.random.Generator
    ) -> None:
        self._radio, self._tags, self._key, self._chance = radio, tags, key, chance
        self._antennas = {antenna.port: antenna for antenna in antennas}

    def round(self, antenna: int, session: int, power_dbm: float, now_us: int) -> list[Answer]:
        if antenna not in self._antennas:
            return []
        air = Singulation(session=session, tags_per_s=200.0, power_dbm=power_dbm)
        seen = self._tags.alive(
            self._radio.dwell(
                self._key, self._antennas[antenna], air, now_us=now_us, budget_us=ROUND_US, rng=self._chance
            )
        )
        return [
            Answer(epc=self._tags.epc_of(row), rssi_dbm=int(cdbm) // 100, antenna=antenna)
            for row, cdbm in zip(seen.rows.tolist(), seen.rssi_cdbm, strict=True)
        ]

    def near(self) -> list[Tag]:
        if self._radio.jammed:
            return []
        world = self._radio.world
        zones = {world.place_of[f"{self._radio.layout.store}/{antenna.zone}"] for antenna in self._antennas.values()}
        rows = np.flatnonzero(np.isin(world.place, list(zones - world.covered))).tolist()
        return [tag for row in rows if not (tag := self._tags.tag(row)).killed]

    def worked_on(self, tag: Tag) -> None:
        self._tags.worked_on(self._tags.row_of(tag))
