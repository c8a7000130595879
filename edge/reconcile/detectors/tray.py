"""A whole tray was lifted: nearly every piece of one tray is silent, and its neighbours are read as always."""

from typing import Final

from edge.reconcile.detectors.gone import Gone

PIECES_MIN: Final = 3
SILENT_MIN: Final = 0.8
"""A loose neighbour's tag, or one that reads badly, may still be counted as read."""


def tell(gone: Gone) -> str | None:
    """`The whole tray: 8 of its 8 pieces are silent since the same 3 s, 41 of 42 others are read.`"""
    if len(gone.trays) != 1 or gone.tray_pieces < PIECES_MIN or gone.pieces < 2:
        return None
    if len(gone.tray_silent) < SILENT_MIN * gone.tray_pieces:
        return None
    return (
        f"The whole tray: {len(gone.tray_silent)} of its {gone.tray_pieces} pieces are silent since the same "
        f"{max(gone.spread_s, 1):.0f} s, {gone.others_read} of {gone.others} others are read."
    )
