"""What the cloud says, and what it is told: messages, commands, the feed."""

import msgspec
import structlog

from contract.commands import decode_command
from contract.facts import LanguageChosen
from contract.feed import FeedPage, PieceCard
from contract.ids import PieceId, UserId
from contract.messages import Down, Up
from edge.books import replica
from edge.books.rows import Mode
from edge.store.counts import Counts
from edge.sync.uplink import Heard

log = structlog.get_logger(__name__)


class Office(Counts):
    """Our half of the line to the head office."""

    def messages(self) -> list[Up]:
        """What to send the cloud now."""
        return self.sync.messages(self.clock.mono_us())

    def hear(self, down: Down) -> Heard:
        """An answer of the cloud: acknowledgements, and commands carried out."""
        now_us = self.clock.mono_us()
        heard = self.sync.hear(
            down, mono_us=now_us, now_us=self.clock.wall_us(), seen=lambda piece: self.seen(piece, now_us)
        )
        if heard.commands or heard.must_rejoin:
            pieces = {piece for body in down.commands if (piece := piece_of(body)) is not None}
            self.stock.restand(self.books.db, pieces)
            self.ear.stood(pieces)
            self.mode = self.books.node().mode
            self.wakes.tell("floor")
            self.wakes.uplink()
            if self.mode is Mode.ACTIVE:
                self._take_requests()
        if heard.acked or heard.must_rejoin:
            self.wakes.tell("uplink")
        if (heard.commands or heard.unknown) and heard.unknown != self.unknown_command:
            self.unknown_command = heard.unknown
            self.wakes.tell("uplink")
            if heard.unknown:
                log.error("command_unknown", command=heard.unknown, mend="upgrade this box; what the office asks waits")
        return heard

    def prefer_language(self, by: UserId, language: str) -> None:
        """Somebody chose what their pages speak; the office tells every store. Raises `NotServingError`."""
        self._record((LanguageChosen(language=language),), "staff.language", by)

    def take_feed(self, page: FeedPage) -> int:
        """A page of the feed: into the replica, then into the catalogue. Gives the revision to ask from next."""
        rev = replica.take(self.books, page)
        self.ear.learned(page)
        cards = [row.body for row in page.rows if isinstance(row.body, PieceCard)]
        gone = [row.key for row in page.rows if row.body is None]
        for key in gone:
            self._forget(PieceId(key.removeprefix("piece:")))
        self._learn(card.piece for card in cards)
        if cards or gone:
            self.wakes.tell("floor")
        if any(row.key.startswith(("staff:", "role:")) for row in page.rows):
            self.wakes.tell("people")
        return rev


def piece_of(body: msgspec.Raw) -> PieceId | None:
    """The piece a command is about; None for one that is about none, or that this version cannot read."""
    try:
        return getattr(decode_command(bytes(body)).command, "piece", None)
    except msgspec.ValidationError:
        return None
