"""Which column of a list is what: our own headings, the words other programs use, attributes; the rest is asked."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

from cloud.pos.pieces.columns import BY_HEADER, COLUMNS

LEFT_OUT: Final = "-"
"""A person's word that a column is not to be read."""
ATTRIBUTE: Final = "attribute:"
"""Before the name of an attribute that has a column of its own."""
ALSO: Final[Mapping[str, tuple[str, ...]]] = {
    "piece": ("piece id", "stock number", "stock no", "item number", "inventory number", "id"),
    "sku": (
        "article number",
        "article no",
        "style",
        "style number",
        "model",
        "reference",
        "artikelnummer",
        "référence",
    ),
    "title": ("name", "description", "item description", "bezeichnung", "désignation"),
    "category": ("type", "group", "kategorie", "catégorie"),
    "designer": ("brand", "maker", "manufacturer", "marke", "marque"),
    "price": ("retail", "retail price", "selling price", "tag price", "preis", "prix"),
    "currency": ("währung", "devise"),
    "weight_g": ("weight", "weight g", "grams", "gewicht", "poids"),
    "fineness": ("purity", "feingehalt", "titre"),
    "serial": ("serial number", "serial no", "seriennummer", "numéro de série"),
    "barcode": ("gtin", "ean", "upc"),
    "epc": ("rfid", "rfid tag", "tag epc"),
    "certificates": ("certificate", "cert", "cert no", "zertifikat"),
    "cost": ("cost price", "purchase price", "einkaufspreis"),
    "source": ("vendor", "supplier", "lieferant", "fournisseur"),
    "tray": ("location", "bin"),
}


def plain(heading: str) -> str:
    """`Stock-No.` and `stock no` are one heading."""
    bare = unicodedata.normalize("NFKD", heading.casefold())
    return " ".join(
        "".join(each if each.isalnum() else " " for each in bare if not unicodedata.combining(each)).split()
    )


ERRORS: Final = "What is wrong"
"""The first column of a list that was given back with its mistakes."""
KNOWN: Final = {
    plain(ERRORS): LEFT_OUT,
    **{plain(other): header for header, others in ALSO.items() for other in others},
    **{plain(column.label): column.header for column in COLUMNS},
    **{plain(column.header): column.header for column in COLUMNS},
}


def understood(
    headings: Sequence[str], attributes: Sequence[str], told: Mapping[str, str]
) -> tuple[list[str], list[str], str]:
    """For each heading its column (`LEFT_OUT`, a header, or `attribute:length`), the headings nobody knows, and a
    problem in words. `told`: a person's word, by heading; it goes before everything.
    """
    named = {plain(each): ATTRIBUTE + each for each in attributes}
    found: list[str] = []
    unknown: list[str] = []
    for heading in headings:
        bare = heading.partition("[")[0]
        at = told.get(heading) or KNOWN.get(plain(heading)) or named.get(plain(bare)) or ("" if heading else LEFT_OUT)
        if at != LEFT_OUT and at not in BY_HEADER and at.removeprefix(ATTRIBUTE) not in attributes:
            unknown.append(heading)
        found.append(at)
    for at in found:
        if at and at != LEFT_OUT and found.count(at) > 1:
            both = [heading for heading, one in zip(headings, found, strict=True) if one == at]
            return found, unknown, f"{' and '.join(map(repr, both))} are both read as {at}: leave one of them out"
    return found, unknown, ""
