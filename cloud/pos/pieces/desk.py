"""Bringing pieces into the house: cards into the feed, and the first custody to a store. All rows or none."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import sqlalchemy as sa

from cloud import costs, due_back, feed
from cloud.custody import Custody, Token
from cloud.db import Tx
from cloud.pos.pieces import categories, history, seeking
from cloud.pos.pieces.cards import card_of, row_of
from cloud.pos.pieces.checks import RecordError, RowError, errors_of
from cloud.pos.pieces.columns import Backing
from cloud.pos.pieces.history import Record
from cloud.pos.pieces.holding import held_until
from cloud.pos.pieces.wording import KARATS, gems_text
from cloud.tables import piece, piece_backing, piece_change
from cloud.work import Work
from contract.commands import CustodyState, GrantCustody
from contract.feed import FinenessUnit, PieceCard
from contract.ids import PieceId, StoreId, UserId
from trade.custody import OfficeState

OFFICE: Final = UserId("office")
"""Who brings in what nobody in particular did."""
FIRST_STATE: Final = {
    CustodyState.HERE: OfficeState.HERE,
    CustodyState.INCOMING: OfficeState.INCOMING,
}


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did, or would do (`dry_run`). With errors nothing was changed."""

    new: int
    changed: int
    same: int
    errors: list[RowError]
    dry_run: bool


class StaleRecordError(Exception):
    """Somebody else changed the record meanwhile."""


def bring_in(
    work: Work,
    cards: Sequence[PieceCard],
    store: StoreId,
    *,
    state: CustodyState = CustodyState.INCOMING,
    dry_run: bool = False,
    by: UserId = OFFICE,
    why: str = "import",
    backings: Mapping[PieceId, Backing] | None = None,
) -> Imported:
    """Import cards; pieces that are new are granted to `store`.

    `incoming` pieces become sellable when a reader (or a scan) sees them there. `here` is the importer's word that
    they lie there already; it is meant for the opening stock of a store without readers. Who is not named in
    `backings` keeps what stood behind.
    """
    rules = categories.rules_of(work.tx)
    known = records(work.tx, [card.piece for card in cards])
    given = backings or {}
    found = [_completed(card, known.get(card.piece), rules, given.get(card.piece)) for card in cards]
    errors = errors_of(work, found, store, known, rules)
    if state not in FIRST_STATE:
        errors.insert(0, RowError(row=0, piece="", field="state", why="a piece comes in as incoming or here"))
    new = [each for each in found if each.card.piece not in known]
    changed = [each for each in found if known.get(each.card.piece, each) != each]
    counted = Imported(
        new=len(new),
        changed=len(changed),
        same=len(cards) - len(new) - len(changed),
        errors=errors,
        dry_run=dry_run,
    )
    if errors or dry_run:
        return counted
    _save(work, [*new, *changed], known, store, by=by, why=why)
    tokens = Custody(work)
    tokens.load(each.card.piece for each in new)
    granted = [
        tokens.set(
            Token(piece=each.card.piece, holder=store, ce=tokens.next_ce(each.card.piece), state=FIRST_STATE[state])
        )
        for each in new
    ]
    tokens.flush()
    work.command(store, *(GrantCustody(piece=token.piece, ce=token.ce, state=token.told) for token in granted))
    return counted


def edit(work: Work, card: PieceCard, backing: Backing, *, by: UserId, why: str, changed_us: int | None = None) -> None:
    """Change a record. `changed_us` is when it was changed last as this person saw it.

    Raises `RecordError`, `StaleRecordError`, `LookupError` for a piece that is not there.
    """
    row = work.tx.row(sa.select(piece.c.home_store, piece.c.changed_us).where(piece.c.piece == card.piece))
    if row is None:
        raise LookupError(f"there is no piece {card.piece}; import it first")
    if changed_us is not None and row["changed_us"] != changed_us:
        raise StaleRecordError("Somebody else changed this record meanwhile: look at it again")
    if not why.strip():
        raise RecordError([("why", "say why; it stays in the history")])
    rules, store = categories.rules_of(work.tx), StoreId(row["home_store"])
    known = records(work.tx, [card.piece])
    now = _completed(card, known[card.piece], rules, backing)
    found = errors_of(work, [now], store, known, rules)
    if found:
        raise RecordError([(each.field, each.why) for each in found])
    until = held_until(work, card.piece) if now.card.condition is not known[card.piece].card.condition else ""
    if until:
        raise RecordError([("condition", f"it was bought, and lies untouched until {until}")])
    if now != known[card.piece]:
        _save(work, [now], known, store, by=by, why=why.strip())


def take_apart(work: Work, whole: PieceId, *, by: UserId, why: str) -> list[PieceId]:
    """The parts of a set are pieces of their own from now on. Raises `LookupError` when it has none, `RecordError`."""
    query = sa.select(piece.c.piece).where(piece.c.set_of == whole).order_by(piece.c.piece)
    parts = [PieceId(row["piece"]) for row in work.tx.rows(query)]
    if not parts:
        raise LookupError(f"{whole} is no set: no piece is a part of it")
    for part, was in records(work.tx, parts).items():
        alone = msgspec.structs.replace(was.card, set_of=PieceId(""))
        edit(work, alone, was.backing, by=by, why=why)
        assert part in parts, "only parts were asked for"
    return parts


def _save(
    work: Work, told: Sequence[Record], known: Mapping[PieceId, Record], store: StoreId, *, by: UserId, why: str
) -> None:
    work.tx.put(piece, *(row_of(each.card, store, work.now_us) for each in told), keep=("home_store",))
    seeking.put(work.tx, [each.card for each in told])
    behind = [{"piece": each.card.piece, **msgspec.structs.asdict(each.backing)} for each in told]
    work.tx.put(piece_backing, *behind)
    costs.forget(work, *(each.card.piece for each in told))
    for each in told:
        before = known.get(each.card.piece)
        work.tx.add_soon(piece_change, *history.rows(before, each, by=by, why=why, at_us=work.now_us))
    shown = (
        each.card for each in told if each.card != (known[each.card.piece].card if each.card.piece in known else None)
    )
    work.tell(*(feed.News(f"piece:{card.piece}", card) for card in shown))
    due_back.tell(work, _days(known.values()), _days(told))
    valued = [each for each in told if _valued_otherwise(known.get(each.card.piece), each)]
    if valued:
        ref = f"record:{valued[0].card.piece}/{work.now_us}"
        costs.learned(work, [each.card.piece for each in valued], store, ref=ref)


def _days(records: Iterable[Record]) -> dict[PieceId, str]:
    return {each.card.piece: due_back.day_of(each.card.ownership, each.backing.due_back) for each in records}


def _valued_otherwise(before: Record | None, now: Record) -> bool:
    """The ledger carries it elsewhere, or at another cost, from now on."""
    if before is None:
        return now.backing.cost_minor > 0
    was, is_now = before.card, now.card
    cost = (before.backing.cost_minor, before.backing.cost_currency)
    return cost != (now.backing.cost_minor, now.backing.cost_currency) or (
        (was.ownership, was.second_hand, was.condition) != (is_now.ownership, is_now.second_hand, is_now.condition)
    )


def _completed(card: PieceCard, known: Record | None, rules: categories.Rules, backing: Backing | None) -> Record:
    """What the list left to be understood: tag, units, and the words for metals and stones."""
    card = categories.with_units(_tagged(card, known.card if known else None), rules)
    if card.metals and not card.metal:
        first = card.metals[0]
        fine = KARATS.get(first.fineness, 0) if first.unit is FinenessUnit.KARAT else first.fineness
        card = msgspec.structs.replace(card, metal=first.metal, fineness=card.fineness or fine)
    if card.gems and not card.stones:
        card = msgspec.structs.replace(card, stones=gems_text(card.gems))
    return Record(card, backing or (known.backing if known else Backing()))


def _tagged(card: PieceCard, known: PieceCard | None) -> PieceCard:
    """A list without the tag does not take it off the piece; one with another tag is one binding more."""
    if known is None:
        return card
    card = msgspec.structs.replace(card, disposed=known.disposed)
    if not card.epc:
        return msgspec.structs.replace(card, epc=known.epc, tid=known.tid, binding=known.binding)
    if card.epc != known.epc:
        return msgspec.structs.replace(card, binding=known.binding + 1)
    return msgspec.structs.replace(card, tid=card.tid or known.tid, binding=known.binding)


def records(tx: Tx, pieces: Sequence[PieceId]) -> dict[PieceId, Record]:
    """What is kept of these pieces, of those that are there."""
    found: dict[PieceId, Record] = {}
    for at in range(0, len(pieces), 500):
        names = pieces[at : at + 500]
        behind = {
            row["piece"]: Backing(**{name: row[name] for name in Backing.__struct_fields__})
            for row in tx.rows(sa.select(piece_backing).where(piece_backing.c.piece.in_(names)))
        }
        for row in tx.rows(sa.select(piece).where(piece.c.piece.in_(names))):
            found[PieceId(row["piece"])] = Record(card_of(row), behind.get(row["piece"], Backing()))
    return found
