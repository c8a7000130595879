"""Refusals: why not, in words for the person at the till (custody.md §5)."""

from enum import StrEnum

import msgspec

from contract.ids import ClientOrderId, PieceId


class Why(StrEnum):
    """One code per reason, for machines; the sentence is for people."""

    NOT_SERVING = "not_serving"
    UNKNOWN_PIECE = "unknown_piece"
    NOT_OURS = "not_ours"
    INCOMING = "incoming"
    ALREADY_SOLD = "already_sold"
    LEASED = "leased"
    CLAIMED = "claimed"
    ON_HOLD = "on_hold"
    NOT_FOR_SALE = "not_for_sale"
    NOT_SEEN = "not_seen"
    NO_SHIFT = "no_shift"
    SHIFT_OPEN = "shift_open"
    NO_SALE = "no_sale"
    WRONG_STATE = "wrong_state"
    EMPTY = "empty"
    NOT_IN_SALE = "not_in_sale"
    WRONG_TENDERS = "wrong_tenders"
    NO_TERMINAL = "no_terminal"
    PAYMENT_LIVE = "payment_live"
    VALUE_LIVE = "value_live"
    EXPIRED = "expired"
    WRONG_CURRENCY = "wrong_currency"
    WRONG_PRICE = "wrong_price"
    WRONG_DAY = "wrong_day"
    PAD_MISMATCH = "pad_mismatch"
    OPEN_SALES = "open_sales"
    NOTE_MISSING = "note_missing"
    RETURNED = "returned"
    NOT_FOUND = "not_found"
    TAG_TAKEN = "tag_taken"
    NOT_READ_BACK = "not_read_back"
    SAME_PERSON = "same_person"
    NOT_ALLOWED = "not_allowed"
    NEEDS_APPROVAL = "needs_approval"
    """Somebody else may approve just this, over the words of the refusal."""
    DISK_FULL = "disk_full"


class Refusal(msgspec.Struct, frozen=True):
    """What was asked cannot be done, and what to do instead."""

    code: Why
    why: str
    piece: PieceId | None = None
    things_of: ClientOrderId | None = None
    """The client's order among whose things and papers it is mended."""
