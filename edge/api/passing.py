"""The loop's half of passes: what sleds typed and which batches were counted already. Knows no HTTP."""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from contract.ids import ReaderId
from edge.readers.wedge.typed import Typed

BATCHES_MAX: Final = 10_000
"""Batches of one pass that are remembered: a phone resends its last ones, not those of an hour ago."""
PASSES_MAX: Final = 48


@dataclass(slots=True)
class Tally:
    """What was typed in one pass. `port` is the number of its zone at the reader."""

    reader: ReaderId
    port: int
    reads: int = 0
    unreadable: int = 0
    sample: str = ""
    batches: OrderedDict[str, tuple[int, int]] = field(default_factory=OrderedDict)
    """Batch → its reads and its unreadable texts."""

    def count(self, batch: str, typed: Typed) -> None:
        self.reads += len(typed.epcs)
        self.unreadable += typed.unreadable
        self.sample = typed.sample or self.sample
        self.batches[batch] = (len(typed.epcs), typed.unreadable)
        if len(self.batches) > BATCHES_MAX:
            self.batches.popitem(last=False)


class Passing:
    """Tallies by the name of their pass, those of the newest `PASSES_MAX`."""

    def __init__(self) -> None:
        self._tallies: OrderedDict[str, Tally] = OrderedDict()

    def begin(self, name: str, tally: Tally) -> None:
        """Nothing happens when it is known already."""
        self._tallies.setdefault(name, tally)
        if len(self._tallies) > PASSES_MAX:
            self._tallies.popitem(last=False)

    def of(self, name: str) -> Tally | None:
        return self._tallies.get(name)
