"""Photos, certificates and appraisals of a piece: which blob is what of it. The newest photo is the one stores show."""

import secrets
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import msgspec
import sqlalchemy as sa

from cloud import blobs
from cloud.db import Tx
from cloud.pos.pieces import desk as pieces
from cloud.pos.pieces.checks import RecordError
from cloud.tables import blob, piece_paper
from cloud.work import Work
from contract.ids import PieceId, UserId
from web import images

PAPERS_MAX: Final = 40
"""Of one piece."""
NAME_LENGTH_MAX: Final = 120


class PaperKind(StrEnum):
    PHOTO = "photo"
    CERTIFICATE = "certificate"
    APPRAISAL = "appraisal"


class PaperError(ValueError):
    """It cannot be kept; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Paper:
    sha256: str
    kind: str
    name: str
    media: str
    bytes: int
    by: str
    at_us: int


def listing(tx: Tx, wanted: PieceId) -> list[Paper]:
    """Newest first."""
    query = sa.select(piece_paper, blob.c.media, blob.c.bytes).join(blob, blob.c.sha256 == piece_paper.c.sha256)
    found = tx.rows(query.where(piece_paper.c.piece == wanted).order_by(piece_paper.c.at_us.desc()))
    return [Paper(**{name: row[name] for name in Paper.__dataclass_fields__}) for row in found]


def add(
    work: Work,
    wanted: PieceId,
    data: bytes,
    kind: PaperKind,
    name: str,
    *,
    by: UserId,
    chance: blobs.Chance = secrets.token_bytes,
) -> str:
    """Its SHA-256; the same again changes nothing. Raises `LookupError`, `PaperError`, `BlobError`."""
    record = pieces.records(work.tx, [wanted]).get(wanted)
    if record is None:
        raise LookupError(f"there is no piece {wanted}")
    told = images.accept(data)
    if kind is PaperKind.PHOTO and told.media != images.JPEG:
        raise PaperError("a photo is JPEG, PNG or WebP: keep a PDF as a certificate or an appraisal")
    count = sa.select(sa.func.count()).select_from(piece_paper).where(piece_paper.c.piece == wanted)
    if work.tx.value(count) >= PAPERS_MAX:
        raise PaperError(f"a piece has at most {PAPERS_MAX} photos and papers")
    sha256 = blobs.put(work.tx, told, secret=work.secret, chance=chance, now_us=work.now_us)
    row = {
        "piece": wanted, "sha256": sha256, "kind": kind, "name": name[:NAME_LENGTH_MAX], "by": by,
        "at_us": work.now_us,
    }  # fmt: skip
    work.tx.add_new(piece_paper, row)
    if kind is PaperKind.PHOTO and record.card.photo != sha256:
        shown = msgspec.structs.replace(record.card, photo=sha256)
        with suppress(RecordError):  # it is kept all the same, and shown when the record is mended and another comes
            pieces.edit(work, shown, record.backing, by=by, why="new photo")
    return sha256


def is_of_a_piece(tx: Tx, sha256: str, wanted: PieceId) -> bool:
    query = sa.select(piece_paper.c.kind).where(piece_paper.c.piece == wanted, piece_paper.c.sha256 == sha256)
    return tx.value(query.limit(1)) is not None
