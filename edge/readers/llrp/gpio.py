"""Inputs and outputs of a reader over LLRP: subscribed and asked at every connect, driven to what is wanted.

Its requests go beside those of the connection, one at a time. What the reader refuses is told and counted, and reads
go on. No input or output here; the dialogue brings what the reader says, and the time.

Source: LLRP 1.1 §17.2.6.3 (GPOWriteData), §17.2.6.5 (GPIPortCurrentState), §17.2.7.6.2 (GPIEvent).
"""

import struct
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from edge.readers.base import ProtocolError
from edge.readers.health import Health
from edge.readers.llrp import events
from edge.readers.llrp.frames import Frame
from edge.readers.llrp.messages import SET_READER_CONFIG, get_reader_config, message
from edge.readers.llrp.params import walk

GET_READER_CONFIG_RESPONSE, SET_READER_CONFIG_RESPONSE = 12, 13
GPI_PORT_CURRENT_STATE: Final = 9
"""RequestedData of GET_READER_CONFIG (§16.1.5)."""
GPI_EVENT: Final = 1
"""EventType of EventNotificationState (§17.2.6.7.1)."""
P_GPO_WRITE_DATA, P_GPI_STATE, P_EVENT_SPEC, P_EVENT_STATE = 219, 225, 244, 245
YES: Final = 0x80
ANSWER_WITHIN_US: Final = 2_500_000
LEVELS: Final = {0: False, 1: True}
"""GPIState; 2 is unknown to the reader itself."""


class Ask(StrEnum):
    """What is said, and in this order after a connect."""

    OUTPUTS = "outputs"
    INPUTS = "inputs"
    STATES = "states"


class Wires(NamedTuple):
    """What is wired to a reader. `outputs`: port → whether its wire is high while it is on."""

    inputs: frozenset[int]
    outputs: Mapping[int, bool]
    trigger: tuple[int, bool] | None = None
    """The input that starts our ROSpec, and whether it does when it is high."""

    @property
    def used(self) -> frozenset[int]:
        """Every input that must be listened to."""
        return self.inputs | ({self.trigger[0]} if self.trigger else set())


UNWIRED: Final = Wires(frozenset(), {})


class Gpio:
    """The inputs and outputs of one reader."""

    def __init__(self, health: Health, wires: Wires, next_id: Callable[[], int]) -> None:
        self._health = health
        self._inputs, self._high_when_on, self._trigger = wires
        self._used = wires.used
        self._levels: dict[int, bool] = {}
        self._next_id = next_id
        self._on = dict.fromkeys(wires.outputs, False)
        self._told: dict[int, bool] = {}
        """What the reader was told last, by port."""
        self._todo: list[Ask] = []
        self._pending = 0
        self._asked = Ask.OUTPUTS
        self._deadline_us = 0
        self._configured = False
        self._out = bytearray()

    def want(self, port: int, *, on: bool) -> None:
        """What an output is to be, from now on. A port that is not configured is nobody's."""
        if port in self._on:
            self._on[port] = on

    def rest(self) -> bytes:
        """All outputs off: the last words to a reader that is there."""
        self._on = dict.fromkeys(self._on, False)
        return self._say_outputs(self._next_id()) if self._configured and self._on else b""

    def begin(self, now_us: int) -> None:
        """The reader is connected and has its configuration: nothing it did before is believed."""
        self._forget()
        self._configured = True
        self._todo = [Ask.INPUTS, Ask.STATES] if self._used else []
        self.tick(now_us)

    def end(self) -> None:
        """The connection ended: nobody knows how the inputs stand."""
        self._forget()

    def event(self, told: tuple[int, bool]) -> None:
        """GPIEvent: an input, and whether it is high."""
        self._heard(dict([told]))

    @property
    def stands(self) -> bool:
        """Whether the input of our ROSpec's trigger is known to be where it starts it."""
        return self._trigger is not None and self._levels.get(self._trigger[0]) == self._trigger[1]

    def hears(self, frame: Frame) -> bool:
        """Whether this message answers our pending request."""
        return frame.message_id == self._pending != 0 and frame.type in {
            GET_READER_CONFIG_RESPONSE,
            SET_READER_CONFIG_RESPONSE,
            events.ERROR_MESSAGE,
        }

    def hear(self, frame: Frame, now_us: int) -> None:
        """An answer. Raises `ProtocolError` for one that cannot be read: it counts as none, and is asked for again."""
        status = events.status_of(frame)
        states = states_of(frame)
        self._pending = self._deadline_us = 0
        if status.code:
            self._health.outputs_refused_total += self._asked is Ask.OUTPUTS
            self._health.exceptions_total += 1
            self._health.exception = f"it refuses its {self._asked}: {status.words or f'status {status.code}'}"
        else:
            self._heard(states)
        self.tick(now_us)

    def tick(self, now_us: int) -> None:
        """Say what is to be said, one request at a time."""
        if self._deadline_us and now_us >= self._deadline_us:
            # unanswered: the outputs are told again, the inputs asked again
            self._pending = self._deadline_us = 0
            self._told = {}
            self._todo = [self._asked, *self._todo] if self._asked is not Ask.OUTPUTS else self._todo
        if self._pending or not self._configured:
            return
        if self._told != self._on:
            self._send(Ask.OUTPUTS, now_us)
        elif self._todo:
            self._send(self._todo.pop(0), now_us)

    def take(self) -> bytes:
        """Bytes to send."""
        out = bytes(self._out)
        self._out.clear()
        return out

    def _heard(self, levels: Mapping[int, bool]) -> None:
        self._levels |= {port: high for port, high in levels.items() if port in self._used}
        self._health.inputs = {port: high for port, high in self._levels.items() if port in self._inputs}

    def _forget(self) -> None:
        self._health.inputs = {}
        self._levels = {}
        self._told = {}
        self._todo = []
        self._pending = self._deadline_us = 0
        self._configured = False
        self._out.clear()

    def _send(self, ask: Ask, now_us: int) -> None:
        self._asked = ask
        self._pending = self._next_id()
        self._deadline_us = now_us + ANSWER_WITHIN_US
        match ask:
            case Ask.OUTPUTS:
                self._out += self._say_outputs(self._pending)
            case Ask.INPUTS:
                self._out += watch_inputs(self._pending, self._used)
            case Ask.STATES:
                self._out += ask_inputs(self._pending)

    def _say_outputs(self, message_id: int) -> bytes:
        self._told = dict(self._on)
        return set_outputs(message_id, {port: on == self._high_when_on[port] for port, on in self._on.items()})


def set_outputs(message_id: int, high: Mapping[int, bool]) -> bytes:
    """SET_READER_CONFIG with the level of each output, and nothing else."""
    params = (_tlv(P_GPO_WRITE_DATA, struct.pack("!HB", port, YES * on)) for port, on in sorted(high.items()))
    return message(SET_READER_CONFIG, message_id, b"\x00" + b"".join(params))


def watch_inputs(message_id: int, ports: frozenset[int]) -> bytes:
    """SET_READER_CONFIG: these inputs are in use, and tell when they change."""
    state = _tlv(P_EVENT_STATE, struct.pack("!HB", GPI_EVENT, YES))
    used = (_tlv(P_GPI_STATE, struct.pack("!HBB", port, YES, 0)) for port in sorted(ports))
    return message(SET_READER_CONFIG, message_id, b"\x00" + _tlv(P_EVENT_SPEC, state) + b"".join(used))


def ask_inputs(message_id: int) -> bytes:
    """GET_READER_CONFIG: how all inputs stand."""
    return get_reader_config(message_id, GPI_PORT_CURRENT_STATE)


def states_of(frame: Frame) -> dict[int, bool]:
    """GET_READER_CONFIG_RESPONSE: input → whether it is high, of those the reader knows. Raises `ProtocolError`."""
    states: dict[int, bool] = {}
    for param in walk(frame.body, 0, len(frame.body)):
        if param.type == P_GPI_STATE and not param.tv:
            if param.size < 4:
                raise ProtocolError("a GPIPortCurrentState without a state")
            port, _, state = struct.unpack_from("!HBB", frame.body, param.at)
            if state in LEVELS:
                states[port] = LEVELS[state]
    return states


def _tlv(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, 4 + len(value)) + value
