"""What such readers say, as their documents show it; written by hand, sharing nothing with the edge's codecs."""

import base64
import datetime as dt
import json
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Seen(NamedTuple):
    """A tag as the radio saw it. `at_us` is UTC."""

    epc: bytes
    at_us: int
    port: int = 1
    rssi_dbm: float = -55.5
    times: int = 1


def iso(at_us: int, zone: str = "Z", *, digits: int = 6) -> str:
    """`zone`: as the reader writes UTC, Z or +0000."""
    at = EPOCH + dt.timedelta(microseconds=at_us)
    return at.strftime("%Y-%m-%dT%H:%M:%S") + f".{at.microsecond:06d}"[: digits + 1] + zone


def text(message: object) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode()


# --- Zebra, fixed ---------------------------------------------------------------------------------------------


def fx_tag(seen: Seen, number: int) -> dict[str, Any]:
    return {
        "data": {
            "eventNum": number,
            "format": "epc",
            "idHex": seen.epc.hex(),
            "antenna": seen.port,
            "peakRssi": seen.rssi_dbm,
            "reads": seen.times,
            "channel": 866.3,
        },
        "timestamp": iso(seen.at_us, "+0000", digits=3),
        "type": "SIMPLE",
    }


def fx_tags(seen: Iterable[Seen]) -> bytes:
    """One event alone, several as an array, as the connector batches them."""
    events = [fx_tag(each, number) for number, each in enumerate(seen, 1)]
    return text(events[0] if len(events) == 1 else events)


def fx_heartbeat(at_us: int, *, active: bool = True, antennas: dict[int, bool] | None = None) -> bytes:
    ports = {str(port): "connected" if there else "disconnected" for port, there in (antennas or {1: True}).items()}
    radio = {"radioActivity": "active" if active else "inactive", "radioConnection": "connected", "antennas": ports}
    return text(
        {
            "type": "heartbeat",
            "timestamp": iso(at_us, "+0000", digits=3),
            "data": {"radio_control": radio, "system": {}},
        }
    )


# --- Zebra, handheld ------------------------------------------------------------------------------------------


def rfd_tags(seen: Sequence[Seen], *, barcodes: int = 0) -> bytes:
    tags = [
        {"EPC": each.epc.hex().upper(), "peakRssi": round(each.rssi_dbm), "seenCount": each.times, "eventNum": number}
        for number, each in enumerate(seen, 1)
    ]
    data: dict[str, Any] = {"tagData": tags}
    if barcodes:
        data["barcodeData"] = [{"decodedBarcode": "4006381333931", "symbology": "EAN13"}] * barcodes
    at_us = max(each.at_us for each in seen) if seen else 0
    return text({"type": "BALANCED_PERFORMANCE", "timestamp": iso(at_us, digits=0)[:-2] + "Z", "data": data})


def rfd_heartbeat(at_us: int, *, reading: bool) -> bytes:
    status = {"rfidStatus": "INPROGRESS" if reading else "IDLE", "tagCount": 45, "scanCount": 0}
    body = {"inventoryStatus": status, "batteryAlert": {"status": "HIGH", "chargePercentage": 85}}
    return text({"eventName": "heartbeat", "timestamp": iso(at_us), "eventNumber": 7, "upTime": 100, "data": body})


# --- Impinj ---------------------------------------------------------------------------------------------------


def r700_tag(seen: Seen, *, hexadecimal: bool = True) -> dict[str, Any]:
    name = {"epcHex": seen.epc.hex().upper()} if hexadecimal else {"epc": base64.b64encode(seen.epc).decode()}
    return {
        "timestamp": iso(seen.at_us, "000Z"),
        "hostname": "impinj-12-34-56",
        "eventType": "tagInventory",
        "tagInventoryEvent": {
            **name,
            "antennaPort": seen.port,
            "peakRssiCdbm": round(seen.rssi_dbm * 100),
            "frequency": 866_300,
            "phaseAngle": 90.0,
            "lastSeenTime": iso(seen.at_us, "000Z"),
        },
    }


def r700_lines(seen: Iterable[Seen], *, hexadecimal: bool = True) -> bytes:
    """One event on each line, as the data stream is."""
    return b"\r\n".join(text(r700_tag(each, hexadecimal=hexadecimal)) for each in seen) + b"\r\n"


def r700_array(seen: Iterable[Seen]) -> bytes:
    return text([r700_tag(each) for each in seen])


def r700_event(at_us: int, kind: str, **what: object) -> bytes:
    """`kind` without its ending, as in `eventType`."""
    return text({"timestamp": iso(at_us), "hostname": "impinj-12-34-56", "eventType": kind, f"{kind}Event": what})


def r700_status(at_us: int, status: str) -> bytes:
    return r700_event(at_us, "inventoryStatus", inventoryStatus=status)
