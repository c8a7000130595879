"""The fold of what was bought from the public. Its cash is moved, and its credit kept, by the facts beside it."""

from collections.abc import Iterable
from typing import Final

import msgspec

from contract.facts import PurchaseRecorded
from contract.ids import PieceId, PurchaseId
from edge.books.db import Database
from edge.books.rows import Body

PURCHASES: Final = "purchase"
"""The series of their numbers, per till."""
_encode: Final = msgspec.json.Encoder(order="deterministic").encode
_decode: Final = msgspec.json.Decoder(PurchaseRecorded).decode


def recorded(db: Database, fact: PurchaseRecorded, at_us: int) -> None:
    db.run(
        "purchase_set", purchase=fact.purchase, till=fact.till, number=fact.number, shift=fact.shift,
        business_day=fact.business_day, at_us=at_us, body=_encode(fact),
    )  # fmt: skip
    db.run("till_counter_set", till=fact.till, series=PURCHASES, last=fact.number)


def load(db: Database, purchase: PurchaseId) -> PurchaseRecorded | None:
    row = db.one("purchase", Body, purchase=purchase)
    return None if row is None else _decode(row.body)


def newest(db: Database, limit: int) -> list[PurchaseRecorded]:
    return [_decode(row.body) for row in db.rows("purchases", Body, limit=limit)]


def labels_taken(db: Database, pieces: Iterable[PieceId]) -> frozenset[PieceId]:
    """Numbers under which something was bought, or taken in payment, at this store."""
    return frozenset(each for each in pieces if db.number("label_taken", piece=each))
