"""What the register says about pad and money, word by word."""

from dataclasses import replace

import pytest

from contract.facts import AlarmKind, TenderKind
from contract.feed import RateCard
from contract.ids import PieceId
from edge.api.tendering import Given, Told, compose
from edge.api.views_pieces import verdict_of
from edge.floor.sentences import accused, beside_its_title, left_unsold
from edge.reconcile.presence.shapes import Accusation
from trade.cash import CashRules, rounded
from trade.tender import tenders_pay
from web.problems import ProblemError

RING, CUFF, CHAIN = PieceId("ring"), PieceId("cuff"), PieceId("chain")


@pytest.mark.parametrize(
    ("laid", "asked", "verdict", "words"),
    [
        ({RING}, {RING}, "matched", "The piece of the cart lies on the pad, and nothing else."),
        ({RING, CUFF}, {RING, CUFF}, "matched", "All 2 pieces of the cart lie on the pad, and nothing else."),
        ({RING}, {RING, CUFF}, "mismatch", "1 piece in the cart is not on the pad."),
        ({RING, CUFF, CHAIN}, {RING}, "mismatch", "2 pieces on the pad are not in the cart."),
        (
            {RING},
            {CUFF},
            "mismatch",
            "1 piece on the pad is not in the cart; 1 piece in the cart is not on the pad.",
        ),
    ],
)
def test_pad_and_cart_are_compared_in_a_sentence(
    laid: set[PieceId], asked: set[PieceId], verdict: str, words: str
) -> None:
    assert verdict_of(frozenset(laid), frozenset(asked), settled=True, compared=True) == (verdict, words)


def test_what_is_still_to_pay_is_written_as_money() -> None:
    sale = Told((), 789_000, 789_000, CashRules(), ())
    with pytest.raises(ProblemError, match="€7,880 still missing"):
        compose(sale, Given(cash_minor=1_000), "EUR")
    with pytest.raises(ProblemError, match=r"€0\.50 too much"):
        compose(sale, Given(card_minor=789_050), "EUR")


RATES = {"CHF": RateCard(currency="CHF", into="EUR", rate_e9=1_043_210_000, source="ECB", quoted_us=7)}


@pytest.mark.parametrize("step", [1, 5, 10])
@pytest.mark.parametrize("total", [1, 12_003, 789_000])
@pytest.mark.parametrize(
    "given",
    [
        Given(),
        Given(cash_minor=1_000_000),
        Given(transfer_minor=1, reference="R-1"),
        Given(foreign="CHF", foreign_minor=10_000),
        Given(rest=TenderKind.BANK_TRANSFER, reference="R-1"),
    ],
)
def test_whatever_is_typed_makes_the_total_and_the_rules_take_it(total: int, step: int, given: Given) -> None:
    rules = CashRules(step, RATES)
    if given.transfer_minor == total:
        given = given._replace(cash_minor=0)
    tenders = rounded(compose(Told((), total, total, rules, ()), given, "EUR"), step)
    assert tenders_pay(tenders, total, "EUR", rules) is None


RING_7 = "Ring, 18 ct (R-7)"


@pytest.mark.parametrize(
    ("sentence", "beside"),
    [
        (accused(RING_7, "Case 1", "Not read in 31 rounds."), "Not read in 31 rounds."),
        (left_unsold(RING_7, "Street door", "unsold stock"), "Passed Street door and has not been sold: unsold stock."),
        ("Ring (R-7), Case 1: Not read in 31 rounds.", "Ring (R-7), Case 1: Not read in 31 rounds."),
    ],
    ids=["left its place", "at the door", "its title was changed since"],
)
def test_an_alarm_beside_its_title_does_not_say_the_title_again(sentence: str, beside: str) -> None:
    assert beside_its_title(sentence, RING_7, "Case 1") == beside


def test_the_evidence_of_an_alarm_fits_two_lines_of_a_wall() -> None:
    worst = Accusation(AlarmKind.GROUP, tuple(range(12)), 3, 88.8, 1234, 1234.0, 0.88, 0.88)
    assert len(worst.sentence()) <= 100
    assert len(replace(worst, rows=(1,)).sentence()) <= 90
