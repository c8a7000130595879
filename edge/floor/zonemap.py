"""Zones by index, and which reader watches which of them through which antenna."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from contract.ids import ReaderId, ZoneId
from edge.config import LIES_IN, EdgeConfig, ReaderConfig

NO_ZONE: Final = -1


class Antenna(NamedTuple):
    """A port of a fixed reader above a zone that pieces stay in."""

    reader: ReaderId
    port: int
    zone: int

    @property
    def name(self) -> str:
        """As records name it: another zone under the same port is another antenna."""
        return f"{self.reader}/{self.port}"


class ZoneMap:
    """Zones by index, and the zone of every antenna port of every reader."""

    def __init__(self, config: EdgeConfig) -> None:
        self.zones = config.zones
        self.index: dict[ZoneId, int] = {zone.id: i for i, zone in enumerate(config.zones)}
        self.references: dict[int, str] = {at: z.reference for at, z in enumerate(config.zones) if z.reference}
        """Zone to the EPC in hex of its reference tag."""
        self._ports: dict[ReaderId, NDArray[np.int32]] = {r.id: self._lut(r) for r in config.readers}
        self._own: dict[ReaderId, NDArray[np.int32]] = {
            reader: np.unique(lut[lut >= 0]) for reader, lut in self._ports.items()
        }
        for own in self._own.values():
            own.setflags(write=False)  # it is handed out
        self._by_port = {reader: np.append(lut, np.int32(NO_ZONE)) for reader, lut in self._ports.items()}
        """With a last entry for every port beyond."""
        wide = max(map(len, self._by_port.values()), default=1)
        self._by_reader = np.full((len(self._by_port), wide), NO_ZONE, np.int32)
        """int32[readers, ports]: the same of all readers, in the order of the configuration."""
        for ports, lut in zip(self._by_reader, self._by_port.values(), strict=True):
            ports[: len(lut)] = lut
        self.fixed: tuple[ReaderId, ...] = tuple(r.id for r in config.readers if not r.handheld)
        """Readers whose silence means something; the others are handhelds (`floor/sweeps.py`)."""
        self.only_reader = np.array([self._only_reader(zone) for zone in range(len(self.zones))], np.int32)
        """int32[zones]: which of `fixed` watches the zone; -1 where none or several do."""

        self.antennas: tuple[Antenna, ...] = tuple(
            Antenna(reader.id, int(port), self.index[zone])
            for reader in config.readers
            if not reader.handheld
            for port, zone in sorted(reader.antennas.items(), key=lambda each: int(each[0]))
            if config.zones[self.index[zone]].kind in LIES_IN
        )
        self.zone_by_antenna = np.array([each.zone for each in self.antennas], np.int32)
        """int32[antennas]: the zone each is above."""
        self._antenna_of: dict[ReaderId, NDArray[np.int32]] = {r: self._antennas(r) for r in self._ports}

    def antenna_of(self, reader: ReaderId, port: NDArray[np.uint16]) -> NDArray[np.int32]:
        """Index into `antennas` per read; -1 for a port that is none of them."""
        lut = self._antenna_of[reader]
        inside = port < len(lut)
        return np.where(inside, lut[np.where(inside, port, 0)], np.int32(-1)).astype(np.int32)

    def _antennas(self, reader: ReaderId) -> NDArray[np.int32]:
        out = np.full(len(self._ports[reader]), -1, np.int32)
        own = [(at, each.port) for at, each in enumerate(self.antennas) if each.reader == reader]
        for at, port in own:
            out[port] = at
        if len(own) == 1:
            out[0] = own[0][0]  # port 0 of a reader that does not tell the antenna
        return out

    def _lut(self, reader: ReaderConfig) -> NDArray[np.int32]:
        ports = {int(port): self.index[zone] for port, zone in reader.antennas.items()}
        lut = np.full(max(ports, default=0) + 1, NO_ZONE, np.int32)
        for port, zone in ports.items():
            lut[port] = zone
        if len(set(ports.values())) == 1:
            # A reader that does not tell the antenna (port 0) can only mean its one zone.
            lut[0] = next(iter(ports.values()))
        return lut

    def _only_reader(self, zone: int) -> int:
        readers = self.readers_of(zone)
        return self.fixed.index(readers[0]) if len(readers) == 1 else -1

    def zones_of(self, reader: ReaderId) -> NDArray[np.int32]:
        """Ascending; nobody's to change."""
        return self._own[reader]

    def watched_by(self, reader: ReaderId, down: frozenset[int]) -> NDArray[np.int32]:
        """Zones this reader can vouch for while these antennas are disconnected. Half an eye is no witness."""
        own = self.zones_of(reader)
        return own if not down else np.setdiff1d(own, self.zones_at(reader, down)).astype(np.int32)

    def zones_at(self, reader: ReaderId, ports: frozenset[int]) -> NDArray[np.int32]:
        """Zones of these ports; a port that is not in the configuration has none."""
        lut = self._ports[reader]
        zones = np.array([lut[port] for port in sorted(ports) if port < len(lut)], np.int32)
        return zones[zones >= 0]

    def readers_of(self, zone: int) -> list[ReaderId]:
        """Fixed readers with an antenna in this zone."""
        return [reader for reader in self.fixed if (self._ports[reader] == zone).any()]

    def zone_of(self, reader: NDArray[np.intp], antenna: NDArray[np.uint16]) -> NDArray[np.int32]:
        """Zone index per read, by the reader's place in the configuration; `NO_ZONE` for a port that is not in it."""
        wide = self._by_reader.shape[1]
        zone: NDArray[np.int32] = self._by_reader.ravel().take(reader * wide + np.minimum(antenna, wide - 1))
        return zone

    def zone_at(self, reader: ReaderId, port: int) -> int:
        """Likewise of one port."""
        lut = self._by_port[reader]
        return int(lut[min(port, len(lut) - 1)])
