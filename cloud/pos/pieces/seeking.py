"""Finding pieces: exact names first, then beginnings of names, then words and filters (`trade.seek`).

Words of three letters and more are found by an index of trigrams: FTS5 on SQLite, pg_trgm on PostgreSQL. Rows come in
the order in which pieces were brought in, which both engines can give without sorting what they found.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import sqlalchemy as sa

from cloud.db import Tx
from cloud.pos.pieces.cards import card_of
from cloud.tables import piece, piece_key, piece_seek, piece_sign, piece_term
from contract.feed import PieceCard
from contract.ids import PieceId
from trade import seek
from trade.seek import Filter, Kind, Sought

NAMED_MAX: Final = 20
"""Pieces shown because a name of theirs is, or begins with, what was typed."""
SEEDED_AT_ONCE: Final = 2_000
FEW_MAX: Final = 2_000
SIGNS_MAX: Final = 200
"""Of a house that writes in more signs than these, a pair is looked for line by line on PostgreSQL."""
AFTER_ANY: Final = "\U0010ffff"
fts: Final = sa.table("piece_seek_fts", sa.column("rowid"), sa.column("piece_seek_fts"))
GRAMS: Final = sa.text(
    """WITH RECURSIVE found (gram) AS (
    SELECT (SELECT term FROM piece_seek_gram WHERE term >= :begins AND term < :begins || char(1114111) LIMIT 1)
    UNION ALL
    SELECT (SELECT term FROM piece_seek_gram
        WHERE term > substr(gram, 1, :length) || char(1114111) AND term < :begins || char(1114111) LIMIT 1)
    FROM found WHERE gram IS NOT NULL)
    SELECT substr(gram, 1, :length) AS gram FROM found WHERE gram IS NOT NULL"""
)
"""How the trigrams begin that begin so: one step of the index for each, whatever their number."""


def put(tx: Tx, cards: Sequence[PieceCard]) -> None:
    """What search looks at of these cards, new or changed."""
    for at in range(0, len(cards), SEEDED_AT_ONCE):
        _put(tx, {card.piece: seek.seeds(card) for card in cards[at : at + SEEDED_AT_ONCE]})


def _put(tx: Tx, told: dict[PieceId, seek.Seeds]) -> None:
    rows = [{"piece": name, "words": seeds.words, **seeds.numbers, **seeds.texts} for name, seeds in told.items()]
    tx.put_by(piece_seek, ("piece",), rows)
    if tx.dialect == "postgresql":
        _keep_signs(tx, {sign for seeds in told.values() for sign in seeds.words})
    numbers = _numbers(tx, list(told))
    tx.run(sa.delete(piece_key).where(piece_key.c.piece == sa.bindparam("of")), [{"of": name} for name in told])
    gone = sa.delete(piece_term).where(piece_term.c.n == sa.bindparam("of"))
    tx.run(gone, [{"of": number} for number in numbers.values()])
    # one name may be of several kinds: the first is the nearer one
    names = {(word, name): kind for name, seeds in told.items() for kind, word in reversed(seeds.keys)}
    tx.add(piece_key, *({"key": word, "piece": name, "kind": kind} for (word, name), kind in names.items()))
    terms = [
        {"n": numbers[name], "name": attribute, "text": text, "number": number}
        for name, seeds in told.items()
        for attribute, text, number in seeds.terms
    ]
    tx.add(piece_term, *terms)


def _keep_signs(tx: Tx, signs: set[str]) -> None:
    """Always in one order: nobody waits in a circle."""
    known = {row["sign"] for row in tx.rows(sa.select(piece_sign.c.sign))}
    for sign in sorted(signs - known):
        tx.add_new(piece_sign, {"sign": sign})


def _numbers(tx: Tx, names: Sequence[PieceId]) -> dict[PieceId, int]:
    found: dict[PieceId, int] = {}
    for at in range(0, len(names), 500):
        query = sa.select(piece_seek.c.piece, piece_seek.c.n).where(piece_seek.c.piece.in_(names[at : at + 500]))
        found |= {PieceId(row["piece"]): row["n"] for row in tx.rows(query)}
    return found


def fill(tx: Tx) -> int:
    """Seeds of pieces that have none yet: of an office from before there was this search. How many they were."""
    unseeded = sa.select(piece).where(piece.c.piece.not_in(sa.select(piece_seek.c.piece))).order_by(piece.c.piece)
    cards = [card_of(row) for row in tx.rows(unseeded)]
    put(tx, cards)
    return len(cards)


def read(tx: Tx, query: str) -> Sought:
    """Raises `SeekError` also for a field that no category has."""
    sought = seek.read(query)
    attributes = {each.field for each in sought.filters if each.kind is Kind.ATTRIBUTE}
    if all(tx.value(sa.select(piece_term.c.name).where(piece_term.c.name == name).limit(1)) for name in attributes):
        return sought
    return seek.read(query, {row["name"] for row in tx.rows(sa.select(piece_term.c.name).distinct())})


def named(tx: Tx, key: str) -> list[str]:
    """Pieces with this very name, then those with one that begins so."""
    if not key:
        return []
    exact = sa.select(piece_key.c.piece).where(piece_key.c.key == key).order_by(piece_key.c.piece).limit(NAMED_MAX)
    begins = _begins(key)
    near = sa.select(piece_key.c.piece).where(begins).order_by(piece_key.c.key, piece_key.c.piece).limit(2 * NAMED_MAX)
    found = dict.fromkeys(row["piece"] for query in (exact, near) for row in tx.rows(query))
    return list(found)[:NAMED_MAX]


def matching(tx: Tx, sought: Sought) -> sa.Select[Any]:
    """`piece_seek` rows that answer to all words and filters; to be ordered by `n`."""
    query = sa.select(piece_seek.c.n, piece_seek.c.piece)
    long = [word for word in sought.words if len(word) >= seek.INDEXED_LENGTH]
    pair = seek.pair_of(sought)
    rare = pair if pair and _is_rare(tx, pair) else ""
    asked = (seek.phrases(long) or _paired(tx, rare)) if tx.dialect == "sqlite" else ""
    if asked:
        query = sa.select(fts.c.rowid.label("n"), piece_seek.c.piece).join(fts, fts.c.rowid == piece_seek.c.n)
        query = query.where(fts.c.piece_seek_fts.op("MATCH")(asked))
    if rare and tx.dialect == "postgresql":
        query = query.where(_with_pair(tx, rare))
    for word in sought.words:
        if word not in long or tx.dialect != "sqlite":
            query = query.where(_holds(tx, piece_seek.c.words, word))
    for each in sought.filters:
        query = query.where(_fits(tx, each))
    return query


def _is_rare(tx: Tx, pair: str) -> bool:
    """Few of the first lines have it: line by line, a page of it might be full only at the end."""
    early = sa.select(piece_seek.c.words).order_by(piece_seek.c.n).limit(seek.EARLY).subquery()
    return int(tx.value(sa.select(sa.func.count()).where(_holds(tx, early.c.words, pair)))) < seek.COMMON


def _paired(tx: Tx, pair: str) -> str:
    """What SQLite's index is asked for lines with this pair; empty: it helps nothing."""
    if not pair:
        return ""
    signs, trigrams = (
        [row["gram"] for row in tx.rows(GRAMS, {"begins": begins, "length": length})]
        for begins, length in (("", 1), (pair, seek.INDEXED_LENGTH))
    )
    return seek.phrases(seek.holding(pair, signs=signs, trigrams=trigrams), " OR ")


def _with_pair(tx: Tx, pair: str) -> sa.ColumnElement[bool]:
    """The pair with any sign behind it, or at the end of a line: each is a question that PostgreSQL's index answers."""
    signs = [row["sign"] for row in tx.rows(sa.select(piece_sign.c.sign))]
    if len(signs) > SIGNS_MAX:
        return sa.true()
    words = piece_seek.c.words
    return sa.or_(words.endswith(pair, autoescape=True), *(_holds(tx, words, pair + sign) for sign in signs))


def order(query: sa.Select[Any]) -> sa.ColumnElement[Any]:
    """The column to go on by: of the index itself where it leads."""
    return query.selected_columns["n"]


def first(tx: Tx, query: sa.Select[Any], by: sa.ColumnElement[Any], limit: int) -> list[str]:
    """The first pieces of a query of `n` and `piece`, in order.

    PostgreSQL does not know how many lines hold a part of a word, and goes through all of them in order where a handful
    stands at the end. Few are found by the index and sorted here; many soon appear on the way.
    """
    if tx.dialect == "postgresql":
        tx.run(sa.text("SET LOCAL plan_cache_mode = force_custom_plan"))  # a plan for any word is one for none
        few = tx.rows(query.limit(FEW_MAX + 1))
        if len(few) <= FEW_MAX:
            return [row["piece"] for row in sorted(few, key=lambda row: int(row["n"]))[:limit]]
    return [row["piece"] for row in tx.rows(query.order_by(by).limit(limit))]


def _holds(tx: Tx, column: sa.ColumnElement[str], text: str) -> sa.ColumnElement[bool]:
    """PostgreSQL's `strpos` takes twice the time of its LIKE, and no index helps it."""
    return sa.func.instr(column, text) > 0 if tx.dialect == "sqlite" else column.contains(text, autoescape=True)


def _fits(tx: Tx, asked: Filter) -> sa.ColumnElement[bool]:
    match asked.kind:
        case Kind.TEXT:
            return _holds(tx, piece_seek.c[asked.field], asked.text)
        case Kind.NUMBER:
            return sa.and_(*_between(piece_seek.c[asked.field], asked))
        case Kind.KEY:
            begins = _begins(asked.text)
            mine = sa.select(piece_key.c.piece).where(begins, piece_key.c.kind == asked.field)
            return piece_seek.c.piece.in_(mine)
        case Kind.ATTRIBUTE:
            said = _between(piece_term.c.number, asked) if asked.counts else [_holds(tx, piece_term.c.text, asked.text)]
            return piece_seek.c.n.in_(sa.select(piece_term.c.n).where(piece_term.c.name == asked.field, *said))


def _begins(key: str) -> sa.ColumnElement[bool]:
    """Not BETWEEN, whose ends PostgreSQL lets have no collation."""
    return sa.and_(piece_key.c.key >= key, piece_key.c.key <= key + AFTER_ANY)


def _between(column: sa.ColumnElement[int], asked: Filter) -> Iterator[sa.ColumnElement[bool]]:
    if asked.low is not None:
        yield column >= asked.low
    if asked.high is not None:
        yield column <= asked.high


assert {*seek.NUMBERS, *seek.TEXTS} <= set(piece_seek.c.keys()), "every field of the language has its column"
