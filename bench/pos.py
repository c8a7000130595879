"""The core of the point of sale under load: a sale at a busy box, the pad's verdict, and the office's ingest.

`pos_till` is one store's box with eight tills; `pos_office` is one worker of the office on PostgreSQL, fed by twenty
stores.
"""

from typing import Final

from bench import pos_office, pos_till
from bench.figures import Figures

DOES: Final = "sales recorded by 8 tills under 5,000 reads a tick; the pad's verdict; ingest on PostgreSQL, upto p99"
FAMILIES: Final = {"till": pos_till.figures_of, "office": pos_office.figures_of}


def run(short: bool = False, only: str = "") -> Figures:  # noqa: FBT001, FBT002 - the form of every bench
    """`only`: till or office. Raises `KeyError` for another family."""
    figures: Figures = {}
    for family in [only] if only else FAMILIES:
        figures |= FAMILIES[family](short=short)
    return figures
