"""Lists of pieces: read within limits, tried, imported whole or not at all, twice without effect, and exported again."""

import csv
import io
import zipfile

import msgspec
import openpyxl
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from cloud.desk import Desk
from cloud.pos.pieces import categories, exporting, sheets
from cloud.pos.pieces.columns import COLUMNS, Backing
from cloud.pos.pieces.desk import bring_in as keep
from cloud.pos.pieces.desk import records
from cloud.pos.pieces.importing import Asked, bring_in, number
from cloud.pos.pieces.lists import LISTS_MAX, FullError, Lists, Stage
from cloud.pos.pieces.sheets import Decimals, SheetError
from cloud.tables import piece, piece_import
from cloud.work import begin
from contract.commands import CustodyState
from contract.feed import Attribute, FinenessUnit, Metal, Price, Stone
from contract.ids import PieceId, StoreId
from trade.attributes import AttributeKind, AttributeRule

HEAD = "piece,sku,title,category,price,currency,tax_percent,weight_g\n"
POINT, COMMA = Decimals.POINT, Decimals.COMMA


def rows(text, decimals=POINT):
    return sheets.read(text.encode() if isinstance(text, str) else text, decimals)


def take(house, data, decimals=POINT, *, dry_run=False, told=None, with_cost=True, at_us=1):
    data = data.encode() if isinstance(data, str) else data
    asked = Asked(
        sha256=f"{len(data)}-{hash(data)}",
        decimals=decimals,
        store=StoreId("paris"),
        told=told or {},
        with_cost=with_cost,
    )
    with house.office.transaction() as tx:
        return bring_in(
            begin(tx, house.guards, at_us), sheets.read(data, decimals), asked, by="ana", name="spring", dry_run=dry_run
        )


def kept(house, *names):
    with house.office.reading() as tx:
        found = records(tx, [PieceId(name) for name in names])
        return [found[PieceId(name)] for name in names]


def how_many(house):
    with house.office.reading() as tx:
        return tx.value(sa.select(sa.func.count()).select_from(piece))


# --- reading ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_csv_of_every_delimiter_and_encoding_is_read_alike(delimiter, encoding):
    text = f"piece{delimiter}title\r\np1{delimiter}Émeraude\r\n\r\np2{delimiter}Ring\r\n"
    sheet = sheets.read(text.encode(encoding), POINT)
    assert sheet.headings == ("piece", "title")
    assert sheet.rows == ((2, ("p1", "Émeraude")), (4, ("p2", "Ring")))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"\xd0\xcf\x11\xe0old", "before 2007"),
        (b"PK\x03\x04 no zip", "damaged"),
        (b'piece,title\np1,"open', "quotation marks"),
        (b"piece,title\np1,Ring,more", "more cells than there are headings"),
        (b"piece\n" + b"x" * 2_001, "more than 2000 signs"),
        (b",".join([b"a"] * 101), "more than 100 columns"),
        (b"\0\x01\x02", "no list we can read"),
        (b"x" * (sheets.FILE_BYTES_MAX + 1), "more than 16 MiB"),
    ],
)
def test_what_is_no_list_is_refused_in_words(data, words):
    with pytest.raises(SheetError, match=words):
        sheets.read(data, POINT)


def test_a_list_has_so_many_rows_and_not_one_more(monkeypatch):
    monkeypatch.setattr(sheets, "ROWS_MAX", 3)
    assert len(rows("piece\n" + "p\n" * 3).rows) == 3
    with pytest.raises(SheetError, match="split the list"):
        rows("piece\n" + "p\n" * 4)


def workbook(*told):
    book = openpyxl.Workbook()
    for row in told:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_a_workbook_is_read_with_numbers_as_the_list_writes_them():
    data = workbook(["piece", "price", "weight_g", "second_hand"], ["p1", 1240.5, 3, True])
    assert sheets.read(data, POINT).rows == ((2, ("p1", "1240.5", "3", "yes")),)
    assert sheets.read(data, COMMA).rows == ((2, ("p1", "1240,5", "3", "yes")),)


def test_a_formula_is_never_run_and_what_was_not_shown_is_nothing():
    assert sheets.read(workbook(["piece", "title"], ["p1", "=1+1"]), POINT).rows == ((2, ("p1", "")),)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(monkeypatch):
    data = workbook(["piece"], ["p1"])
    assert sheets.read(data, POINT).rows, "the control"
    file = io.BytesIO(data)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/bomb", b"\0" * (sheets.UNPACKED_BYTES_MAX + 1))
    assert len(file.getvalue()) < 1 << 20
    with pytest.raises(SheetError, match="unpacks to more than"):
        sheets.read(file.getvalue(), POINT)


@given(st.binary(max_size=300))
def test_whatever_bytes_come_they_are_read_or_refused_in_words(data):
    for mark in (b"", b"PK\x03\x04", b"\xff\xfe"):
        try:
            sheets.read(mark + data, POINT)
        except SheetError as error:
            assert str(error)  # noqa: PT017 - it may be raised, or not


@pytest.mark.parametrize(
    ("text", "decimals", "is_"),
    [
        ("1234.5", POINT, "1234.5"), ("1,234.50", POINT, "1234.50"), ("1 234.50", POINT, "1234.50"), ("1'234", POINT, "1234"),
        ("1234,5", COMMA, "1234.5"), ("1.234,50", COMMA, "1234.50"), ("1.234", COMMA, "1234"), ("18 kt", POINT, "18 kt"),
        ("12,5", POINT, None), ("1.5", COMMA, None), ("1,23,456", POINT, None), ("€ 5", POINT, None), ("-5", POINT, None), ("1e5", POINT, None),
    ],
)  # fmt: skip
def test_a_number_is_read_by_the_sign_that_was_said_or_refused(text, decimals, is_):
    if is_ is None:
        with pytest.raises(ValueError, match="no number of a list with a decimal"):
            number(text, decimals)
    else:
        assert number(text, decimals) == is_


# --- importing ----------------------------------------------------------------------------------------------


@pytest.fixture
def paris(house):
    house.store("paris")
    with house.office.transaction() as tx:
        length = AttributeRule(name="length", kind=AttributeKind.NUMBER, unit="cm")
        categories.set_rules(begin(tx, house.guards, 1), "necklace", [length], by="ana")
    return house


def test_a_dry_run_says_what_would_happen_and_keeps_nothing(paris):
    told = take(paris, HEAD + "p1,A,Ring,ring,1240.00,EUR,20,3.4\n", dry_run=True)
    assert (told.new, told.changed, told.same, told.errors, how_many(paris)) == (1, 0, 0, (), 0)


def test_one_mistake_keeps_every_row_out_and_each_is_told_by_its_row_and_heading(paris):
    text = (
        HEAD
        + "p1,A,Ring,ring,1240.00,EUR,20,3.4\n\np2,A,,ring,12,5,EUR\np3,A,Ring,ring,1.5.2,euro,20,3.4\np1,A,Ring,ring,1,EUR,20,1\n"
    )
    told = take(paris, text)
    assert how_many(paris) == 0
    assert {(each.row, each.field) for each in told.errors} >= {
        (4, "title"),
        (4, "currency"),
        (5, "price"),
        (5, "currency"),
        (6, "piece"),
    }
    assert next(each.why for each in told.errors if each.row == 6) == "the same piece is in row 2"
    assert take(paris, text.splitlines(keepends=True)[0] + text.splitlines(keepends=True)[1]).new == 1, "the control"


def test_the_same_list_twice_changes_nothing_also_when_a_person_changed_a_piece_meanwhile(paris):
    text = HEAD + "p1,A,Ring,ring,1240.00,EUR,20,3.4\n"
    assert take(paris, text).new == 1
    (before,) = kept(paris, "p1")
    changed = msgspec.structs.replace(before.card, title="Ring, mended")
    with paris.office.transaction() as tx:
        keep(begin(tx, paris.guards, 2), [changed], StoreId("paris"))
    again = take(paris, text)
    assert (again.again, again.changed, again.same) == (True, 0, 1)
    assert kept(paris, "p1")[0].card.title == "Ring, mended"
    with paris.office.transaction() as tx:
        tx.run(sa.delete(piece_import))
    assert take(paris, text).changed == 1, "the control: without the memory of lists it would be undone"


def test_rows_without_a_name_get_one_that_the_same_file_gives_again(paris):
    text = "sku,title,category,price,currency,tax_percent\nA,Ring,ring,1,EUR,20\nA,Ring,ring,1,EUR,20\n"
    assert take(paris, text).new == 2
    with paris.office.transaction() as tx:
        tx.run(sa.delete(piece_import))
    assert (take(paris, text).same, how_many(paris)) == (2, 2)


def test_headings_of_other_programs_are_known_and_others_are_asked(paris):
    text = "Stock No.;Article number;Description;Type;Retail Price;Currency;tax_percent;Length [cm];Remark\np1;A;Chain;necklace;1.240,50;EUR;20;42,5;old\n"
    asked = take(paris, text, COMMA)
    assert (asked.unknown, how_many(paris)) == (("Remark",), 0)
    told = take(paris, text.replace("42,5", "42.5"), COMMA, told={"Remark": "-"})
    assert told.errors == ()
    (record,) = kept(paris, "p1")
    assert (record.card.price_minor, record.card.attributes) == (
        124_050,
        (Attribute(name="length", value="42.5", unit="cm"),),
    )


def test_two_columns_of_one_meaning_are_refused(paris):
    (error,) = take(paris, "piece,Stock No.,title\np1,p1,Ring\n").errors
    assert "both read as piece" in error.why


def test_a_certificate_or_serial_number_is_of_one_piece(paris):
    head = "piece,title,currency,designer,serial,certificates,set_of\n"
    assert take(paris, head + "p1,Ring,EUR,Ida,B-1,GIA 2141438171,\n").ready
    told = take(
        paris,
        head
        + "p2,Ring,EUR,Ida,B-1,GIA 2141438171,\np3,Ring,EUR,Ida,C-1,,\np4,Ring,EUR,Ida,C-1,,\np5,Ring,EUR,Eve,B-1,,\n",
    )
    assert {(each.row, each.field) for each in told.errors} == {(2, "serial"), (2, "certificates"), (4, "serial")}
    assert take(paris, head + "s,Parure,EUR,,,GIA 2141438172,\ns1,Ring,EUR,,,GIA 2141438172,s\n").ready, (
        "a set and its part have one"
    )


def test_who_may_not_know_the_cost_imports_none(paris):
    text = "piece,title,currency,cost,cost_currency\np1,Ring,EUR,100,EUR\n"
    assert "only who may know the cost" in take(paris, text, with_cost=False).errors[0].why
    assert take(paris, text).ready
    assert kept(paris, "p1")[0].backing.cost_minor == 10_000


# --- exporting ----------------------------------------------------------------------------------------------


def look(house):
    return Desk(office=house.office, now_us=lambda: 1, mono_us=lambda: 1, new_id=lambda: "n").look


def full(house, name, **more):
    return house.card(
        name, title="=cmd|' /C calc'!A0", serial=f"B-{name}", prices=(Price(currency="USD", amount_minor=130_000),), certificates=(f"GIA 21414381{name[1:]:0>2}",),
        metals=(Metal(metal="gold", fineness=18, unit=FinenessUnit.KARAT, weight_mg=3_000), Metal(metal="platinum", fineness=950)),
        gems=(Stone(kind="diamond", carat_milli=300, colour="G", clarity="VS1", cut="round"), Stone(kind="sapphire", count=12, carat_milli=1_200)),
        **more,
    )  # fmt: skip


def whole(file):
    with file:
        return file.read()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_what_was_exported_is_imported_again_without_a_change_and_runs_nowhere(paris, kind):
    cards = [full(paris, f"p{n}") for n in range(3)] + [
        paris.card("q1", title="'quoted"),
        paris.card("q2", title="@home", second_hand=True),
    ]
    with paris.office.transaction() as tx:
        behind = {cards[0].piece: Backing(cost_minor=61_000, cost_currency="USD", source="-1+1", provenance="+49")}
        assert keep(begin(tx, paris.guards, 1), cards, StoreId("paris"), backings=behind).errors == []
    out = exporting.rows(look(paris), with_cost=True)
    data = b"".join(sheets.csv_lines(out)) if kind == "csv" else whole(sheets.xlsx(out, "Pieces"))
    if kind == "csv":
        cells = [cell for row in csv.reader(io.StringIO(data.decode("utf-8-sig"))) for cell in row]
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)
    else:
        sheet = openpyxl.load_workbook(io.BytesIO(data)).active
        assert {cell.data_type for row in sheet for cell in row} <= {"s", "inlineStr", "n"}, "no cell is a formula"
    told = take(paris, data, at_us=2)
    assert (told.errors, told.new, told.changed, told.same) == ((), 0, 0, 5)


def test_costs_leave_the_house_only_with_who_may_know_them(paris):
    with paris.office.transaction() as tx:
        keep(
            begin(tx, paris.guards, 1),
            [paris.card("p1")],
            StoreId("paris"),
            backings={PieceId("p1"): Backing(source="Estate sale")},
        )
    assert "Estate sale" not in repr(list(exporting.rows(look(paris), with_cost=False)))
    assert "Estate sale" in repr(list(exporting.rows(look(paris), with_cost=True)))


def test_an_export_goes_page_by_page_and_by_query(paris, monkeypatch):
    monkeypatch.setattr(exporting, "PIECES_AT_ONCE", 2)
    with paris.office.transaction() as tx:
        keep(
            begin(tx, paris.guards, 1),
            [paris.card(f"p{n}") for n in range(5)] + [paris.card("x", title="Vega", category="brooch")],
            StoreId("paris"),
        )
    names = lambda **more: [row[0] for row in exporting.rows(look(paris), with_cost=False, **more)][1:]  # noqa: E731
    assert names() == ["p0", "p1", "p2", "p3", "p4", "x"]
    assert (names(query="ring"), names(query="vega"), names(store="lyon")) == (
        ["p0", "p1", "p2", "p3", "p4"],
        ["x"],
        [],
    )


text = st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters="\0"), max_size=12)


@given(st.lists(st.lists(text, min_size=3, max_size=3), min_size=1, max_size=5))
def test_any_cells_come_back_as_they_went_out(cells):
    told = [["a", "b", "c"], *([*row[:2], f"x{row[2]}"] for row in cells)]
    assert [list(row) for _, row in sheets.read(b"".join(sheets.csv_lines(told)), POINT).rows] == told[1:]


def test_the_template_is_a_list_that_is_imported(paris):
    for kind in ("csv", "xlsx"):
        told = exporting.template(with_cost=False)
        data = b"".join(sheets.csv_lines(told)) if kind == "csv" else whole(sheets.xlsx(told, "Pieces"))
        assert take(paris, data, dry_run=True).new == 1


# --- one list on its way -------------------------------------------------------------------------------------


@pytest.fixture
def lists(paris):
    import itertools

    ids = itertools.count(1)
    desk = Desk(office=paris.office, now_us=lambda: 1, mono_us=lambda: 1, new_id=lambda: f"l{next(ids)}")
    return Lists(desk, run=lambda work: work())


def upload(lists, text, by="ana", **more):
    told = {"store": StoreId("paris"), "decimals": POINT, "state": CustodyState.INCOMING, "with_cost": True, **more}
    return lists.take(text.encode(), "spring.csv", by=by, **told)


def test_a_list_is_tried_asked_about_and_imported_when_a_person_says_so(paris, lists):
    one = upload(lists, "piece,title,currency,Remark\np1,Ring,EUR,old\n")
    assert (one.stage, one.listed.unknown, how_many(paris)) == (Stage.TRIED, ("Remark",), 0)
    lists.go(one)
    assert how_many(paris) == 0, "not before it is understood"
    lists.tell(one, {"Remark": "-"})
    assert (one.listed.ready, how_many(paris)) == (True, 0)
    lists.go(one)
    lists.go(one)
    assert (one.stage, one.listed.new, how_many(paris)) == (Stage.DONE, 1, 1)


def test_a_list_is_seen_by_its_uploader_alone(lists):
    one = upload(lists, "piece\np1\n")
    assert lists.find(one.id, "ana") is one
    assert lists.find(one.id, "ben") is None


def test_a_file_that_is_no_list_fails_in_words(lists):
    one = upload(lists, "")
    assert (one.stage, one.why) == (Stage.FAILED, "the file is empty: begin it with a row of headings")


def test_so_many_lists_wait_and_no_more(paris):
    waiting = []
    lists = Lists(
        Desk(office=paris.office, now_us=lambda: 1, mono_us=lambda: 1, new_id=lambda: f"l{len(waiting)}"),
        run=waiting.append,
    )
    for _ in range(LISTS_MAX):
        upload(lists, "piece\np1\n")
    with pytest.raises(FullError, match="try again"):
        upload(lists, "piece\np1\n")
    waiting[0]()
    assert upload(lists, "piece\np1\n"), "the one that is over makes room"


def test_every_column_has_a_heading_of_its_own():
    from cloud.pos.pieces.headings import KNOWN

    assert {KNOWN[each.header.replace("_", " ")] for each in COLUMNS} == {each.header for each in COLUMNS}
