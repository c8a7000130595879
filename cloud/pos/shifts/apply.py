"""Shifts as the stores kept them. A Z that does not fit its chain, or the receipts we hold, is a case, never mended."""

from typing import Final, NamedTuple

import msgspec
import sqlalchemy as sa

from cloud.applying import Applier
from cloud.custody import Custody
from cloud.tables import cash_move, refund, sale, shift
from cloud.work import Heard, Work
from contract.facts import CashBanked, CashMoved, Fact, ShiftClosed, ShiftOpened
from contract.ids import StoreId
from contract.money import plain
from trade.custody import OfficeState
from trade.zchain import chained, link_broken, receipts_digest, z_digest

Z_WRONG: Final = "z wrong"
Z_TWICE: Final = "closed twice"
"""Kinds of case."""
TO_BANK: Final = "bank"
"""Beside the kinds of cash moved by hand: out of the safe, so of no shift."""

encode_z = msgspec.json.Encoder().encode
decode_z = msgspec.json.Decoder(ShiftClosed).decode


class _Receipts(NamedTuple):
    """What the office heard of a shift's receipts."""

    sales: int
    returns: int
    gross_minor: int
    tax_minor: int
    digest: str


def shift_opened(tokens: Custody, heard: Heard, fact: ShiftOpened) -> None:
    row = {
        "store": heard.store, "shift": fact.shift, "till": fact.till, "business_day": fact.business_day,
        "currency": fact.currency, "float_minor": fact.float_minor, "opened_us": heard.at_us,
    }  # fmt: skip
    tokens.work.tx.add_new(shift, row)


def cash_moved(tokens: Custody, heard: Heard, fact: CashMoved) -> None:
    row = {
        "store": heard.store, "move": fact.move, "shift": fact.shift, "till": fact.till, "kind": fact.kind,
        "amount_minor": fact.amount_minor, "currency": fact.currency, "reason": fact.reason, "by": heard.by,
        "at_us": heard.at_us,
    }  # fmt: skip
    tokens.work.tx.add_new(cash_move, row)


def cash_banked(tokens: Custody, heard: Heard, fact: CashBanked) -> None:
    row = {
        "store": heard.store, "move": fact.move, "shift": "", "till": "", "kind": TO_BANK,
        "amount_minor": fact.amount_minor, "currency": fact.currency, "reason": fact.reference, "by": heard.by,
        "at_us": heard.at_us,
    }  # fmt: skip
    tokens.work.tx.add_new(cash_move, row)


def shift_closed(tokens: Custody, heard: Heard, fact: ShiftClosed) -> None:
    """The Z. Tokens of the pieces sold in it pass to the office."""
    if _is_first(tokens.work, heard.store, fact):
        _check(tokens.work, heard.store, fact)
        _keep(tokens.work, heard, fact)
    tokens.load(fact.sold_pieces)
    for piece in fact.sold_pieces:
        token = tokens.get(piece)
        mine = token is not None and token.holder == heard.store and tokens.present(heard)
        if token is not None and mine and token.state is OfficeState.SOLD:
            tokens.to_cloud(token, OfficeState.SOLD)


def _is_first(work: Work, store: StoreId, z: ShiftClosed) -> bool:
    """A Z never changes: of two for one shift the first stands, and the other is a case."""
    known = sa.select(shift.c.z_digest).where(
        shift.c.store == store, shift.c.shift == z.shift, shift.c.z_number.is_not(None)
    )
    digest = work.tx.value(known)
    if digest and digest != z_digest(z):
        sentence = (
            f"Shift {z.shift} of {store} was closed twice; Z {z.z_number} of {z.till} is the second, and not kept"
        )
        work.open_case(Z_TWICE, sentence, store=store, ref=z.shift)
    return digest is None


def _check(work: Work, store: StoreId, z: ShiftClosed) -> None:
    """Opens a case for what is wrong with the Z, and says which receipts it counts."""
    broken = _broken_link(work, store, z)
    found = _count(work, store, z)
    if chained(z) and not broken and found.digest != z.sales_digest:
        broken = (
            f"Z {z.z_number} of {z.till} tells of {_words(z.sales, z.returns, z.gross_minor, z.currency)}; "
            f"{store} told the office of {_words(found.sales, found.returns, found.gross_minor, z.currency)}"
        )
    elif chained(z) and not broken and (found.gross_minor, found.tax_minor) != (z.gross_minor, z.tax_minor):
        broken = (
            f"Z {z.z_number} of {z.till} makes {plain(z.gross_minor, z.currency)} {z.currency}, tax "
            f"{plain(z.tax_minor, z.currency)}; its receipts make {plain(found.gross_minor, z.currency)}, tax "
            f"{plain(found.tax_minor, z.currency)}"
        )
    if broken:
        sentence = f"{broken}. Ask {store} for its journal and compare"
        work.open_case(Z_WRONG, sentence, store=store, ref=f"{z.shift}/{z.z_number}")


def _broken_link(work: Work, store: StoreId, z: ShiftClosed) -> str:
    mine = (shift.c.store == store, shift.c.till == z.till, shift.c.z_number <= z.z_number)
    last = work.tx.row(sa.select(shift).where(*mine).order_by(shift.c.z_number.desc()).limit(1))
    if last is not None and not last["z_body"]:  # heard by an office that did not keep Zs yet
        return ""
    return link_broken(decode_z(last["z_body"].encode()) if last is not None else None, z)


def _count(work: Work, store: StoreId, z: ShiftClosed) -> _Receipts:
    """Marks the receipts of this Z, each counted once and for all, and adds them up."""
    work.tx.settle()  # its last receipts may have come in this very transaction
    rows = []
    for table, sign in ((sale, 1), (refund, -1)):
        mine = (
            table.c.store == store,
            table.c.till == z.till,
            table.c.counted_in == "",
            sa.or_(table.c.shift == z.shift, table.c.sale.in_(z.late)),
        )
        columns = (table.c.receipt_number, table.c.sale, table.c.total_minor, table.c.tax_minor)
        rows += [(sign, row) for row in work.tx.rows(sa.select(*columns).where(*mine))]
        work.tx.run(sa.update(table).where(*mine).values(counted_in=z.shift))
    return _Receipts(
        sales=sum(sign > 0 for sign, _ in rows),
        returns=sum(sign < 0 for sign, _ in rows),
        gross_minor=sum(sign * row["total_minor"] for sign, row in rows),
        tax_minor=sum(sign * row["tax_minor"] for sign, row in rows),
        digest=receipts_digest((row["receipt_number"], row["sale"]) for _, row in rows),
    )


def _keep(work: Work, heard: Heard, z: ShiftClosed) -> None:
    row = {
        "store": heard.store, "shift": z.shift, "till": z.till, "business_day": z.business_day, "currency": z.currency,
        "closed_us": heard.at_us, "z_number": z.z_number, "sales": z.sales, "returns": z.returns,
        "gross_minor": z.gross_minor, "tax_minor": z.tax_minor, "cash_expected_minor": z.cash_expected_minor,
        "cash_counted_minor": z.cash_counted_minor, "z_digest": z_digest(z), "z_body": encode_z(z).decode(),
    }  # fmt: skip
    work.tx.put(shift, row)


def _words(sales: int, returns: int, gross_minor: int, currency: str) -> str:
    return f"{sales} sales and {returns} returns that make {plain(gross_minor, currency)} {currency}"


APPLY: Final[dict[type[Fact], Applier]] = {
    ShiftOpened: shift_opened,
    CashMoved: cash_moved,
    CashBanked: cash_banked,
    ShiftClosed: shift_closed,
}
