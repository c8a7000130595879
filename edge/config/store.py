"""The whole of a store's box, and where its head office is."""

from pathlib import Path
from typing import Annotated

import msgspec

from contract.ids import StoreId, TillId
from edge.config.keeping import CaptureConfig, HistoryConfig, MirrorConfig
from edge.config.payments import TerminalConfig
from edge.config.places import ZoneConfig
from edge.config.readers import ReaderConfig
from edge.config.receipts import MailConfig, ReceiptPrinterConfig
from edge.config.scales import ScaleConfig
from edge.config.tags import PrinterConfig, TagsConfig
from edge.hours import HoursConfig
from edge.schedules import ScheduleConfig


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
    language: str = "en"
    """Of the pages, for browsers that ask for none of ours; `de-CH` also says whose forms of numbers and dates hold."""
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
    mirror: MirrorConfig | None = None
    """A second copy of what is not at the head office yet, on another disk."""
    uplink: UplinkConfig | None = None
    """The head office. Without it the store works alone and keeps its rows."""
    tags: TagsConfig | None = None
    """What to write into tags; without it none are written here."""
    printers: tuple[PrinterConfig, ...] = ()
    """Label printers; the first is used where none is named."""
    terminals: tuple[TerminalConfig, ...] = ()
    """Card terminals; a till has one or none."""
    receipt_printers: tuple[ReceiptPrinterConfig, ...] = ()
    """Receipt printers, each with its drawer; a till has one or none."""
    scales: tuple[ScaleConfig, ...] = ()
    """Beside tills, for what is bought over the counter by its weight."""
    mail: MailConfig | None = None
    """The mail server for receipts; without it none is sent."""
    tls_names: tuple[str, ...] = ()
    """Names and addresses that tills and phones dial, like `flagship.local`: the house signs the pages' certificate for
    them, and the box renews it. A name begins with the store's, an address is of its own network."""
    only_enrolled_devices: bool = False
    """Whether people sign in at enrolled devices alone (docs/adr/0039). Enrol one first: `vitrine device` makes its
    code, later ones get theirs under Devices."""
    tls_cert: Path | None = None
    """A person's own certificate for the pages instead: `vitrine enrol NAME --server HOST` makes one."""
    tls_key: Path | None = None
    """The private key of `tls_cert`."""
