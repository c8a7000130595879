"""Zebra's IoT connector as JSON: tag data events of fixed readers (FX7500, FX9600, FXR90, ATR7000) and of handhelds
(RFD40, RFD90), heartbeats and alerts. Bytes in, what was told out. No input or output.

    fixed     {"type": "SIMPLE", "timestamp": "…+0000", "data": {"eventNum": 1, "format": "epc", "idHex": "…",
               "antenna": 1, "peakRssi": -54, "reads": 3}}, one or an array
    handheld  {"type": "BALANCED_PERFORMANCE", "timestamp": "…Z", "data": {"tagData": [{"EPC": "…", "peakRssi": -52,
               "seenCount": 14, "eventNum": 1}], "barcodeData": […]}}

Source: Zebra's IoT Connector docs (zebradevs.github.io/rfid-ziotc-docs) and its RFD40/RFD90 MQTT reference (dataEVT,
heartBeatEVT, mqttConnEVT, alerts). Written from the documents; nobody has held it against a device yet. `phase` is left
untold: its unit is documented nowhere.
"""

from typing import Annotated, Final

import msgspec

from edge.readers.base import RSSI_ABSENT_CDBM, ProtocolError
from edge.readers.mqtt.events import EVENTS_PER_MESSAGE_MAX, FAULTS, EventDecoder
from edge.readers.mqtt.reads import SEEN_MAX, Read, Told, epc_of_hex, utc_us
from edge.readers.sayings import words_of

HEARTBEAT: Final = "heartbeat"
READING: Final = {"INPROGRESS": True, "ACTIVE": True, "IDLE": False, "INACTIVE": False, "STOPPED": False}
"""What is said of the radio, in capitals; whatever else it says tells nothing."""

Port = Annotated[int, msgspec.Meta(ge=0, le=0xFFFF)]
Dbm = Annotated[float, msgspec.Meta(ge=-327, le=327)]
Count = Annotated[int, msgspec.Meta(ge=0, le=1 << 53)]


class Tag(msgspec.Struct):
    """One tag; which members it has is set on the reader. `EPCid` and `EPC` are the handheld's words for `idHex`."""

    idHex: str = ""  # noqa: N815 — Zebra's names
    EPC: str = ""
    EPCid: str = ""
    antenna: Port = 0
    peakRssi: Dbm | None = None  # noqa: N815
    reads: Count | None = None
    seenCount: Count | None = None  # noqa: N815
    timestamp: str = ""


class Inventory(msgspec.Struct):
    rfidStatus: str = ""  # noqa: N815


class Radio(msgspec.Struct):
    radioActivity: str = ""  # noqa: N815
    antennas: dict[str, str] = {}


class Data(Tag):
    """A tag itself, or a handheld's many, or what a heartbeat says."""

    tagData: list[msgspec.Raw] | None = None  # noqa: N815
    barcodeData: list[msgspec.Raw] | None = None  # noqa: N815
    inventoryStatus: Inventory | None = None  # noqa: N815
    radio_control: Radio | None = None


class Event(msgspec.Struct):
    """Any event of either kind of reader."""

    type: str = ""
    eventName: str = ""  # noqa: N815
    timestamp: str = ""
    data: Data | None = None
    connectionState: str = ""  # noqa: N815
    deviceModel: str = ""  # noqa: N815
    state: str = ""
    description: str = ""


_events: Final = EventDecoder(Event)
_tag: Final = msgspec.json.Decoder(Tag)


def decode(data: bytes) -> Told:
    """One message. A damaged event costs itself, a damaged tag of a handheld's many itself."""
    events, damaged = _events.decode(data)
    told = Told(damaged=damaged)
    for event in events:
        told.sent_us = utc_us(event.timestamp) or told.sent_us
        try:
            _hear(event, told)
        except ProtocolError:
            told.damaged += 1
    return told


def _hear(event: Event, told: Told) -> None:
    """Raises `ProtocolError` for an event that claims a tag and has none we can read."""
    data = event.data
    if event.connectionState:
        told.model = words_of(event.deviceModel) or told.model
        if event.connectionState.upper() == "DISCONNECTED":
            told.inventory = False
    elif HEARTBEAT in (event.type.lower(), event.eventName.lower()):
        if data is not None:
            _heartbeat(data, told)
    elif data is None:
        told.unknown += 1
        if event.description or event.state:
            told.trouble = words_of(f"{event.type}: {event.description or event.state}")
    elif data.tagData is not None or data.barcodeData is not None:
        told.unknown += len(data.barcodeData or ())
        _many(data.tagData or [], event, told)
    elif data.idHex or data.EPC or data.EPCid:
        told.reads.append(_read(data, event))
    else:
        told.unknown += 1


def _many(raws: list[msgspec.Raw], event: Event, told: Told) -> None:
    for raw in raws[:EVENTS_PER_MESSAGE_MAX]:
        try:
            told.reads.append(_read(_tag.decode(raw), event))
        except (*FAULTS, ProtocolError):
            told.damaged += 1


def _read(tag: Tag, event: Event) -> Read:
    """Raises `ProtocolError`."""
    seen = tag.reads if tag.reads is not None else tag.seenCount
    return Read(
        epc=epc_of_hex(tag.idHex or tag.EPC or tag.EPCid),
        antenna=tag.antenna,
        rssi_cdbm=RSSI_ABSENT_CDBM if tag.peakRssi is None else round(tag.peakRssi * 100),
        seen=min(max(1, 1 if seen is None else seen), SEEN_MAX),
        at_us=utc_us(tag.timestamp) or utc_us(event.timestamp),
    )


def _heartbeat(data: Data, told: Told) -> None:
    if data.inventoryStatus is not None:
        told.inventory = READING.get(data.inventoryStatus.rfidStatus.upper(), told.inventory)
    if data.radio_control is not None:
        told.inventory = READING.get(data.radio_control.radioActivity.upper(), told.inventory)
        for port, state in data.radio_control.antennas.items():
            if port.isdecimal() and len(port) <= len("65535"):
                told.antennas[int(port)] = state.lower() == "connected"
