"""Readers as they are sold: what they say about themselves (GET_READER_CAPABILITIES), and their air timing.

Public facts: enterprise numbers (IANA) and Impinj's part of a MAC address (IEEE); Impinj's and ThingMagic's model
numbers (EdgeX's LLRP service, the Mercury API), 96008 as FX9600 readers tell; antenna ports, power ranges, inputs and
outputs of the data sheets (R700: two in, three out, 10-30 dBm in Europe; Speedway: four and four, 10-31.5 dBm; FX9600:
four and four, up to 8 ports; FX7500: two in, three out, 10-31.5 dBm; Sargas: two ports, up to 31.5 dBm); Impinj's modes
0 to 4 as R420 readers list them; channels of ETSI EN 302 208 and FCC Part 15.
Honest guesses: firmware strings; the steps of power tables; Zebra's and ThingMagic's mode tables; ROSpec limits beside
Impinj's one; FX7500's model number; the tags a second of every mode (rfid.md §4.7 is a model too). `generic-llrp` is
nobody's reader: the least LLRP asks for, with no UTC clock.
"""

import struct
from typing import Final

import msgspec

from simulator.llrp.codec import P, text, tlv

IMPINJ: Final = 25882
ZEBRA: Final = 161
THINGMAGIC: Final = 26554
NOBODY: Final = 32473
"""IANA enterprise numbers, which LLRP uses as manufacturer names; the last is for examples (RFC 5612)."""


class Mode(msgspec.Struct, frozen=True):
    """A Gen2 mode (UHFC1G2RFModeTableEntry, §16.3.1.1.2.1) and how many tags a second it singulates (rfid.md §4.7).

    The reader's automatic modes (Impinj 1000 and above) are given rates between those they choose from.
    """

    id: int
    miller: int
    bdr_hz: int
    tari_min_ns: int
    tari_max_ns: int
    tags_per_s: float
    pie: int = 1500
    modulation: int = 0


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """`powers_dbm` is the transmit power table, index 1 first."""

    name: str
    manufacturer: int
    model_number: int
    firmware: str
    antennas: int
    powers_dbm: tuple[float, ...]
    modes: tuple[Mode, ...]
    default_mode: int
    state_aware: bool
    ro_specs_max: int
    country: int = 250
    standard: int = 2
    """France; CommunicationsStandard 2 is ETSI 302 208 (§16.2.4.1)."""
    hopping: bool = False
    frequencies_khz: tuple[int, ...] = (865_700, 866_300, 866_900, 867_500)
    """ETSI EN 302 208 lower band: four channels of 2 W."""
    ai_specs_max: int = 32
    access_specs_max: int = 32
    gpis: int = 4
    gpos: int = 4
    utc_clock: bool = True
    oui: bytes = b"\x02\x00\x00"
    """The maker's part of a MAC address; a locally administered one where we know none."""

    def tags_per_s(self, mode: int) -> float:
        return next((m.tags_per_s for m in self.modes if m.id == mode), 500.0)

    def power_dbm(self, index: int) -> float:
        """Power of a table index; 0 means the reader's own choice, the highest."""
        return self.powers_dbm[index - 1] if index else self.powers_dbm[-1]


_R420: Final = Model(
    name="impinj-r420",
    manufacturer=IMPINJ,
    model_number=2001002,
    firmware="5.14.1.240",
    oui=b"\x00\x16\x25",
    antennas=4,
    powers_dbm=tuple(10.0 + 0.25 * step for step in range(87)),
    modes=(
        Mode(0, 0, 640_000, 6_250, 6_250, 1_020.0),
        Mode(1, 1, 640_000, 6_250, 6_250, 775.0),
        Mode(2, 2, 274_000, 20_000, 20_000, 195.0, 2_000),
        Mode(3, 3, 171_000, 20_000, 20_000, 87.0, 2_000),
        Mode(4, 2, 640_000, 7_140, 7_140, 509.0),
        Mode(1000, 2, 274_000, 6_250, 20_000, 400.0),
        Mode(1002, 2, 640_000, 6_250, 20_000, 640.0),
    ),
    default_mode=1000,
    state_aware=False,
    ro_specs_max=1,
)
_FX9600: Final = Model(
    name="zebra-fx9600",
    manufacturer=ZEBRA,
    model_number=96008,
    firmware="3.21.23.0",
    antennas=8,
    powers_dbm=tuple(10.0 + 0.1 * step for step in range(193)),
    modes=(
        Mode(1, 0, 640_000, 6_250, 6_250, 900.0),
        Mode(2, 1, 320_000, 12_500, 25_000, 420.0),
        Mode(3, 2, 320_000, 12_500, 25_000, 260.0, 2_000),
        Mode(4, 3, 320_000, 12_500, 25_000, 140.0, 2_000),
    ),
    default_mode=2,
    state_aware=True,
    ro_specs_max=8,
)
_R220: Final = msgspec.structs.replace(
    _R420,
    name="impinj-r220",
    model_number=2001001,
    antennas=2,
    powers_dbm=tuple(10.0 + 0.25 * step for step in range(81)),
)
_R700: Final = msgspec.structs.replace(
    _R420,
    name="impinj-r700",
    model_number=2001052,
    firmware="8.3.0.240",
    powers_dbm=tuple(10.0 + 0.25 * step for step in range(81)),
    modes=(
        *(mode for mode in _R420.modes if mode.id < 1000),
        Mode(5, 2, 320_000, 12_500, 12_500, 250.0, 2_000),
        Mode(1002, 2, 640_000, 6_250, 20_000, 640.0),
        Mode(1003, 2, 640_000, 6_250, 20_000, 700.0),
        Mode(1004, 2, 274_000, 20_000, 20_000, 300.0, 2_000),
    ),
    default_mode=1002,
    gpis=2,
    gpos=3,
)
"""Its AutoSet modes are 1002 to 1004; mode 1000 of the older readers is not offered."""
_FX7500: Final = msgspec.structs.replace(
    _FX9600,
    name="zebra-fx7500",
    model_number=75004,
    antennas=4,
    powers_dbm=tuple(10.0 + 0.1 * step for step in range(216)),
    gpis=2,
    gpos=3,
)
"""The model number is made up: no source of the real one is known to us."""
_SARGAS: Final = Model(
    name="thingmagic-sargas",
    manufacturer=THINGMAGIC,
    model_number=0x3430,
    firmware="5.3.2.93",
    antennas=2,
    powers_dbm=tuple(5.0 + 0.5 * step for step in range(54)),
    modes=(Mode(1, 0, 640_000, 6_250, 6_250, 700.0), Mode(2, 2, 250_000, 12_500, 25_000, 180.0, 2_000)),
    default_mode=2,
    state_aware=False,
    ro_specs_max=4,
    gpis=2,
    gpos=2,
)
_GENERIC: Final = Model(
    name="generic-llrp",
    manufacturer=NOBODY,
    model_number=1,
    firmware="1.0",
    antennas=4,
    powers_dbm=tuple(10.0 + step for step in range(21)),
    modes=(Mode(0, 2, 250_000, 12_500, 25_000, 180.0, 2_000),),
    default_mode=0,
    state_aware=False,
    ro_specs_max=1,
    access_specs_max=1,
    gpis=0,
    gpos=0,
    utc_clock=False,
)
MODELS: Final = {model.name: model for model in (_R420, _R220, _R700, _FX9600, _FX7500, _SARGAS, _GENERIC)}


def in_united_states(model: Model) -> Model:
    """The same reader as it is sold there: FCC Part 15, 50 hopping channels of 500 kHz, one watt."""
    return msgspec.structs.replace(
        model,
        name=f"{model.name}-us",
        country=840,
        standard=1,
        hopping=True,
        frequencies_khz=tuple(902_750 + 500 * channel for channel in range(50)),
        powers_dbm=tuple(dbm for dbm in model.powers_dbm if dbm <= 30.0),
    )


ABROAD: Final = {model.name: model for model in map(in_united_states, (_R420, _R700, _FX9600, _FX7500))}


def known(name: str) -> Model:
    """Raises `KeyError`."""
    return MODELS[name] if name in MODELS else ABROAD[name]


def general_capabilities(model: Model) -> bytes:
    """GeneralDeviceCapabilities (§16.2.3.1): antennas, UTC clock or none, maker, model, firmware."""
    body = struct.pack(
        ">HHII", model.antennas, 0x4000 * model.utc_clock, model.manufacturer, model.model_number
    ) + text(model.firmware)
    body += tlv(P.RECEIVE_SENSITIVITY_ENTRY, struct.pack(">HH", 1, 0))
    ports = range(1, model.antennas + 1)
    body += b"".join(tlv(P.PER_ANTENNA_SENSITIVITY_RANGE, struct.pack(">HHH", port, 1, 1)) for port in ports)
    body += tlv(P.GPIO_CAPABILITIES, struct.pack(">HH", model.gpis, model.gpos))
    body += b"".join(tlv(P.PER_ANTENNA_AIR_PROTOCOL, struct.pack(">HHB", port, 1, 1)) for port in ports)
    return tlv(P.GENERAL_DEVICE_CAPABILITIES, body)


def llrp_capabilities(model: Model) -> bytes:
    """LLRPCapabilities (§16.2.3.2): holding of events yes, RF survey and client-request operations no."""
    flags = (0x10 if model.state_aware else 0) | 0x08
    limits = (model.ro_specs_max, model.ai_specs_max, 1, model.access_specs_max, 8)
    return tlv(P.LLRP_CAPABILITIES, struct.pack(">BBHIIIII", flags, 1, 0, *limits))


def regulatory_capabilities(model: Model) -> bytes:
    """RegulatoryCapabilities (§16.2.4.1): country, standard, channels fixed or hopping, power and mode tables."""
    powers = b"".join(
        tlv(P.TRANSMIT_POWER_ENTRY, struct.pack(">Hh", index, round(100 * dbm)))
        for index, dbm in enumerate(model.powers_dbm, start=1)
    )
    channels = struct.pack(f">H{len(model.frequencies_khz)}I", len(model.frequencies_khz), *model.frequencies_khz)
    table = (
        tlv(P.FREQUENCY_HOP_TABLE, b"\x01\x00" + channels) if model.hopping else tlv(P.FIXED_FREQUENCY_TABLE, channels)
    )
    frequencies = tlv(P.FREQUENCY_INFORMATION, bytes([0x80 * model.hopping]) + table)
    modes = b"".join(tlv(P.C1G2_MODE_ENTRY, _mode_entry(mode)) for mode in model.modes)
    band = tlv(P.UHF_BAND_CAPABILITIES, powers + frequencies + tlv(P.C1G2_MODE_TABLE, modes))
    return tlv(P.REGULATORY_CAPABILITIES, struct.pack(">HH", model.country, model.standard) + band)


def air_capabilities(model: Model) -> bytes:
    """C1G2LLRPCapabilities (§16.3.1.1.1): block write, and no select filters (see `spec`)."""
    del model
    return tlv(P.C1G2_LLRP_CAPABILITIES, struct.pack(">BH", 0x40, 0))


def _mode_entry(mode: Mode) -> bytes:
    dense_mask = 3 if mode.miller >= 2 else 2
    head = struct.pack(">IBBBB", mode.id, 0x80, mode.miller, mode.modulation, dense_mask)
    return head + struct.pack(">IIIII", mode.bdr_hz, mode.pie, mode.tari_min_ns, mode.tari_max_ns, 0)
