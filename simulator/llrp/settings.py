"""The reader's configuration: what SET_READER_CONFIG changes and GET_READER_CONFIG tells (LLRP 1.0.1 §12)."""

import struct
import zlib
from enum import IntEnum
from typing import Final

from simulator.llrp.access import AccessTrigger, parse_access_report
from simulator.llrp.codec import P, Param, RefusedError, Status, params, tlv, unpack
from simulator.llrp.events import EventType
from simulator.llrp.models import Model
from simulator.llrp.spec import Content, ReportSpec, parse_antenna, parse_report_spec
from simulator.radio import Singulation


class Requested(IntEnum):
    """GET_READER_CONFIG RequestedData (§16.1.21)."""

    ALL = 0
    IDENTIFICATION = 1
    ANTENNA_PROPERTIES = 2
    ANTENNA_CONFIGURATION = 3
    RO_REPORT_SPEC = 4
    EVENT_NOTIFICATION_SPEC = 5
    ACCESS_REPORT_SPEC = 6
    STATE_VALUE = 7
    KEEPALIVE_SPEC = 8
    GPI_PORT_STATE = 9
    GPO_WRITE_DATA = 10
    EVENTS_AND_REPORTS = 11


EVENT_TYPES: Final = 9
UNKNOWN: Final = 2
"""GPIPortState of an input that nobody listens to."""
IGNORED: Final = (P.ANTENNA_PROPERTIES, P.CUSTOM)
"""Accepted without effect: gains are those of the antennas, and vendors' extras."""


class Settings:
    """Standing configuration of one reader; survives connections, not reboots."""

    def __init__(self, model: Model, key: str = "") -> None:
        self.model: Final = model
        self.mac: Final = model.oui + b"\xff\xfe" + zlib.crc32(key.encode()).to_bytes(4)[1:]
        """EUI-64 of this very reader, made of its maker's part and its name."""
        self.reset()

    def reset(self) -> None:
        """Factory defaults."""
        air = Singulation(tags_per_s=self.model.tags_per_s(self.model.default_mode), power_dbm=self.model.power_dbm(0))
        self.air: dict[int, Singulation] = dict.fromkeys(range(1, self.model.antennas + 1), air)
        self.events: set[int] = set()
        self.report = ReportSpec()
        self.access_report = AccessTrigger.WITH_RO_REPORT
        self.keepalive_ms = 0
        self.hold = False
        self.gpis: dict[int, bool] = dict.fromkeys(range(1, self.model.gpis + 1), False)
        """Inputs that are listened to (GPIConfig)."""
        self.gpos: dict[int, bool] = dict.fromkeys(range(1, self.model.gpos + 1), False)
        self.changes = 0

    def change(self, inner: list[Param]) -> None:
        """The parameters of SET_READER_CONFIG after its first byte. Raises `RefusedError`; nothing is half done."""
        air, events, report, keepalive_ms, hold = self.air, set(self.events), self.report, self.keepalive_ms, self.hold
        gpis, gpos, access_report = dict(self.gpis), dict(self.gpos), self.access_report
        for param in inner:
            match param.kind:
                case P.ANTENNA_CONFIGURATION:
                    air = air | parse_antenna(param, self.model, air)
                case P.EVENT_NOTIFICATION_SPEC:
                    events = _events(param, events)
                case P.RO_REPORT_SPEC:
                    report = parse_report_spec(param)
                case P.ACCESS_REPORT_SPEC:
                    access_report = parse_access_report(param)
                case P.KEEPALIVE_SPEC:
                    trigger, period_ms = unpack(">BI", param.body, param.kind)
                    if trigger > 1 or (trigger == 1 and period_ms == 0):
                        why = f"keepalive trigger {trigger} with {period_ms} ms: null (0), or periodic (1) with a time"
                        raise RefusedError(Status.P_FIELD_ERROR, why, parameter=param.kind, field=int(trigger <= 1))
                    keepalive_ms = period_ms if trigger else 0
                case P.EVENTS_AND_REPORTS:
                    hold = bool(unpack(">B", param.body, param.kind)[0] & 0x80)
                case P.GPI_PORT_STATE:
                    port, listened, _ = unpack(">HBB", param.body, param.kind)
                    gpis[_port(port, gpis, param)] = bool(listened & 0x80)
                case P.GPO_WRITE_DATA:
                    port, level = unpack(">HB", param.body, param.kind)
                    gpos[_port(port, gpos, param)] = bool(level & 0x80)
                case kind:
                    if kind in IGNORED:
                        continue
                    why = f"parameter {kind} does not belong into SET_READER_CONFIG"
                    raise RefusedError(Status.M_UNEXPECTED_PARAMETER, why)
        self.air, self.events, self.report, self.keepalive_ms, self.hold = air, events, report, keepalive_ms, hold
        self.gpis, self.gpos, self.access_report = gpis, gpos, access_report
        self.changes += 1

    def tell(
        self, requested: Requested, connected: set[int], inputs: dict[int, bool], *, only: tuple[int, int, int]
    ) -> bytes:
        """The parameters of GET_READER_CONFIG_RESPONSE after its status. `only`: antenna, GPI, GPO; 0 means all."""
        antenna, gpi, gpo = only
        ports = [antenna] if antenna else range(1, self.model.antennas + 1)
        reader_id = struct.pack(">BH", 0, len(self.mac)) + self.mac
        parts = {
            Requested.IDENTIFICATION: tlv(P.IDENTIFICATION, reader_id),
            Requested.ANTENNA_PROPERTIES: b"".join(
                tlv(P.ANTENNA_PROPERTIES, struct.pack(">BHh", 0x80 if port in connected else 0, port, 600))
                for port in ports
            ),
            Requested.ANTENNA_CONFIGURATION: b"".join(self._antenna(port) for port in ports),
            Requested.EVENT_NOTIFICATION_SPEC: tlv(
                P.EVENT_NOTIFICATION_SPEC,
                b"".join(
                    tlv(P.EVENT_NOTIFICATION_STATE, struct.pack(">HB", kind, 0x80 if kind in self.events else 0))
                    for kind in range(EVENT_TYPES)
                ),
            ),
            Requested.RO_REPORT_SPEC: _report_spec(self.report),
            Requested.ACCESS_REPORT_SPEC: tlv(P.ACCESS_REPORT_SPEC, bytes([self.access_report])),
            Requested.STATE_VALUE: tlv(P.CONFIGURATION_STATE_VALUE, struct.pack(">I", self.changes)),
            Requested.KEEPALIVE_SPEC: tlv(
                P.KEEPALIVE_SPEC, struct.pack(">BI", int(self.keepalive_ms > 0), self.keepalive_ms)
            ),
            Requested.GPI_PORT_STATE: b"".join(
                tlv(P.GPI_PORT_STATE, struct.pack(">HBB", port, 0x80 * on, inputs[port] if on else UNKNOWN))
                for port, on in self.gpis.items()
                if gpi in {0, port}
            ),
            Requested.GPO_WRITE_DATA: b"".join(
                tlv(P.GPO_WRITE_DATA, struct.pack(">HB", port, 0x80 * on))
                for port, on in self.gpos.items()
                if gpo in {0, port}
            ),
            Requested.EVENTS_AND_REPORTS: tlv(P.EVENTS_AND_REPORTS, b"\x80" if self.hold else b"\x00"),
        }
        return b"".join(parts.values()) if requested is Requested.ALL else parts[requested]

    def notifies(self, event: EventType) -> bool:
        return event in self.events

    def _antenna(self, port: int) -> bytes:
        air = self.air[port]
        power = min(range(len(self.model.powers_dbm)), key=lambda i: abs(self.model.powers_dbm[i] - air.power_dbm)) + 1
        singulation = tlv(P.C1G2_SINGULATION_CONTROL, struct.pack(">BHI", air.session << 6, 32, 0))
        control = tlv(P.C1G2_RF_CONTROL, struct.pack(">HH", self._mode(air), 0))
        command = tlv(P.C1G2_INVENTORY_COMMAND, b"\x00" + control + singulation)
        transmitter = tlv(P.RF_TRANSMITTER, struct.pack(">HHH", 0, 1, power))
        receiver = tlv(P.RF_RECEIVER, struct.pack(">H", 1))
        return tlv(P.ANTENNA_CONFIGURATION, struct.pack(">H", port) + receiver + transmitter + command)

    def _mode(self, air: Singulation) -> int:
        modes = self.model.modes
        return next((mode.id for mode in modes if mode.tags_per_s == air.tags_per_s), self.model.default_mode)


def _port(port: int, ports: dict[int, bool], param: Param) -> int:
    if port not in ports:
        why = f"port {port} does not exist; there are {', '.join(map(str, ports)) or 'none'}"
        raise RefusedError(Status.P_FIELD_ERROR, why, parameter=param.kind, field=0)
    return port


def _events(param: Param, standing: set[int]) -> set[int]:
    """Every event named gets its state; the others keep theirs (§12.2.1)."""
    events = set(standing)
    for state in params(param.body):
        kind, flag = unpack(">HB", state.body, state.kind)
        if kind >= EVENT_TYPES:
            raise RefusedError(Status.P_FIELD_ERROR, f"event type {kind} does not exist", parameter=state.kind, field=0)
        events = events | {kind} if flag & 0x80 else events - {kind}
    return events


def _report_spec(report: ReportSpec) -> bytes:
    names = Content.__struct_fields__[:10]
    bits = sum(0x8000 >> i for i, name in enumerate(names) if getattr(report.content, name))
    memory = tlv(P.C1G2_EPC_MEMORY_SELECTOR, bytes([0x80 * report.content.crc | 0x40 * report.content.pc]))
    selector = tlv(P.TAG_REPORT_CONTENT, struct.pack(">H", bits) + memory)
    return tlv(P.RO_REPORT_SPEC, struct.pack(">BH", report.trigger, report.n) + selector)
