"""What makers call the numbers their readers tell in GeneralDeviceCapabilities (LLRP 1.1 §17.2.3.1).

Impinj: the numbers of EdgeX's public LLRP service (`device-rfid-llrp-go`). Zebra: as FX9600 readers tell. ThingMagic:
of the Mercury API. A number that is not here is shown as the number.
"""

from typing import Final

from edge.readers.profiles import Vendor

IMPINJ: Final = 25882
ZEBRA: Final = 161
THINGMAGIC: Final = 26554
"""IANA private enterprise numbers; Zebra's readers tell Motorola's."""

MAKERS: Final = {IMPINJ: "Impinj", ZEBRA: "Zebra", THINGMAGIC: "ThingMagic"}
VENDORS: Final = {Vendor.IMPINJ: IMPINJ, Vendor.ZEBRA: ZEBRA}
"""Whose readers a profile is made for."""
MODELS: Final = {
    (IMPINJ, 2001001): "Speedway R220",
    (IMPINJ, 2001002): "Speedway R420",
    (IMPINJ, 2001003): "xPortal",
    (IMPINJ, 2001004): "xArray WM",
    (IMPINJ, 2001006): "xArray EAP",
    (IMPINJ, 2001007): "xArray",
    (IMPINJ, 2001008): "xSpan",
    (IMPINJ, 2001009): "Speedway R120",
    (IMPINJ, 2001052): "R700",
    (ZEBRA, 96008): "FX9600",
    (THINGMAGIC, 0x06): "Mercury6",
    (THINGMAGIC, 0x30): "Astra-EX",
    (THINGMAGIC, 0x3430): "Sargas",
    (THINGMAGIC, 0x3530): "Izar",
    (THINGMAGIC, 0x3630): "Astra 200",
}


def called(maker: int, model: int) -> str:
    """`Impinj Speedway R420`; numbers where no name is known."""
    return f"{MAKERS.get(maker, maker)} {MODELS.get((maker, model), model)}"
