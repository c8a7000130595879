"""What a client asks for: ROSpec, report content, antenna settings, parsed and judged. Raises `RefusedError`."""

import struct
from enum import IntEnum
from typing import Final

import msgspec

from simulator.llrp.codec import P, Param, RefusedError, Status, params, unpack
from simulator.llrp.models import IMPINJ, Model
from simulator.radio import Singulation, Target

GEN2: Final = 1
_SEARCH_MODE, _TAG_CONTENT, _PEAK_RSSI, _PHASE, _TID = 23, 50, 53, 52, 51


class StartTrigger(IntEnum):
    NULL = 0
    IMMEDIATE = 1
    PERIODIC = 2
    GPI = 3


class StopTrigger(IntEnum):
    NULL = 0
    DURATION = 1
    GPI = 2


class AiStop(IntEnum):
    NULL = 0
    DURATION = 1
    GPI = 2
    OBSERVATION = 3


class Observation(IntEnum):
    """TagObservationTrigger (§16.2.4.2.1.1.1)."""

    N_TAGS = 0
    QUIET_FOR_T = 1
    N_ATTEMPTS = 2


class ReportTrigger(IntEnum):
    NONE = 0
    N_TAGS_OR_END_OF_AISPEC = 1
    N_TAGS_OR_END_OF_ROSPEC = 2


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """TagReportContentSelector and Impinj's extension of it: which parameters a TagReportData carries."""

    ro_spec_id: bool = True
    spec_index: bool = True
    inventory_spec_id: bool = True
    antenna: bool = True
    channel: bool = True
    peak_rssi: bool = True
    first_seen: bool = True
    last_seen: bool = True
    seen_count: bool = True
    access_spec_id: bool = True
    crc: bool = False
    pc: bool = False
    impinj_rssi: bool = False
    impinj_phase: bool = False
    impinj_tid: bool = False
    uptime: bool = False
    """Not asked for: the clock of the reader has no UTC."""


class ReportSpec(msgspec.Struct, frozen=True):
    """When a report leaves. `n` 0: only at the end."""

    trigger: ReportTrigger = ReportTrigger.N_TAGS_OR_END_OF_AISPEC
    n: int = 0
    content: Content = Content()


class Edge(msgspec.Struct, frozen=True):
    """An input that goes high or low: GPITriggerValue without its timeout, and what happens at the port."""

    port: int
    high: bool


class AiSpec(msgspec.Struct, frozen=True, kw_only=True):
    """Antennas in the order they are visited, the air settings of each, and when it ends (milliseconds).

    With `stop_on` it ends at that edge, and after `duration_ms` at the latest unless that is 0.
    """

    antennas: tuple[int, ...]
    settings: dict[int, Singulation]
    stop: AiStop
    inventory_id: int
    duration_ms: int = 0
    stop_on: Edge | None = None
    observe: Observation = Observation.N_TAGS
    observe_tags: int = 0
    observe_attempts: int = 0
    observe_t_ms: int = 0
    observe_timeout_ms: int = 0


class RoSpec(msgspec.Struct, frozen=True, kw_only=True):
    """`raw` is the parameter as it came, given back by GET_ROSPECS with its state byte set.

    `duration_ms` also bounds a stop by GPI, unless it is 0.
    """

    id: int
    start: StartTrigger
    stop: StopTrigger
    start_on: Edge | None
    stop_on: Edge | None
    period_ms: int
    offset_ms: int
    duration_ms: int
    ai_specs: tuple[AiSpec, ...]
    report: ReportSpec | None
    raw: bytes

    def with_state(self, state: int) -> bytes:
        """The parameter with `CurrentState` as it stands."""
        return self.raw[:9] + bytes([state]) + self.raw[10:]


def parse_ro_spec(param: Param, model: Model, settings: dict[int, Singulation]) -> RoSpec:
    """`settings` are the antennas' standing ones, by port; the ROSpec may override them."""
    id_, _, state = unpack(">IBB", param.body, P.RO_SPEC)
    if id_ == 0:
        raise _bad(P.RO_SPEC, 0, "ROSpecID 0 means all; give a number from 1")
    if state != 0:
        raise _bad(P.RO_SPEC, 2, "a ROSpec is added disabled (CurrentState 0)")
    inner = list(params(param.body[6:]))
    boundary = list(params(_one(inner, P.RO_BOUNDARY_SPEC, P.RO_SPEC).body))
    start = _one(boundary, P.RO_START_TRIGGER, P.RO_BOUNDARY_SPEC)
    start_kind, period_ms, offset_ms = _start(start)
    start_on, _ = _gpi(start, 1, model) if start_kind is StartTrigger.GPI else (None, 0)
    stop = _one(boundary, P.RO_STOP_TRIGGER, P.RO_BOUNDARY_SPEC)
    stop_kind, duration_ms = unpack(">BI", stop.body, stop.kind)
    if stop_kind not in tuple(StopTrigger):
        raise _bad(P.RO_STOP_TRIGGER, 0, f"stop trigger {stop_kind} does not exist")
    stop_on, duration_ms = _gpi(stop, 5, model) if stop_kind == StopTrigger.GPI else (None, duration_ms)
    if any(p.kind == P.RF_SURVEY_SPEC for p in inner):
        raise RefusedError(Status.P_UNSUPPORTED_PARAMETER, "this reader makes no RF survey", parameter=187)
    ai_specs = tuple(_ai_spec(p, model, settings) for p in inner if p.kind == P.AI_SPEC)
    if not ai_specs:
        raise RefusedError(Status.P_MISSING_PARAMETER, "a ROSpec needs an AISpec", parameter=P.RO_SPEC)
    reports = [parse_report_spec(p) for p in inner if p.kind == P.RO_REPORT_SPEC]
    return RoSpec(
        id=id_,
        start=start_kind,
        stop=StopTrigger(stop_kind),
        start_on=start_on,
        stop_on=stop_on,
        period_ms=period_ms,
        offset_ms=offset_ms,
        duration_ms=duration_ms,
        ai_specs=ai_specs,
        report=reports[0] if reports else None,
        raw=param.raw,
    )


def parse_report_spec(param: Param) -> ReportSpec:
    trigger, n = unpack(">BH", param.body, P.RO_REPORT_SPEC)
    if trigger not in tuple(ReportTrigger):
        raise _bad(P.RO_REPORT_SPEC, 0, f"report trigger {trigger} does not exist")
    inner = list(params(param.body[3:]))
    selector = _one(inner, P.TAG_REPORT_CONTENT, P.RO_REPORT_SPEC)
    (bits,) = unpack(">H", selector.body, P.TAG_REPORT_CONTENT)
    names = Content.__struct_fields__[:10]
    flags = {name: bool(bits & (0x8000 >> i)) for i, name in enumerate(names)}
    for memory in params(selector.body[2:]):
        if memory.kind == P.C1G2_EPC_MEMORY_SELECTOR:
            (which,) = unpack(">B", memory.body, memory.kind)
            flags |= {"crc": bool(which & 0x80), "pc": bool(which & 0x40)}
    for vendor, subtype, body in _customs(inner):
        if (vendor, subtype) == (IMPINJ, _TAG_CONTENT):
            wanted = {sub: body2[:2] == b"\0\1" for v, sub, body2 in _customs(list(params(body))) if v == IMPINJ}
            flags |= {
                "impinj_rssi": wanted.get(_PEAK_RSSI, False),
                "impinj_phase": wanted.get(_PHASE, False),
                "impinj_tid": wanted.get(_TID, False),
            }
    return ReportSpec(ReportTrigger(trigger), n, Content(**flags))


def parse_antenna(param: Param, model: Model, standing: dict[int, Singulation]) -> dict[int, Singulation]:
    """AntennaConfiguration (§16.2.5.2): the settings of one port, or of all when its AntennaID is 0."""
    (port,) = unpack(">H", param.body, P.ANTENNA_CONFIGURATION)
    if port > model.antennas:
        raise _bad(P.ANTENNA_CONFIGURATION, 0, f"antenna {port} does not exist; this reader has {model.antennas}")
    changed = {}
    for one in [port] if port else range(1, model.antennas + 1):
        settings = standing[one]
        for inner in params(param.body[2:]):
            if inner.kind == P.RF_TRANSMITTER:
                _, _, power = unpack(">HHH", inner.body, inner.kind)
                if power > len(model.powers_dbm):
                    raise _bad(P.RF_TRANSMITTER, 2, f"power index {power} is not in the table of this reader")
                settings = msgspec.structs.replace(settings, power_dbm=model.power_dbm(power))
            elif inner.kind == P.C1G2_INVENTORY_COMMAND:
                settings = _inventory_command(inner, model, settings)
        changed[one] = settings
    return changed


def _inventory_command(param: Param, model: Model, settings: Singulation) -> Singulation:
    (aware,) = unpack(">B", param.body, param.kind)
    if aware & 0x80 and not model.state_aware:
        raise RefusedError(
            Status.P_UNSUPPORTED_PARAMETER, "this reader has no state-aware singulation", parameter=param.kind
        )
    for inner in params(param.body[1:]):
        if inner.kind == P.C1G2_RF_CONTROL:
            mode, _ = unpack(">HH", inner.body, inner.kind)
            if mode not in {m.id for m in model.modes} and mode != 0:
                raise _bad(P.C1G2_RF_CONTROL, 0, f"mode {mode} is not in the mode table of this reader")
            settings = msgspec.structs.replace(settings, tags_per_s=model.tags_per_s(mode or model.modes[0].id))
        elif inner.kind == P.C1G2_SINGULATION_CONTROL:
            first, _, _ = unpack(">BHI", inner.body, inner.kind)
            settings = msgspec.structs.replace(settings, session=first >> 6)
            for action in params(inner.body[7:]):
                if aware & 0x80 and action.kind == P.C1G2_STATE_AWARE_ACTION:
                    (which,) = unpack(">B", action.body, action.kind)
                    settings = msgspec.structs.replace(settings, target=Target.B if which & 0x80 else Target.A)
        elif inner.kind == P.C1G2_FILTER:
            raise RefusedError(
                Status.P_UNSUPPORTED_PARAMETER, "this reader has no select filters (see capabilities)", parameter=331
            )
    for vendor, subtype, body in _customs(list(params(param.body[1:]))):
        if (vendor, subtype) == (IMPINJ, _SEARCH_MODE):
            (search,) = unpack(">H", body, P.CUSTOM)
            if search not in SEARCH_MODES:
                raise _bad(P.CUSTOM, 2, f"search mode {search} does not exist")
            settings = msgspec.structs.replace(settings, target=SEARCH_MODES[search])
    return settings


SEARCH_MODES: Final = {
    0: Target.DUAL,
    1: Target.A,
    2: Target.DUAL,
    3: Target.FOCUS,
    5: Target.B,
    6: Target.RESELECT,
}
"""ImpinjInventorySearchMode (Octane LLRP guide): choice of the reader, single, dual, TagFocus, single B→A, dual B→A."""


def _start(param: Param) -> tuple[StartTrigger, int, int]:
    (kind,) = unpack(">B", param.body, param.kind)
    if kind not in tuple(StartTrigger):
        raise _bad(P.RO_START_TRIGGER, 0, f"start trigger {kind} does not exist")
    if kind == StartTrigger.PERIODIC:
        offset_ms, period_ms = unpack(">II", _one(list(params(param.body[1:])), P.PERIODIC_TRIGGER, 179).body, 180)
        return StartTrigger.PERIODIC, period_ms, offset_ms
    return StartTrigger(kind), 0, 0


def _gpi(trigger: Param, at: int, model: Model) -> tuple[Edge, int]:
    """GPITriggerValue (§16.2.4.1.1.2) inside a trigger, after its first `at` bytes: the edge and the timeout in ms."""
    value = _one(list(params(trigger.body[at:])), P.GPI_TRIGGER, P(trigger.kind))
    port, level, timeout_ms = unpack(">HBI", value.body, value.kind)
    if not 1 <= port <= model.gpis:
        raise _bad(P.GPI_TRIGGER, 0, f"input {port} does not exist; this reader has {model.gpis}")
    return Edge(port, bool(level & 0x80)), timeout_ms


def _ai_spec(param: Param, model: Model, standing: dict[int, Singulation]) -> AiSpec:
    (count,) = unpack(">H", param.body, param.kind)
    ports = unpack(f">H{count}H", param.body, param.kind)[1:]
    inner = list(params(param.body[2 + 2 * count :]))
    if not ports or any(port > model.antennas for port in ports):
        raise _bad(P.AI_SPEC, 0, f"antennas {list(ports)}: this reader has 1 to {model.antennas}, 0 means all")
    if 0 in ports:
        ports = tuple(range(1, model.antennas + 1))
    stop = _one(inner, P.AI_STOP_TRIGGER, P.AI_SPEC)
    stop_kind, duration_ms = unpack(">BI", stop.body, stop.kind)
    if stop_kind not in tuple(AiStop):
        raise _bad(P.AI_STOP_TRIGGER, 0, f"AISpec stop trigger {stop_kind} does not exist")
    stop_on, duration_ms = _gpi(stop, 5, model) if stop_kind == AiStop.GPI else (None, duration_ms)
    observed = (0, 0, 0, 0, 0, 0)
    if stop_kind == AiStop.OBSERVATION:
        trigger = _one(list(params(stop.body[5:])), P.TAG_OBSERVATION_TRIGGER, P.AI_STOP_TRIGGER)
        observed = unpack(">BBHHHI", trigger.body, trigger.kind)  # type: ignore[assignment]
        if observed[0] not in tuple(Observation):
            raise _bad(P.TAG_OBSERVATION_TRIGGER, 0, f"tag observation trigger {observed[0]} does not exist here")
    inventory = _one(inner, P.INVENTORY_PARAMETER_SPEC, P.AI_SPEC)
    inventory_id, protocol = unpack(">HB", inventory.body, inventory.kind)
    if protocol != GEN2:
        raise _bad(P.INVENTORY_PARAMETER_SPEC, 1, f"air protocol {protocol}: only EPCglobal Class 1 Gen 2 (1)")
    settings = dict(standing)
    for one in params(inventory.body[3:]):
        if one.kind == P.ANTENNA_CONFIGURATION:
            settings |= parse_antenna(one, model, settings)
    return AiSpec(
        antennas=tuple(ports),
        settings=settings,
        stop=AiStop(stop_kind),
        inventory_id=inventory_id,
        duration_ms=duration_ms,
        stop_on=stop_on,
        observe=Observation(observed[0]),
        observe_tags=observed[2],
        observe_attempts=observed[3],
        observe_t_ms=observed[4],
        observe_timeout_ms=observed[5],
    )


def _one(inner: list[Param], kind: P, parent: int) -> Param:
    found = [p for p in inner if p.kind == kind]
    if not found:
        raise RefusedError(Status.P_MISSING_PARAMETER, f"parameter {kind} is missing in {parent}", parameter=parent)
    if len(found) > 1:
        raise RefusedError(Status.P_OVERFLOW_PARAMETER, f"parameter {kind} comes twice in {parent}", parameter=parent)
    return found[0]


def _customs(inner: list[Param]) -> list[tuple[int, int, bytes]]:
    return [(*struct.unpack_from(">II", p.body), p.body[8:]) for p in inner if p.kind == P.CUSTOM and len(p.body) >= 8]


def _bad(parameter: int, field: int, why: str) -> RefusedError:
    return RefusedError(Status.P_FIELD_ERROR, why, parameter=parameter, field=field)
