"""Lists of pieces as files: CSV and XLSX, read within limits and written so that no program runs what is in them.

Reading raises `SheetError` in words. A cell is a text; what a spreadsheet keeps as a number is written with the decimal
sign the list is said to have, so that one rule reads both. Formulas are never run: what the spreadsheet showed counts.
"""

import csv
import datetime as dt
import io
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, NamedTuple

import openpyxl
from openpyxl.cell import WriteOnlyCell

from web.cells import LEADS_A_FORMULA

FILE_BYTES_MAX: Final = 16 << 20
UNPACKED_BYTES_MAX: Final = 200 << 20
"""Of an XLSX, which is a zip: what its parts come to, by the lengths in its directory, which the reader holds it to."""
PARTS_MAX: Final = 500
ROWS_MAX: Final = 20_000
COLUMNS_MAX: Final = 100
CELL_LENGTH_MAX: Final = 2_000
EMPTY_ROWS_MAX: Final = 100
"""After so many empty rows an XLSX is over: programs that colour a column give a million of them."""
DELIMITERS: Final = (",", ";", "\t", "|")
GUARDED: Final = (*LEADS_A_FORMULA, "'")
"""What a spreadsheet would run, and the sign that keeps it from it (OWASP, CSV injection)."""
XLSX_MAGIC: Final = b"PK\x03\x04"
XLS_MAGIC: Final = b"\xd0\xcf\x11\xe0"


class SheetError(ValueError):
    """The file cannot be read as a list; the message says what to do."""


class Decimals(StrEnum):
    """How the list writes numbers: said by a person, never guessed."""

    POINT = "point"
    COMMA = "comma"


class Sheet(NamedTuple):
    """`rows` by their number in the file, the headings' being 1. `note`: how it was understood, for people."""

    headings: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    note: str


def read(data: bytes, decimals: Decimals) -> Sheet:
    """Raises `SheetError`."""
    if len(data) > FILE_BYTES_MAX:
        raise SheetError(f"the file has more than {FILE_BYTES_MAX >> 20} MiB: split it")
    if data.startswith(XLS_MAGIC):
        raise SheetError("this is a workbook of before 2007 (.xls): save it as .xlsx or as CSV")
    if data.startswith(XLSX_MAGIC):
        return _sheet(_xlsx_rows(data, decimals), "a workbook, its first sheet")
    text, encoding = _decoded(data)
    delimiter = _delimiter(text)
    told = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "bar"}[delimiter]
    return _sheet(_csv_rows(text, delimiter), f"CSV, {encoding}, columns parted by {told}")


def _sheet(rows: Iterator[tuple[int, tuple[str, ...]]], note: str) -> Sheet:
    headings: tuple[str, ...] = ()
    kept: list[tuple[int, tuple[str, ...]]] = []
    for number, row in rows:
        if len(row) > COLUMNS_MAX:
            raise SheetError(f"row {number} has more than {COLUMNS_MAX} columns: leave some out")
        if any(len(cell) > CELL_LENGTH_MAX for cell in row):
            raise SheetError(f"a cell of row {number} has more than {CELL_LENGTH_MAX} signs: shorten it")
        if not any(row):
            continue
        if not headings:
            headings = row
            continue
        if len(kept) == ROWS_MAX:
            raise SheetError(f"more than {ROWS_MAX} rows: split the list")
        if any(row[len(headings) :]):
            raise SheetError(f"row {number} has more cells than there are headings: check its quotation marks")
        kept.append((number, (*row, *[""] * (len(headings) - len(row)))[: len(headings)]))
    if not headings:
        raise SheetError("the file is empty: begin it with a row of headings")
    return Sheet(headings, tuple(kept), note)


# --- CSV ------------------------------------------------------------------------------------------------------


def _decoded(data: bytes) -> tuple[str, str]:
    for mark, name, shown in ((b"\xef\xbb\xbf", "utf-8-sig", "UTF-8"), (b"\xff\xfe", "utf-16", "UTF-16"),
                              (b"\xfe\xff", "utf-16", "UTF-16")):  # fmt: skip
        if data.startswith(mark):
            try:
                return data.decode(name), shown
            except UnicodeDecodeError as error:
                raise SheetError(f"the file says it is {shown} and is not: save it anew as CSV UTF-8") from error
    for name, shown in (("utf-8", "UTF-8"), ("cp1252", "Windows-1252")):
        try:
            text = data.decode(name)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text, shown
    raise SheetError("this is no list we can read: save it as CSV UTF-8 or as .xlsx")


def _delimiter(text: str) -> str:
    """The one that parts the headings; of several the one that parts the next rows into as many."""
    lines = text.splitlines()[:20]
    best, most = ",", (0, 0)
    for delimiter in DELIMITERS:
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=delimiter, strict=False) if row]
        except csv.Error:
            continue
        if widths and widths[0] > 1 and (sum(width == widths[0] for width in widths), widths[0]) > most:
            best, most = delimiter, (sum(width == widths[0] for width in widths), widths[0])
    return best


def _csv_rows(text: str, delimiter: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for number, row in enumerate(reader, 1):
            yield number, tuple(_unguarded(" ".join(cell.split())) for cell in row)
    except csv.Error as error:
        raise SheetError(f"line {reader.line_num} cannot be read ({error}): check its quotation marks") from error


def _unguarded(cell: str) -> str:
    """What `_guarded` put before a cell is no part of it."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in GUARDED and len(cell) > 1 else cell


def _guarded(cell: str) -> str:
    return f"'{cell}" if cell.startswith(GUARDED) else cell


def csv_lines(rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """UTF-8 with a mark, as spreadsheets want it; a cell that a spreadsheet would run begins with an apostrophe."""
    yield b"\xef\xbb\xbf"
    for row in rows:
        line = io.StringIO(newline="")
        csv.writer(line).writerow([_guarded(cell) for cell in row])
        yield line.getvalue().encode()


# --- XLSX -----------------------------------------------------------------------------------------------------


def _xlsx_rows(data: bytes, decimals: Decimals) -> Iterator[tuple[int, tuple[str, ...]]]:
    _check_zip(data)
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        empty = 0
        for number, row in enumerate(sheet.iter_rows(values_only=True, max_col=COLUMNS_MAX + 1), 1):
            told = tuple(_cell(value, decimals, number) for value in row)
            while told and not told[-1]:
                told = told[:-1]
            empty = 0 if told else empty + 1
            if empty > EMPTY_ROWS_MAX:
                return
            yield number, told
    except SheetError:
        raise
    except Exception as error:  # whatever the decoder meets in a hostile file, the file is refused
        raise SheetError("this workbook cannot be read: save it anew as .xlsx, or as CSV") from error


def _check_zip(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise SheetError("this workbook is damaged: save it anew") from error
    if len(parts) > PARTS_MAX or sum(part.file_size for part in parts) > UNPACKED_BYTES_MAX:
        raise SheetError(f"this workbook unpacks to more than {UNPACKED_BYTES_MAX >> 20} MiB: save its sheet as CSV")


def _cell(value: Any, decimals: Decimals, row: int) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        told = f"{Decimal(repr(value)):f}"
        told = told.rstrip("0").rstrip(".") if "." in told else told
        return told.replace(".", ",") if decimals is Decimals.COMMA else told
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()[:10]
    if isinstance(value, str) and value.startswith("#") and value.endswith(("!", "?", "/0", "/A")):
        raise SheetError(f"row {row} has a formula that failed ({value}): mend it in the spreadsheet")
    return " ".join(str(value).split())


def xlsx(rows: Iterable[Sequence[str]], title: str) -> tempfile.SpooledTemporaryFile[bytes]:
    """Every cell a text, so that none is run; on disk beyond a few MiB."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(title)
    for row in rows:
        cells = []
        for text in row:
            cell = WriteOnlyCell(sheet, value=text)
            cell.data_type = "s"
            cells.append(cell)
        sheet.append(cells)
    file: tempfile.SpooledTemporaryFile[bytes] = tempfile.SpooledTemporaryFile(max_size=4 << 20)  # noqa: SIM115 - whoever streams it closes it
    book.save(file)
    file.seek(0)
    return file
