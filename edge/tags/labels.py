"""What stands on a piece's label: its card and its EPC in words, and the QR code that leads to it. Pure."""

from typing import Final

from contract import epc as codec
from contract.feed import PieceCard
from contract.money import plain

RESOLVER: Final = "https://id.gs1.org"
"""GS1's own; a house that answers for its pieces names its own."""


def fields(card: PieceCard, epc: bytes, resolver: str = RESOLVER) -> dict[str, str]:
    """By name of `zpl.FIELDS`."""
    return {
        "title": card.title,
        "sku": card.sku,
        "metal": _metal(card),
        "stones": card.stones,
        "price": f"{plain(card.price_minor, card.currency)} {card.currency}",
        "serial": epc.hex().upper()[-10:],
        "qr": digital_link(epc, resolver),
    }


def digital_link(epc: bytes, resolver: str = RESOLVER) -> str:
    """GS1 Digital Link URI 1.3 §4.11 of an SGTIN-96: 01 its GTIN, 21 its serial number. Else the EPC in hexadecimal."""
    try:
        tag = codec.decode(epc)
    except codec.EpcError:
        return epc.hex().upper()
    return f"{resolver.rstrip('/')}/01/{tag.gtin14}/21/{tag.serial}"


def _metal(card: PieceCard) -> str:
    """`gold 750 3.20 g`."""
    weight = f"{card.weight_mg / 1000:.2f} g" if card.weight_mg else ""
    return " ".join(word for word in (card.metal, str(card.fineness or ""), weight) if word)
