"""RO_ACCESS_REPORT straight to columns: never an object per tag where there are many. Four ways, one meaning:

1. *Many short messages* (`runs.find_messages`): headers are found by comparing all bytes at once and proved by the
   chain of their lengths; where every message holds one report, the messages themselves are the rows of a matrix.
2. *Many reports in a message* (`runs.find_tag_reports`): the same, one level below. Either way, reports of one length
   are then one matrix, compared in one go with a `Shape` learned from one of them, and its columns are read whole.
3. *Few messages of equal reports, alone* (`alone`): the usual way of a shelf, proved by one comparison with what came
   before of the same length.
4. *The plain struct walk* (`plain`): whatever the others do not prove (few reports, unknown shapes, other parameters,
   damage) is read one by one.

A damaged or unknown parameter costs its tag report at most, a damaged length the rest of its message. Damage never
raises here, it is counted.
"""

from collections.abc import Callable
from typing import Final

import msgspec
import numpy as np

from contract.ids import ReaderId
from edge.readers.base import ReadBatch
from edge.readers.llrp.columns import prove_found, prove_guess, read_columns
from edge.readers.llrp.frames import HEADER_BYTES, SLACK_BYTES, Bytes, Frame, Steps
from edge.readers.llrp.params import Counts
from edge.readers.llrp.plain import Origin, Read, batch_of, read_messages
from edge.readers.llrp.results import AccessResult
from edge.readers.llrp.runs import REPORT_BYTES_MAX, Index, Octets, find_messages, find_tag_reports, one_each
from edge.readers.llrp.shelf import EPC_BYTES_MAX, Shelf

FEW_BYTES: Final = 2400
"""Up to so many bytes, some forty reads, the plain walk is quicker than matrices (measured, at 1 and 25 a message)."""
assert SLACK_BYTES >= REPORT_BYTES_MAX + EPC_BYTES_MAX
SHORT_MESSAGES_MIN: Final = 4
"""After so many short messages in a row, comparing all bytes is cheaper than stepping."""
RUNS_PER_CALL_MAX: Final = 4
"""So often at most, because other messages may end a run at once."""


class Decoded(msgspec.Struct, frozen=True, gc=False):
    """`consumed` bytes are done with; `others` are all messages but tag reports, in order.

    `results` are what tag reports say of access operations, in order; their tags are reads of the batch, too.
    """

    batch: ReadBatch | None
    consumed: int
    frames: int = 0
    resyncs: int = 0
    others: list[Frame] = []
    results: list[AccessResult] = []


class ReportDecoder:
    """Decodes one connection's bytes. Keeps the shapes it has learned, and counts."""

    def __init__(self, reader: ReaderId) -> None:
        self.reader = reader
        self.counts = Counts()
        self._shelf = Shelf(self.counts)

    def decode(self, data: Bytes, arrived_us: int, roomy: Callable[[], Bytes] | None = None) -> Decoded:
        """All whole messages of `data`. The result owns its memory; never raises for what the bytes say.

        `roomy` gives `data` with any SLACK_BYTES behind it: that saves a copy of all of it.
        """
        alone = self._shelf.alone.get(len(data), ())
        number = int.from_bytes(data) if alone else 0
        for one in alone:
            if number & one.mask == one.fixed:
                self.counts.frames_total += one.frames
                self.counts.reads_total += one.reads
                block = one.block(data)
                reads = ReadBatch(self.reader, arrived_us, block, one.epc_bytes, one.uptime)
                return Decoded(reads, len(data), one.frames)
        self._shelf.begin()
        steps = Steps(data, len(data))
        if len(data) <= FEW_BYTES:
            batch = self._few(data, steps, Origin(self.reader, arrived_us))
        else:
            batch = self._many(data, steps, Origin(self.reader, arrived_us), roomy)
        self.counts.frames_total += steps.count
        self.counts.bytes_skipped_total += steps.skipped
        self.counts.resyncs_total += steps.resyncs
        if batch is not None:
            self.counts.reads_total += len(batch)
        return Decoded(batch, steps.reached, steps.count, steps.resyncs, steps.others, self._shelf.take_results())

    def _few(self, data: Bytes, steps: Steps, origin: Origin) -> ReadBatch | None:
        steps.walk()
        if not steps.starts:
            return None
        reads = read_messages(bytes(data), steps.starts, steps.ends, self._shelf)
        if not reads:
            return None
        sizes = [end - start for start, end in zip(steps.starts, steps.ends, strict=True)]
        if sum(sizes) == len(data):
            self._shelf.keep_alone(bytes(data), sizes, [shape for shape, _, _ in reads])
        return batch_of(reads, self.counts, origin)

    def _many(self, data: Bytes, steps: Steps, origin: Origin, roomy: Callable[[], Bytes] | None) -> ReadBatch | None:
        octets = np.frombuffer(roomy() if roomy else bytes(data) + bytes(SLACK_BYTES), np.uint8)
        starts, ends = _messages(octets, len(data), steps)
        if not len(starts):
            return None
        guess = one_each(starts, ends)
        proven = prove_guess(octets, guess, self._shelf) if guess else None
        found = proven.found if proven else find_tag_reports(octets, starts, ends)
        tail: list[Read] = []
        late: list[AccessResult] = []
        if found.messages < len(starts):
            rest = slice(found.messages, None)
            tail = read_messages(bytes(data), starts[rest].tolist(), ends[rest].tolist(), self._shelf)
            late = self._shelf.take_results()
        proven = proven or prove_found(octets, found, self._shelf)
        batch = read_columns(octets, proven, tail, self._shelf, origin)
        self._shelf.results += late
        return batch


def _messages(octets: Octets, size: int, steps: Steps) -> tuple[Index, Index]:
    """Starts and ends of all RO_ACCESS_REPORTs; `steps` has been everywhere."""
    pieces: list[tuple[Index, Index]] = []
    for _ in range(RUNS_PER_CALL_MAX):
        if not steps.shorts_ahead(SHORT_MESSAGES_MIN) and not steps.walk(SHORT_MESSAGES_MIN):
            break
        if size - steps.reached < HEADER_BYTES:
            break
        run = find_messages(octets, steps.reached, size)
        if steps.starts:
            pieces.append(_settled(steps))
        pieces.append((run.starts, run.ends))
        steps.passed(run.others, run.times, run.reached)
    steps.walk()
    if steps.starts or not pieces:
        pieces.append(_settled(steps))
    if len(pieces) == 1:
        return pieces[0]
    starts, ends = zip(*pieces, strict=True)
    return np.concatenate(starts), np.concatenate(ends)


def _settled(steps: Steps) -> tuple[Index, Index]:
    found = np.array(steps.starts, np.int64), np.array(steps.ends, np.int64)
    steps.starts.clear()
    steps.ends.clear()
    return found


def decode_reports(data: Bytes, reader: ReaderId, arrived_us: int = 0) -> Decoded:
    """Decode once, without a memory of earlier shapes."""
    return ReportDecoder(reader).decode(data, arrived_us)
