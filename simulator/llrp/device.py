"""A reader without I/O: messages in, bytes out, and `advance(now_us)` to let its time pass."""

import struct
from collections import deque
from collections.abc import Callable
from typing import Final

import numpy as np

from simulator.llrp import events
from simulator.llrp.clock import Clock
from simulator.llrp.codec import M, Message, RefusedError, Status, message, params, status, unpack
from simulator.llrp.collect import Ids
from simulator.llrp.engine import Engine
from simulator.llrp.events import Attempt, EventType
from simulator.llrp.models import IMPINJ, known
from simulator.llrp.models import air_capabilities as air
from simulator.llrp.models import general_capabilities as general
from simulator.llrp.models import llrp_capabilities as llrp
from simulator.llrp.models import regulatory_capabilities as regulatory
from simulator.llrp.settings import Requested, Settings
from simulator.llrp.spec import Edge
from simulator.radio import Radio
from simulator.store import Reader
from simulator.tags import Tags

HELD_BYTES_MAX: Final = 4 << 20
"""Reports and events kept while a client asked to hold them; beyond it the oldest go (`held_lost_total`)."""
HELD_WARNING_PERCENT: Final = 80
KEEPALIVES_MISSED_MAX: Final = 4
_IMPINJ_ENABLE, _IMPINJ_ENABLED = 21, 22

Answered = tuple[bytes, bytes]
"""Body of the response, and what the reader says after it."""


class Device:
    """One reader. `chance` decides its dwells; times are UTC microseconds. The caller owns the socket."""

    def __init__(self, reader: Reader, key: str, radio: Radio, tags: Tags, chance: np.random.Generator) -> None:
        self.model: Final = known(reader.model)
        self.settings: Final = Settings(self.model, key)
        self.ids: Final = Ids()
        self.clock: Final = Clock(utc=self.model.utc_clock)
        self.engine: Final = Engine(
            reader, key, radio, tags, settings=self.settings, ids=self.ids, clock=self.clock, chance=chance
        )
        self.online = self.holding = self.closing = False
        self.held_lost_total = 0
        self.unheard_total = 0
        """Batches of reports made while nobody was connected and nobody had asked to hold them."""
        self.inputs: dict[int, bool] = dict.fromkeys(range(1, self.model.gpis + 1), False)
        """What is wired to the inputs: port → high. It is there whether the reader listens or not."""
        self._held: deque[bytes] = deque()
        self._held_bytes = 0
        self._warned = False
        self._unanswered = 0
        self._keepalive_us = 0
        engine, access = self.engine, self.engine.access
        self._answers: Final[dict[int, tuple[M, Callable[[bytes, int], Answered]]]] = {
            M.GET_READER_CAPABILITIES: (M.GET_READER_CAPABILITIES_RESPONSE, self._capabilities),
            M.GET_READER_CONFIG: (M.GET_READER_CONFIG_RESPONSE, self._get_config),
            M.SET_READER_CONFIG: (M.SET_READER_CONFIG_RESPONSE, self._set_config),
            M.CLOSE_CONNECTION: (M.CLOSE_CONNECTION_RESPONSE, self._close),
            M.ADD_ROSPEC: (M.ADD_ROSPEC_RESPONSE, lambda body, _: (status(), engine.add(body))),
            M.DELETE_ROSPEC: (M.DELETE_ROSPEC_RESPONSE, lambda body, now: (status(), engine.delete(body, now))),
            M.START_ROSPEC: (M.START_ROSPEC_RESPONSE, lambda body, now: (status(), engine.start(body, now))),
            M.STOP_ROSPEC: (M.STOP_ROSPEC_RESPONSE, lambda body, now: (status(), engine.stop(body, now))),
            M.ENABLE_ROSPEC: (M.ENABLE_ROSPEC_RESPONSE, lambda body, now: (status(), engine.enable(body, now))),
            M.DISABLE_ROSPEC: (M.DISABLE_ROSPEC_RESPONSE, lambda body, now: (status(), engine.disable(body, now))),
            M.GET_ROSPECS: (M.GET_ROSPECS_RESPONSE, lambda _, __: (status() + engine.tell(), b"")),
            M.ADD_ACCESSSPEC: (M.ADD_ACCESSSPEC_RESPONSE, lambda body, _: (status(), access.add(body))),
            M.DELETE_ACCESSSPEC: (M.DELETE_ACCESSSPEC_RESPONSE, lambda body, _: (status(), access.delete(body))),
            M.ENABLE_ACCESSSPEC: (
                M.ENABLE_ACCESSSPEC_RESPONSE,
                lambda body, _: (status(), access.switch(body, on=True)),
            ),
            M.DISABLE_ACCESSSPEC: (
                M.DISABLE_ACCESSSPEC_RESPONSE,
                lambda body, _: (status(), access.switch(body, on=False)),
            ),
            M.GET_ACCESSSPECS: (M.GET_ACCESSSPECS_RESPONSE, lambda _, __: (status() + access.tell(), b"")),
            M.CUSTOM_MESSAGE: (M.CUSTOM_MESSAGE, self._custom),
        }

    def connected(self, now_us: int) -> bytes:
        """A client's connection begins: what the reader says first."""
        self.online, self.closing = True, False
        self.holding = self.settings.hold
        self._unanswered = 0
        self._keepalive_us = now_us + self.settings.keepalive_ms * 1000
        said = self.refuse(now_us, Attempt.SUCCESS)
        return said if self.holding else said + self._release()

    def disconnected(self) -> None:
        """The client has gone. ROSpecs stay and go on (§10.2)."""
        self.online = False

    def refuse(self, now_us: int, why: Attempt) -> bytes:
        """What a connection hears that is not taken."""
        body = events.notification(self.clock.stamp(now_us), events.connection_attempt(why))
        return message(M.READER_EVENT_NOTIFICATION, self.ids.take(1), body)

    def reboot(self, now_us: int) -> None:
        """Power was off: factory defaults, no specs, nothing held, uptime from 0."""
        self.clock.boot(now_us)
        self.settings.reset()
        self.engine.forget()
        self.engine.cut_after, self.engine.power_lost = None, False
        self.online = self.holding = self.closing = False
        self._release()

    def set_antenna(self, port: int, now_us: int, *, dead: bool) -> bytes:
        """An antenna's cable breaks or is mended; told to the client if it asked for antenna events."""
        if dead:
            self.engine.dead.add(port)
        else:
            self.engine.dead.discard(port)
        event = events.antenna(connected=not dead, port=port)
        return self._say(self.engine.event(now_us, EventType.ANTENNA, event), now_us)

    def set_input(self, port: int, now_us: int, *, high: bool) -> bytes:
        """A door opens, somebody walks by: told and acted upon if the client enabled this input. Raises `KeyError`."""
        changed = self.inputs[port] != high
        self.inputs[port] = high
        if not changed or not self.settings.gpis[port]:
            return b""
        told = self.engine.event(now_us, EventType.GPI, events.gpi(port=port, high=high))
        return self._say(told + self.engine.input_changed(Edge(port, high), now_us), now_us)

    def cut_power_after(self, words: int) -> None:
        """The reader's power fails as soon as it has written so many more words (0: at the next); see `power_lost`."""
        self.engine.cut_after = words

    @property
    def power_lost(self) -> bool:
        """Power failed in the middle of a write: the reader says and hears nothing until `reboot`."""
        return self.engine.power_lost

    def set_deaf(self, *, deaf: bool) -> None:
        """The receiver hears nothing: jammed, or its front end died. LLRP goes on as if nothing were wrong."""
        self.engine.deaf = deaf

    @property
    def client_gone(self) -> bool:
        """The client has not acknowledged keepalives: drop the connection."""
        return self._unanswered > KEEPALIVES_MISSED_MAX

    def hear(self, received: Message, now_us: int) -> bytes:
        """Answer one message. `closing` is set after CLOSE_CONNECTION."""
        if received.version != 1:
            refusal = RefusedError(Status.M_UNSUPPORTED_VERSION, "this reader speaks LLRP 1.0.1 only")
            return message(M.ERROR_MESSAGE, received.id, status(refusal))
        match received.kind:
            case M.KEEPALIVE_ACK:
                self._unanswered = 0
                return b""
            case M.ENABLE_EVENTS_AND_REPORTS:
                self.holding = False
                return self._release()
            case M.GET_REPORT:
                return self.engine.collected()
            case _:
                pass
        if received.kind not in self._answers:
            why = f"message type {received.kind} is not known to this reader"
            return message(M.ERROR_MESSAGE, received.id, status(RefusedError(Status.M_UNSUPPORTED_MESSAGE, why)))
        kind, handle = self._answers[received.kind]
        try:
            body, after = handle(received.body, now_us)
        except RefusedError as refusal:
            said_as = M.ERROR_MESSAGE if kind == M.CUSTOM_MESSAGE else kind
            return message(said_as, received.id, status(refusal))
        return message(kind, received.id, body) + self._say(after, now_us)

    def due_us(self, now_us: int) -> int:
        """When `advance` has something to do next."""
        due = self.engine.due_us(now_us)
        return min(due, self._keepalive_us) if self.online and self.settings.keepalive_ms else due

    def advance(self, now_us: int) -> bytes:
        """Let everything happen that is due."""
        said = self._say(self.engine.advance(now_us), now_us)
        return b"" if self.power_lost else said + self._keepalive(now_us)

    def _say(self, said: bytes, now_us: int) -> bytes:
        """Reports and events pass here: sent, held for a client that asked so, or lost and counted."""
        if not said or (self.online and not self.holding):
            return said
        if not self.settings.hold:
            self.unheard_total += 1
            return b""
        self._hold(said)
        if self._held_bytes * 100 >= HELD_BYTES_MAX * HELD_WARNING_PERCENT and not self._warned:
            self._warned = True
            self._hold(self.engine.event(now_us, EventType.BUFFER_FILL, events.buffer_level(HELD_WARNING_PERCENT)))
        if self._held_bytes > HELD_BYTES_MAX:
            self._hold(self.engine.event(now_us, EventType.BUFFER_FILL, events.buffer_overflow()))
        while self._held_bytes > HELD_BYTES_MAX:
            self._held_bytes -= len(self._held.popleft())
            self.held_lost_total += 1
        return b""

    def _hold(self, said: bytes) -> None:
        if said:
            self._held.append(said)
            self._held_bytes += len(said)

    def _release(self) -> bytes:
        said = b"".join(self._held)
        self._held.clear()
        self._held_bytes, self._warned = 0, False
        return said

    def _keepalive(self, now_us: int) -> bytes:
        if not (self.online and self.settings.keepalive_ms) or now_us < self._keepalive_us:
            return b""
        self._keepalive_us = now_us + self.settings.keepalive_ms * 1000
        self._unanswered += 1
        return message(M.KEEPALIVE, self.ids.take(1))

    def _capabilities(self, body: bytes, now_us: int) -> Answered:
        del now_us
        (requested,) = unpack(">B", body, 0)
        makers = (general, llrp, regulatory, air)
        if requested > len(makers):
            raise RefusedError(Status.M_FIELD_ERROR, f"RequestedData {requested}: 0 is all, 1 to 4 one part", field=0)
        return status() + b"".join(make(self.model) for i, make in enumerate(makers, 1) if requested in {0, i}), b""

    def _get_config(self, body: bytes, now_us: int) -> Answered:
        del now_us
        antenna, requested, gpi, gpo = unpack(">HBHH", body, 0)
        limits = (antenna, self.model.antennas), (gpi, self.model.gpis), (gpo, self.model.gpos)
        if requested not in tuple(Requested):
            raise RefusedError(Status.M_FIELD_ERROR, f"RequestedData {requested}: 0 is all, 1 to 11 one part", field=1)
        for field, (port, ports) in zip((0, 2, 3), limits, strict=True):
            if port > ports:
                raise RefusedError(Status.M_FIELD_ERROR, f"port {port}: this reader has {ports}", field=field)
        wired = set(self.engine.antennas) - self.engine.dead
        return status() + self.settings.tell(Requested(requested), wired, self.inputs, only=(antenna, gpi, gpo)), b""

    def _set_config(self, body: bytes, now_us: int) -> Answered:
        (first,) = unpack(">B", body, 0)
        said = b""
        if first & 0x80:
            said = self.engine.end_run(now_us) if self.engine.run is not None else b""
            self.settings.reset()
            self.engine.forget()
        self.settings.change(list(params(body[1:])))
        self._keepalive_us = now_us + self.settings.keepalive_ms * 1000
        self._unanswered = 0
        return status(), said

    def _close(self, body: bytes, now_us: int) -> Answered:
        del body, now_us
        self.closing = True
        return status(), b""

    def _custom(self, body: bytes, now_us: int) -> Answered:
        """IMPINJ_ENABLE_EXTENSIONS on an Impinj; nothing else is known."""
        del now_us
        vendor, subtype = unpack(">IB", body, 0)
        if (vendor, subtype) != (IMPINJ, _IMPINJ_ENABLE) or self.model.manufacturer != IMPINJ:
            raise RefusedError(Status.M_UNSUPPORTED_MESSAGE, f"custom message {vendor}/{subtype} is not known here")
        return struct.pack(">IB", IMPINJ, _IMPINJ_ENABLED) + status(), b""
