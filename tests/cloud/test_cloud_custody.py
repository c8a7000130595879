"""custody.md §3: who may decide about a piece, as the office hears it; and what it decides."""

import msgspec
import pytest
import sqlalchemy as sa

from cloud.provider import NoProvider
from cloud.recover import recover
from cloud.tables import case_file, claim, ledger_line, recall, sale, transfer, transfer_piece
from contract.commands import CustodyState, GrantCustody, LiftHold, PlaceHold, RecallCustody
from contract.facts import (
    ClaimEnd,
    ClaimEnded,
    ClaimHeld,
    ClaimKind,
    CustodyReceived,
    CustodyReleased,
    PieceSighted,
    RecallRefused,
    ReleaseWhy,
    ReturnRecorded,
    ShiftClosed,
    Tender,
    TenderKind,
    TransferShipped,
)
from contract.ids import PieceId, SaleId, StoreId, TransferId, ZoneId, generation


def cases(house) -> list[str]:
    return [row["kind"] for row in house.rows(sa.select(case_file.c.kind).order_by(case_file.c.case_id))]


def ship(box, piece: str, to: str, name: str = "t1") -> None:
    shipped = CustodyReleased(
        piece=PieceId(piece), ce=box.ce[piece], why=ReleaseWhy.SHIPPED, to=StoreId(to), transfer=TransferId(name)
    )
    box.write(TransferShipped(transfer=TransferId(name), to=StoreId(to), pieces=(PieceId(piece),)), shipped)
    box.send()


def sight(box, piece: str, return_of: str = "") -> None:
    box.write(PieceSighted(piece=PieceId(piece), zone=ZoneId("case-1"), return_of=SaleId(return_of)))
    box.send()


def commands(box) -> list:
    return [each.command for each in box.obey(box.send(len(box.rows["trade"]) + 1))]


def refund(of: str, piece: str, *, total: int = 120_000, receipt: int = 9) -> ReturnRecorded:
    tax = total - round(total / 1.2)
    return ReturnRecorded(
        sale=SaleId(of), lines=(f"{of}-1",), pieces=(PieceId(piece),), till="till-1", shift="shift-1",
        receipt_number=receipt, business_day="2026-11-22", currency="EUR", total_minor=total, tax_minor=tax,
        tenders=(Tender(kind=TenderKind.CARD, amount_minor=total),), reason="changed mind",
    )  # fmt: skip


def test_custody_epochs_are_minted_above_every_earlier_life(house):
    box = house.store("paris", "p1")
    assert box.ce["p1"] > generation(1, 0)


def test_a_shipped_piece_is_the_receivers_at_once_but_sellable_only_when_read(house):
    paris, lyon = house.store("paris", "p1"), house.store("lyon")
    ship(paris, "p1", "lyon")
    assert house.token("p1") == ("lyon", "incoming", "")
    (grant,) = commands(lyon)
    assert isinstance(grant, GrantCustody)
    assert (grant.state, grant.source, grant.transfer) == (CustodyState.INCOMING, "paris", "t1")
    lyon.write(CustodyReceived(piece=PieceId("p1"), ce=lyon.ce["p1"], transfer=TransferId("t1")))
    lyon.send()
    assert house.token("p1") == ("lyon", "here", "")
    assert house.rows(sa.select(transfer.c.state)) == [{"state": "received"}]
    assert house.rows(sa.select(transfer_piece.c.state)) == [{"state": "received"}]


def test_a_fact_under_a_custody_that_was_given_away_changes_nothing(house):
    paris, lyon = house.store("paris", "p1"), house.store("lyon")
    old = paris.ce["p1"]
    ship(paris, "p1", "lyon")
    commands(lyon)
    paris.write(CustodyReleased(piece=PieceId("p1"), ce=old, why=ReleaseWhy.SHIPPED, to=StoreId("paris")))
    paris.send()
    assert house.token("p1")[:2] == ("lyon", "incoming")
    house.without(ce_check=False)
    paris.write(CustodyReleased(piece=PieceId("p1"), ce=old, why=ReleaseWhy.SHIPPED, to=StoreId("paris")))
    paris.send()
    assert house.token("p1")[0] == "paris"


def test_a_piece_that_never_left_comes_back_by_being_read(house):
    paris, lyon = house.store("paris", "p1"), house.store("lyon")
    ship(paris, "p1", "lyon")
    commands(lyon)
    sight(paris, "p1")
    (asked,) = commands(lyon)
    assert asked == RecallCustody(piece=PieceId("p1"), ce=lyon.ce["p1"])
    lyon.write(CustodyReleased(piece=PieceId("p1"), ce=lyon.ce["p1"], why=ReleaseWhy.RECALLED))
    lyon.send()
    assert house.token("p1")[:2] == ("paris", "incoming")
    assert house.rows(sa.select(recall)) == []


def test_a_holder_that_sees_the_piece_keeps_it_and_a_person_is_told(house):
    paris, lyon = house.store("paris", "p1"), house.store("lyon")
    sight(lyon, "p1")
    commands(paris)
    paris.write(RecallRefused(piece=PieceId("p1"), ce=paris.ce["p1"], why="a reader sees it here"))
    paris.send()
    assert house.token("p1")[:2] == ("paris", "here")
    assert cases(house) == ["two places"]
    assert commands(lyon) == []


def test_a_piece_is_asked_back_once_per_custody(house):
    paris, lyon = house.store("paris", "p1"), house.store("lyon")
    for _ in range(3):
        sight(lyon, "p1")
    assert len(commands(paris)) == 1


def test_a_sale_passes_the_token_to_the_office_at_the_z(house):
    paris = house.store("paris", "p1")
    paris.write(house.sale(paris, "s1", "p1"))
    paris.send()
    assert house.token("p1") == ("paris", "sold", "s1")
    z = ShiftClosed(
        shift="shift-1", till="till-1", z_number=1, business_day="2026-11-22", currency="EUR", sales=1, returns=0,
        gross_minor=120_000, tax_minor=20_000, cash_expected_minor=0, cash_counted_minor=0, sold_pieces=(PieceId("p1"),),
    )  # fmt: skip
    paris.write(z)
    paris.send()
    assert house.token("p1") == ("", "sold", "s1")


def test_the_second_sale_of_a_piece_is_quarantined_never_dropped(house):
    paris, lyon = house.store("paris", "p1"), house.store("lyon")
    paris.write(house.sale(paris, "s1", "p1"))
    paris.send()
    lyon.ce["p1"] = paris.ce["p1"]
    lyon.write(house.sale(lyon, "s2", "p1"))
    assert lyon.send().acks[0].upto == 1
    states = {row["sale"]: row["state"] for row in house.rows(sa.select(sale))}
    assert states == {"s1": "posted", "s2": "quarantined"}
    assert cases(house) == ["sale quarantined"]
    assert house.token("p1") == ("paris", "sold", "s1")
    assert {row["posting"] for row in house.rows(sa.select(ledger_line))} == {"sale:s1"}


def test_a_sale_without_the_token_is_quarantined_and_the_piece_is_kept(house):
    paris, lyon = house.store("paris", "p1"), house.store("lyon")
    lyon.ce["p1"] = paris.ce["p1"]
    lyon.write(house.sale(lyon, "s2", "p1"))
    lyon.send()
    assert cases(house) == ["sale quarantined"]
    assert commands(paris) == [PlaceHold(piece=PieceId("p1"), sale=SaleId("s2"))]


def test_a_late_sale_is_posted_and_the_new_holder_keeps_the_piece(house):
    paris, lyon = house.store("paris", "p1"), house.store("lyon")
    old = paris.ce["p1"]
    ship(paris, "p1", "lyon")
    commands(lyon)
    paris.ce["p1"] = old
    paris.write(house.sale(paris, "s1", "p1"))
    paris.send()
    assert house.rows(sa.select(sale.c.state)) == [{"state": "posted"}]
    assert cases(house) == ["late sale"]
    assert commands(lyon) == [PlaceHold(piece=PieceId("p1"), sale=SaleId("s1"))]


def test_a_return_makes_the_piece_stock_again(house):
    paris = house.store("paris", "p1")
    paris.write(house.sale(paris, "s1", "p1"))
    paris.write(refund("s1", "p1"))
    paris.send()
    assert house.token("p1") == ("paris", "here", "")
    paris.write(house.sale(paris, "s2", "p1", receipt=3))
    paris.send()
    assert house.token("p1") == ("paris", "sold", "s2")
    assert cases(house) == []


def test_a_return_that_is_faster_than_its_sale_wins(house):
    paris, lyon = house.store("paris", "p1"), house.store("lyon")
    paris.write(house.sale(paris, "s1", "p1"))
    lyon.write(refund("s1", "p1"))
    lyon.send()
    paris.send()
    assert house.token("p1")[:2] == ("paris", "here")
    house.without(return_wins=False)
    paris.write(house.sale(paris, "s3", "p1", receipt=3))
    lyon.write(refund("s3", "p1"))
    lyon.send(2)
    paris.send(2)
    assert house.token("p1")[1] == "sold"


def test_two_refunds_of_one_line_open_a_case(house):
    paris, lyon = house.store("paris", "p1"), house.store("lyon")
    paris.write(house.sale(paris, "s1", "p1"))
    paris.write(refund("s1", "p1"))
    paris.send()
    lyon.write(refund("s1", "p1"))
    lyon.send()
    assert "refunded twice" in cases(house)


def test_a_client_brings_a_piece_to_another_store(house):
    paris, lyon = house.store("paris", "p1"), house.store("lyon")
    paris.write(house.sale(paris, "s1", "p1"))
    paris.send()
    sight(lyon, "p1", return_of="s1")
    first, asked = commands(paris)
    assert first == PlaceHold(piece=PieceId("p1"), sale=SaleId("s1"))
    assert isinstance(asked, RecallCustody)
    paris.write(CustodyReleased(piece=PieceId("p1"), ce=paris.ce["p1"], why=ReleaseWhy.RECALLED))
    paris.send()
    grant, kept = commands(lyon)
    assert (grant.state, grant.sale) == (CustodyState.SOLD, "s1")
    assert kept == PlaceHold(piece=PieceId("p1"), sale=SaleId("s1"))
    lyon.write(refund("s1", "p1"))
    lyon.send()
    assert house.token("p1") == ("lyon", "here", "")


def test_a_piece_brought_back_twice_is_let_go(house):
    paris = house.store("paris", "p1")
    paris.write(house.sale(paris, "s1", "p1"))
    paris.write(refund("s1", "p1"))
    paris.send()
    sight(paris, "p1", return_of="s1")
    assert commands(paris) == [LiftHold(piece=PieceId("p1"), sale=SaleId("s1"))]


def sold_under_a_lost_grant(house) -> None:
    """Lyon sold a piece that only the life of the cloud we lost had granted to it; its rows are handed over."""
    paris, lyon = house.store("paris", "p1"), house.store("lyon")
    lyon.ce["p1"] = paris.ce["p1"] + 5
    lyon.write(house.sale(lyon, "s1", "p1"))
    recover(house.office, NoProvider(), now_us=5)
    lyon.hand_over()


def test_a_fact_under_an_epoch_of_a_lost_life_proves_a_grant_we_lost(house):
    sold_under_a_lost_grant(house)
    assert house.token("p1") == ("lyon", "sold", "s1")
    assert cases(house) == []


def test_without_adopting_such_a_sale_is_quarantined(house):
    house.without(ce_adopt=False)
    sold_under_a_lost_grant(house)
    assert cases(house) == ["sale quarantined"]


@pytest.mark.parametrize("why", [ReleaseWhy.CLOSED, ReleaseWhy.RECALLED])
def test_a_sale_we_know_of_outlives_a_token_that_only_a_lost_life_gave(house, why):
    """Two lives are lost: the first knew the sale, the second gave its store another token, which it gave up again."""
    paris = house.store("paris", "p1")
    paris.write(house.sale(paris, "s1", "p1"))
    paris.send()
    paris.write(CustodyReleased(piece=PieceId("p1"), ce=paris.ce["p1"] + 5, why=why))
    recover(house.office, NoProvider(), now_us=5)
    paris.hand_over()
    assert house.token("p1") == ("", "sold", "s1")


def test_an_epoch_of_this_life_that_nobody_gave_takes_nothing(house):
    paris, lyon = house.store("paris", "p1"), house.store("lyon")
    lyon.ce["p1"] = paris.ce["p1"] + 5
    lyon.write(house.sale(lyon, "s-lie", "p1"))
    lyon.send()
    assert house.token("p1") == ("paris", "here", "")
    assert cases(house) == ["sale quarantined", "unknown custody"]
    paris.write(house.sale(paris, "s-true", "p1"))
    paris.send()
    assert house.token("p1") == ("paris", "sold", "s-true")
    states = {row["sale"]: row["state"] for row in house.rows(sa.select(sale))}
    assert states == {"s-lie": "quarantined", "s-true": "posted"}


def test_a_piece_shipped_to_nowhere_is_a_case(house):
    paris = house.store("paris", "p1")
    ship(paris, "p1", "atlantis")
    assert house.token("p1")[:2] == ("", "transit")
    assert cases(house) == ["no receiver"]


def test_a_piece_with_parked_rows_is_granted_to_nobody_until_they_are_understood(house):
    paris, lyon = house.store("paris", "p1"), house.store("lyon")
    strange = paris.write(PieceSighted(piece=PieceId("p1"), zone=ZoneId("z")), by="future")
    house.boxes["paris"].rows["trade"][0] = strange.replace(b'"piece.sighted"', b'"piece.dreamt"')
    paris.send()
    ship(paris, "p1", "lyon")
    assert commands(lyon) == []
    sight(lyon, "p1")
    assert house.token("p1")[0] == "paris"
    assert commands(lyon) == []


@pytest.mark.parametrize("frozen", [True, False])
def test_a_piece_with_parked_rows_is_in_no_snapshot(house, frozen):
    paris = house.store("paris", "p1", "p2")
    strange = paris.write(PieceSighted(piece=PieceId("p1"), zone=ZoneId("z")), by="future")
    paris.rows["trade"][0] = strange.replace(b'"piece.sighted"', b'"piece.dreamt"')
    paris.send()
    house.without(park_freeze=frozen)
    given = {row.piece for row in paris.join().custody}
    assert given == ({"p2"} if frozen else {"p1", "p2"}), "who knows what the parked row says of it"


def test_claims_are_known_and_a_broken_lease_is_a_case(house):
    paris = house.store("paris", "p1")
    held = ClaimHeld(claim="c1", piece=PieceId("p1"), ce=paris.ce["p1"], kind=ClaimKind.LEASE, ref="w1", fence=1)
    paris.write(held)
    paris.write(ClaimEnded(claim="c1", piece=PieceId("p1"), ce=paris.ce["p1"], how=ClaimEnd.BROKEN), by="marc")
    paris.send()
    assert house.rows(sa.select(claim.c.ended)) == [{"ended": "broken"}]
    assert cases(house) == ["lease broken"]


def test_the_same_sale_recorded_twice_counts_once(house):
    paris = house.store("paris", "p1")
    sold = house.sale(paris, "s1", "p1")
    paris.write(sold)
    paris.write(msgspec.structs.replace(sold, receipt_number=2))
    paris.send()
    assert cases(house) == ["double post"]
    assert house.rows(sa.select(sa.func.count().label("n")).select_from(sale)) == [{"n": 1}]
