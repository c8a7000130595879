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
