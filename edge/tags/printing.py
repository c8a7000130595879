"""A batch of labels: each printed, its tag written and read back, and bound to its piece by what it said; or refused.

One batch at a time per printer. A tag that was written and did not say so is nobody's: its EPC is never used again.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Final, Protocol

import msgspec
import structlog

from contract.feed import PieceCard
from contract.ids import PieceId, UserId
from edge.readers.base import ReaderError
from edge.tags.commission import Bind, Bound, Denied, Kept
from edge.tags.labels import RESOLVER, fields
from edge.tags.memory import is_serialised
from edge.tags.printer import PrinterError
from edge.tags.zpl import JOB_MAX, Template, label

log = structlog.get_logger(__name__)

TRIES: Final = 3
"""Tags for one piece. A roll of which three in a row fail is not calibrated, or not of the kind the label says."""

BROKE: Final = "The box failed (its log says why)"
NOT_SERIALISED: Final = "The tags of this roll have no numbers of their own: use a roll with serialised TIDs of 96 bits"


class Stand(StrEnum):
    WAITING = "waiting"
    PRINTING = "printing"
    BOUND = "bound"
    REFUSED = "refused"


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """Where one piece of a batch stands. `voids`: labels thrown away for it. `why`: of a refusal, with what to do."""

    piece: PieceId
    stand: Stand = Stand.WAITING
    epc: str = ""
    tid: str = ""
    voids: int = 0
    why: str = ""


class LabelBooks(Protocol):
    """The store's books, asked on the house thread."""

    async def draw(self, piece: PieceId) -> "Kept | Denied":
        """An EPC that no tag has and none will have."""
        ...

    async def card(self, piece: PieceId) -> PieceCard | Denied | None: ...

    async def bind(self, asked: Bind, by: UserId) -> Bound | Denied: ...


class LabelPrinter(Protocol):
    """As `printer.Printer`."""

    async def ready(self) -> None: ...

    async def label(self, data: bytes, job: int, *, tid: bool) -> dict[str, bytes]: ...


class Batch:
    """`lines` is replaced as it goes; `tell` wakes whoever looks."""

    def __init__(
        self,
        pieces: Sequence[PieceId],
        template: Template,
        by: UserId,
        *,
        replaces: Mapping[PieceId, str] | None = None,
        resolver: str = RESOLVER,
        first_job: int = 1,
    ) -> None:
        self.lines = {piece: Line(piece=piece) for piece in pieces}
        self.why = ""
        """Why it ended before its end."""
        self.over = False
        self._stopped = ""
        self._template = template
        self._by = by
        self._resolver = resolver
        self._replaces = replaces or {}
        """Piece → `Bind.replaces`."""
        self._job = first_job - 1

    async def run(self, printer: LabelPrinter, books: LabelBooks, tell: Callable[[], None]) -> None:
        """Ends in any case with every line bound or refused."""
        try:
            await printer.ready()
            for piece in list(self.lines):
                if self._stopped:
                    self.why = self._stopped
                    break
                self._set(piece, tell, stand=Stand.PRINTING)
                await self._print(piece, printer, books, tell)
        except (PrinterError, ReaderError) as error:
            self.why = str(error)
        except Exception:  # told to whoever waits, and passed on
            self.why = BROKE
            raise
        finally:
            self.end(self.why, tell)

    def stop(self, why: str) -> None:
        """A person has enough: the label under way is the last."""
        self._stopped = why

    def end(self, why: str, tell: Callable[[], None]) -> None:
        """Whatever is not bound is refused."""
        self.why = why
        self._refuse_the_rest(tell)
        self.over = True
        done = sum(line.stand is Stand.BOUND for line in self.lines.values())
        log.info("labels_printed", bound=done, of=len(self.lines), why=self.why)
        tell()

    async def _print(self, piece: PieceId, printer: LabelPrinter, books: LabelBooks, tell: Callable[[], None]) -> None:
        for voids in range(TRIES):
            drawn, card = await books.draw(piece), await books.card(piece)
            if isinstance(drawn, Denied) or not isinstance(card, PieceCard):
                denied = drawn if isinstance(drawn, Denied) else card
                why = denied.why if isinstance(denied, Denied) else f"There is no card of {piece}"
                self._set(piece, tell, stand=Stand.REFUSED, why=why)
                return
            self._job = self._job % JOB_MAX + 1
            data = label(self._template, fields(card, drawn.epc, self._resolver), drawn.epc, self._job)
            said = await printer.label(data, self._job, tid=bool(self._template.tid_bytes))
            if said.get("E") == drawn.epc:
                if "T" in said and not is_serialised(said["T"]):
                    raise PrinterError(NOT_SERIALISED)
                await self._bind(piece, said, books, tell)
                return
            self._set(piece, tell, voids=voids + 1)
        raise PrinterError(
            f"{TRIES} tags in a row could not be written: look whether the roll is {self._template.name!r}, "
            "and calibrate the printer"
        )

    async def _bind(self, piece: PieceId, said: dict[str, bytes], books: LabelBooks, tell: Callable[[], None]) -> None:
        """By the tag's own words alone."""
        epc, tid = said["E"], said.get("T", b"")
        asked = Bind(piece=piece, tid=tid, epc=epc, read_back=epc, replaces=self._replaces.get(piece))
        bound = await books.bind(asked, self._by)
        if isinstance(bound, Denied):
            why = f"Its label is printed and not bound, throw it away: {bound.why}"
            self._set(piece, tell, stand=Stand.REFUSED, why=why)
        else:
            self._set(piece, tell, stand=Stand.BOUND, epc=epc.hex().upper(), tid=tid.hex().upper())

    def _refuse_the_rest(self, tell: Callable[[], None]) -> None:
        for piece, line in self.lines.items():
            if line.stand is Stand.PRINTING:
                why = (
                    f"{self.why or 'The batch was ended'}; if its label came out, throw it away: it is bound to nothing"
                )
                self._set(piece, tell, stand=Stand.REFUSED, why=why)
            elif line.stand is Stand.WAITING:
                self._set(piece, tell, stand=Stand.REFUSED, why=f"Not printed: {self.why or 'the batch was ended'}")

    def _set(self, piece: PieceId, tell: Callable[[], None], **changes: object) -> None:
        self.lines = self.lines | {piece: msgspec.structs.replace(self.lines[piece], **changes)}
        tell()
