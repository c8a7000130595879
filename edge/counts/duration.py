"""How long a count should take, by the Gen2 model and what is known of its pieces; and a word when it takes longer.

A round lasts a second, or as long as the reader needs to hear every tag in its view once. How many rounds it takes
until everything has been read follows from how well each piece is read.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

ROUND_S: Final = 1.0
TAGS_PER_S: Final = {0: 1020.0, 1: 775.0, 2: 195.0, 3: 87.0, 4: 509.0}
"""Tags a second by RF mode of an Impinj-class reader, Q algorithm included (handbook rfid §4.7)."""
TAGS_PER_S_USUAL: Final = 195.0
"""Of a reader that chooses its own mode: the patient ones a cabinet asks for."""
ROUNDS_MAX: Final = 60
EVEN: Final = 0.5
"""The expected duration is the one that half of all counts do not exceed."""
SLOW_FACTOR: Final = 1.5
SLOW_AFTER_S: Final = 3.0
HARD_BELOW: Final = 0.3


def tags_per_s(mode: int | None) -> float:
    """Of a reader in this mode of its table; None: its own choice."""
    return TAGS_PER_S_USUAL if mode is None else TAGS_PER_S.get(mode, TAGS_PER_S_USUAL)


def round_s(tags_in_view: int, rate: float) -> float:
    """Seconds that one reader needs to hear so many tags once."""
    return max(ROUND_S, tags_in_view / rate)


def rounds_left(p: NDArray[np.float64], present: NDArray[np.float64]) -> int:
    """Rounds until all of these unread pieces that are there have been read, as often as not; at most `ROUNDS_MAX`.

    p  float[n] chance to be read in one round        present  float[n] chance to be there at all
    """
    if not len(p):
        return 0
    low, high = 1, ROUNDS_MAX
    while low < high:
        middle = (low + high) // 2
        unread = np.minimum(present * (1 - p) ** middle, 1 - 1e-12)
        if np.log1p(-unread).sum() >= np.log(EVEN):
            high = middle
        else:
            low = middle + 1
    return low


def why_slower(
    elapsed_s: float, expected_s: float, *, silent: list[str], lost: int, dark: list[str], unread_p: NDArray[np.float64]
) -> str:
    """`Slower than expected (40 s for 12 s): …`, empty while it is not. `lost`: rounds that were not whole.

    silent: readers that do not read; dark: zones that rounds showed almost nothing of; unread_p: of unread pieces.
    """
    if elapsed_s <= SLOW_FACTOR * expected_s + SLOW_AFTER_S:
        return ""
    hard = int((unread_p < HARD_BELOW).sum())
    if silent:
        because = f"{', '.join(silent)} {'does' if len(silent) == 1 else 'do'} not read"
    elif dark:
        because = f"almost nothing is heard of {', '.join(dark)}; see what stands in the way"
    elif lost >= 2:
        because = f"{lost} rounds were not whole: a reader was interrupted, or changed how it looks"
    elif hard:
        because = f"{_pieces(hard)} still unread {'is' if hard == 1 else 'are'} read in fewer than one round of three"
    else:
        because = f"{_pieces(len(unread_p))} {'stays' if len(unread_p) == 1 else 'stay'} silent that ought to answer"
    return f"Slower than expected ({elapsed_s:.0f} s where {expected_s:.0f} s were expected): {because}."


def _pieces(number: int) -> str:
    return "1 piece" if number == 1 else f"{number:,} pieces"
