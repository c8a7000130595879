"""Stock by row: what ought to be in its place, and what may be away."""

import msgspec
import pytest

from contract.facts import ClaimKind
from contract.feed import PieceCard
from contract.ids import PieceId
from edge.floor.stock import Status, Stock
from edge.floor.zonemap import ZoneMap
from trade.custody import TokenState


def a_card(number: int, *, epc: str | None = None, zone: str = "case", tray: str = "t1") -> PieceCard:
    return PieceCard(
        piece=PieceId(f"p{number}"),
        sku=f"R-{number}",
        title="Ring",
        category="ring",
        metal="gold",
        fineness=750,
        weight_mg=3200,
        stones="",
        price_minor=120_000,
        currency="EUR",
        tax_bp=2000,
        epc=f"E280AA{number:018X}" if epc is None else epc,
        home_zone=zone,
        tray=tray,
    )


@pytest.fixture
def stock(config):
    return Stock(ZoneMap(config))


def test_a_held_piece_is_expected_and_a_sold_or_claimed_one_is_not(stock):
    stock.learn([a_card(1)])
    assert not stock.expected[0]
    stock.stand(PieceId("p1"), Status(TokenState.HERE))
    assert stock.expected[0]
    for away in (
        Status(TokenState.HERE, ClaimKind.CART, "s1"),
        Status(TokenState.HERE, ClaimKind.MEMO, "m1"),
        Status(TokenState.SOLD),
        Status(TokenState.INCOMING),
        Status(TokenState.AWAY),
    ):
        stock.stand(PieceId("p1"), away)
        assert not stock.expected[0]
        assert away.away_because


@pytest.mark.parametrize("kind", [ClaimKind.LEASE, ClaimKind.LAYAWAY])
def test_a_piece_leased_to_a_web_order_or_laid_away_stays_where_it_is(stock, kind):
    stock.learn([a_card(1)])
    stock.stand(PieceId("p1"), Status(TokenState.HERE, kind, "o1"))
    assert stock.expected[0]


def test_two_pieces_on_one_tag_are_both_known_and_the_second_is_shown(stock):
    stock.learn([a_card(n) for n in range(1, 40)])
    stock.learn([a_card(50), a_card(51, epc=a_card(7).epc), a_card(52)])
    assert set(stock.epc_refused) == {PieceId("p51")}
    assert stock.catalogue.epc_of(stock.catalogue.row_of(PieceId("p51"))) == ""
    assert stock.catalogue.epc_of(stock.catalogue.row_of(PieceId("p52"))) == a_card(52).epc
    assert len(stock.home) >= len(stock) == 42


def test_a_new_tag_voids_the_history_and_a_new_price_does_not(stock):
    assert stock.learn([a_card(1), a_card(2)]).tolist() == [0, 1]
    assert stock.learn([a_card(1)]).tolist() == []
    assert stock.learn([a_card(1, epc="E280AB000000000000000001")]).tolist() == [0]


def test_a_card_taken_back_is_no_longer_expected(stock):
    stock.learn([a_card(1)])
    stock.stand(PieceId("p1"), Status(TokenState.HERE))
    row = stock.forget(PieceId("p1"))
    assert row == 0
    assert not stock.expected[0]


def test_a_store_without_places_takes_pieces_and_goes_on(config, clock, make):
    shop = make.shop(msgspec.structs.replace(config, zones=(), readers=()), clock, [make.card(1), make.card(2)])
    shop.run(2)
    assert len(shop.store.stock) == 2
