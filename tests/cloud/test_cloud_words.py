"""What the office's pages say, word by word."""

import pytest

from cloud.screens import pad_said


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
