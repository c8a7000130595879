"""What the uplink counts, beside what its link counts."""

from dataclasses import dataclass

from edge.mqtt import LinkTally


@dataclass(slots=True)
class UplinkTally(LinkTally):
    """Counters, read by `/metrics`."""

    downs_dropped_total: int = 0
    """Answers of the cloud that found `DOWNS_PENDING_MAX` others waiting; it says them again."""
    downs_damaged_total: int = 0
    """Answers that are not of our contract."""
