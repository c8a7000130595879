"""AccessSpecs (LLRP 1.0.1 §11): kept in the order they were added; the first enabled one that fits works on a tag."""

from enum import IntEnum
from typing import Final

import msgspec
import numpy as np

from simulator.gen2 import Power, Tag
from simulator.llrp.codec import P, Param, RefusedError, Status, params, unpack
from simulator.llrp.operate import OP_SPECS_MAX, Done, OpSpec, Pattern, parse_op_spec, parse_tag_spec, work

GEN2: Final = 1
_STATE_AT: Final = 11
"""Byte of `CurrentState` in the whole parameter."""


class AccessTrigger(IntEnum):
    """AccessReportTrigger (§16.2.7.2): results leave with the next report, or as soon as it was executed."""

    WITH_RO_REPORT = 0
    AT_END = 1


class AccessSpec(msgspec.Struct, kw_only=True):
    """`left`: executions until it is deleted (§16.2.1.2.1), 0 for ever. `report` None: as the reader is configured."""

    id: int
    antenna: int
    ro_spec: int
    left: int
    patterns: tuple[Pattern, ...]
    ops: tuple[OpSpec, ...]
    report: AccessTrigger | None
    raw: bytes
    enabled: bool = False

    def fits(self, tag: Tag, antenna: int, ro_spec: int) -> bool:
        here = self.antenna in {0, antenna} and self.ro_spec in {0, ro_spec}
        return self.enabled and here and all(pattern.holds(tag) for pattern in self.patterns)


class AccessSpecs:
    """By id. `execute` is the only one that touches a tag."""

    def __init__(self, at_most: int, antennas: int, power: Power) -> None:
        self._max, self._antennas, self._power = at_most, antennas, power
        self.specs: dict[int, AccessSpec] = {}
        self.executed_total = 0

    def any_enabled(self) -> bool:
        return any(spec.enabled for spec in self.specs.values())

    def execute(
        self, tag: Tag, *, antenna: int, ro_spec: int, rssi_dbm: float, chance: np.random.Generator
    ) -> tuple[AccessSpec, Done] | None:
        """What is to be done to a tag that was just singulated: None, or the AccessSpec and what came of it."""
        spec = next((spec for spec in self.specs.values() if spec.fits(tag, antenna, ro_spec)), None)
        if spec is None:
            return None
        done = work(tag, spec.ops, rssi_dbm=rssi_dbm, chance=chance, power=self._power)
        self.executed_total += 1
        if spec.left:
            spec.left -= 1
            if spec.left == 0:
                del self.specs[spec.id]
        return spec, done

    def add(self, body: bytes) -> bytes:
        inner = list(params(body))
        if len(inner) != 1 or inner[0].kind != P.ACCESS_SPEC:
            raise RefusedError(Status.M_MISSING_PARAMETER, "ADD_ACCESSSPEC carries exactly one AccessSpec")
        spec = self._parse(inner[0])
        if spec.id == 0 or spec.id in self.specs:
            why = f"AccessSpec {spec.id} exists already, or is 0"
            raise RefusedError(Status.P_FIELD_ERROR, why, parameter=P.ACCESS_SPEC, field=0)
        if len(self.specs) >= self._max:
            raise RefusedError(Status.M_OVERFLOW_PARAMETER, f"this reader keeps {self._max} AccessSpecs; delete one")
        self.specs[spec.id] = spec
        return b""

    def delete(self, body: bytes) -> bytes:
        for id_ in self._named(body):
            del self.specs[id_]
        return b""

    def switch(self, body: bytes, *, on: bool) -> bytes:
        """ENABLE and DISABLE; either may be said again."""
        for id_ in self._named(body):
            self.specs[id_].enabled = on
        return b""

    def tell(self) -> bytes:
        """Every AccessSpec as it came, with its state."""
        return b"".join(
            spec.raw[:_STATE_AT] + (b"\x80" if spec.enabled else b"\0") + spec.raw[_STATE_AT + 1 :]
            for spec in self.specs.values()
        )

    def _named(self, body: bytes) -> list[int]:
        """The AccessSpecs a message means; 0 means all."""
        (id_,) = unpack(">I", body, 0)
        if id_ == 0:
            return list(self.specs)
        if id_ not in self.specs:
            raise RefusedError(Status.M_FIELD_ERROR, f"there is no AccessSpec {id_}", field=0)
        return [id_]

    def _parse(self, param: Param) -> AccessSpec:
        id_, antenna, protocol, state, ro_spec = unpack(">IHBBI", param.body, P.ACCESS_SPEC)
        if antenna > self._antennas:
            raise _bad(1, f"antenna {antenna} does not exist; this reader has {self._antennas}")
        if protocol != GEN2:
            raise _bad(2, f"air protocol {protocol}: only EPCglobal Class 1 Gen 2 (1)")
        if state & 0x80:
            raise _bad(3, "an AccessSpec is added disabled (CurrentState 0)")
        inner = {one.kind: one for one in params(param.body[12:])}
        for kind in (P.ACCESS_SPEC_STOP_TRIGGER, P.ACCESS_COMMAND):
            if kind not in inner:
                why = f"parameter {kind} is missing in an AccessSpec"
                raise RefusedError(Status.P_MISSING_PARAMETER, why, parameter=P.ACCESS_SPEC)
        trigger, count = unpack(">BH", inner[P.ACCESS_SPEC_STOP_TRIGGER].body, P.ACCESS_SPEC_STOP_TRIGGER)
        if trigger > 1:
            why = f"stop trigger {trigger}: null (0) or a number of operations (1)"
            raise RefusedError(Status.P_FIELD_ERROR, why, parameter=P.ACCESS_SPEC_STOP_TRIGGER, field=0)
        patterns, ops = _command(inner[P.ACCESS_COMMAND])
        report = inner.get(P.ACCESS_REPORT_SPEC)
        return AccessSpec(
            id=id_,
            antenna=antenna,
            ro_spec=ro_spec,
            left=count if trigger else 0,
            patterns=patterns,
            ops=ops,
            report=None if report is None else parse_access_report(report),
            raw=param.raw,
        )


def parse_access_report(param: Param) -> AccessTrigger:
    (trigger,) = unpack(">B", param.body, param.kind)
    if trigger not in tuple(AccessTrigger):
        raise RefusedError(Status.P_FIELD_ERROR, f"no access report trigger {trigger}", parameter=param.kind, field=0)
    return AccessTrigger(trigger)


def _command(param: Param) -> tuple[tuple[Pattern, ...], tuple[OpSpec, ...]]:
    """AccessCommand (§16.2.1.3): one TagSpec, then operations in order. Vendors' extras are passed over."""
    inner = [one for one in params(param.body) if one.kind != P.CUSTOM]
    if len(inner) < 2 or inner[0].kind != P.C1G2_TAG_SPEC:
        why = "an AccessCommand is a C1G2TagSpec and at least one operation"
        raise RefusedError(Status.P_MISSING_PARAMETER, why, parameter=P.ACCESS_COMMAND)
    ops = tuple(parse_op_spec(one) for one in inner[1:])
    if len(ops) > OP_SPECS_MAX:
        why = f"{len(ops)} operations; this reader does {OP_SPECS_MAX} in a row"
        raise RefusedError(Status.P_OVERFLOW_PARAMETER, why, parameter=P.ACCESS_COMMAND)
    if len({op.id for op in ops}) != len(ops):
        raise RefusedError(Status.P_FIELD_ERROR, "two operations have one OpSpecID", parameter=inner[1].kind, field=0)
    return parse_tag_spec(inner[0]), ops


def _bad(field: int, why: str) -> RefusedError:
    return RefusedError(Status.P_FIELD_ERROR, why, parameter=P.ACCESS_SPEC, field=field)
