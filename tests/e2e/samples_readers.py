"""Readers in the gallery: fifty of them, and one by itself."""

from dataclasses import replace

from contract.facts import ReaderLink
from edge.api import shapes
from edge.api.history.shapes import AntennaView
from edge.api.readers import views

NOON_US = 1_794_830_400_000_000
PULSE = tuple(400.0 + 60 * ((n * 7) % 5) - (300 if 60 < n < 70 else 0) for n in range(120))


def pages(common, ring):
    del ring
    store = common["store"]
    well = replace(store.readers[1], pulse=PULSE)
    fifty = tuple(
        replace(well, reader=f"case-reader-{n}", exception="", overflows_total=0, clock_behind_s=None, clock_jumps_total=0)
        for n in range(48)
    )  # fmt: skip
    lost = replace(store.readers[2], reader="vault-reader", link=ReaderLink.SILENT)
    ports = tuple(
        views.PortView(
            str(n), "case-1", "Case 1, solitaires",
            AntennaView(well.reader, n, 0.0 if n == 3 else 140.2, tuple(None if h < 6 else 120.0 + h for h in range(24))),
        )
        for n in range(1, 4)
    )  # fmt: skip
    gaps = (shapes.GapView(well.reader, NOON_US - 3_600_000_000, NOON_US - 3_000_000_000, "nothing heard for 3.0 s"),)
    one = views.OneReaderView(
        well,
        "impinj-r420",
        handheld=False,
        ports=(*ports, views.PortView("4", "gate", "Street door", None)),
        gaps=gaps,
        why="",
    )
    return {
        "readers-fifty": ("edge/readers.html", {**common, "store": replace(store, readers=(lost, *fifty), signals=()), "gaps": (), "may_open": False, "seconds": 5}),
        "reader": ("edge/reader.html", {**common, "one": one}),
        "reader-silent": ("edge/reader.html", {**common, "one": replace(one, reader=lost, ports=ports[:0], gaps=(), why="no history is kept here")}),
    }  # fmt: skip
