"""Control messages: sllurp encodes those it knows, behind this file only; what it lacks is ours here.

sllurp raises whatever a value provokes (rfid.md §2); everything that leaves this file is `ProtocolError`.
"""

import struct
from collections.abc import Mapping
from typing import Any, Final

from sllurp.llrp import LLRPMessage
from sllurp.llrp_errors import LLRPError

from edge.readers.base import ProtocolError
from edge.readers.llrp.capabilities import Capabilities
from edge.readers.llrp.fit import power_index
from edge.readers.llrp.frames import HEADER, HEADER_BYTES
from edge.readers.profiles import Level, Place, Profile, Search, Trigger, Vendor, gpi_trigger

ROSPEC_ID: Final = 1
SWITCH_MS: Final = 10
"""What a reader may take to go from one antenna to the next."""
VERSION_1: Final = 1
GPI_TRIGGER: Final = struct.pack("!HH", 181, 11)
SLLURPS_GPI_TRIGGER: Final = struct.pack("!HH", 180, 11)
"""Headers of GPITriggerValue (LLRP 1.1 §17.2.4.1.1.1.2)."""

GET_READER_CONFIG, SET_READER_CONFIG, GET_ROSPECS = 2, 3, 26
ALL: Final = 0
P_EVENTS_AND_REPORTS: Final = 226
SEARCH_MODES: Final = {Search.READER: 0, Search.SINGLE: 1, Search.DUAL: 2, Search.FOCUS: 3, Search.SINGLE_B: 5}
EVENTS: Final = ("ROSpecEvent", "ReportBufferFillWarning", "ReaderExceptionEvent", "AntennaEvent")

Fields = Mapping[str, Any]
"""sllurp's shape of a message; nothing but this file sees it."""


def encode(name: str, message_id: int, fields: Fields | None = None) -> bytes:
    """A message sllurp knows. Raises `ProtocolError` for what it cannot encode."""
    try:
        data = LLRPMessage(msgdict={name: {"Ver": VERSION_1, "ID": message_id, **(fields or {})}}).msgbytes
    except (LLRPError, struct.error, KeyError, TypeError, ValueError) as error:
        raise ProtocolError(f"{name} cannot be encoded: {error}") from error
    return bytes(data)


def message(kind: int, message_id: int, body: bytes = b"") -> bytes:
    """A message sllurp has none of."""
    return HEADER.pack(VERSION_1 << 10 | kind, HEADER_BYTES + len(body), message_id) + body


def get_rospecs(message_id: int) -> bytes:
    """GET_ROSPECS (LLRP 1.1 §16.1.17)."""
    return message(GET_ROSPECS, message_id)


def get_reader_config(message_id: int, what: int = ALL) -> bytes:
    """GET_READER_CONFIG (LLRP 1.1 §16.1.21), of every antenna and port. `what`: RequestedData."""
    return message(GET_READER_CONFIG, message_id, struct.pack("!HBHH", ALL, what, ALL, ALL))


def configure(message_id: int, keepalive_ms: int) -> bytes:
    """SET_READER_CONFIG: keepalives, the events we live by, and no holding of reports at a reconnect."""
    known = encode(
        "SET_READER_CONFIG",
        message_id,
        {
            "ResetToFactoryDefaults": False,
            "ReaderEventNotificationSpec": {"EventNotificationState": dict.fromkeys(EVENTS, True)},
            "KeepaliveSpec": {"KeepaliveTriggerType": 1, "TimeInterval": keepalive_ms},
        },
    )
    # EventsAndReports (§17.2.6.9), which sllurp can only decode: hold nothing back
    body = known[HEADER_BYTES:] + struct.pack("!HHB", P_EVENTS_AND_REPORTS, 5, 0)
    return message(SET_READER_CONFIG, message_id, body)


def add_rospec(message_id: int, profile: Profile, places: Mapping[int, Place], reader: Capabilities) -> bytes:
    """ADD_ROSPEC for these antenna ports. What places ask of the whole reader is joined: the quickest wins."""
    period_ms = cycle_ms(places)
    every = min((place.report_every_tags for place in places.values() if place.report_every_tags), default=0)
    start, stop = _boundary(places, period_ms)
    report: dict[str, Any] = {
        "ROReportTrigger": "Upon_N_Tags_Or_End_Of_AISpec",
        "N": every,
        "TagReportContentSelector": {
            "EnableROSpecID": True,
            "EnableAntennaID": True,
            "EnableChannelIndex": True,
            "EnablePeakRSSI": True,
            "EnableFirstSeenTimestamp": True,
            "EnableLastSeenTimestamp": True,
            "EnableTagSeenCount": True,
        },
    }
    if profile.vendor is Vendor.IMPINJ:
        report["ImpinjTagReportContentSelector"] = {
            "ImpinjEnableRFPhaseAngle": {"RFPhaseAngleMode": 1},
            "ImpinjEnablePeakRSSI": {"PeakRSSIMode": 1},
        }
    spec = {
        "ROSpecID": ROSPEC_ID,
        "Priority": 0,
        "CurrentState": "Disabled",
        "ROBoundarySpec": {
            "ROSpecStartTrigger": start,
            "ROSpecStopTrigger": stop,
        },
        "AISpec": [_ai_spec(ports, places, reader) for ports in _turns(places)],
        "ROReportSpec": report,
    }
    # sllurp gives GPITriggerValue the number of PeriodicTriggerValue, which is a byte longer
    return encode("ADD_ROSPEC", message_id, {"ROSpec": spec}).replace(SLLURPS_GPI_TRIGGER, GPI_TRIGGER)


def _boundary(places: Mapping[int, Place], period_ms: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """ROSpecStartTrigger and ROSpecStopTrigger (LLRP 1.1 §17.2.4.1.1)."""
    never: dict[str, Any] = {"ROSpecStopTriggerType": "Null", "DurationTriggerValue": 0}
    trigger = gpi_trigger(places)
    if trigger is not None:
        high = trigger.gpi_level is Level.HIGH
        begin = {"GPIPortNum": trigger.gpi_port, "GPIEvent": high, "Timeout": 0}
        end = {"GPIPortNum": trigger.gpi_port, "GPIEvent": not high, "Timeout": trigger.gpi_timeout_ms}
        stop = {"ROSpecStopTriggerType": "GPI with timeout", "DurationTriggerValue": 0, "GPITriggerValue": end}
        return {"ROSpecStartTriggerType": "GPI", "GPITriggerValue": begin}, stop
    if period_ms:
        value = {"Offset": 0, "Period": period_ms}
        return {"ROSpecStartTriggerType": "Periodic", "PeriodicTriggerValue": value}, never
    return {"ROSpecStartTriggerType": "Immediate"}, never


def cycle_ms(places: Mapping[int, Place]) -> int:
    """From one start of the ROSpec to the next; 0 where it starts once and never ends.

    A ROSpec ends with its last AISpec, so antennas with a dwell of their own are read in cycles of a periodic trigger.
    """
    dwells_ms = [place.dwell_ms + SWITCH_MS for place in places.values() if place.dwell_ms]
    periodic = all(place.trigger is Trigger.PERIODIC for place in places.values())
    return max(sum(dwells_ms), min(place.period_ms for place in places.values()) if periodic else 0)


def _turns(places: Mapping[int, Place]) -> list[list[int]]:
    """Antenna ports by AISpec: each alone where they have dwells of their own, else all in turn as the reader likes."""
    ports = sorted(places)
    return [[port] for port in ports] if all(place.dwell_ms for place in places.values()) else [ports]


def _ai_spec(ports: list[int], places: Mapping[int, Place], reader: Capabilities) -> dict[str, Any]:
    duration_ms = min(places[port].dwell_ms or places[port].report_every_ms for port in ports)
    return {
        "AntennaID": ports,
        "AISpecStopTrigger": {
            "AISpecStopTriggerType": "Duration" if duration_ms else "Null",
            "DurationTriggerValue": duration_ms,
        },
        "InventoryParameterSpec": [
            {
                "InventoryParameterSpecID": 1,
                "ProtocolID": 1,
                "AntennaConfiguration": [_antenna(port, places[port], reader) for port in ports],
            }
        ],
    }


def _antenna(port: int, place: Place, reader: Capabilities) -> dict[str, Any]:
    command: dict[str, Any] = {
        "TagInventoryStateAware": False,
        "C1G2SingulationControl": {"Session": place.session, "TagPopulation": place.population, "TagTransitTime": 0},
    }
    if place.mode is not None and place.mode in reader.mode_ids:
        command["C1G2RFControl"] = {"ModeIndex": place.mode, "Tari": 0}
    if place.search is not Search.READER:
        command["ImpinjInventorySearchMode"] = {"InventorySearchMode": SEARCH_MODES[place.search]}
    antenna: dict[str, Any] = {"AntennaID": port, "C1G2InventoryCommand": [command]}
    power = power_index(place, reader.powers)
    if power is not None:
        table = min(reader.hop_tables, default=1)
        hops = {"HopTableId": table, "ChannelIndex": 0} if reader.hopping else {"HopTableId": 0, "ChannelIndex": 1}
        antenna["RFTransmitter"] = {**hops, "TransmitPower": power}
    return antenna
