"""What pages and routes ask of the books, typed. Each takes the asker's own read-only connection."""

from typing import Final

import msgspec

from contract.facts import ClaimKind, CountVerdict, SaleLine, Share, ShiftClosed, TenderKind
from contract.ids import CountId, PaymentId, PieceId, SaleId, ShiftId, TillId
from edge.books.db import Database
from edge.books.fold_sales import load_lines, load_sale
from edge.books.fold_shifts import load_movements, load_receipts, load_z
from edge.books.fold_value import load_asks
from edge.books.rows import (
    AlarmRow,
    AlarmState,
    CountRow,
    ExitRow,
    GapRow,
    Node,
    PresenceRow,
    ReaderChangeRow,
    ReaderRow,
    ReceiptRow,
    SaleRow,
    ShippedRow,
    TenderRow,
    VerdictTallyRow,
    ZoneRow,
)
from edge.till.offers import offer
from trade.claim import Claim
from trade.custody import Token, TokenState
from trade.payment import Payment
from trade.piece import Hold
from trade.price import cart
from trade.receipt import called
from trade.sale import Sale, SaleState
from trade.shift import Banking, Figures, Movement, Shift, figures
from trade.stocktake import CountState
from trade.value import Ask, Slice

PAGE_ROWS_MAX: Final = 200


def token(db: Database, piece: PieceId) -> Token | None:
    return db.one("token", Token, piece=piece)


def tokens(db: Database) -> list[Token]:
    """Every piece this store decides about (here, incoming, sold and not yet at Z)."""
    return db.rows("tokens", Token)


def incoming(db: Database) -> list[Token]:
    """Granted to this store and not read here yet."""
    return db.rows("tokens_in", Token, state=TokenState.INCOMING)


def live_claim(db: Database, piece: PieceId) -> Claim | None:
    return db.one("claim_live", Claim, piece=piece)


def till_of_claim(db: Database, claim: Claim | None) -> str:
    """The till whose sale has the piece in its cart; empty when no cart has it."""
    if claim is None or claim.kind is not ClaimKind.CART:
        return ""
    return next(iter(db.words("sale_till", sale=claim.ref)), "")


def receipt_called(db: Database, sale: SaleId | str) -> str:
    """How people call the receipt of a sale; empty when it has none in these books."""
    row, node = db.one("receipt", ReceiptRow, receipt=sale) if sale else None, db.one("node", Node)
    return called(node.store, row.till, row.number) if row is not None and node is not None else ""


def live_claims(db: Database) -> list[Claim]:
    return db.rows("claims_live", Claim)


def holds(db: Database) -> list[Hold]:
    return db.rows("holds", Hold)


def shipped(db: Database, limit: int = PAGE_ROWS_MAX) -> list[ShippedRow]:
    """What left by transfer, newest first."""
    return db.rows("shipped", ShippedRow, limit=limit)


def shipped_piece(db: Database, piece: PieceId) -> ShippedRow | None:
    """Its last transfer out of this store."""
    return db.one("shipped_piece", ShippedRow, piece=piece)


def sale(db: Database, sale_id: SaleId) -> Sale | None:
    """A sale with its lines."""
    return load_sale(db, sale_id)


def sale_row(db: Database, sale_id: SaleId) -> SaleRow | None:
    """A sale's head: receipt number, totals, where in the journal."""
    return db.one("sale_row", SaleRow, sale=sale_id)


def sale_lines(db: Database, sale_id: SaleId) -> list[SaleLine]:
    return load_lines(db, sale_id)


def asked(db: Database, sale_id: SaleId) -> tuple[SaleLine, ...]:
    """The lines of a cart as they would be recorded now: promotions and taxes as the house has them today."""
    found = load_sale(db, sale_id)
    return cart(found.lines, offer(db, found)) if found else ()


def sale_tenders(db: Database, sale_id: SaleId) -> list[TenderRow]:
    return db.rows("tenders", TenderRow, receipt=f"sale {sale_id}")


def shares(db: Database, sale_id: SaleId) -> list[Share]:
    """Who sells it together; none: the associate alone."""
    return db.rows("shares", Share, sale=sale_id)


def payments(db: Database, sale_id: SaleId) -> list[Payment]:
    """At terminals, for this sale."""
    return db.rows("payments_of", Payment, sale=sale_id)


def payment(db: Database, name: PaymentId) -> Payment | None:
    return db.one("payment", Payment, payment=name)


def asks(db: Database, sale_id: SaleId) -> tuple[Ask, ...]:
    """Money set aside for a sale."""
    return load_asks(db, sale_id)


def bankings(db: Database, limit: int) -> list[Banking]:
    """Cash of the safe that went to the bank, newest first."""
    return db.rows("bankings_newest", Banking, limit=limit)


def slices(db: Database, kind: TenderKind, limit: int = PAGE_ROWS_MAX) -> list[Slice]:
    """What this store may spend, account by account."""
    return db.rows("value_slices", Slice, kind=kind, limit=limit)


def sales_newest(db: Database, limit: int = PAGE_ROWS_MAX) -> list[SaleRow]:
    return db.rows("sales_newest", SaleRow, limit=limit)


def sales_in(db: Database, state: SaleState, limit: int = PAGE_ROWS_MAX) -> list[SaleRow]:
    return db.rows("sales_in", SaleRow, state=state, limit=limit)


def sale_of_piece(db: Database, piece: PieceId) -> SaleId | None:
    """The last recorded sale of a piece at this store."""
    found = db.words("sale_of_piece", piece=piece)
    return SaleId(found[0]) if found else None


def returned_lines(db: Database, sale_id: SaleId) -> frozenset[str]:
    return frozenset(db.words("returned", sale=sale_id))


def open_shift(db: Database, till: TillId) -> Shift | None:
    return db.one("shift_open", Shift, till=till)


def x(db: Database, shift_: Shift) -> Figures:
    """What a shift comes to now; nothing is changed by asking."""
    return figures(shift_, load_receipts(db, shift_.shift), load_movements(db, shift_.shift))


def late_receipts(db: Database, shift_: Shift) -> tuple[str, ...]:
    """Receipts of earlier shifts that this one counts, as they are numbered on the paper."""
    node = db.one("node", Node)
    assert node is not None, "the node row is made when the books are"
    return tuple(called(node.store, shift_.till, each.number) for each in load_receipts(db, shift_.shift) if each.late)


def z(db: Database, shift_id: ShiftId) -> ShiftClosed | None:
    """The Z of a shift as it was made."""
    return load_z(db, shift_id)


def movements(db: Database, shift_id: ShiftId) -> tuple[Movement, ...]:
    return load_movements(db, shift_id)


def shift(db: Database, shift_id: ShiftId) -> Shift | None:
    return db.one("shift", Shift, shift=shift_id)


def shifts_newest(db: Database, limit: int = PAGE_ROWS_MAX) -> list[Shift]:
    return db.rows("shifts_newest", Shift, limit=limit)


def presence(db: Database) -> list[PresenceRow]:
    return db.rows("presence", PresenceRow)


def presence_of(db: Database, piece: PieceId) -> PresenceRow | None:
    return db.one("presence_of", PresenceRow, piece=piece)


def zones(db: Database) -> list[ZoneRow]:
    return db.rows("zones", ZoneRow)


def readers(db: Database) -> list[ReaderRow]:
    return db.rows("readers", ReaderRow)


def reader_changes(db: Database) -> list[ReaderChangeRow]:
    """The last change of each reader that ever changed."""
    return db.rows("reader_changes_last", ReaderChangeRow)


def gaps_newest(db: Database, limit: int = PAGE_ROWS_MAX) -> list[GapRow]:
    """When readers did not read, the gap that ended last first."""
    return db.rows("gaps_newest", GapRow, limit=limit)


def gaps_at(db: Database, at_us: int) -> list[GapRow]:
    """Readers that did not read at this moment, by gaps that have ended."""
    return db.rows("gaps_at", GapRow, at_us=at_us)


def exits_newest(db: Database, limit: int = PAGE_ROWS_MAX) -> list[ExitRow]:
    return db.rows("exits_newest", ExitRow, limit=limit)


def alarms_open(db: Database, limit: int = PAGE_ROWS_MAX) -> list[AlarmRow]:
    return db.rows("alarms_in", AlarmRow, state=AlarmState.OPEN, limit=limit)


def alarms_newest(db: Database, limit: int = PAGE_ROWS_MAX) -> list[AlarmRow]:
    return db.rows("alarms_newest", AlarmRow, limit=limit)


def alarms_paged(db: Database, state: AlarmState | None, *, limit: int, skip: int = 0) -> list[AlarmRow]:
    """The newest first; None: open ones and closed ones."""
    return db.rows("alarms_paged", AlarmRow, state=state or "", limit=limit, skip=skip)


def alarms_between(db: Database, from_us: int, until_us: int, limit: int) -> list[AlarmRow]:
    """Raised in this span, the newest first."""
    return db.rows("alarms_between", AlarmRow, from_us=from_us, until_us=until_us, limit=limit)


class AlarmTally(msgspec.Struct, frozen=True):
    """How many alarms are open, how many were raised since, and how many of these somebody called false."""

    open: int
    lately: int
    false_lately: int


def alarms_tally(db: Database, since_us: int) -> AlarmTally:
    tally = db.one("alarms_tally", AlarmTally, since_us=since_us)
    assert tally is not None, "a count is always a row"
    return tally


def count(db: Database, count_id: CountId) -> CountRow | None:
    return db.one("count", CountRow, count=count_id)


def verdict_tally(db: Database, count_id: CountId) -> list[VerdictTallyRow]:
    return db.rows("verdict_tally", VerdictTallyRow, count=count_id)


def counts_in(db: Database, state: CountState) -> list[CountRow]:
    return db.rows("counts_in", CountRow, state=state)


def counts_newest(db: Database, limit: int = PAGE_ROWS_MAX) -> list[CountRow]:
    return db.rows("counts_newest", CountRow, limit=limit)


def verdicts(db: Database, count_id: CountId) -> list[CountVerdict]:
    return db.rows("verdicts", CountVerdict, count=count_id)
