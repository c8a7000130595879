"""A list becomes pieces: each row read, checked alone, against the others and against the stock; all rows or none.

The same list twice changes nothing: it is known by the hash of its bytes and of how it was read, and a piece without a
name gets one made of the file's hash and its row.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec
import sqlalchemy as sa

from cloud.pos.pieces import categories, columns, headings
from cloud.pos.pieces import desk as pieces
from cloud.pos.pieces.checks import RowError
from cloud.pos.pieces.columns import BY_FIELD, BY_HEADER, OF_THE_HOUSE, Backing
from cloud.pos.pieces.history import Record
from cloud.pos.pieces.sheets import Decimals, Sheet
from cloud.tables import piece, piece_import, piece_key
from cloud.work import Work
from contract.commands import CustodyState
from contract.feed import Attribute, PieceCard
from contract.ids import PieceId, StoreId, UserId
from trade import seek

NUMBERS: Final = frozenset({"price", "weight_g", "fineness", "tax_percent", "cost"})
"""Columns that are one number: read by the decimal sign of the list. Lists in a cell always have a point."""
GROUPED: Final = {
    Decimals.POINT: re.compile(r"[0-9]{1,3}([, '\u00a0\u202f’])[0-9]{3}(\1[0-9]{3})*(\.[0-9]+)?|[0-9]+(\.[0-9]+)?"),
    Decimals.COMMA: re.compile(r"[0-9]{1,3}([. '\u00a0\u202f’])[0-9]{3}(\1[0-9]{3})*(,[0-9]+)?|[0-9]+(,[0-9]+)?"),
}
ERRORS_MAX: Final = 2_000
"""Told of one list; who has more has one mistake many times."""
Tell = Callable[[int, int], None]


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """What a list did, or would do. `unknown`: headings to be asked about. `again`: this very list was imported."""

    new: int = 0
    changed: int = 0
    same: int = 0
    errors: tuple[RowError, ...] = ()
    unknown: tuple[str, ...] = ()
    again: bool = False
    rows: int = 0

    @property
    def ready(self) -> bool:
        return not self.errors and not self.unknown


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """How a list is to be read: the hash of its bytes, its decimal sign, a person's word about headings."""

    sha256: str
    decimals: Decimals
    store: StoreId
    state: CustodyState = CustodyState.INCOMING
    told: Mapping[str, str] = {}
    with_cost: bool = False

    @property
    def key(self) -> str:
        """Of this list, read this way."""
        return hashlib.sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()


def nobody(_done: int, _of: int) -> None:
    """Whom progress is told by default."""


def bring_in(
    work: Work, sheet: Sheet, asked: Asked, *, by: UserId, name: str, dry_run: bool, tell: Tell = nobody
) -> Listed:
    """Rows count as in the file. With one error nothing is changed."""
    done = work.tx.row(sa.select(piece_import).where(piece_import.c.key == asked.key))
    if done is not None:
        return Listed(same=done["rows"], rows=done["rows"], again=True)
    rules = categories.rules_of(work.tx)
    attributes = sorted({rule.name for each in rules.values() for rule in each})
    places, unknown, problem = headings.understood(sheet.headings, attributes, asked.told)
    errors = [RowError(row=1, piece="", field="", why=problem)] if problem else []
    hidden = [BY_HEADER[at].label for at in places if at in BY_HEADER and BY_HEADER[at].field in OF_THE_HOUSE]
    if hidden and not asked.with_cost:
        why = f"only who may know the cost imports {', '.join(hidden)}: leave these columns out"
        errors.append(RowError(row=1, piece="", field="", why=why))
    if unknown or errors:
        return Listed(unknown=tuple(unknown), errors=tuple(errors), rows=len(sheet.rows))
    records, errors = _read_all(work, sheet, places, asked, tell)
    numbers = [number for number, _ in sheet.rows]
    cards = [record.card for record in records]
    errors += twice(work, cards, numbers)
    result = pieces.bring_in(
        work, cards, asked.store, state=asked.state, dry_run=dry_run or bool(errors), by=by,
        why=f"list {name}", backings={record.card.piece: record.backing for record in records},
    )  # fmt: skip
    errors += [_moved(each, numbers) for each in result.errors]
    tell(len(cards), len(cards))
    listed = Listed(
        new=result.new, changed=result.changed, same=result.same, rows=len(cards),
        errors=tuple(sorted(errors, key=lambda each: each.row)[:ERRORS_MAX]),
    )  # fmt: skip
    if listed.ready and not dry_run:
        work.tx.add(piece_import, {
            "key": asked.key, "sha256": asked.sha256, "name": name, "store": asked.store, "rows": len(cards),
            "new": result.new, "changed": result.changed, "by": by, "at_us": work.now_us,
        })  # fmt: skip
    return listed


def _moved(error: RowError, numbers: Sequence[int]) -> RowError:
    """From the place among the records to the row of the file, and from fields to headings."""
    header = BY_FIELD[error.field].header if error.field in BY_FIELD else error.field
    why = re.sub(r"\bin row ([0-9]+)", lambda found: f"in row {numbers[int(found[1]) - 1]}", error.why)
    row = numbers[error.row - 1] if 0 < error.row <= len(numbers) else 1
    return RowError(row=row, piece=error.piece, field=header, why=why)


def _read_all(
    work: Work, sheet: Sheet, places: Sequence[str], asked: Asked, tell: Tell
) -> tuple[list[Record], list[RowError]]:
    named = [_name(dict(zip(places, cells, strict=True)), asked, number) for number, cells in sheet.rows]
    known = pieces.records(work.tx, [PieceId(name) for name in dict.fromkeys(named)])
    records: list[Record] = []
    errors: list[RowError] = []
    for at, ((number, cells), name) in enumerate(zip(sheet.rows, named, strict=True)):
        given = dict(zip(places, cells, strict=True))
        before = known.get(PieceId(name))
        record, wrong = _read(given, PieceId(name), before, asked.decimals)
        records.append(record)
        errors += [RowError(row=number, piece=name, field=field, why=why) for field, why in wrong]
        if at % 500 == 0:
            tell(at, len(sheet.rows))
    return records, errors


def _name(given: Mapping[str, str], asked: Asked, row: int) -> str:
    return given.get("piece", "").strip() or f"p-{hashlib.sha256(f'{asked.sha256}:{row}'.encode()).hexdigest()[:16]}"


def _read(
    given: Mapping[str, str], name: PieceId, before: Record | None, decimals: Decimals
) -> tuple[Record, list[tuple[str, str]]]:
    wrong: list[tuple[str, str]] = []
    plain: dict[str, str] = {"piece": name}
    own: list[Attribute] = []
    for header, text in given.items():
        if header in (headings.LEFT_OUT, "piece"):
            continue
        if header.startswith(headings.ATTRIBUTE):
            if text:
                own.append(Attribute(name=header.removeprefix(headings.ATTRIBUTE), value=text))
            continue
        try:
            plain[header] = number(text, decimals) if header in NUMBERS and text else text
        except ValueError as error:
            wrong.append((header, str(error)))
    card, backing, unread = columns.read(
        plain, *((before.card, before.backing) if before else (columns.NO_CARD, Backing()))
    )
    if own:
        names = {each.name for each in own}
        kept = [each for each in card.attributes if each.name not in names]
        card = msgspec.structs.replace(card, attributes=(*kept, *own))
    return Record(card, backing), [*wrong, *unread]


def number(text: str, decimals: Decimals) -> str:
    """`1.234,50` of a list with commas → `1234.50`. What has the other sign is refused, not guessed."""
    karat = text.lower().endswith(("kt", "k", "karat"))
    if karat:
        return text
    if not GROUPED[decimals].fullmatch(text):
        sign = "comma" if decimals is Decimals.COMMA else "point"
        raise ValueError(f"{text!r}: no number of a list with a decimal {sign}, as you said this one has")
    sign, groups = (",", ".") if decimals is Decimals.COMMA else (".", ",")
    bare = "".join(each for each in text if each.isdigit() or each == sign)
    assert groups not in bare, "only digits and the decimal sign are left"
    return bare.replace(",", ".")


def twice(work: Work, cards: Sequence[PieceCard], numbers: Sequence[int]) -> list[RowError]:
    """A maker's serial number, and a certificate, is of one piece (or of a set and its parts)."""
    seen: dict[tuple[str, str], tuple[int, PieceCard]] = {}
    errors: list[RowError] = []
    for row, card in zip(numbers, cards, strict=True):
        for header, word in _papers(card):
            first = seen.setdefault((header, word), (row, card))
            if first[0] != row and not _one_set(first[1], card):
                why = f"{word} is in row {first[0]} too: it is of one piece"
                errors.append(RowError(row=row, piece=card.piece, field=header, why=why))
    errors += _in_stock(work, {card.piece: (row, card) for row, card in zip(numbers, cards, strict=True)}, seen)
    return errors


def _papers(card: PieceCard) -> list[tuple[str, str]]:
    found = [("certificates", seek.key(paper)) for paper in card.certificates]
    return [*found, ("serial", seek.key(f"{card.designer}{card.serial}"))] if card.serial else found


def _one_set(one: PieceCard, other: PieceCard) -> bool:
    return (
        one.piece in (other.piece, other.set_of)
        or other.piece == one.set_of
        or (one.set_of != "" and one.set_of == other.set_of)
    )


def _in_stock(
    work: Work, told: Mapping[PieceId, tuple[int, PieceCard]], seen: Mapping[tuple[str, str], tuple[int, PieceCard]]
) -> list[RowError]:
    """Certificates, and serial numbers of the same maker, that another piece of the house has."""
    mine: dict[str, list[tuple[str, int, PieceCard]]] = {}
    for row, card in told.values():
        if card.serial:
            mine.setdefault(seek.key(card.serial), []).append(("serial", row, card))
    for (header, word), (row, card) in seen.items():
        if header == "certificates":
            mine.setdefault(word, []).append((header, row, card))
    asked, errors = sorted(mine), []
    for at in range(0, len(asked), 500):
        query = (
            sa.select(piece_key.c.key, piece.c.piece, piece.c.designer, piece.c.set_of)
            .join(piece, piece.c.piece == piece_key.c.piece)
            .where(piece_key.c.key.in_(asked[at : at + 500]), piece_key.c.kind.in_(("serial", "certificate")))
        )
        for found in work.tx.rows(query):
            for header, row, card in mine[found["key"]] if found["piece"] not in told else ():
                other = msgspec.structs.replace(card, piece=PieceId(found["piece"]), set_of=PieceId(found["set_of"]))
                if _one_set(other, card) or (header == "serial" and found["designer"] != card.designer):
                    continue
                why = f"{found['key']} is that of piece {found['piece']} in the house: name that piece, or mend this"
                errors.append(RowError(row=row, piece=card.piece, field=header, why=why))
    return errors


def with_told(asked: Asked, told: Mapping[str, str]) -> Asked:
    """With a person's word about headings added to what they said before."""
    return msgspec.structs.replace(asked, told={**asked.told, **told})


def hash_of(data: bytes) -> str:
    """What a list is known by."""
    return hashlib.sha256(data).hexdigest()


def encode(listed: Listed) -> bytes:
    """For programs, in JSON."""
    return msgspec.json.encode(listed)
