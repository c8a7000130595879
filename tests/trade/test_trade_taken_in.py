"""A thing taken in payment of a sale is offered under a name of its own, and never under an account's."""

import msgspec
import pytest

from contract.facts import TenderKind, TradeIn, TradeInOffered, ValueAsked, ValueKept
from trade.acts import TakeTradeIn
from trade.refusal import Why
from trade.value import Slice

GIVEN = TradeIn(
    piece="ti-1", title="Old brooch", category="brooch", client="c-1", value_minor=30_000, currency="EUR",
    provenance="her aunt's", proof="identity card",
)  # fmt: skip
CARD = Slice(account="gc-0001", kind=TenderKind.GIFT_CARD, currency="EUR", label="…9QXC", held_minor=20_000)


def offered(mind, account, part=None, **changes):
    given = msgspec.structs.replace(GIVEN, **changes)
    scene = msgspec.structs.replace(mind.cart("ring"), slice=part)
    return mind.decide(scene, TakeTradeIn(ask="a1", account=account, sale="sale-1", trade_in=given))


def test_its_worth_is_set_aside_for_this_sale_whole(mind):
    told, kept, aside = offered(mind, "ti-a1")
    assert isinstance(told, TradeInOffered)
    assert (type(kept), kept.account, kept.amount_minor) == (ValueKept, "ti-a1", 30_000)
    assert (type(aside), aside.kept_minor, aside.wanted_minor) == (ValueAsked, 30_000, 0)


def test_under_the_name_of_a_gift_card_it_would_become_money_of_that_card(mind):
    refused = offered(mind, CARD.account, CARD)
    assert refused.code is Why.WRONG_STATE
    assert "a name of its own" in refused.why


@pytest.mark.parametrize("worth", [0, -1, 120_001])
def test_it_pays_no_more_than_is_left_to_pay(mind, worth):
    assert offered(mind, "ti-a1", value_minor=worth).code is Why.WRONG_TENDERS
