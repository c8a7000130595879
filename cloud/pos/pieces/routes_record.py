"""The full record of a piece over HTTP: looked at, changed with a reason, appraised, taken apart; and categories."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter

from cloud.appraising import Appraisal
from cloud.desk import Desk
from cloud.pos.http import conflicts, found
from cloud.pos.pieces import appraisals, categories
from cloud.pos.pieces import desk as pieces
from cloud.pos.pieces.asked import (
    AppraisalAsked,
    BackingAsked,
    CardAsked,
    CategoryAsked,
    EditAsked,
    RuleAsked,
    WhyAsked,
)
from cloud.pos.pieces.checks import RecordError
from cloud.pos.pieces.history import Change
from cloud.pos.pieces.record import Part, full_record
from contract.feed import Permission
from contract.ids import PieceId
from trade.seek import SeekError
from web.logins import Login
from web.policy import allow, signed_in
from web.problems import ProblemError

MERCHANDISERS: Final = (Permission.PIECES,)
"""Who may change a record."""
Anyone = Annotated[Login, signed_in(of="house")]
Merchandiser = Annotated[Login, allow(*MERCHANDISERS)]


@dataclass(frozen=True, slots=True)
class RecordTold:
    """`backing` is null for who may not know the cost."""

    card: CardAsked
    backing: BackingAsked | None
    changed_us: int
    parts: list[Part]
    whole: Part | None
    appraisals: list[Appraisal]
    changes: list[Change]


@dataclass(frozen=True, slots=True)
class CategoryTold:
    category: str
    rules: list[RuleAsked]
    by: str
    changed_us: int


@contextmanager
def refusals() -> Iterator[None]:
    """What cannot be true becomes a problem with a sentence for each field."""
    try:
        yield
    except RecordError as error:
        raise ProblemError(422, "record", "This cannot be right", str(error)) from error
    except categories.CategoryError as error:
        raise ProblemError(422, "category", "This cannot be right", str(error)) from error
    except LookupError as error:
        raise ProblemError(404, "not-found", str(error.args[0]), "Look for it in the list.") from error


@contextmanager
def asking() -> Iterator[None]:
    """A query that cannot be read becomes a problem that says how to write it."""
    try:
        yield
    except SeekError as error:
        raise ProblemError(422, "query", "This cannot be looked for", str(error)) from error


def add_record(routes: APIRouter, desk: Desk) -> None:
    """The routes of categories stand before those of one piece: `categories` is no piece's name."""

    @routes.get("/categories", dependencies=[signed_in(of="house")])
    def all_categories() -> list[CategoryTold]:
        """What pieces of each category say beside the rest."""
        with desk.look() as work:
            return [
                CategoryTold(
                    category=each.category, by=each.by, changed_us=each.changed_us,
                    rules=[
                        RuleAsked(name=r.name, kind=r.kind, unit=r.unit, choices=list(r.choices), required=r.required)
                        for r in each.rules
                    ],
                )
                for each in categories.listing(work.tx)
            ]  # fmt: skip

    @routes.put("/categories/{category}")
    def set_category(category: str, asked: CategoryAsked, who: Merchandiser) -> None:
        """Pieces that are there already are asked at their next change."""
        with refusals(), desk.work() as work:
            categories.set_rules(work, category, [each.rule() for each in asked.rules], by=who.user)

    @routes.get("/{piece}/record")
    def record(piece: str, who: Anyone) -> RecordTold:
        """Card, appraisals, parts and history; what it cost only for who may know."""
        with desk.look() as work:
            with_cost = who.may(Permission.SEE_COST)
            seen = found(full_record(work.tx, PieceId(piece), with_cost=with_cost), f"piece {piece}")
        behind = seen.backing
        return RecordTold(
            card=CardAsked.of(seen.card),
            backing=None if behind is None else BackingAsked(
                cost_minor=behind.cost_minor, cost_currency=behind.cost_currency, source=behind.source,
                provenance=behind.provenance,
            ),
            changed_us=seen.changed_us, parts=seen.parts, whole=seen.whole, appraisals=seen.appraisals,
            changes=seen.changes,
        )  # fmt: skip

    @routes.put("/{piece}/record")
    def change(piece: str, asked: EditAsked, who: Merchandiser) -> None:
        """The whole record as it shall be; what it cost stays as it was for who may not see it."""
        if asked.card.piece != piece:
            raise ProblemError(422, "record", "This is another piece's record", "A piece keeps its name for ever.")
        stale = conflicts(pieces.StaleRecordError, code="stale")
        with refusals(), stale, desk.work() as work:
            behind = asked.backing.backing()
            if not who.may(Permission.SEE_COST):
                kept = full_record(work.tx, PieceId(piece), with_cost=True)
                behind = kept.backing if kept is not None and kept.backing is not None else behind
            pieces.edit(
                work, asked.card.card(), behind, by=who.user, why=asked.why,
                changed_us=asked.changed_us,
            )  # fmt: skip

    @routes.post("/{piece}/apart")
    def take_apart(piece: str, asked: WhyAsked, who: Merchandiser) -> list[str]:
        """The parts of a set become pieces of their own."""
        with refusals(), desk.work() as work:
            return [str(part) for part in pieces.take_apart(work, PieceId(piece), by=who.user, why=asked.why)]

    @routes.post("/{piece}/appraisals", status_code=201)
    def appraise(piece: str, asked: AppraisalAsked, who: Merchandiser) -> None:
        """One is added, none is ever changed."""
        told = Appraisal(**asked.model_dump())
        with refusals(), desk.work() as work:
            appraisals.appraise(work, PieceId(piece), told, new_id=desk.new_id(), by=who.user)
