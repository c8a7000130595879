"""The zones' reference tags on the running floor: heard with each round, put into words for pages, kept over restarts.

A reference tag hangs in its zone for good (`reference` of a zone in the configuration). It is no piece: no list, count
or alarm knows it. It says whether the zone can be read at all, which an empty zone, or an emptied one, cannot.
"""

from typing import Final

import numpy as np
import structlog

from edge.books.db import Database
from edge.books.rows import EvidenceRow
from edge.floor.rounds import Round
from edge.floor.zonemap import ZoneMap
from edge.reconcile.blob import BlobDamagedError
from edge.reconcile.presence.references import KNOWN_ROUNDS, USUAL_P, References, Standing

log = structlog.get_logger(__name__)

NAME: Final = "references"


class ReferenceTags:
    """Owned by the house thread."""

    def __init__(self, zones: ZoneMap) -> None:
        self._zones = zones.zones
        self._ids = tuple(zone.id for zone in zones.zones)
        self.references = References([zone.reference.upper() for zone in zones.zones])
        self._any = bool(self.references.hung.any())

    def hear(self, rounds: list[Round]) -> Standing | None:
        """What reference tags say in these rounds of different readers; None in a store that has none."""
        if not self._any:
            return None
        witnessed, read = np.zeros(len(self._zones), np.bool_), np.zeros(len(self._zones), np.bool_)
        dt_s = np.zeros(len(self._zones))
        for one in rounds:
            witnessed[one.zones], dt_s[one.zones] = True, one.dt_s
            read[one.reference] = True
        return self.references.hear(witnessed, read, dt_s)

    def silent(self) -> dict[int, str]:
        """Zones whose reference tag is silent now, and since when, in words; it usually is read."""
        if not self._any:
            return {}
        references = self.references
        silent = references.usual & (references.dark | (references.clear < 1 - references.clear))
        return {zone: self._silent(zone) for zone in np.flatnonzero(silent).tolist()}

    def words(self, zone: int) -> str:
        """How its reference tag stands, for a page; empty where none hangs."""
        references = self.references
        if not self._any or not references.hung[zone]:
            return ""
        rounds, p = float(references.rounds[zone]), float(references.p[zone])
        if references.hits[zone] <= 1.0:
            return "its reference tag has not been read yet: hang it where the antenna hears it"
        if rounds < KNOWN_ROUNDS:
            return f"its reference tag is being learned: {rounds:.0f} of {KNOWN_ROUNDS:.0f} rounds"
        if p < USUAL_P:
            return f"its reference tag is read in {p:.0%} of rounds: hang it where the antenna hears it better"
        if references.dark[zone]:
            return f"{self._silent(zone)}: look whether it still hangs there"
        return f"its reference tag is read in {p:.0%} of rounds"

    def body(self) -> bytes:
        """What was learned, for the row `NAME` beside presence's evidence."""
        return self.references.save(self._ids)

    def load(self, db: Database) -> None:
        """Take up what was learned; a damaged row is learned anew within a minute."""
        kept = db.one("evidence", EvidenceRow, name=NAME)
        if kept is None or not self._any:
            return
        try:
            self.references.load(kept.body, self._ids)
        except BlobDamagedError as error:
            log.warning("references_damaged", why=str(error))

    def _silent(self, zone: int) -> str:
        silent_s = float(self.references.silent_s[zone])
        lasting = f"{silent_s:.0f} s" if silent_s < 600 else f"{silent_s / 60:.0f} min"
        return f"the reference tag of {self._zones[zone].name} has not been read for {lasting}"
