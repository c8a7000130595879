"""What the register says about pad and money, word by word."""

import pytest

from contract.facts import TenderKind
from contract.ids import PieceId
from edge.api.pages_register import split_tenders
from edge.api.views_pieces import verdict_of
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
    with pytest.raises(ProblemError, match="€7,880 still missing"):
        split_tenders(789_000, {}, 1_000, "EUR")
    with pytest.raises(ProblemError, match=r"€0\.50 too much"):
        split_tenders(789_000, {TenderKind.CARD: 789_050}, 0, "EUR")
