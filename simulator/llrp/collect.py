"""Tag reports between the air and the wire: kept by what read them, merged where N is 0, sent when they are due."""

from typing import Final

import msgspec
import numpy as np

from simulator.llrp.clock import Clock
from simulator.llrp.reports import Heard, encode, encode_each, frame, frame_each, join, merge
from simulator.llrp.spec import Content, ReportSpec, ReportTrigger
from simulator.tags import Tags

PARTS_MAX: Final = 64
"""Dwells kept apart before they are merged in place."""
TAGS_PER_MESSAGE_MAX: Final = 500
"""A report at the end of a round is cut into messages of so many tags (about 25 KiB)."""

Source = tuple[int, int, int]
"""ROSpec, SpecIndex, inventory spec."""


class Ids:
    """Message ids of the reader's own messages, counting up."""

    def __init__(self) -> None:
        self._next = 1

    def take(self, n: int) -> int:
        """The first of `n`."""
        first = self._next
        self._next = (self._next + n) & 0xFFFFFFFF
        return first


class Collected:
    """`add` after a dwell, `worked` after an access; `due` and `everything` give messages."""

    def __init__(self, tags: Tags, ids: Ids, clock: Clock) -> None:
        self._tags, self._ids, self._clock = tags, ids, clock
        self._reads: dict[Source, list[Heard]] = {}
        self._worked: dict[Source, list[bytes]] = {}

    def clear(self) -> None:
        self._reads.clear()
        self._worked.clear()

    def add(self, source: Source, reads: Heard) -> None:
        self._reads.setdefault(source, []).append(reads)

    def worked(
        self, source: Source, content: Content, *, row: int, antenna: int, access_spec: int, results: bytes
    ) -> bytes:
        """A tag was worked on: its reads so far become one tag report now, because its EPC may be another from here on.

        Say so before `Tags.worked_on`. Returns the tag report, which is kept as well; `told` takes it out again.
        """
        content = self._stamped(content)
        kept = [(part, part.rows == row) for part in self._reads.get(source, [])]
        reads = merge([part.where(mine) for part, mine in kept if mine.any()])
        self._reads[source] = [part.where(~mine) for part, mine in kept if not mine.all()]
        here = reads.antenna == antenna
        ready = self._worked.setdefault(source, [])
        ready += encode_each(content, source, self._tags, reads.where(~here))
        (report,) = encode_each(
            content, source, self._tags, reads.where(here), access_spec=access_spec, results=results
        )
        ready.append(report)
        return report

    def told(self, source: Source, report: bytes) -> bytes:
        """One tag report at once, in a message of its own."""
        self._worked[source].remove(report)
        return frame_each([report], 1, self._ids.take(1))

    def due(self, report: ReportSpec, *, everything: bool) -> bytes:
        """Full messages of N tag reports; with `everything` also the rest."""
        out = []
        for source in list(self._reads):
            parts, worked = self._reads[source], self._worked.get(source, [])
            if report.trigger is ReportTrigger.NONE or (report.n == 0 and not everything):
                # Tag reports of a long round add up in place, so that they are bounded by tags x antennas.
                if len(parts) > PARTS_MAX:
                    parts[:] = [merge(parts)]
                continue
            n_reads = sum(map(len, parts))
            if worked and (everything or len(worked) + n_reads >= report.n):
                out.append(self._frame_each(self._worked.pop(source), report.n or TAGS_PER_MESSAGE_MAX))
            if n_reads:
                reads = merge(parts) if report.n == 0 else join(parts)
                out.append(self._pack(report, source, reads, everything=everything))
                left = 0 if everything or not report.n else len(reads) % report.n
                self._reads[source] = [reads.part(len(reads) - left, len(reads))] if left else []
            if not self._reads[source] and source not in self._worked:
                del self._reads[source]
        return b"".join(out)

    def everything(self, report: ReportSpec) -> bytes:
        """GET_REPORT: all of it at once (§14.1.1)."""
        kept, self._reads = self._reads, {}
        worked, self._worked = self._worked, {}
        out = [self._frame_each(reports, report.n or TAGS_PER_MESSAGE_MAX) for reports in worked.values()]
        out += [self._pack(report, source, merge(parts), everything=True) for source, parts in kept.items() if parts]
        return b"".join(out)

    def _pack(self, report: ReportSpec, source: Source, reads: Heard, *, everything: bool) -> bytes:
        size, content = report.n or TAGS_PER_MESSAGE_MAX, self._stamped(report.content)
        whole = len(reads) // size * size
        if self._tags.odd and np.isin(reads.rows, list(self._tags.odd)).any():
            reports = encode_each(content, source, self._tags, reads)
            return self._frame_each(reports if everything else reports[:whole], size)
        rows = encode(content, source, self._tags, reads)
        out = b""
        if whole:
            out = frame(rows[:whole], size, self._ids.take(whole // size))
        if everything and len(rows) > whole:
            out += frame(rows[whole:], len(rows) - whole, self._ids.take(1))
        return out

    def _stamped(self, content: Content) -> Content:
        return content if self._clock.utc else msgspec.structs.replace(content, uptime=True)

    def _frame_each(self, reports: list[bytes], size: int) -> bytes:
        return frame_each(reports, size, self._ids.take(-(-len(reports) // size)))
