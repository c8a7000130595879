"""A piece of the house as what is appraised (`cloud.appraising`): described by its card, its papers kept beside it."""

import secrets

import sqlalchemy as sa

from cloud import appraising, blobs
from cloud.appraising import Appraisal, Described
from cloud.pos.pieces import appraisals, papers
from cloud.pos.pieces import desk as pieces
from cloud.pos.pieces.wording import gems_text
from cloud.tables import piece, piece_paper
from cloud.work import Work
from contract.feed import FinenessUnit, PieceCard
from contract.ids import PieceId, UserId
from web.images import accept


class OfPiece:
    """A `cloud.appraising.Subject`."""

    def __init__(self, work: Work, wanted: PieceId, *, chance: blobs.Chance = secrets.token_bytes) -> None:
        self._work, self._piece, self._chance = work, wanted, chance

    def one(self, name: str) -> Appraisal | None:
        found = appraisals.one(self._work.tx, name)
        return found[1] if found is not None and found[0] == self._piece else None

    def described(self, name: str) -> Described:
        del name  # all appraisals of a piece are of its card as it is now
        card = pieces.records(self._work.tx, [self._piece])[self._piece].card
        home = self._work.tx.value(sa.select(piece.c.home_store).where(piece.c.piece == self._piece))
        return Described(card.title, tuple(_facts(card)), str(home or ""))

    def keep(self, name: str, body: bytes, *, by: UserId) -> str:
        work = self._work
        sha256 = blobs.put(work.tx, accept(body), secret=work.secret, chance=self._chance, now_us=work.now_us)
        paper = {
            "piece": self._piece, "sha256": sha256, "kind": papers.PaperKind.APPRAISAL,
            "name": f"Appraisal {appraising.number(name)}", "by": by, "at_us": work.now_us,
        }  # fmt: skip
        work.tx.add_new(piece_paper, paper)
        return sha256

    def words(self, name: str, text: str) -> str:
        del name
        return text


def _facts(card: PieceCard) -> list[tuple[str, str]]:
    units = {FinenessUnit.KARAT: " kt", FinenessUnit.PERMILLE: ""}
    named = [f"{each.metal} {each.fineness or ''}{units[each.unit] if each.fineness else ''}" for each in card.metals]
    metals = ", ".join(each.strip() for each in named or [f"{card.metal} {card.fineness or ''}"])
    stones = gems_text(card.gems) or card.stones
    told = (
        ("Kind", card.category), ("Designer", card.designer), ("Collection", card.collection), ("Metal", metals),
        ("Weight", f"{card.weight_mg / 1000:.2f} g" if card.weight_mg else ""), ("Stones", stones),
        ("Certificates", ", ".join(card.certificates)), ("Serial", card.serial), ("Article", card.sku),
    )  # fmt: skip
    return [(name, words) for name, words in told if words]
