"""How long we wait for a reader, by what it owes us."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """Limits in µs. `silent_after_us`: three keepalives of a second; shown at the next tick, so within 5 s."""

    silent_after_us: int = 3_000_000
    answer_within_us: int = 2_500_000
    start_within_us: int = 5_000_000
    vary_within_us: int = 800_000
    """A reader that sets another look for longer than this, less than a round, is no witness meanwhile."""
    quiet_us: int = 10_000_000
    """Without a read or a start of our ROSpec: then we ask whether it runs."""
