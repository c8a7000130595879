"""What to show a client next: pieces that go with what they have and like, can be had now, and why, in words.

By attributes, because a piece is sold once and nobody else will buy the same one. What was bought together is counted
between styles (`Together`), and drawn towards nothing where it was seen seldom. Pinned likes are a person's word, and
weigh more than what purchases say.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import nsmallest
from itertools import combinations
from operator import attrgetter, itemgetter
from typing import Final, NamedTuple

import numpy as np

SHOWN_MAX: Final = 50
PURCHASES_MAX: Final = 500
"""The latest of a client that are looked at."""
CLAIMABLE_MAX: Final = 200_000
BASKET_STYLES_MAX: Final = 30
"""Styles of one client that are paired; who bought more is a dealer."""
SHRINK: Final = 10.0
"""Clients who would have to share two styles for half of what was seen to be believed."""
BAND: Final = (0.1, 0.9)
"""Quantiles of what a client paid for a piece, between which a price feels right."""
BAND_LOOSE: Final = 1.5
"""How far outside them a price may be before it is left out: a factor, because few purchases tell little."""

COMPLETES_SET: Final = 4.0
COMPLEMENT: Final = 1.5
MATCH: Final = 0.5
"""Each of metal, colour, stone and collection that two pieces worn together share."""
COLLECTION, STONE, METAL, COLOUR, DESIGNER = 1.5, 1.0, 1.0, 0.5, 1.0
"""Times the share of a client's pieces that have it."""
PINNED: Final = 2.0
IN_BAND: Final = 1.0
TOGETHER: Final = 2.0
SAME_KIND: Final = -0.5
"""Another of a kind they own and no complement of anything."""

COMPLEMENTS: Final[Mapping[str, frozenset[str]]] = {
    "bracelet": frozenset({"earrings", "necklace", "ring"}),
    "earrings": frozenset({"necklace", "bracelet", "pendant", "ring"}),
    "necklace": frozenset({"earrings", "bracelet"}),
    "pendant": frozenset({"earrings", "necklace"}),
    "ring": frozenset({"earrings", "ring", "bracelet"}),
    "brooch": frozenset({"earrings", "necklace"}),
    "watch": frozenset({"cufflinks", "bracelet"}),
    "cufflinks": frozenset({"watch", "tie_pin"}),
}
"""Of a kind of piece: what is worn with it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece, bought or for sale. Empty is unknown."""

    id: str
    style: str = ""
    """What pieces made alike share."""
    category: str = ""
    metal: str = ""
    colour: str = ""
    stone: str = ""
    collection: str = ""
    designer: str = ""
    set_id: str = ""
    """Of the set it is a part of."""
    title: str = ""
    price_minor: int = 0
    """Asked, or paid."""


@dataclass(frozen=True, slots=True)
class Liked:
    """What staff pinned for a client, each as a piece would have it."""

    metals: frozenset[str] = frozenset()
    stones: frozenset[str] = frozenset()
    designers: frozenset[str] = frozenset()
    budget_minor: tuple[int, int] | None = None
    """From and to, instead of what purchases say."""


class Suggested(NamedTuple):
    piece: str
    score: float
    reasons: tuple[str, ...]
    """The strongest first."""


@dataclass(frozen=True, slots=True)
class Together:
    """How much more often than by chance two styles are owned by one client; log ratio, shrunk. See `together`."""

    lifts: Mapping[frozenset[str], float] = field(default_factory=dict)

    def between(self, one: str, other: str) -> float:
        return self.lifts.get(frozenset((one, other)), 0.0)


def together(owned: Iterable[Iterable[str]]) -> Together:
    """Of each client's styles. Only what goes together more often than by chance is kept."""
    alone: Counter[str] = Counter()
    both: Counter[frozenset[str]] = Counter()
    clients = 0
    for styles in owned:
        distinct = sorted(set(styles) - {""})[:BASKET_STYLES_MAX]
        alone.update(distinct)
        both.update(frozenset(pair) for pair in combinations(distinct, 2))
        clients += 1
    lifts = {}
    for pair, seen in both.items():
        one, other = sorted(pair)
        chance = alone[one] * alone[other] / clients
        if seen > chance:
            lifts[pair] = float(np.log(seen / chance) * seen / (seen + SHRINK))
    return Together(lifts)


def band(paid_minor: Sequence[int], liked: Liked = Liked()) -> tuple[float, float] | None:
    """Prices that feel right, in minor units: what was pinned, or quantiles of what was paid; None when unknown."""
    if liked.budget_minor is not None:
        return float(liked.budget_minor[0]), float(liked.budget_minor[1])
    paid = [price for price in paid_minor if price > 0]
    if not paid:
        return None
    low, high = np.quantile(paid, BAND)
    return float(low), float(high)


def suggest(
    bought: Sequence[Piece],
    claimable: Sequence[Piece],
    *,
    liked: Liked = Liked(),
    owned: frozenset[str] = frozenset(),
    pairs: Together = Together(),
    at_most: int = 10,
) -> list[Suggested]:
    """The best of `claimable`, each with at least one reason; nothing when nothing is known of the client.

    `bought`: the client's pieces, the latest last. `owned`: ids they have from elsewhere (gifts, other houses). One of
    a style at most, so that a page does not show ten alike; never a style they own, unless it completes a set. Raises
    `ValueError` when there are more pieces than `CLAIMABLE_MAX` or more asked for than `SHOWN_MAX`.
    """
    if len(claimable) > CLAIMABLE_MAX or not 0 < at_most <= SHOWN_MAX:
        raise ValueError(f"suggests 1 to {SHOWN_MAX} of at most {CLAIMABLE_MAX} pieces: give those near the store only")
    mine = bought[-PURCHASES_MAX:]
    has = owned | {piece.id for piece in bought}
    styles, sets = {piece.style for piece in mine} - {""}, {piece.set_id for piece in mine} - {""}
    right = band([piece.price_minor for piece in mine], liked)
    taste = _Taste(mine, liked, right, pairs)
    found: dict[str, tuple[float, str, Piece]] = {}
    for piece in claimable:
        completes = piece.set_id in sets
        if piece.id in has or (piece.style in styles and not completes) or not _affordable(piece, right):
            continue
        reasons = taste.reasons(piece)
        score = sum(weight for weight, _, _ in reasons)
        if score <= 0 or not any(weight > 0 and words for weight, words, _ in reasons):
            continue
        one = (-round(score, 4), piece.id, piece)
        alike = piece.style or piece.id
        best = found.get(alike)
        if best is None or one[:2] < best[:2]:
            found[alike] = one
    best_first = nsmallest(at_most, found.values(), key=itemgetter(0, 1))
    return [Suggested(name, -score, taste.words(piece)) for score, name, piece in best_first]


def _affordable(piece: Piece, right: tuple[float, float] | None) -> bool:
    return right is None or right[0] / BAND_LOOSE <= piece.price_minor <= right[1] * BAND_LOOSE


class _Taste:
    """What a client has and likes, counted once and asked of each piece that can be had: some thousands of them."""

    def __init__(self, mine: Sequence[Piece], liked: Liked, right: tuple[float, float] | None, pairs: Together) -> None:
        self._mine, self._right, self._pairs = mine, right, pairs
        self._last_of_set = {own.set_id: own for own in mine if own.set_id}
        self._kinds = {own.category for own in mine}
        self._styles = {own.style for own in mine}
        self._shares = [
            (weight, attrgetter(name), Counter(getattr(own, name) for own in mine), words)
            for weight, name, words in _SHARED
        ]
        wanted = ((liked.metals, "metal"), (liked.stones, "stone"), (liked.designers, "designer"))
        self._pinned = [(some, attrgetter(name)) for some, name in wanted if some]
        self._worn: dict[tuple[str, ...], tuple[Piece, int] | None] = {}
        self._lifts: dict[str, float] = {}

    def words(self, piece: Piece) -> tuple[str, ...]:
        """Why, the strongest first."""
        told = [(-weight, words.format(value)) for weight, words, value in self.reasons(piece) if weight > 0 and words]
        return tuple(words for _, words in sorted(told))

    def reasons(self, piece: Piece) -> list[tuple[float, str, str]]:
        """Weights, their words and what goes into them. A fitting price is no reason by itself, and has no words."""
        told: list[tuple[float, str, str]] = []
        if piece.set_id and (own := self._last_of_set.get(piece.set_id)):
            told.append((COMPLETES_SET, "completes the set of the {}", _called(own)))
        if worn := self._worn_with(piece):
            own, match = worn
            told.append((COMPLEMENT + MATCH * match, "goes with the {}", _called(own)))
        elif piece.category in self._kinds:
            told.append((SAME_KIND, "", ""))
        for weight, of, counted, words in self._shares:
            value = of(piece)
            if value and (share := counted.get(value)):
                told.append((weight * share / len(self._mine), words, value))
        told += [(PINNED, "likes {}", of(piece)) for some, of in self._pinned if of(piece) in some]
        if lift := self._lift(piece.style):
            told.append((TOGETHER * lift, "others who own the same style chose it", ""))
        if told and self._right is not None and self._right[0] <= piece.price_minor <= self._right[1]:
            told.append((IN_BAND, "", ""))
        return told

    def _worn_with(self, piece: Piece) -> tuple[Piece, int] | None:
        """What they own that it is worn with, of several what it matches best; told once of pieces that look alike."""
        looks = (piece.category, piece.metal, piece.colour, piece.stone, piece.collection)
        if looks not in self._worn:
            worn = [own for own in self._mine if piece.category in COMPLEMENTS.get(own.category, frozenset())]
            best = max(worn, key=lambda own: _matches(own, piece), default=None)
            self._worn[looks] = None if best is None else (best, _matches(best, piece))
        return self._worn[looks]

    def _lift(self, style: str) -> float:
        if style not in self._lifts:
            self._lifts[style] = max((self._pairs.between(own, style) for own in self._styles), default=0.0)
        return self._lifts[style]


_SHARED: Final = (
    (COLLECTION, "collection", "of the collection {}, which they own pieces of"),
    (STONE, "stone", "{}, as in what they bought"),
    (METAL, "metal", "{}, as in what they bought"),
    (COLOUR, "colour", "{}, a colour they wear"),
    (DESIGNER, "designer", "by {}, whom they bought before"),
)


def _matches(own: Piece, piece: Piece) -> int:
    """How many of metal, colour, stone and collection two pieces share."""
    return sum(
        bool(getattr(own, name)) and getattr(own, name) == getattr(piece, name)
        for name in ("metal", "colour", "stone", "collection")
    )


def _called(piece: Piece) -> str:
    return piece.title or " ".join(word for word in (piece.colour or piece.metal, piece.category) if word) or piece.id
