"""What one unread piece's silence weighs beside the others of its zone, in figures; counted once for a whole report."""

from typing import Final

import numpy as np

from edge.counts.running import Running
from edge.reconcile.counts.count import Judged

NOT_WATCHED: Final = ""


class Others:
    """By zone how many were expected and how many of them were read; by row where it stands in the expected list."""

    def __init__(self, running: Running) -> None:
        listed, zones = running.model.expected, len(running.witnessed)
        self._running = running
        self._read = running.reads > 0
        self._at = {row: at for at, row in enumerate(listed.rows.tolist())}
        self._expected_in = np.bincount(listed.home, minlength=zones)
        self._read_in = np.bincount(listed.home[self._read], minlength=zones)

    def words(self, judged: Judged) -> str:
        """Rounds, reads that were due, how many of the others there were read; `NOT_WATCHED` where nobody looked."""
        rounds, listed = int(self._running.witnessed[judged.zone]), self._running.model.expected
        if not rounds:
            return NOT_WATCHED
        at = self._at[judged.row]
        p = float(listed.hits[at] / (listed.hits[at] + listed.misses[at]))
        itself = int(listed.home[at]) == judged.zone
        there = int(self._expected_in[judged.zone]) - itself
        read = int(self._read_in[judged.zone]) - (itself and bool(self._read[at]))
        due = f"read in none of {rounds} round{'s' if rounds != 1 else ''}, where {rounds * p:.1f} reads were due"
        return f"{due}; {read} of {there} others there were read" if there else due
