"""Appraisals signed as a PDF whose hash is kept for ever, handed over, and superseded by newer ones; never edited."""

import hashlib
import secrets
from typing import Final

import sqlalchemy as sa

from cloud import blobs, feed
from cloud.pos.pieces import appraisals, papers
from cloud.pos.pieces import desk as pieces
from cloud.pos.pieces.appraisals import Appraisal
from cloud.pos.pieces.wording import gems_text
from cloud.tables import appraisal_event, piece, piece_paper
from cloud.work import Work
from contract.feed import FinenessUnit, PieceCard, SettingsCard
from contract.ids import PieceId, UserId
from contract.money import plain
from trade.appraisal import APPRAISAL, AppraisalEvent, AppraisalPaper, AppraisalState
from web.images import accept
from web.receipts.appraisal import pdf

TEXT_MAX: Final = 200
BASES: Final = ("Retail replacement value", "Fair market value", "Estate value", "Trade-in value")
STATE_WORDS: Final = {
    AppraisalState.DRAFT: "a draft",
    AppraisalState.SIGNED: "signed",
    AppraisalState.DELIVERED: "handed over",
    AppraisalState.SUPERSEDED: "superseded",
    AppraisalState.WITHDRAWN: "withdrawn",
}


class AppraisalError(Exception):
    """It cannot become so; the sentence says what to do."""


def sign(
    work: Work, name: str, credentials: str, basis: str, *, by: UserId, supersedes: str = "",
    chance: blobs.Chance = secrets.token_bytes,
) -> Appraisal:  # fmt: skip
    """Draws and keeps the paper; with it the one it supersedes ends. Raises `AppraisalError`, `LookupError`."""
    wanted, draft = _known(work, name)
    credentials, basis = " ".join(credentials.split()), " ".join(basis.split())
    _step(draft, AppraisalEvent.SIGN)
    for text, what in ((credentials, "the appraiser's credentials"), (basis, "what kind of value it is")):
        if not 0 < len(text) <= TEXT_MAX:
            raise AppraisalError(f"Say {what}, in 1 to {TEXT_MAX} signs")
    if supersedes:
        found = appraisals.one(work.tx, supersedes)
        older_of, older = found or ("", draft)
        if older_of != wanted:
            raise AppraisalError("An appraisal takes the place of one of the same piece")
        _step(older, AppraisalEvent.SUPERSEDE)
    card = pieces.records(work.tx, [wanted])[wanted].card
    body = pdf(_paper(work, card, draft, credentials=credentials, basis=basis, supersedes=supersedes))
    sha256 = blobs.put(work.tx, accept(body), secret=work.secret, chance=chance, now_us=work.now_us)
    paper = {
        "piece": wanted, "sha256": sha256, "kind": papers.PaperKind.APPRAISAL, "name": f"Appraisal {number(name)}",
        "by": by, "at_us": work.now_us,
    }  # fmt: skip
    work.tx.add_new(piece_paper, paper)
    _tell(work, name, AppraisalEvent.SIGN, by=by, sha256=sha256, credentials=credentials, basis=basis)
    if supersedes:
        _tell(work, supersedes, AppraisalEvent.SUPERSEDE, by=by, to=name)
    return _known(work, name)[1]


def deliver(work: Work, name: str, to: str, *, by: UserId) -> None:
    """Handed over; every time is noted. `to` says how: at the counter, by post. Raises `AppraisalError`."""
    _, known = _known(work, name)
    _step(known, AppraisalEvent.DELIVER)
    to = " ".join(to.split())
    if not 0 < len(to) <= TEXT_MAX:
        raise AppraisalError("Say how it was handed over: at the counter, by post, by e-mail")
    _tell(work, name, AppraisalEvent.DELIVER, by=by, to=to)


def withdraw(work: Work, name: str, why: str, *, by: UserId) -> None:
    """A draft that will never be signed. Raises `AppraisalError`."""
    _, known = _known(work, name)
    _step(known, AppraisalEvent.WITHDRAW)
    why = " ".join(why.split())
    if not 0 < len(why) <= TEXT_MAX:
        raise AppraisalError("Say why it is withdrawn")
    _tell(work, name, AppraisalEvent.WITHDRAW, by=by, why=why)


def by_hash(work: Work, sha256: str) -> tuple[str, Appraisal] | None:
    """The appraisal that a paper of this hash is: what it says stands, or was superseded. None: it is none of ours."""
    row = work.tx.row(sa.select(appraisal_event.c.appraisal).where(appraisal_event.c.sha256 == sha256))
    return None if row is None else (str(row["appraisal"]), _known(work, row["appraisal"])[1])


def hash_of(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def number(name: str) -> str:
    """What people call it: the end of its id."""
    return name.replace("-", "")[-10:].upper()


def _known(work: Work, name: str) -> tuple[PieceId, Appraisal]:
    known = appraisals.one(work.tx, name)
    if known is None:
        raise LookupError(f"there is no appraisal {name}")
    return known


def _step(known: Appraisal, event: AppraisalEvent) -> None:
    if APPRAISAL.after(known.state, event) is None:
        newer = f" by {number(known.to)}" if known.to else ""
        raise AppraisalError(
            f"This appraisal is {STATE_WORDS[known.state]}{newer}: what was signed is never edited, write a newer one"
        )


def _tell(work: Work, name: str, event: AppraisalEvent, *, by: UserId, **said: str) -> None:
    n = len(appraisals.events(work.tx, name)) + 1
    row = {"sha256": "", "credentials": "", "basis": "", "to": "", "why": "", **said}
    told = {"appraisal": name, "n": n, "event": event, "by": by, "at_us": work.now_us, **row}
    if not work.tx.add_new(appraisal_event, told):
        raise AppraisalError("Somebody else did something with it a moment ago: reload the page")


def _paper(
    work: Work, card: PieceCard, told: Appraisal, *, credentials: str, basis: str, supersedes: str
) -> AppraisalPaper:
    store = str(work.tx.value(sa.select(piece.c.home_store).where(piece.c.piece == card.piece)) or "")
    settings = feed.card(work.tx, SettingsCard, "settings", store)
    house = settings.legal_name if settings and settings.legal_name else "Appraisal of the house"
    lines = tuple(settings.address.splitlines()) if settings else ()
    return AppraisalPaper(
        number=number(told.appraisal), house=house, house_lines=lines, day=told.day, purpose=told.purpose, basis=basis,
        title=card.title, facts=tuple(_facts(card)), value=f"{plain(told.value_minor, told.currency)} {told.currency}",
        appraiser=told.appraiser, credentials=credentials, note=told.note,
        supersedes=number(supersedes) if supersedes else "",
    )  # fmt: skip


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
