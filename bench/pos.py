"""The core of the point of sale under load: a sale at a busy box, the pad's verdict, and the office's ingest.

`pos_till` is one store's box with eight tills; `pos_office` is one worker of the office on PostgreSQL, fed by twenty
stores; `pos_offline` a store whose line comes back after three days.
"""

from typing import Final

from bench import pos_office, pos_offline, pos_till
from bench.figures import Figures

DOES: Final = "sales recorded by 8 tills under 5,000 reads a tick; the pad's verdict; ingest on PostgreSQL, upto p99"
FAMILIES: Final = {"till": pos_till.figures_of, "office": pos_office.figures_of, "offline": pos_offline.figures_of}


def run(short: bool = False, only: str = "") -> Figures:  # noqa: FBT001, FBT002 - the form of every bench
    """`only`: till, office or offline. Raises `KeyError` for another family."""
    figures: Figures = {}
    for family in [only] if only else FAMILIES:
        figures |= FAMILIES[family](short=short)
    return figures
