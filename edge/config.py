"""One frozen configuration value per process, parsed once from TOML. Unknown keys are refused by name."""

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import msgspec

from contract.facts.signals import InputKind, OutputKind
from contract.ids import ReaderId, StoreId, TillId, ZoneId, check_slug
from edge import checks, hours, schedules
from edge.hours import HoursConfig
from edge.schedules import ScheduleConfig

PORT_SHOWN: Final = 20
"""Of what stands where a port number should; the rest is cut off."""


class ConfigError(Exception):
    """The configuration cannot be used; the message names the key and the mend."""


class ZoneKind(StrEnum):
    SAFE = "safe"
    CASE = "case"
    PAD = "pad"
    EXIT = "exit"
    SHELF = "shelf"
    BENCH = "bench"
    """Where tags are written and looked at one by one. Nothing lies there: its silence says nothing of any piece."""


LIES_IN: Final = frozenset({ZoneKind.SAFE, ZoneKind.CASE, ZoneKind.SHELF})
"""Kinds of zones a piece stays in; pads and gates are passed, and nothing lies on a bench for long."""


class ZoneConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A place pieces can be."""

    id: ZoneId
    """As antennas, counts and reports call it; for ever."""
    name: str
    """As people read it."""
    kind: ZoneKind
    """`safe`, `case`, `pad`, `exit`, `shelf` or `bench`."""
    x: float = 0.0
    """Metres on the store's plan, for drawing: from the left,"""
    y: float = 0.0
    """from the top,"""
    width: float = 1.0
    """across,"""
    height: float = 1.0
    """and down."""


class Active(StrEnum):
    """Which level of a wire means on."""

    HIGH = "high"
    LOW = "low"


class InputConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is wired to an input of a reader (GPI)."""

    name: str
    """As people read it: "Back door"."""
    kind: InputKind
    """`door` (on: open), `motion` or `button`."""
    zone: ZoneId
    """Where it is."""
    active: Active = Active.HIGH
    """`low` where the wire falls when the door opens."""


class OutputConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is wired to an output of a reader (GPO)."""

    name: str
    """As people read it: "Gate lamp"."""
    kind: OutputKind
    """`lamp` or `siren` of an exit, which an alarm there switches on; or `lock`, which a manager opens."""
    zone: ZoneId
    """Where it is."""
    active: Active = Active.HIGH
    """`low` where the wire is low while it is on. Off is what it falls to."""


class ReaderConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reader of this store: fixed, or a handheld."""

    id: ReaderId
    """As pages and reports call it."""
    url: str
    """`llrp://host:port`, or with TLS `llrps://host:port`; LLRP's ports are 5084 and 5085. Of a serial module its
    family, port and region, and its baud rate where that is known: `m100:///dev/serial/by-id/usb-…?region=eu&baud=115200`.
    """
    profile: str
    """A file of `firmware-config`, without `.toml`."""
    antennas: dict[str, ZoneId]
    """The reader's antenna port, from "1", to the zone it watches; of a handheld, a number for each zone it sweeps."""
    handheld: bool = False
    """A person carries it, as its profile says too: what it reads is there, what it does not read says nothing."""
    inputs: dict[str, InputConfig] = {}
    """The reader's input, from "1", to what is wired to it: LLRP readers only."""
    outputs: dict[str, OutputConfig] = {}
    """The reader's output, from "1", to what is wired to it: LLRP readers only."""
    tls_pin: str = ""
    """With `llrps`: SHA-256 fingerprint of the reader's certificate, 64 hex digits. Without it, and without `tls_ca`,
    the reader is refused, and its page says which fingerprint was seen."""
    tls_ca: Path | None = None
    """Instead of a pin, or beside it: who signed the reader's certificate, PEM; it must then name the URL's host."""
    tls_cert: Path | None = None
    """A certificate that this store shows to the reader, PEM, where the reader asks for one;"""
    tls_key: Path | None = None
    """and its private key."""


class TagScheme(StrEnum):
    SGTIN_96 = "sgtin-96"
    OWN = "own"


class TagsConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What this store writes into tags: EPCs of 96 bits, none ever given twice in the house."""

    scheme: TagScheme
    """`sgtin-96` (GS1), or `own`: `prefix` and a serial number."""
    company: str = ""
    """Of `sgtin-96`: the house's GS1 company prefix, 6 to 12 digits."""
    item: str = ""
    """Of `sgtin-96`: indicator and item reference of pieces whose SKU names no GTIN; with `company` 13 digits."""
    gtins: dict[str, str] = {}
    """Of `sgtin-96`: SKU to GTIN, where the SKU is not a GTIN itself."""
    prefix: str = ""
    """Of `own`: 1 to 7 bytes in hex that every EPC begins with, such as `F0A1`."""
    number: Annotated[int, msgspec.Meta(ge=0, le=511)] = 0
    """Of a store that has no head office to give it one, and shares its EPCs with others: 1 to 511, each its own."""


class PrinterConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A label printer that writes the tags it prints on, in ZPL II over TCP."""

    id: str
    """As pages call it."""
    host: str
    """Its name or address in the store's network."""
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 9100
    """Of its raw printing."""
    label: str = "rat-tail"
    """The kind of tag on its roll: a file of `edge/tags/labels`, without `.toml`."""
    resolver: Annotated[str, msgspec.Meta(pattern="^https?://", max_length=100)] = "https://id.gs1.org"
    """What the QR code of a GS1 tag begins with (GS1 Digital Link): the house's own address, if it answers there."""


class UplinkConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the cloud is. The three files are those that `vitrine enrol STORE` names."""

    broker_host: str
    """Name or address as it stands in the broker's certificate."""
    broker_port: int
    """8883 is MQTT's port with TLS."""
    cloud_url: str
    """`https://host:port` of the office's door, with the host as it stands in the door's certificate."""
    ca: Path
    """The house's own certificate, `house.pem`."""
    cert: Path
    """This store's certificate: its name there is who the store is."""
    key: Path
    """Its private key."""


class CaptureConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What readers said, kept for a while, so that an alarm can be explained and replayed."""

    minutes: Annotated[int, msgspec.Meta(ge=0, le=1440)] = 20
    """How far back; 0 keeps none."""
    mib: Annotated[int, msgspec.Meta(ge=1, le=65_536)] = 64
    """How much of the disk these minutes may take; then fewer are kept."""
    kept_mib: Annotated[int, msgspec.Meta(ge=1, le=65_536)] = 256
    """How much the captures around alarms may take; then the oldest go."""


class HistoryConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much of the past is kept on this box."""

    days: Annotated[int, msgspec.Meta(ge=1, le=3650)] = 400
    """Where each piece was; sums by hour and day stay for ten years."""
    mib: Annotated[int, msgspec.Meta(ge=16, le=1_048_576)] = 4096
    """How much of the disk it may take; then the oldest days go first."""


class EdgeConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything an edge process needs to know. Relative paths begin where the process is started."""

    store: StoreId
    """The store's short name, as the office opened it and its certificate says."""
    name: str
    """As people read it on the store's pages."""
    currency: str
    """Three letters, as the office opened the store."""
    data_dir: Path
    """The store's books and history; made when it is not there. On a local disk."""
    http_host: str = "127.0.0.1"
    """Address to listen on for pages and API; `0.0.0.0` is every one. Beyond loopback give `tls_cert` and `tls_key`."""
    http_port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8100
    """Of the store's pages and API."""
    time_zone: str = "UTC"
    """By which the store's pages tell the time and its business days begin."""
    zones: tuple[ZoneConfig, ...] = ()
    """Every place of the store that is counted or watched."""
    readers: tuple[ReaderConfig, ...] = ()
    """Without any it is a warehouse, workshop or web stockroom: what its people scan is what it sees."""
    tills: tuple[TillId, ...] = (TillId("till-1"),)
    """Each has its own receipt numbers and shifts, for ever: do not rename one."""
    alarm_nats: Annotated[float, msgspec.Meta(ge=14, le=60)] = 22.0
    """Evidence a missing-piece alarm needs until a day was watched; from then on the store's own history sets it."""
    alarms_per_month_max: Annotated[float, msgspec.Meta(gt=0, le=100)] = 1.0
    """False alarms the store is ready to bear in a month: the budget the threshold is set for."""
    hours: HoursConfig | None = None
    """When people work there; without it nothing is ever after hours."""
    counts: tuple[ScheduleConfig, ...] = ()
    """Counts that begin by the clock."""
    out_of_case_minutes: Annotated[float, msgspec.Meta(gt=0, le=1440)] = 30.0
    """How long a piece may be off its place, on a pad or shown to a client, before that is said."""
    alarm_from_minor: Annotated[int, msgspec.Meta(ge=0)] = 0
    """Value from which a piece that left its place is an alarm and not a notice, in cents or the like;"""
    siren_from_minor: Annotated[int, msgspec.Meta(gt=0)] = 2_000_000
    """and from which it lights the lamps and sounds the sirens of the exits."""
    history: HistoryConfig = HistoryConfig()
    """How much of the past is kept."""
    capture: CaptureConfig = CaptureConfig()
    """What readers said in the last minutes, and around alarms."""
    uplink: UplinkConfig | None = None
    """The head office. Without it the store works alone and keeps its rows."""
    tags: TagsConfig | None = None
    """What to write into tags; without it none are written here."""
    printers: tuple[PrinterConfig, ...] = ()
    """Label printers; the first is used where none is named."""
    tls_cert: Path | None = None
    """Certificate that gives the store's pages HTTPS: `vitrine enrol NAME --server HOST` makes one."""
    tls_key: Path | None = None
    """The private key of `tls_cert`."""


def load_config(path: Path) -> EdgeConfig:
    """Raises `ConfigError` with one sentence naming the file, the key and the mend."""
    try:
        config = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), EdgeConfig, dec_hook=_path)
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}; give the edge's TOML file") from error
    except tomllib.TOMLDecodeError as error:
        mend = "correct that line, and write no key twice: all readers as [[readers]], or all in one readers = [ … ]"
        raise ConfigError(f"{path}: {error}; {mend}") from error
    except msgspec.ValidationError as error:
        mend = "correct that key; a line belongs to the last [table] above it"
        raise ConfigError(f"{path}: {error}; {mend}") from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{path} is no TOML file in UTF-8 ({error}); give the edge's own") from error
    try:
        check_slug(config.store)
    except ValueError as error:
        raise ConfigError(f"{path}: store: {error}") from error
    try:
        _check_words(config)
    except ValueError as error:
        raise ConfigError(f"{path}: {error}") from error
    link = config.uplink
    given = {} if link is None else {"uplink.ca": link.ca, "uplink.cert": link.cert, "uplink.key": link.key}
    for key, file in {**given, "tls_cert": config.tls_cert, "tls_key": config.tls_key}.items():
        if file is not None and not file.is_file():
            raise ConfigError(f"{path}: {key} names {file}, which is not there; `vitrine enrol` makes it")
    if (config.tls_cert is None) != (config.tls_key is None):
        raise ConfigError(f"{path}: tls_cert and tls_key go together; give both or neither")
    zones = {zone.id: zone.kind for zone in config.zones}
    for reader in config.readers:
        _check_wires(path, reader, zones)
        for port, zone in reader.antennas.items():
            _check_port(f"{path}: reader {reader.id} antenna {port[:PORT_SHOWN]!r}", port)
            if zone not in zones:
                raise ConfigError(f"{path}: reader {reader.id} antenna {port} names zone {zone!r}, which is not listed")
            if reader.handheld and zones[zone] not in LIES_IN:
                raise ConfigError(
                    f"{path}: reader {reader.id} is a handheld and antenna {port} names {zone!r}, a {zones[zone]}; "
                    f"name a {', '.join(sorted(LIES_IN))}: nobody sweeps what pieces only pass"
                )
    return config


def _check_words(config: EdgeConfig) -> None:
    """Raises `ValueError` that names the key and the mend."""
    checks.time_zone(config.time_zone)
    if config.hours is not None:
        hours.check(config.hours)
    checks.each_once("scheduled count", [each.name for each in config.counts])
    for each in config.counts:
        schedules.check(each, config.hours, {str(zone.id) for zone in config.zones})
    checks.each_once("zone", [zone.id for zone in config.zones])
    checks.each_once("reader", [reader.id for reader in config.readers])
    checks.each_once("printer", [printer.id for printer in config.printers])
    checks.each_once("till", list(config.tills))
    for printer in config.printers:
        checks.host_name(f"printer {printer.id}: host {printer.host!r}", printer.host)
    for reader in config.readers:
        try:
            checks.reader_url(reader.url)
        except ValueError as error:
            raise ValueError(f"reader {reader.id}: {error}") from error


def _check_port(at: str, port: str) -> None:
    try:
        checks.port_number(port)
    except ValueError as error:
        raise ConfigError(f"{at} {error}") from error


def _check_wires(path: Path, reader: ReaderConfig, zones: Mapping[ZoneId, ZoneKind]) -> None:
    """Raises `ConfigError` for an input or output that could never do what it is there for."""
    wires: list[tuple[str, str, InputConfig | OutputConfig]] = []
    wires += (("input", port, wire) for port, wire in reader.inputs.items())
    wires += (("output", port, wire) for port, wire in reader.outputs.items())
    for what, port, wire in wires:
        at = f"{path}: reader {reader.id} {what} {port[:PORT_SHOWN]!r}"
        _check_port(at, port)
        if wire.zone not in zones:
            raise ConfigError(f"{at} ({wire.name}) names zone {wire.zone!r}, which is not listed")
        if wire.kind in {OutputKind.LAMP, OutputKind.SIREN} and zones[wire.zone] is not ZoneKind.EXIT:
            raise ConfigError(f"{at} ({wire.name}): zone {wire.zone} is no exit, so no alarm would switch it; name one")


def _path(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise TypeError("Expected `str`, a path")
