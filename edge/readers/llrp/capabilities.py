"""What a reader says it is and can do: GET_READER_CAPABILITIES_RESPONSE (LLRP 1.1 §17.2.3, §17.2.4, §17.3.1.1).

By table: `INSIDE` says which parameters are looked for in which, so that no nesting is deeper than the table. What is
not in it is stepped over. Raises nothing but `ProtocolError`.
"""

import struct
from collections import defaultdict
from collections.abc import Mapping
from enum import IntEnum
from typing import Final, NamedTuple

import msgspec

from edge.readers.base import ProtocolError
from edge.readers.llrp import models
from edge.readers.llrp.frames import Frame
from edge.readers.llrp.params import walk
from edge.readers.sayings import words_in

CAPABILITIES_BYTES_MAX: Final = 32_768
"""The longest answers known have some 3,000: power tables of 300 entries and a dozen modes."""
PARAMS_MAX: Final = CAPABILITIES_BYTES_MAX // 4
FIRMWARE_BYTES_MAX: Final = 128


class P(IntEnum):
    """Parameters of the answer; `RESPONSE` stands for the message itself."""

    RESPONSE = 0
    GENERAL = 137
    SENSITIVITY = 139
    AIR_PROTOCOLS = 140
    GPIO = 141
    LLRP = 142
    REGULATORY = 143
    UHF_BAND = 144
    POWER = 145
    FREQUENCIES = 146
    HOP_TABLE = 147
    FIXED_TABLE = 148
    SENSITIVITY_RANGE = 149
    C1G2 = 327
    MODE_TABLE = 328
    MODE = 329
    SENSITIVITY_MAX = 363


INSIDE: Final[Mapping[int, tuple[P, ...]]] = {
    P.RESPONSE: (P.GENERAL, P.LLRP, P.REGULATORY, P.C1G2),
    P.GENERAL: (P.SENSITIVITY, P.AIR_PROTOCOLS, P.GPIO, P.SENSITIVITY_RANGE, P.SENSITIVITY_MAX),
    P.REGULATORY: (P.UHF_BAND,),
    P.UHF_BAND: (P.POWER, P.FREQUENCIES, P.MODE_TABLE),
    P.FREQUENCIES: (P.HOP_TABLE, P.FIXED_TABLE),
    P.MODE_TABLE: (P.MODE,),
}
"""Which parameters are looked for in which; no parameter can hold itself."""

FIELDS: Final[Mapping[int, str]] = {
    P.GENERAL: "!HHIIH",  # antennas, flags, maker, model, bytes of the firmware's name, which follows
    P.SENSITIVITY: "!Hh",  # index, dB below the best
    P.AIR_PROTOCOLS: "!HH",  # antenna, how many follow, a byte each
    P.GPIO: "!HH",  # inputs, outputs
    P.LLRP: "!BBHIIIII",  # flags, priorities, client request timeout, then the five limits
    P.REGULATORY: "!HH",  # country, standard
    P.UHF_BAND: "!",
    P.POWER: "!Hh",  # index, hundredths of dBm
    P.FREQUENCIES: "!B",  # highest bit: hopping
    P.HOP_TABLE: "!BBH",  # table, reserved, how many follow, kHz of four bytes each
    P.FIXED_TABLE: "!H",  # how many follow
    P.SENSITIVITY_RANGE: "!HHH",  # antenna, first and last index
    P.C1G2: "!BH",  # flags, select filters
    P.MODE_TABLE: "!",
    P.MODE: "!IBBBBIIIII",
    P.SENSITIVITY_MAX: "!h",  # dBm
}
"""The values each begins with."""


class Mode(msgspec.Struct, frozen=True):
    """A way to talk with tags (UHFC1G2RFModeTableEntry, §17.3.1.1.3.1).

    `miller` 0 FM0, 1 M2, 2 M4, 3 M8; `modulation` 0 PR-ASK, 1 SSB-ASK, 2 DSB-ASK; `mask` 1 single, 2 multi, 3 dense
    reader; `dr64` divide ratio 64/3 rather than 8; `bdr_hz` backscatter rate; `pie` thousandths of data-1 to data-0;
    `tari_*` nanoseconds.
    """

    id: int
    dr64: bool = False
    hag: bool = False
    miller: int = 0
    modulation: int = 0
    mask: int = 0
    bdr_hz: int = 0
    pie: int = 0
    tari_min_ns: int = 0
    tari_max_ns: int = 0
    tari_step_ns: int = 0


class Limits(msgspec.Struct, frozen=True):
    """LLRPCapabilities (§17.2.3.2). A limit of 0 is none told."""

    survey: bool = False
    buffer_warning: bool = False
    client_requests: bool = False
    state_aware: bool = False
    holding: bool = False
    priorities: int = 0
    client_request_timeout_ms: int = 0
    ro_specs: int = 0
    specs_per_ro_spec: int = 0
    inventory_specs_per_ai_spec: int = 0
    access_specs: int = 0
    op_specs_per_access_spec: int = 0


class AirLimits(msgspec.Struct, frozen=True):
    """C1G2LLRPCapabilities (§17.3.1.1.1)."""

    block_erase: bool = False
    block_write: bool = False
    block_permalock: bool = False
    recommission: bool = False
    umi: bool = False
    xpc: bool = False
    select_filters: int = 0


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What a profile is checked against. Empty where the reader tells nothing."""

    maker: int = 0
    """IANA private enterprise number."""
    model_number: int = 0
    firmware: str = ""
    antennas: int = 0
    utc: bool = False
    antenna_properties: bool = False
    sensitivities: tuple[tuple[int, int], ...] = ()
    """(index, dB below the best)."""
    sensitivity_max_dbm: int | None = None
    sensitivity_ranges: dict[int, tuple[int, int]] = {}
    """Antenna port → first and last index of `sensitivities`."""
    air_protocols: dict[int, tuple[int, ...]] = {}
    """Antenna port → air protocols; 1 is Gen2."""
    gpis: int = 0
    gpos: int = 0
    limits: Limits = Limits()
    country: int = 0
    """ISO 3166 numeric; 0 is not told."""
    standard: int = 0
    """CommunicationsStandard (§17.2.4.1): 1 FCC part 15, 2 ETSI 302 208 …"""
    powers: tuple[tuple[int, int], ...] = ()
    """(index, hundredths of dBm): all its region allows."""
    hopping: bool = True
    hop_tables: dict[int, tuple[int, ...]] = {}
    """HopTableID → kHz."""
    fixed_khz: tuple[int, ...] = ()
    modes: tuple[Mode, ...] = ()
    air: AirLimits = AirLimits()

    @property
    def model(self) -> str:
        """`Impinj Speedway R420`; numbers where no name is known, nothing where nothing is told."""
        return models.called(self.maker, self.model_number) if self.maker or self.model_number else ""

    @property
    def mode_ids(self) -> tuple[int, ...]:
        return tuple(mode.id for mode in self.modes)


class _Told(NamedTuple):
    """A parameter's own values, and the bytes behind them."""

    values: tuple[int, ...]
    rest: bytes


def capabilities_of(frame: Frame) -> Capabilities:
    """Raises `ProtocolError` where the answer is longer than any reader's, or its lengths do not add up."""
    if len(frame.body) > CAPABILITIES_BYTES_MAX:
        raise ProtocolError(f"capabilities of {len(frame.body)} bytes; at most {CAPABILITIES_BYTES_MAX} are read")
    told: defaultdict[int, list[_Told]] = defaultdict(list)
    _gather(frame.body, P.RESPONSE, 0, len(frame.body), told)
    (antennas, flags, maker, model, text), after = _first(told, P.GENERAL)
    (gpis, gpos), _ = _first(told, P.GPIO)
    (country, standard), _ = _first(told, P.REGULATORY)
    return Capabilities(
        maker=maker,
        model_number=model,
        firmware=words_in(after[: min(text, FIRMWARE_BYTES_MAX)]),
        antennas=antennas,
        utc=bool(flags & 0x4000),
        antenna_properties=bool(flags & 0x8000),
        sensitivities=tuple(_pair(each) for each in told[P.SENSITIVITY]),
        sensitivity_max_dbm=next((each.values[0] for each in told[P.SENSITIVITY_MAX]), None),
        sensitivity_ranges={port: (low, high) for (port, low, high), _ in told[P.SENSITIVITY_RANGE]},
        air_protocols={port: tuple(_listed("B", count, rest)) for (port, count), rest in told[P.AIR_PROTOCOLS]},
        gpis=gpis,
        gpos=gpos,
        limits=_limits(_first(told, P.LLRP)),
        country=country,
        standard=standard,
        powers=tuple(_pair(each) for each in told[P.POWER]),
        hopping=any(word & 0x80 for (word,), _ in told[P.FREQUENCIES]) or not told[P.FREQUENCIES],
        hop_tables={table: _listed("I", count, rest) for (table, _, count), rest in told[P.HOP_TABLE]},
        fixed_khz=tuple(khz for (count,), rest in told[P.FIXED_TABLE] for khz in _listed("I", count, rest)),
        modes=tuple(_mode(each) for each in told[P.MODE]),
        air=_air(_first(told, P.C1G2)),
    )


def _gather(body: bytes, inside: int, at: int, end: int, told: defaultdict[int, list[_Told]]) -> None:
    for param in walk(body, at, end, PARAMS_MAX):
        if param.tv or param.type not in INSIDE[inside]:
            continue
        form = FIELDS[param.type]
        behind, following = param.at + struct.calcsize(form), param.at + param.size
        values = struct.unpack_from(form, body, param.at) if behind <= following else ()
        inner = behind + (values[-1] if values and param.type == P.GENERAL else 0)
        if inner > following:
            raise ProtocolError(f"parameter {param.type} has {param.size} bytes, too few")
        told[param.type].append(_Told(values, body[behind:following]))
        if param.type in INSIDE:
            _gather(body, param.type, inner, following, told)


def _first(told: Mapping[int, list[_Told]], kind: P) -> _Told:
    """The parameter, or zeros where it is not there."""
    found = told.get(kind)
    return found[0] if found else _Told((0,) * len(FIELDS[kind][1:]), b"")


def _pair(each: _Told) -> tuple[int, int]:
    index, value = each.values
    return index, value


def _listed(form: str, count: int, data: bytes) -> tuple[int, ...]:
    """A list whose length was told before it. Raises `ProtocolError` when it is not all there."""
    if count * struct.calcsize(form) > len(data):
        raise ProtocolError(f"a list says {count} entries and has {len(data)} bytes")
    return struct.unpack_from(f"!{count}{form}", data)


def _mode(each: _Told) -> Mode:
    identifier, flags, *rest = each.values
    return Mode(identifier, bool(flags & 0x80), bool(flags & 0x40), *rest)


def _limits(each: _Told) -> Limits:
    flags, *rest = each.values
    return Limits(*_bits(flags, 5), *rest)


def _air(each: _Told) -> AirLimits:
    flags, *filters = each.values
    return AirLimits(*_bits(flags, 6), *filters)


def _bits(flags: int, count: int) -> tuple[bool, ...]:
    """The first flags of a byte, highest bit first."""
    return tuple(bool(flags & 0x80 >> place) for place in range(count))
