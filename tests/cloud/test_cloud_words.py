"""What the office's pages say, word by word."""

import pytest

from cloud.screens import pad_said
from web.templating import place


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        ("matched", "Everything in the sale lay on the pad, and nothing else."),
        ("override: the ring is at the engraver", "A manager went on without it: the ring is at the engraver"),
        ("", "Not asked."),
        ("something newer", "something newer"),
    ],
)
def test_what_the_pad_said_is_a_sentence(verdict: str, words: str) -> None:
    assert pad_said(verdict) == words


@pytest.mark.parametrize(("zone", "words"), [("safe-1", "Safe 1"), ("case_12", "Case 12"), ("Vitrine A", "Vitrine A")])
def test_a_zone_is_called_in_words_where_only_its_id_is_known(zone: str, words: str) -> None:
    assert place(zone) == words
