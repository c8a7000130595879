"""What is sold by measure, and what is done for a client: melee by carat, chain by weight, straps, sizing a ring."""

from enum import StrEnum

from contract.feed.body import FeedBody
from contract.ids import GoodsId


class Unit(StrEnum):
    """What a price is for one of. Quantities are whole thousandths of it."""

    CARAT = "ct"
    GRAM = "g"
    CENTIMETRE = "cm"
    PIECE = "piece"
    HOUR = "h"


class GoodsCard(FeedBody, frozen=True, tag="goods"):
    """A measured good, or a service (`service`): no stock is kept of those."""

    goods: GoodsId
    title: str
    unit: Unit
    unit_minor: int
    """For one unit, as `tax` says with or without it."""
    currency: str
    tax_bp: int = 0
    tax: str = ""
    """The code of its `TaxCard`; empty: `tax_bp`, included."""
    service: bool = False
    quantity_milli_min: int = 1
    """The least that is sold, and the step: 10 for hundredths of a carat, 1000 for whole straps."""
    active: bool = True
