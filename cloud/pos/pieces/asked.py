"""Bodies of requests about pieces, and what they mean in our words."""

from typing import Annotated, Any, Literal

import msgspec
from pydantic import Field

from cloud.pos.http import Asked
from cloud.pos.pieces.checks import IMPORT_ROWS_MAX
from cloud.pos.pieces.columns import Backing
from contract.feed import Condition, FinenessUnit, Ownership, PieceCard
from trade.attributes import AttributeKind, AttributeRule


class PriceAsked(Asked):
    currency: str
    amount_minor: int


class MetalAsked(Asked):
    metal: str
    fineness: int = 0
    unit: Annotated[FinenessUnit, Field(strict=False)] = FinenessUnit.PERMILLE
    weight_mg: int = 0


class StoneAsked(Asked):
    kind: str
    count: int = 1
    carat_milli: int = 0
    colour: str = ""
    clarity: str = ""
    cut: str = ""
    certificate: str = ""


class AttributeAsked(Asked):
    name: str
    value: str
    unit: str = ""


class CardAsked(Asked):
    """A piece as it comes from the merchandiser's list. Prices in minor units, tax included; weights in milligrams."""

    piece: str = Field(min_length=1, max_length=64)
    sku: str
    title: str
    category: str
    metal: str
    fineness: int
    weight_mg: int
    stones: str
    price_minor: int
    currency: str
    tax_bp: int
    epc: str = ""
    tid: str = ""
    designer: str = ""
    collection: str = ""
    photo: str = ""
    home_zone: str = ""
    tray: str = ""
    serial: str = ""
    barcode: str = ""
    prices: list[PriceAsked] = Field(default_factory=list)
    tax: str = ""
    second_hand: bool = False
    set_of: str = ""
    ownership: Annotated[Ownership, Field(strict=False)] = Ownership.OWNED
    certificates: list[str] = Field(default_factory=list)
    condition: Annotated[Condition, Field(strict=False)] = Condition.OK
    metals: list[MetalAsked] = Field(default_factory=list)
    gems: list[StoneAsked] = Field(default_factory=list)
    attributes: list[AttributeAsked] = Field(default_factory=list)

    def card(self) -> PieceCard:
        return msgspec.convert(self.model_dump(mode="json"), PieceCard)

    @classmethod
    def of(cls, card: PieceCard) -> "CardAsked":
        told: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(card))
        return cls.model_validate({name: told[name] for name in cls.model_fields if name in told})


class BackingAsked(Asked):
    """What no store is told: what it cost, from whom it came, whose it was."""

    cost_minor: int = 0
    cost_currency: str = ""
    source: str = ""
    provenance: str = ""

    def backing(self) -> Backing:
        return Backing(**self.model_dump())


class ImportAsked(Asked):
    """`dry_run` says what would happen. `here`: the pieces lie in the store already, by the importer's word."""

    store: str
    pieces: list[CardAsked] = Field(max_length=IMPORT_ROWS_MAX)
    state: Literal["incoming", "here"] = "incoming"
    dry_run: bool = False


class EditAsked(Asked):
    """The whole record as it shall be. `changed_us`: of the record that was looked at, so that nobody is overrun."""

    card: CardAsked
    backing: BackingAsked
    why: str = Field(min_length=1, max_length=500)
    changed_us: int


class WhyAsked(Asked):
    why: str = Field(min_length=1, max_length=500)


class AppraisalAsked(Asked):
    value_minor: int
    currency: str
    purpose: str = Field(max_length=200)
    appraiser: str = Field(max_length=200)
    day: str
    note: str = Field("", max_length=1000)


class RuleAsked(Asked):
    name: str
    kind: Annotated[AttributeKind, Field(strict=False)]
    unit: str = ""
    choices: list[str] = Field([], max_length=60)
    required: bool = False

    def rule(self) -> AttributeRule:
        return msgspec.convert(self.model_dump(mode="json"), AttributeRule)


class CategoryAsked(Asked):
    rules: list[RuleAsked] = Field(max_length=100)
