"""The journal for other programs: CSV of ours, and the FEC of the French tax authority (LPF art. A 47 A-1).

Rows are read a page at a time by their place, each page in a look of its own: what is posted never changes, so the
pages fit together however long the other side takes.
"""

import csv
import datetime as dt
import io
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import sqlalchemy as sa

from cloud.db import Tx
from cloud.desk import Desk
from cloud.ledger import OF_ITS_POSTING
from cloud.pos.ledger.queries import heading
from cloud.tables import ledger_close, ledger_line, posting, store
from contract.money import plain
from web.cells import harmless

LEGS_PER_EXPORT_MAX: Final = 1_000_000
LEGS_PER_PAGE: Final = 2_000
CSV_COLUMNS: Final = (
    "store", "period", "business_day", "late", "posting", "kind", "sale", "at_us", "posted_by", "why", "leg",
    "account_number", "account", "account_title", "kept_by", "debit", "credit", "currency",
)  # fmt: skip
FEC_COLUMNS: Final = (
    "JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum", "CompAuxLib",
    "PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit", "EcritureLet", "DateLet", "ValidDate", "Montantdevise",
    "Idevise",
)  # fmt: skip
Row = sa.RowMapping
Write = Callable[[Any, Row, int], None]


class TooLongError(Exception):
    """More than one export may hold; the sentence says how to ask for less."""


def check_size(tx: Tx, *, of: str, period: str) -> None:
    """Raises `TooLongError`."""
    query = sa.select(sa.func.count()).select_from(ledger_line).join(posting, OF_ITS_POSTING)
    legs = int(tx.value(query.where(*_those(of, period))))
    if legs > LEGS_PER_EXPORT_MAX:
        words = f"{legs} legs are more than {LEGS_PER_EXPORT_MAX}"
        raise TooLongError(f"{words}: export one month, or one store, at a time")


def csv_of(desk: Desk, *, of: str, period: str) -> Iterator[str]:
    """Comma-separated, a heading first. Amounts with a point, each leg on one side."""
    return _lines(desk, of, period, CSV_COLUMNS, _csv_row, delimiter=",")


def fec_of(desk: Desk, *, of: str, period: str) -> Iterator[str]:
    """Tab-separated, amounts with a comma. `EcritureNum` counts the entries of this file without a gap.

    A leg in another currency than the store's stands in `Montantdevise` and `Idevise`: the ledger keeps each currency
    in balance by itself and converts none.
    """
    return _lines(desk, of, period, FEC_COLUMNS, _fec_row, delimiter="\t")


def _lines(desk: Desk, of: str, period: str, head: Sequence[str], write: Write, *, delimiter: str) -> Iterator[str]:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(head)
    last: tuple[Any, ...] | None = None
    number, before = 0, ("", "")
    while True:
        with desk.look() as work:
            page = _page(work.tx, of, period, last)
        for row in page:
            number += (row["store"], row["posting"]) != before
            before = (row["store"], row["posting"])
            write(writer, row, number)
        yield out.getvalue()
        out.seek(0)
        out.truncate()
        if len(page) < LEGS_PER_PAGE:
            return
        last = (page[-1]["at_us"], page[-1]["store"], page[-1]["posting"], page[-1]["n"])


def _page(tx: Tx, of: str, period: str, last: tuple[Any, ...] | None) -> Sequence[Row]:
    place = (posting.c.at_us, posting.c.store, posting.c.posting, ledger_line.c.n)
    closed = sa.select(sa.func.min(ledger_close.c.closed_us)).where(
        ledger_close.c.store == posting.c.store, ledger_close.c.period >= posting.c.period
    )
    query = (
        sa.select(
            *place, posting.c.kind, posting.c.ref, posting.c.business_day, posting.c.period, posting.c.late,
            posting.c.sale, posting.c.by.label("posted_by"), posting.c.why, ledger_line.c.account, ledger_line.c.by,
            ledger_line.c.amount_minor, ledger_line.c.currency, store.c.currency.label("home"),
            closed.scalar_subquery().label("closed_us"),
        )
        .select_from(ledger_line.join(posting, OF_ITS_POSTING).outerjoin(store, store.c.store == posting.c.store))
        .where(*_those(of, period))
        .order_by(*place)
        .limit(LEGS_PER_PAGE)
    )  # fmt: skip
    if last is not None:
        query = query.where(sa.tuple_(*place) > sa.tuple_(*(sa.literal(each) for each in last)))
    return tx.rows(query)


def _those(of: str, period: str) -> list[Any]:
    those: list[Any] = []
    if of:
        those.append(posting.c.store == of)
    if period:
        those.append(posting.c.period == period)
    return those


def _sides(row: Row) -> tuple[str, str]:
    amount, currency = row["amount_minor"], row["currency"]
    told = plain(abs(amount), currency)
    return (told, "") if amount > 0 else ("", told)


def _csv_row(writer: Any, row: Row, _number: int) -> None:
    head = heading(row["account"])
    debit, credit = _sides(row)
    writer.writerow(
        (
            row["store"], row["period"], row["business_day"], "yes" if row["late"] else "", row["posting"], row["kind"],
            row["sale"], row["at_us"], row["posted_by"], harmless(row["why"]), row["n"], head.number, row["account"],
            head.title, harmless(row["by"]), debit, credit, row["currency"],
        )
    )  # fmt: skip


def _fec_row(writer: Any, row: Row, number: int) -> None:
    head = heading(row["account"])
    home = row["currency"] == row["home"]
    debit, credit = (each.replace(".", ",") or "0,00" for each in _sides(row)) if home else ("0,00", "0,00")
    day, words = row["business_day"].replace("-", ""), row["kind"].replace("_", " ")
    foreign = "" if home else plain(row["amount_minor"], row["currency"]).replace(".", ",")
    closed = row["closed_us"]
    valid = dt.datetime.fromtimestamp(closed / 1e6, dt.UTC).strftime("%Y%m%d") if closed else ""
    writer.writerow(
        (
            row["kind"][:3].upper(), words.capitalize(), number, day, head.number, head.title, _flat(row["by"]),
            _flat(row["by"]), _flat(row["ref"]), day, _flat(row["why"] or words), debit, credit, "", "", valid, foreign,
            "" if home else row["currency"],
        )
    )  # fmt: skip


def _flat(text: str) -> str:
    """Without what separates fields and lines."""
    return " ".join(text.replace("|", " ").split())
