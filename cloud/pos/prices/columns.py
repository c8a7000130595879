"""Lists of what makes a price: what may be sorted, looked through, and taken out."""

from typing import Final

from cloud.listing import Names, when
from cloud.pos.prices.desk import told_e9, told_off, told_parts
from cloud.pos.prices.queries import RateRow
from contract.feed import PromotionCard, TaxCard
from web.tables import Column
from web.words import later

Placed = tuple[str, PromotionCard]
"""A promotion, and the store it is of; empty: of every store."""


def _changes(row: TaxCard) -> str:
    return "; ".join(f"{each.from_day}: {told_parts(each.parts)}" for each in row.changes)


TAXES: Final[tuple[Column[TaxCard], ...]] = (
    Column("tax", later("Tax"), lambda row: row.name),
    Column("code", later("Code"), lambda row: row.tax, shown=False),
    Column("rates", later("Rates"), lambda row: told_parts(row.parts)),
    Column(
        "later",
        later("Later"),
        _changes,
    ),
    Column("included", later("Prices"), lambda row: "hold it" if row.included else "come without it"),
)
RATES: Final[tuple[Column[RateRow], ...]] = (
    Column("currency", later("Currency"), lambda row: f"{row.currency} into {row.into}"),
    Column("rate", later("Rate"), lambda row: told_e9(row.rate_e9), number=True),
    Column("source", later("Source"), lambda row: row.source),
    Column("quoted", later("Quoted"), lambda row: when(row.quoted_us)),
)


def of_promotions(names: Names) -> tuple[Column[Placed], ...]:
    return (
        Column("promotion", later("Promotion"), lambda row: row[1].name),
        Column("code", later("Code"), lambda row: row[1].promotion, shown=False),
        Column("off", later("Off"), lambda row: told_off(row[1])),
        Column("on", later("On"), lambda row: ", ".join(on(row[1]))),
        Column("days", later("Days"), lambda row: row[1].from_day),
        Column("until", later("Last day"), lambda row: row[1].to_day, shown=False),
        Column("where", later("Where"), lambda row: names.get(row[0], row[0])),
    )


def on(card: PromotionCard) -> tuple[str, ...]:
    return (*card.categories, *card.collections, *card.designers, *card.skus)
