"""What to show a client next: pieces that go with what they have and like, can be had now, and why, in words.

By attributes, because a piece is sold once and nobody else will buy the same one. What was bought together is counted
between styles (`Together`), and drawn towards nothing where it was seen seldom. Pinned likes are a person's word, and
weigh more than what purchases say.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
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
    found: dict[str, Suggested] = {}
    for piece in claimable:
        completes = piece.set_id in sets
        if piece.id in has or (piece.style in styles and not completes) or not _affordable(piece, right):
            continue
        reasons = sorted(_reasons(piece, mine, liked, right, pairs), key=lambda one: (-one[0], one[1]))
        score = sum(weight for weight, _ in reasons)
        words = tuple(word for weight, word in reasons if weight > 0 and word)
        one = Suggested(piece.id, round(score, 4), words)
        alike = piece.style or piece.id
        best = found.get(alike)
        if words and score > 0 and (best is None or _order(one) < _order(best)):
            found[alike] = one
    return sorted(found.values(), key=_order)[:at_most]


def _order(one: Suggested) -> tuple[float, str]:
    return -one.score, one.piece


def _affordable(piece: Piece, right: tuple[float, float] | None) -> bool:
    return right is None or right[0] / BAND_LOOSE <= piece.price_minor <= right[1] * BAND_LOOSE


def _reasons(
    piece: Piece, mine: Sequence[Piece], liked: Liked, right: tuple[float, float] | None, pairs: Together
) -> list[tuple[float, str]]:
    """Weights with their words. A fitting price is no reason by itself, and has no words."""
    told: list[tuple[float, str]] = []
    if same := [own for own in mine if own.set_id and own.set_id == piece.set_id]:
        told.append((COMPLETES_SET, f"completes the set of the {_called(same[-1])}"))
    worn = [own for own in mine if piece.category in COMPLEMENTS.get(own.category, frozenset())]
    if worn:
        matching = max(worn, key=lambda own: _matches(own, piece))
        if match := _matches(matching, piece):
            told.append((COMPLEMENT + MATCH * match, f"goes with the {_called(matching)}"))
    elif any(own.category == piece.category for own in mine):
        told.append((SAME_KIND, ""))
    for weight, attribute, words in _SHARED:
        value = getattr(piece, attribute)
        share = sum(getattr(own, attribute) == value for own in mine) / max(len(mine), 1) if value else 0
        if share:
            told.append((weight * share, words.format(value)))
    told += [
        (PINNED, f"likes {value}")
        for value, wanted in (
            (piece.metal, liked.metals), (piece.stone, liked.stones), (piece.designer, liked.designers)
        )
        if value in wanted
    ]  # fmt: skip
    if lift := max((pairs.between(own.style, piece.style) for own in mine), default=0.0):
        told.append((TOGETHER * lift, "others who own the same style chose it"))
    if told and right is not None and right[0] <= piece.price_minor <= right[1]:
        told.append((IN_BAND, ""))
    return told


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
