"""Asking a serial module who it is, and no more: nothing is set and nothing is read. No input or output."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from edge.readers.findings import Finding
from edge.readers.health import Health
from edge.readers.profiles import Place, Profile
from edge.readers.serial.connection import Heard, Say, State
from edge.readers.serial.dialogue import Dialogue, Family

NOWHERE: Final = Place(session=1, population=1)
"""A module needs a place to be opened for; one that is only asked who it is reads nowhere."""


class SerialTold(msgspec.Struct, frozen=True, kw_only=True):
    """What a module said of itself, as far as its family tells it."""

    model: str
    firmware: str
    temperature_c: int | None
    region: str
    power_dbm: float | None

    def findings(self, profile: Profile, places: Mapping[int, Place]) -> list[Finding]:
        """What a module cannot do, its driver refuses before it opens the port."""
        del profile, places
        return []

    def rows(self) -> Sequence[tuple[str, str]]:
        told = {
            "module": self.model or "tells no model",
            "firmware": self.firmware,
            "region": self.region,
            "power": f"{self.power_dbm:g} dBm" if self.power_dbm is not None else "",
            "temperature": f"{self.temperature_c} °C" if self.temperature_c is not None else "",
        }
        return [(name, words) for name, words in told.items() if words]


class Inquiry(Dialogue):
    """`over` when the module has said who it is (`told`), when its port is gone, or no rate of `rates` was answered."""

    def __init__(self, health: Health, family: Family, rates: int) -> None:
        super().__init__(health, family, {})
        self.over = False
        self.told: SerialTold | None = None
        self._rates = rates
        self._settings_asked = False

    def lose(self, now_us: int, why: str) -> None:
        super().lose(now_us, why)
        self.over = True

    def _hear(self, heard: Heard, now_us: int, why: str = "") -> None:
        if self.state is State.IDENTIFYING and heard in (Heard.DONE, Heard.REFUSED):
            if not self._settings_asked:
                self._settings_asked = True
                self._asks.extend(self._family.words(Say.ASK_SETTINGS, None))
                if self._asks:
                    self._ask(now_us)
                    return
            health = self.health
            self.told = SerialTold(
                model=health.model,
                firmware=health.firmware,
                temperature_c=health.temperature_c,
                region=health.region,
                power_dbm=health.power_dbm,
            )
            heard = Heard.LOST
        super()._hear(heard, now_us, why)
        if not self.connected:
            self.over = self.told is not None or self.health.connects_total >= self._rates
