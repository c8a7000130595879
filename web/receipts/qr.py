"""QR codes (ISO/IEC 18004) as a matrix, as SVG and as PNG; error level M, as small as it fits."""

import io
from typing import Final

import segno

BORDER: Final = 4
"""Modules of quiet zone on each side."""


def matrix(text: str) -> list[list[bool]]:
    """Rows of modules, dark ones true, without the quiet zone."""
    return [
        [bool(module) for module in row] for row in segno.make(text, error="m", micro=False, boost_error=False).matrix
    ]


def path(text: str) -> tuple[int, str]:
    """Modules a side with the quiet zone, and an SVG path of runs of dark ones: `M4 4h7v1h-7z…`."""
    dark = matrix(text)
    drawn = []
    for y, row in enumerate(dark):
        x = 0
        while x < len(row):
            run = 0
            while x + run < len(row) and row[x + run]:
                run += 1
            if run:
                drawn.append(f"M{x + BORDER} {y + BORDER}h{run}v1h-{run}z")
            x += run or 1
    return len(dark) + 2 * BORDER, "".join(drawn)


def png(text: str, scale: int = 6) -> bytes:
    """For mail programs, which draw no SVG."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False, boost_error=False).save(out, kind="png", scale=scale, border=BORDER)
    return out.getvalue()
