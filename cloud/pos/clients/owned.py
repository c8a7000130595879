"""Pieces a client has of the house, with their papers, and what these tell of their taste."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from cloud.db import Tx
from cloud.tables import appraisal, piece, returned_line, returned_piece, sale, sale_line
from contract.ids import PersonId
from trade.sale import SaleState

SEVERAL: Final = 2
"""Pieces of which a taste is told: one purchase is none."""
TOLD_MAX: Final = 3
"""Words of one taste, the most frequent."""
BUDGET: Final = (0.1, 0.9)
"""Quantiles of what they paid, between which a price feels right."""


@dataclass(frozen=True, slots=True)
class Valued:
    """The newest appraisal of a piece."""

    value_minor: int
    currency: str
    day: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Owned:
    """Bought and not brought back. Of a piece whose card is gone only what the receipt says. `in_doubt`: as its sale
    is, so that it may be another's; it tells nothing of their taste.
    """

    piece: str
    title: str
    sale: str
    store: str
    at_us: int
    paid_minor: int
    currency: str
    category: str = ""
    metal: str = ""
    designer: str = ""
    stones: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    certificates: tuple[str, ...] = ()
    appraised: Valued | None = None
    in_doubt: bool = False


@dataclass(frozen=True, slots=True)
class Taste:
    """What purchases tell about one thing: words with how many of their pieces have it."""

    about: str
    words: list[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Budget:
    """In one currency, of so many pieces."""

    currency: str
    low_minor: int
    high_minor: int
    pieces: int


def owned(tx: Tx, persons: Sequence[PersonId], *, limit: int = 100) -> list[Owned]:
    """Newest first."""
    back = sa.or_(
        sa.exists().where(returned_line.c.sale == sale_line.c.sale, returned_line.c.line == sale_line.c.line),
        sa.exists().where(returned_piece.c.sale == sale_line.c.sale, returned_piece.c.piece == sale_line.c.piece),
    )
    query = (
        sa.select(sale_line, sale.c.recorded_us, sale.c.currency, sale.c.state)
        .join(sale, sa.and_(sale.c.store == sale_line.c.store, sale.c.sale == sale_line.c.sale))
        .where(sale.c.client.in_(persons), sale.c.client != "", sale_line.c.piece != "", ~back)
        .order_by(sale.c.recorded_us.desc())
        .limit(limit)
    )
    lines = tx.rows(query)
    names = sorted({row["piece"] for row in lines})
    cards = {row["piece"]: row for row in tx.rows(sa.select(piece).where(piece.c.piece.in_(names)))} if names else {}
    values = _valued(tx, names)
    return [_owned(row, cards.get(row["piece"]), values.get(row["piece"])) for row in lines]


def _owned(line: sa.RowMapping, card: sa.RowMapping | None, value: Valued | None) -> Owned:
    told: dict[str, Any] = {}
    if card is not None:
        gems = json.loads(card["gems"])
        told = {
            "category": card["category"], "metal": card["metal"], "designer": card["designer"],
            "certificates": _each([*json.loads(card["certificates"]), *(gem.get("certificate", "") for gem in gems)]),
            "stones": _each(gem.get("kind", "") for gem in gems),
            "colours": _each(gem.get("colour", "") for gem in gems),
        }  # fmt: skip
    return Owned(
        piece=line["piece"], title=line["description"], sale=line["sale"], store=line["store"],
        at_us=line["recorded_us"], paid_minor=line["gross_minor"], currency=line["currency"], appraised=value,
        in_doubt=line["state"] == SaleState.QUARANTINED, **told,
    )  # fmt: skip


def _each(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for word in words if word))


def _valued(tx: Tx, names: list[str]) -> dict[str, Valued]:
    if not names:
        return {}
    query = sa.select(appraisal).where(appraisal.c.piece.in_(names)).order_by(appraisal.c.day, appraisal.c.at_us)
    return {
        row["piece"]: Valued(row["value_minor"], row["currency"], row["day"], row["purpose"]) for row in tx.rows(query)
    }


def tastes(pieces: Sequence[Owned]) -> list[Taste]:
    """What several of their pieces share, the most frequent first. One piece tells nothing."""
    found = []
    pieces = [each for each in pieces if not each.in_doubt]
    columns: tuple[tuple[str, Iterable[tuple[str, ...]]], ...] = (
        ("category", [(each.category,) for each in pieces]),
        ("metal", [(each.metal,) for each in pieces]),
        ("stone", [each.stones for each in pieces]),
        ("colour", [each.colours for each in pieces]),
        ("designer", [(each.designer,) for each in pieces]),
    )
    for about, words in columns:
        counted = Counter(word for some in words for word in some if word)
        told = [(word, n) for word, n in counted.most_common(TOLD_MAX) if n >= SEVERAL]
        if told:
            found.append(Taste(about, told))
    return found


def budgets(pieces: Sequence[Owned]) -> list[Budget]:
    """What they usually pay for a piece, by currency: between the lowest and the highest tenth."""
    paid: dict[str, list[int]] = {}
    for each in pieces:
        if each.paid_minor > 0 and not each.in_doubt:
            paid.setdefault(each.currency, []).append(each.paid_minor)
    found = []
    for currency, amounts in sorted(paid.items()):
        if len(amounts) >= SEVERAL:
            amounts.sort()
            low, high = (amounts[round(share * (len(amounts) - 1))] for share in BUDGET)
            found.append(Budget(currency, low, high, len(amounts)))
    return found
