"""RO_ACCESS_REPORT straight to columns: vectorised across messages, never an object per tag.

Three passes over the bytes that arrived, each checked:

1. *frames*: candidates for message headers are found by one comparison over all bytes and kept only if they form
   the chain that the lengths prescribe; where the chain meets another message, one scalar step is taken;
2. *spans*: the same for TagReportData inside the reports;
3. *columns*: reports of one length are gathered as one matrix, whose header bytes are compared with a template
   (`templates`); what no template fits is walked one by one.

A damaged or unknown parameter costs its tag report at most; damage never raises here, it is counted.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from contract.ids import ReaderId
from edge.readers.base import ProtocolError, ReadBatch
from edge.readers.llrp.chain import Index, Octets, Scratch
from edge.readers.llrp.columns import Columns
from edge.readers.llrp.few import Counts, Decoded, decode_few
from edge.readers.llrp.frames import Bytes
from edge.readers.llrp.runs import find_frames
from edge.readers.llrp.spans import find_spans
from edge.readers.llrp.templates import Template, Templates, padded

SINGLES_MAX: Final = 6
"""So few reports of one length are read one by one: a matrix costs as much as some six of them."""
BLOCK_ROWS: Final = 4096
"""Rows copied at a time, so that they stay in the cache between copying, comparing and reading."""
SLACK_BYTES: Final = 512
"""Zero bytes behind the data, so that the last report may be gathered as if it were longer."""
FEW_BYTES: Final = 3072
"""Up to about fifty reads, plain Python is quicker than columns of numpy."""
TRIES_MAX: Final = 8
"""Templates tried on the reports of one length before the rest is read one by one."""


class ReportDecoder:
    """Decodes one connection's bytes. Keeps the templates it has learned, and counts."""

    def __init__(self, reader: ReaderId) -> None:
        self.reader = reader
        self.counts = Counts()
        self._templates = Templates()
        self._favourite: Template | None = None
        self._scratch = Scratch()
        self._epc_bytes = 0

    def decode(self, data: Bytes, arrived_us: int) -> Decoded:
        """All whole messages of `data`. The result owns its memory; never raises for what the bytes say."""
        size = len(data)
        self._templates.begin()
        if size <= FEW_BYTES:
            return decode_few(bytes(data), self._templates, self.counts, self.reader, arrived_us)
        octets = self._scratch.hold(data, SLACK_BYTES)
        frames = find_frames(octets, size, self._scratch)
        self.counts.frames_total += frames.frames
        self.counts.bytes_skipped_total += frames.skipped
        self.counts.resyncs_total += frames.resyncs
        batch = None
        if len(frames.starts):
            spans = find_spans(octets, frames.starts, frames.lengths, self._scratch)
            self.counts.reports_damaged_total += spans.damaged
            for name, times in spans.unknown.items():
                self.counts.know((name,), times)
            batch = self._columns(octets, spans.starts, spans.lengths, arrived_us)
        return Decoded(batch, frames.others, frames.consumed, frames.frames, frames.resyncs)

    def _columns(self, octets: Octets, starts: Index, lengths: Index, arrived_us: int) -> ReadBatch | None:
        count = len(starts)
        if count == 0:
            return None
        columns = Columns(count, self._epc_bytes)
        rest = self._main(octets, starts, lengths, columns)
        if rest is None:
            pass
        elif len(rest) <= SINGLES_MAX:
            self._singles(octets, starts, lengths, rest, columns)
        else:
            others = lengths[rest]
            for length in np.bincount(others).nonzero()[0].tolist():
                self._group(octets, starts, lengths, rest[others == length], columns)
        self.counts.reads_total += count - columns.dropped
        batch = columns.batch(self.reader, arrived_us)
        self._epc_bytes = columns.epc_bytes_max
        self.counts.stamps_dropped_total += columns.stamps_dropped
        return batch if len(batch) else None

    def _main(self, octets: Octets, starts: Index, lengths: Index, columns: Columns) -> Index | None:
        """Put all rows as if they had the shape that was the most common so far; returns the rows that have not.

        Whole columns are written five times as fast as chosen rows, so that the few others are better put twice.
        """
        if len(starts) <= SINGLES_MAX or self._favourite is None:
            return np.arange(len(starts))
        template = self._favourite
        others: list[Index] = []
        for low in range(0, len(starts), BLOCK_ROWS):
            records = _gather(octets, starts[low : low + BLOCK_ROWS], template.length)
            longer = lengths[low : low + BLOCK_ROWS] != template.length
            match = template.matches(records, longer if longer.any() else None)
            columns.put_all(template, records, low)
            if match is not None:
                others.append((~match).nonzero()[0] + low)
        rest = np.concatenate(others) if others else None
        count = len(starts) - (0 if rest is None else len(rest))
        self.counts.know(template.unknown, count)
        if 2 * count < len(starts):
            self._favourite = None
        columns.settle_all(template, rest)
        return rest

    def _group(self, octets: Octets, starts: Index, lengths: Index, rows: Index, columns: Columns) -> None:
        """Rows of one length."""
        length = int(lengths[rows[0]])
        if len(rows) > SINGLES_MAX:
            records = _gather(octets, starts[rows], length)
            tried = 0
            while len(rows) > SINGLES_MAX:
                template = self._next(octets, int(starts[rows[0]]), length, tried)
                if template is None:
                    break
                tried += 1
                match = template.matches(records)
                if match is None:
                    self._put(template, rows, records, len(starts), columns)
                    return
                if match.any():
                    self._put(template, rows[match], records[match], len(starts), columns)
                    rows, records = rows[~match], records[~match]
        self._singles(octets, starts, lengths, rows, columns)

    def _next(self, octets: Octets, at: int, length: int, tried: int) -> Template | None:
        """The next known template of a length, or one learned from the report there; None: go on one by one."""
        known = self._templates.of_length(length)
        if tried < len(known):
            return known[tried]
        if tried >= TRIES_MAX:
            return None
        try:
            return self._templates.learn(octets.data, at, length)
        except ProtocolError:
            return None

    def _put(self, template: Template, rows: Index, records: NDArray[np.void], of: int, columns: Columns) -> None:
        columns.put(rows, template, records)
        self.counts.know(template.unknown, len(rows))
        if 2 * len(rows) > of and padded(template.length) <= SLACK_BYTES:
            self._favourite = template

    def _singles(self, octets: Octets, starts: Index, lengths: Index, rows: Index, columns: Columns) -> None:
        """Rows one by one."""
        data = octets.data
        places = zip(rows.tolist(), starts[rows].tolist(), lengths[rows].tolist(), strict=True)
        for done, (row, at, length) in enumerate(places):
            if self._templates.exhausted:
                columns.drop(rows[done:])
                self.counts.reports_damaged_total += len(rows) - done
                return
            report = data[at : at + length].tobytes()
            try:
                template, values = self._templates.read(report)
            except ProtocolError as error:
                columns.drop(row)
                self.counts.damage(error)
                continue
            columns.put_one(row, template, report, values)
            self.counts.know(template.unknown, 1)


def decode_reports(data: Bytes, reader: ReaderId, arrived_us: int = 0) -> Decoded:
    """Decode once, without a memory of earlier shapes."""
    return ReportDecoder(reader).decode(data, arrived_us)


def _gather(octets: Octets, starts: Index, length: int) -> NDArray[np.void]:
    """Copies of equally long reports as rows of whole 8-byte words: one memory copy a report."""
    size = padded(length)
    every = np.ndarray((len(octets) - size + 1,), f"V{size}", octets, strides=(1,))
    return every[starts]
