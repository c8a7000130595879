"""Cards of serialised pieces."""

from enum import StrEnum

import msgspec

from contract.feed.body import FeedBody
from contract.ids import PieceId


class Ownership(StrEnum):
    """Whose a piece is: one of three axes, beside custody and condition (pos.md §3.0)."""

    OWNED = "owned"
    MEMO_IN = "memo_in"
    CONSIGNED = "consigned"
    CUSTOMER = "customer"
    """Never for sale: in for repair."""


class Price(msgspec.Struct, frozen=True, kw_only=True):
    currency: str
    amount_minor: int


class Condition(StrEnum):
    """How a piece is, wherever it lies. Only a sound one, or one that wants a look, is offered."""

    OK = "ok"
    ATTENTION = "attention"
    DAMAGED = "damaged"
    IN_REPAIR = "in_repair"
    QUARANTINED = "quarantined"
    LOST = "lost"
    DESTROYED = "destroyed"


class FinenessUnit(StrEnum):
    """As it is stamped: gold often in karat, everything else in parts of a thousand."""

    PERMILLE = "permille"
    KARAT = "karat"


class Metal(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One metal of a piece. `fineness` 0: not known; `weight_mg` 0: not weighed by itself."""

    metal: str
    fineness: int = 0
    unit: FinenessUnit = FinenessUnit.PERMILLE
    weight_mg: int = 0


class Stone(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A stone, or `count` alike. `carat_milli` is the weight of them together; grades in the words of `lab`."""

    kind: str
    count: int = 1
    carat_milli: int = 0
    colour: str = ""
    clarity: str = ""
    cut: str = ""
    certificate: str = ""
    """Laboratory and number, as in `PieceCard.certificates`."""


class Attribute(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a category asks for beside the rest: `length`, `42`, `cm`. A day is `2026-11-29`."""

    name: str
    value: str
    unit: str = ""


class PieceCard(FeedBody, frozen=True, tag="piece"):
    """A serialised piece, as every store may know it. Weights in milligrams, prices in minor units, tax included."""

    piece: PieceId
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
    epc: str
    """Upper-case hex of the EPC bound to the piece; empty when untagged."""
    tid: str = ""
    designer: str = ""
    collection: str = ""
    photo: str = ""
    home_zone: str = ""
    tray: str = ""
    binding: int = 0
    """How many tags were bound to the piece so far: which of two cards knows the newer tag."""
    disposed: int = 0
    """How many facts about its condition the office knew: which of card and store knows the newer."""
    serial: str = ""
    """The maker's, as engraved or on the certificate."""
    barcode: str = ""
    """What a scanner reads off its label: digits of a GTIN, or the house's own text."""
    prices: tuple[Price, ...] = ()
    """In other currencies than `currency`, each as the house set it, never converted."""
    tax: str = ""
    """The code of its `TaxCard`; empty: `tax_bp`, included."""
    second_hand: bool = False
    """Sold under the margin scheme where the store may."""
    set_of: PieceId = PieceId("")
    """The piece it is a part of: a set is sold whole, or a person takes it apart."""
    ownership: Ownership = Ownership.OWNED
    certificates: tuple[str, ...] = ()
    """Laboratory and number: `GIA 2141438171`."""
    """Of the piece as a whole; a stone names its own."""
    condition: Condition = Condition.OK
    metals: tuple[Metal, ...] = ()
    """Each metal by itself; `metal` and `fineness` are the one that is named first."""
    gems: tuple[Stone, ...] = ()
    """Each stone by itself; `stones` is what people read."""
    attributes: tuple[Attribute, ...] = ()


class DueBackCard(FeedBody, frozen=True, tag="due_back"):
    """Until when a piece of somebody else's may be in the house: a day as `2026-11-29`. Taken back with the day."""

    piece: PieceId
    day: str
