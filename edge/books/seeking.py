"""Finding pieces in the replica: exact names, beginnings of names, then words and filters (`trade.seek`).

The same language and the same order as at the office, by an FTS5 index of trigrams. What is looked at is made of the
cards alone, so that it can be made anew at any time.
"""

import json
from collections.abc import Iterable
from typing import Any, Final

from contract.feed import PieceCard, decode_body
from contract.ids import PieceId
from edge.books.db import Database
from edge.books.rows import Body
from trade import seek
from trade.seek import Filter, Kind, Sought

NAMED_MAX: Final = 20
AFTER_ANY: Final = "\U0010ffff"
LEAST, MOST = -(1 << 63), (1 << 63) - 1
"""No number that a filter may name is below, or above."""


def put(db: Database, card: PieceCard) -> None:
    """What search looks at of this card, new or changed."""
    seeds = seek.seeds(card)
    whole = card.set_of or card.piece
    told: dict[str, int | str] = {**seeds.numbers, **seeds.texts}
    known = db.number("seek_number", piece=card.piece)
    n = db.number("seek_set", piece=card.piece, home_zone=card.home_zone, whole=whole, words=seeds.words, **told)
    if known:
        db.run("seek_keys_drop", piece=card.piece)
        db.run("seek_terms_drop", n=n)
    for kind, key in seeds.keys:
        db.run("seek_key_add", key=key, piece=card.piece, kind=kind)
    for name, text, number in seeds.terms:
        db.run("seek_term_add", n=n, name=name, text=text, number=number)


def drop(db: Database, piece: PieceId) -> None:
    """A card the feed took back."""
    db.run("seek_terms_drop", n=db.number("seek_number", piece=piece))
    db.run("seek_keys_drop", piece=piece)
    db.run("seek_drop", piece=piece)


def of_one_set(db: Database, piece: PieceId) -> list[PieceId]:
    """All pieces of its set, itself too; itself alone when it is of none."""
    return [PieceId(each) for each in db.words("seek_set_of", piece=piece)]


def fill(db: Database) -> int:
    """Seeds of cards that have none: of books from before there was this search. How many they were."""
    found = db.rows("seek_unseeded", Body)
    for row in found:
        card = decode_body(row.body)
        if isinstance(card, PieceCard):
            put(db, card)
    return len(found)


def named(db: Database, key: str) -> list[PieceId]:
    """Pieces with this very name; without one, those with a name that begins so."""
    if not key:
        return []
    exact = db.words("seek_exact", key=key, limit=NAMED_MAX)
    near = db.words("seek_near", key=key, high=key + AFTER_ANY, limit=2 * NAMED_MAX)
    return [PieceId(each) for each in list(dict.fromkeys([*exact, *near]))[:NAMED_MAX]]


def exactly(db: Database, key: str) -> list[PieceId]:
    """Pieces with this very name, whatever kind of name it is."""
    return [PieceId(each) for each in db.words("seek_exact", key=seek.key(key), limit=NAMED_MAX)]


def matching(db: Database, sought: Sought, *, zone: str = "", limit: int) -> list[PieceId]:
    """Pieces that answer to all words and filters, in the order in which they came; of one home zone when asked.

    Long words lead to them, else an attribute, else a pair of letters that few have; without any all are looked at.
    """
    long = [word for word in sought.words if len(word) >= seek.INDEXED_LENGTH]
    part, *short = [word for word in sought.words if word not in long] or [""]
    lead = next((each for each in sought.filters if each.kind is Kind.ATTRIBUTE), None) if not long else None
    filters = [each for each in sought.filters if each is not lead]
    values = {**_asked(filters), "home": zone, "limit": limit, "part": part, "short": json.dumps(short)}
    match = seek.phrases(long) or (_paired(db, seek.pair_of(sought)) if lead is None else "")
    if match:
        found = db.words("seek_words", match=match, **values)
    elif lead is None:
        found = db.words("seek_all", **values)
    elif lead.counts:
        low = LEAST if lead.low is None else lead.low
        high = MOST if lead.high is None else lead.high
        found = db.words("seek_numbered", lead=lead.field, lead_low=low, lead_high=high, **values)
    else:
        found = db.words("seek_told", lead=lead.field, lead_text=lead.text, **values)
    return [PieceId(each) for each in found]


def _paired(db: Database, pair: str) -> str:
    """What the index is asked for lines with this pair; empty: it helps nothing."""
    if not pair or db.number("seek_early", early=seek.EARLY, part=pair) >= seek.COMMON:
        return ""
    db.run("seek_grams_open")
    signs = db.words("seek_grams", begins="", length=1)
    trigrams = db.words("seek_grams", begins=pair, length=seek.INDEXED_LENGTH)
    return seek.phrases(seek.holding(pair, signs=signs, trigrams=trigrams), " OR ")


def _asked(filters: Iterable[Filter]) -> dict[str, Any]:
    """Filters as the statements want them."""
    values: dict[str, Any] = {f"{name}_{end}": None for name in seek.NUMBERS for end in ("low", "high")}
    texts: dict[str, list[str]] = {name: [] for name in seek.TEXTS}
    keys: list[dict[str, str]] = []
    terms: list[dict[str, Any]] = []
    for each in filters:
        match each.kind:
            case Kind.TEXT:
                texts[each.field].append(each.text)
            case Kind.NUMBER:
                low, high = values[f"{each.field}_low"], values[f"{each.field}_high"]
                values[f"{each.field}_low"] = max((one for one in (low, each.low) if one is not None), default=None)
                values[f"{each.field}_high"] = min((one for one in (high, each.high) if one is not None), default=None)
            case Kind.KEY:
                keys.append({"kind": each.field, "low": each.text, "high": each.text + AFTER_ANY})
            case Kind.ATTRIBUTE:
                text = None if each.counts else each.text
                terms.append({"name": each.field, "low": each.low, "high": each.high, "text": text})
    said = {name: json.dumps(words, ensure_ascii=False) for name, words in texts.items()}
    return {**values, **said, "keys": json.dumps(keys), "terms": json.dumps(terms, ensure_ascii=False)}
