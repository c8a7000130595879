"""The event stream of Impinj's IoT device interface (R700 family): tag inventory, inventory status, antennas, overflow.
Bytes in, what was told out. No input or output.

    {"timestamp": "…Z", "hostname": "…", "eventType": "tagInventory", "tagInventoryEvent": {"epc": base64,
     "epcHex": "…", "antennaPort": 1, "peakRssiCdbm": -5550, "frequency": 866900, "phaseAngle": 23.5,
     "lastSeenTime": "…Z"}}

one a message, an array, or one on each line. Source: Impinj Reader Configuration API v1.7 (`ReaderEvent`,
`TagInventoryEvent` and the events beside it). Written from the documents; nobody has held it against a reader yet.
"""

from typing import Annotated, Final

import msgspec

from edge.readers.base import PHASE_ABSENT, RSSI_ABSENT_CDBM, ProtocolError
from edge.readers.mqtt.events import EventDecoder
from edge.readers.mqtt.reads import Read, Told, epc_of_base64, epc_of_hex, utc_us

TURN: Final = 4096
DEGREES: Final = 360
RUNNING: Final = "running"

Port = Annotated[int, msgspec.Meta(ge=0, le=0xFFFF)]
Cdbm = Annotated[int, msgspec.Meta(ge=-32767, le=32767)]
Degrees = Annotated[float, msgspec.Meta(ge=-DEGREES, le=DEGREES)]


class Tag(msgspec.Struct, rename="camel"):
    """Which members it has is set on the reader; of `epc` and `epcHex` one is enough."""

    epc: str = ""
    epc_hex: str = ""
    antenna_port: Port = 0
    peak_rssi_cdbm: Cdbm | None = None
    phase_angle: Degrees | None = None
    last_seen_time: str = ""


class Status(msgspec.Struct, rename="camel"):
    inventory_status: str = ""


class Antenna(msgspec.Struct, rename="camel"):
    antenna_port: Port


class Event(msgspec.Struct, rename="camel"):
    event_type: str = ""
    timestamp: str = ""
    tag_inventory_event: Tag | None = None
    inventory_status_event: Status | None = None
    antenna_connected_event: Antenna | None = None
    antenna_disconnected_event: Antenna | None = None
    overflow_event: dict[str, msgspec.Raw] | None = None


_events: Final = EventDecoder(Event)


def decode(data: bytes) -> Told:
    """One message. A damaged event costs itself."""
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
    """Raises `ProtocolError` for a tag without an EPC that we can read."""
    if event.tag_inventory_event is not None:
        told.reads.append(_read(event.tag_inventory_event, event))
    elif event.inventory_status_event is not None:
        told.inventory = event.inventory_status_event.inventory_status == RUNNING
    elif event.antenna_connected_event is not None:
        told.antennas[event.antenna_connected_event.antenna_port] = True
    elif event.antenna_disconnected_event is not None:
        told.antennas[event.antenna_disconnected_event.antenna_port] = False
    elif event.overflow_event is not None:
        told.overflow = True
        told.trouble = "its buffer ran over: reads were lost"
    else:
        told.unknown += 1


def _read(tag: Tag, event: Event) -> Read:
    """Raises `ProtocolError`."""
    return Read(
        epc=epc_of_hex(tag.epc_hex) if tag.epc_hex else epc_of_base64(tag.epc),
        antenna=tag.antenna_port,
        rssi_cdbm=RSSI_ABSENT_CDBM if tag.peak_rssi_cdbm is None else tag.peak_rssi_cdbm,
        phase=PHASE_ABSENT if tag.phase_angle is None else round(tag.phase_angle / DEGREES * TURN) % TURN,
        at_us=utc_us(tag.last_seen_time) or utc_us(event.timestamp),
    )
