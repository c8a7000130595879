"""The office's pages of what was bought from the public, of scrap, compliance and signed appraisals, in a browser."""

from collections.abc import Callable, Iterator

import msgspec
import pytest
from playwright.sync_api import Page, expect

from cloud import appraising, costs, fiscal
from cloud.appraising import Appraisal
from cloud.custody import Custody
from cloud.pos.pieces import appraisals, melting, tradein
from cloud.pos.pieces.appraised import OfPiece
from cloud.pos.pieces.columns import Backing
from cloud.pos.pieces.desk import bring_in
from cloud.pos.purchases import apply as purchases
from cloud.pos.purchases import metals
from cloud.pos.sales import apply as sales
from cloud.pos.stores.desk import open_store
from cloud.work import Heard
from contract.commands import CustodyState
from contract.facts import (
    LineKind,
    PurchaseRecorded,
    SaleLine,
    SaleRecorded,
    Spot,
    Stream,
    Tender,
    TenderKind,
    TradeIn,
)
from contract.feed import MetalPriceCard, Ownership, PieceCard, StoreCard
from contract.ids import PieceId

TILL, PHONE = (1024, 768), (390, 844)
SPOT = Spot(minor_per_kg=12_345_600, currency="EUR", source="LBMA", quoted_us=1_794_830_400_000_000)
PATHS = (
    "/compliance", "/purchases", "/purchases/flagship/p1", "/purchases/metals", "/scrap", "/consigned",
    "/appraisals/check", "/pieces/ring",
)  # fmt: skip


def old(piece: str, title: str, **more: object) -> TradeIn:
    given = {
        "value_minor": 78_000, "scrap": True, "metal": "gold", "fineness": 750, "weight_mg": 9_930, "spot": SPOT,
        "payout_bp": 8_500, "weighed_by": "ML203 B123456",
    }  # fmt: skip
    return TradeIn(
        piece=PieceId(piece), title=title, category="", client="c-01930f2e", currency="EUR",
        provenance="her mother's", proof="passport", **{**given, **more},
    )  # fmt: skip


BOUGHT = (
    old("old-1", "Yellow metal chain", hold_until="2099-01-01"),
    old("old-2", "White metal ring, blue stone", scrap=False, spot=None, payout_bp=0, value_minor=240_000),
    old("old-3", "Broken bracelet"),
    old("old-4", "Single earring", value_minor=21_000, weight_mg=2_700),
)
TOTAL = sum(each.value_minor for each in BOUGHT)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, serve, make_office) -> Iterator[str]:
    cloud = make_office(tmp_path_factory.mktemp("buying"))
    now_us = cloud.desk.now_us()
    with cloud.desk.work() as work:
        open_store(work, StoreCard(store="flagship", name="Flagship", currency="EUR"))
        ring = PieceCard(
            piece=PieceId("ring"), sku="AU-1", title="Aurora ring", category="ring", metal="gold", fineness=750,
            weight_mg=4_100, stones="", price_minor=930_000, currency="EUR", tax_bp=2_000, epc="",
        )  # fmt: skip
        assert not bring_in(work, [ring], "flagship", state=CustodyState.HERE).errors
        lent = [
            msgspec.structs.replace(ring, piece=PieceId(name), sku=f"M-{name}", ownership=Ownership.CONSIGNED)
            for name in ("lent-1", "lent-2")
        ]
        of = Backing(cost_minor=412_500, cost_currency="EUR", source="Moreau & Fils, Genève", due_back="2026-10-31")
        assert not bring_in(
            work, lent, "flagship", state=CustodyState.HERE, backings=dict.fromkeys(("lent-1", "lent-2"), of)
        ).errors
        gone = SaleLine(
            line="l8", kind=LineKind.PIECE, description="Aurora ring", list_price_minor=930_000, gross_minor=930_000,
            tax_bp=0, tax_minor=0, piece="lent-2",
        )  # fmt: skip
        costs.sold(work, "flagship", "s8", [gone], "EUR", ref="sale:s8", day="2026-11-22", at_us=now_us)
        tokens = Custody(work)
        heard = Heard(
            store="flagship", epoch="e", stream=Stream.TRADE, seq=1, at_us=now_us, by="associate", why="test"
        )  # fmt: skip
        bought = PurchaseRecorded(
            purchase="p1", number=1, till="till-1", shift="z9", business_day="2026-11-22", client="c-01930f2e",
            currency="EUR", items=BOUGHT, total_minor=TOTAL, approved_by="manager",
            tenders=(Tender(kind=TenderKind.BANK_TRANSFER, amount_minor=TOTAL, reference="P-1"),),
        )  # fmt: skip
        tradein.bought(tokens, heard, bought)
        purchases.bought(tokens, heard, bought)
        line = SaleLine(
            line="l9", kind=LineKind.SERVICE, description="Restringing", list_price_minor=1_234_500,
            gross_minor=1_234_500, tax_bp=0, tax_minor=0,
        )  # fmt: skip
        sold = SaleRecorded(
            sale="s9", till="till-1", shift="z9", receipt_number=9, business_day="2026-11-22", associate="associate",
            currency="EUR", lines=(line,), total_minor=1_234_500, tax_minor=0, client="c-01930f2e",
            tenders=(Tender(kind=TenderKind.CASH, amount_minor=1_234_500),),
        )  # fmt: skip
        for apply in (sales.APPLY[SaleRecorded],):
            apply(tokens, heard, sold)
        tokens.flush()
    with cloud.desk.work() as work:
        metals.put(
            work,
            MetalPriceCard(
                metal="gold", currency="EUR", minor_per_kg=12_345_600, payout_bp=8_500, source="LBMA", quoted_us=now_us
            ),
            by="admin", why="of the day",
        )  # fmt: skip
        melting.send(work, "lot-1", "flagship", [PieceId("old-3")], "Refiner & Sons", by="admin")
        fiscal.close(work, "flagship", "2026-10", by="admin")
        worth = Appraisal(value_minor=930_000, currency="EUR", purpose="Insurance", appraiser="Ida", day="2026-11-20")
        for name in ("worth-1", "worth-2"):
            appraisals.appraise(work, PieceId("ring"), worth, new_id=name, by="admin")
        appraising.sign(work, OfPiece(work, PieceId("ring")), "worth-1", "FGA", appraising.BASES[0], by="admin")
    yield serve(cloud.app)
    cloud.office.close()


@pytest.mark.looks_at(*PATHS)
def test_each_page_is_accessible_in_every_size(
    office: str, signed_in: Callable[..., Page], look_at: Callable[[Page, str], None]
) -> None:
    page = signed_in(office, "/", user="admin")
    for path in PATHS:
        assert page.goto(office + path).status == 200, path
        look_at(page, f"office{path.replace('/', '-')}")


def test_a_report_is_filed_scrap_leaves_and_an_appraisal_is_signed(office: str, signed_in: Callable[..., Page]) -> None:
    page = signed_in(office, "/compliance", user="admin")
    page.get_by_label("Number the authority answered with").fill("BSA 31000")
    page.get_by_role("button", name="Filed").click()
    expect(page.get_by_text("BSA 31000")).to_be_visible()

    page.goto(f"{office}/scrap")
    expect(page.get_by_label("Yellow metal chain")).to_have_count(0)
    page.get_by_label("Single earring").check()
    page.get_by_label("Refiner").fill("Refiner & Sons")
    page.get_by_role("button", name="Send the chosen as a lot").click()
    expect(page.get_by_label("Single earring")).to_have_count(0)

    page.goto(f"{office}/pieces/ring")
    page.get_by_text("Sign it", exact=True).click()
    page.get_by_label("Credentials of Ida").fill("FGA")
    page.get_by_label("Takes the place of").select_option(index=1)
    page.get_by_role("button", name="Sign it for ever").click()
    expect(page.get_by_text("Superseded", exact=True)).to_be_visible()
