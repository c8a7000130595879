"""Receipts, and what was handed over of them."""

import msgspec

from contract.facts import ReceiptForm
from contract.ids import Epoch, GiveId, ReceiptId, SaleId, TillId, UserId


class ReceiptRow(msgspec.Struct, frozen=True, kw_only=True):
    """Where in the trade log of `epoch` the receipt's fact stands. `total_minor` of a return is what was given back."""

    receipt: ReceiptId
    sale: SaleId
    till: TillId
    number: int
    is_return: bool
    epoch: Epoch
    seq: int
    business_day: str
    currency: str
    total_minor: int
    at_us: int


class GivenRow(msgspec.Struct, frozen=True, kw_only=True):
    """`copy` 0 is the original."""

    give: GiveId
    receipt: ReceiptId
    form: ReceiptForm
    gift: bool
    copy: int
    by: UserId
    at_us: int
