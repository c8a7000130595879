"""Names of things. Ids are made before sending, from a time and chance that the caller passes in."""

import re
from typing import Final, NewType

StoreId = NewType("StoreId", str)
"""Slug of a shop, warehouse, workshop or web stockroom; also its certificate's CN and its MQTT client id."""
PieceId = NewType("PieceId", str)
UserId = NewType("UserId", str)
PersonId = NewType("PersonId", str)
TillId = NewType("TillId", str)
ZoneId = NewType("ZoneId", str)
ReaderId = NewType("ReaderId", str)
SaleId = NewType("SaleId", str)
LineId = NewType("LineId", str)
PaymentId = NewType("PaymentId", str)
ReturnId = NewType("ReturnId", str)
AccountId = NewType("AccountId", str)
"""A gift card, a client's credit, a deposit, a trade-in: money that the house owes."""
AskId = NewType("AskId", str)
"""Money of an account set aside for one sale."""
InquiryId = NewType("InquiryId", str)
"""A question to the office what is left of an account."""
GoodsId = NewType("GoodsId", str)
ClaimId = NewType("ClaimId", str)
ShiftId = NewType("ShiftId", str)
CashMoveId = NewType("CashMoveId", str)
GiveId = NewType("GiveId", str)
ReceiptId = NewType("ReceiptId", str)
"""Of a sale: the sale's own id; of a return: the sale's, the till and the number."""
OrderId = NewType("OrderId", str)
"""Of a web order."""
ClientOrderId = NewType("ClientOrderId", str)
"""Of a client's order at a store: repair, layaway, custom …"""
PurchaseId = NewType("PurchaseId", str)
AppointmentId = NewType("AppointmentId", str)
TransferId = NewType("TransferId", str)
CountId = NewType("CountId", str)
AlarmId = NewType("AlarmId", str)
Epoch = NewType("Epoch", str)
"""One log of a store, minted by the cloud with the term; random, never reused."""

HOUSE: Final = UserId("house")
"""Who did it when nobody did: the tick, a reader, a decision of the cloud."""

GENERATION_BITS: Final = 32
"""Terms and custody epochs are `cloud_epoch << 32 | n`: those minted after a restore lie above all older ones."""


SLUG: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
"""What a store may be called: it becomes a topic level, a user name, a certificate's CN and a file name."""
RESERVED: Final = frozenset({"broker", "cloud", "house", "office", "seal"})
"""Names the house itself carries at the broker and in its folder of certificates; `seal.key` there seals people."""


def check_slug(name: str) -> StoreId:
    """The one rule for a store's name. Raises `ValueError` with the rule in words."""
    if not SLUG.fullmatch(name) or name in RESERVED:
        raise ValueError(
            f"A store cannot be called {name!r}: use 1 to 40 of a-z, 0-9 and inner dashes, "
            f"and none of {', '.join(sorted(RESERVED))}."
        )
    return StoreId(name)


def generation(cloud_epoch: int, n: int) -> int:
    """A term or custody epoch of this life of the cloud (custody.md §1)."""
    if not 0 <= n < 1 << GENERATION_BITS:
        raise ValueError(f"generation counter {n} does not fit {GENERATION_BITS} bits; start a new cloud epoch")
    return (cloud_epoch << GENERATION_BITS) | n


def life_of(minted: int) -> int:
    """The life of the cloud that minted this term or custody epoch."""
    return minted >> GENERATION_BITS


def uuid7(now_us: int, chance: bytes) -> str:
    """UUIDv7 (RFC 9562 §5.7) as 36 characters: sorts by the millisecond of `now_us`; `chance` is 10 random bytes."""
    if len(chance) != 10:
        raise ValueError(f"uuid7 takes 10 random bytes, not {len(chance)}")
    milli = (now_us // 1000) & ((1 << 48) - 1)
    rand = int.from_bytes(chance)
    value = (milli << 80) | (0x7 << 76) | ((rand >> 64 & 0xFFF) << 64) | (0b10 << 62) | (rand & ((1 << 62) - 1))
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
