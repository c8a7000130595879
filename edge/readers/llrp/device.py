"""What one connection's answers tell of the device behind it: what it can do, which one it is, whether it suits us."""

from collections.abc import Mapping

from edge.readers.findings import notes, refusal
from edge.readers.health import Health
from edge.readers.llrp import events
from edge.readers.llrp.capabilities import Capabilities, capabilities_of
from edge.readers.llrp.connection import Heard
from edge.readers.llrp.fit import findings
from edge.readers.llrp.frames import Frame
from edge.readers.llrp.gpio import Wires
from edge.readers.llrp.identity import serial_of
from edge.readers.profiles import Place, Profile


class Device:
    """Asked anew at every connection: another may stand at the address, or the same may have been changed."""

    def __init__(self, health: Health, profile: Profile, places: Mapping[int, Place], wires: Wires) -> None:
        self.capabilities = Capabilities()
        self._serial = ""
        self._health = health
        self._profile = profile
        self._places = places
        self._wires = wires

    def connected(self) -> None:
        """A new connection: nothing is known."""
        self.capabilities, self._serial = Capabilities(), ""

    def answered(self, frame: Frame) -> None:
        """A good answer to one of our questions. Raises `ProtocolError` when what it tells cannot be read."""
        if frame.type == events.GET_CAPABILITIES_RESPONSE:
            self.capabilities = capabilities_of(frame)
        elif frame.type == events.GET_CONFIG_RESPONSE:
            self._serial = serial_of(frame)

    def fits(self, heard: Heard | None, why: str) -> tuple[Heard | None, str]:
        """Our profile held against what the reader told, if it told: nothing wrong or unlawful is asked of it."""
        inputs, outputs = self._wires.used, self._wires.outputs
        found = findings(self._profile, self._places, self.capabilities, inputs=inputs, outputs=outputs)
        self._health.notes = notes(found)
        wrong = refusal(found)
        return (Heard.UNFIT, wrong) if wrong else (heard, why)

    def identify(self) -> None:
        """All that tells which device it is at once, so that nobody sees half of two."""
        told, health = self.capabilities, self._health
        if told.model:
            health.model, health.firmware, health.serial = told.model, told.firmware, self._serial
