"""What pieces of a category say beside the rest: its list of attributes, as the office set it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import sqlalchemy as sa

from cloud.db import Tx
from cloud.tables import piece_category
from cloud.work import Work
from contract.feed import Attribute, PieceCard
from contract.ids import UserId
from trade.attributes import AttributeRule, wrong_rules

CATEGORY_LENGTH_MAX: Final = 60
Rules = dict[str, tuple[AttributeRule, ...]]
_decode = msgspec.json.Decoder(tuple[AttributeRule, ...]).decode


class CategoryError(Exception):
    """A list that nobody could fill; the message says what to mend."""


@dataclass(frozen=True, slots=True)
class Category:
    category: str
    rules: tuple[AttributeRule, ...]
    by: str
    changed_us: int


def listing(tx: Tx) -> list[Category]:
    found = tx.rows(sa.select(piece_category).order_by(piece_category.c.category))
    return [
        Category(category=row["category"], rules=_decode(row["rules"]), by=row["by"], changed_us=row["changed_us"])
        for row in found
    ]


def rules_of(tx: Tx) -> Rules:
    return {each.category: each.rules for each in listing(tx)}


def set_rules(work: Work, category: str, rules: Sequence[AttributeRule], *, by: UserId) -> None:
    """Pieces that are there already are asked at their next change. Raises `CategoryError`."""
    why = wrong_rules(rules)
    if not category or category != category.strip() or len(category) > CATEGORY_LENGTH_MAX:
        why = f"a category has a name of 1 to {CATEGORY_LENGTH_MAX} signs"
    if why:
        raise CategoryError(why)
    told = msgspec.json.encode(tuple(rules)).decode()
    work.tx.put(piece_category, {"category": category, "rules": told, "by": by, "changed_us": work.now_us})


def with_units(card: PieceCard, rules: Rules) -> PieceCard:
    """A number without its unit gets the category's."""
    units = {rule.name: rule.unit for rule in rules.get(card.category, ())}
    told = tuple(_with_unit(each, units.get(each.name, "")) for each in card.attributes)
    return card if told == card.attributes else msgspec.structs.replace(card, attributes=told)


def _with_unit(attribute: Attribute, unit: str) -> Attribute:
    return attribute if attribute.unit or not unit else msgspec.structs.replace(attribute, unit=unit)
