"""What each field of two cards says for or against one person, in bits: 1 doubles the odds, -1 halves them.

A field that one of them lacks says nothing. A name says more the rarer it is in this house. People of one household
share address, telephone, mailbox and family name: where the given name differs, that is taken back.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.process import cpdist

from cloud.clienteling.identity.nicknames import related
from cloud.clienteling.identity.people import Columns

Bits = NDArray[np.float32]
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]

FIELDS: Final = ("given", "family", "birthday", "email", "phone", "address", "household")
RARITY_BITS_MAX: Final = 11.0
"""What a name that is the same can say. Rarer names are often misspelt ones."""
CLOSE: Final = 0.86
"""Jaro–Winkler from which two spellings may be one word."""
SHORT_LETTERS: Final = 3
"""Letters from which the beginning of a name stands for it."""
LONG_NAME: Final = 5
"""Letters from which two slips leave a name what it is."""
LONG_ENOUGH: Final = 8
"""Letters of an e-mail address from which two slips leave it recognisable."""
GENERATION_YEARS: Final = 15

NICKNAME, CLOSE_NAME, SWAPPED_NAMES, INITIAL, OTHER_GIVEN, OTHER_FAMILY = 6.0, 5.0, 6.0, 2.0, -7.0, -4.5
SAME_DAY, SWAPPED_DAY, CLOSE_DAY, NEAR_DAY, OTHER_DAY = 13.0, 11.0, 8.0, 4.0, -7.0
SAME_MAIL, SAME_NUMBERED, CLOSE_MAIL, OTHER_MAIL = 18.0, 10.0, 3.0, -1.5
"""A mailbox that is nearly the same is mostly made of the name, which was weighed already; less so with a number."""
SAME_PHONE, CLOSE_PHONE, OTHER_PHONE = 18.0, 13.0, -1.5
SAME_HOUSE, NEAR_HOUSE, SAME_POSTCODE, SAME_TOWN, OTHER_HOUSE = 15.0, 12.0, 4.0, 0.0, -2.0
OTHER_OF_HOUSEHOLD, TWIN, GENERATION = -60.0, -45.0, -45.0


class Words:
    """One column as its distinct words, and of each pair which two of them stand in it.

    With `across`, the second word of each pair is that column's.
    """

    def __init__(self, column: list[str], left: Ints, right: Ints, *, across: list[str] | None = None) -> None:
        both = column if across is None else column + across
        distinct, codes = np.unique(np.asarray(both, np.str_), return_inverse=True)
        self.words = [str(word) for word in distinct]
        self.one, self.other = codes[left], codes[right if across is None else right + len(column)]
        self.known: Flags = (distinct != "")[self.one] & (distinct != "")[self.other]
        self.same: Flags = (self.one == self.other) & self.known
        letters = np.asarray([len(word) for word in self.words], np.int64)
        self.shorter = np.minimum(letters[self.one], letters[self.other])
        self._counts = np.bincount(codes, minlength=len(self.words))

    def each(self, compare: Callable[[list[str], list[str]], NDArray[np.generic]]) -> NDArray[np.generic]:
        """`compare` of the two words of every pair; each two words are compared once."""
        codes, back = np.unique(self.one * len(self.words) + self.other, return_inverse=True)
        first, second = np.divmod(codes, max(len(self.words), 1))
        return compare([self.words[at] for at in first], [self.words[at] for at in second])[back]

    def alike(self) -> Bits:
        """Jaro–Winkler, 0…1."""
        return np.asarray(self.each(lambda a, b: cpdist(a, b, scorer=JaroWinkler.normalized_similarity)), np.float32)

    def slips(self) -> Ints:
        """Letters to change, add, leave out or exchange with their neighbour."""
        return np.asarray(self.each(lambda a, b: cpdist(a, b, scorer=OSA.distance, dtype=np.int32)), np.int64)

    def begins(self) -> Flags:
        """One is the beginning of the other."""
        told = self.each(
            lambda a, b: np.asarray([x.startswith(y) or y.startswith(x) for x, y in zip(a, b, strict=True)], np.bool_)
        )
        return np.asarray(told, np.bool_) & self.known

    def close(self) -> Flags:
        """Two spellings of one name, or one is the beginning of the other."""
        slips = self.slips()
        near = (self.alike() >= CLOSE) | (slips == 1) | ((slips == 2) & (self.shorter >= LONG_NAME)) | self.begins()
        return np.asarray(near & (self.shorter >= SHORT_LETTERS) & self.known, np.bool_)

    def short(self) -> Flags:
        """One is short for the other."""
        row = {word: at for at, word in enumerate(self.words)}
        pairs = np.asarray([row[a] * len(row) + row[b] for a, b in related(self.words)], np.int64)
        return np.isin(self.one * len(row) + self.other, pairs)

    def rarity(self) -> Bits:
        """Bits that agreeing on the first of the two words adds, by how few carry it."""
        share = (self._counts[self.one] + 1) / (self._counts.sum() + 1)
        return np.asarray(np.clip(-np.log2(share), 0, RARITY_BITS_MAX), np.float32)


def evidence(at: Columns, left: Ints, right: Ints) -> dict[str, Bits]:
    """Bits by name of `FIELDS`, of the pairs of rows `left`, `right`."""
    given, other_given = _given(at, left, right)
    family = _name(Words(at.family, left, right), OTHER_FAMILY)
    swapped = _swapped(at, left, right)
    given[swapped], family[swapped], other_given[swapped] = SWAPPED_NAMES, SWAPPED_NAMES, False
    birthday, years_apart = _birthday(at, left, right)
    address = _address(at, left, right)
    named = given > 0  # a house holds many people
    household = np.zeros(len(left), np.float32)
    household[other_given & (birthday <= 0)] = OTHER_OF_HOUSEHOLD
    household[other_given & (birthday > 0)] = TWIN
    household[~other_given & (birthday < 0) & (years_apart >= GENERATION_YEARS)] = GENERATION
    return {
        "given": given,
        "family": family,
        "birthday": birthday,
        "email": _mail(at, left, right),
        "phone": _phone(at, left, right),
        "address": np.where(named, address, np.minimum(address, SAME_POSTCODE)),
        "household": household,
    }


def _name(words: Words, other: float) -> Bits:
    bits = np.where(words.close(), CLOSE_NAME, other).astype(np.float32)
    bits[words.begins() & (words.shorter < SHORT_LETTERS)] = INITIAL
    bits[words.same] = words.rarity()[words.same]
    bits[~words.known] = 0
    return bits


def _given(at: Columns, left: Ints, right: Ints) -> tuple[Bits, Flags]:
    words = Words(at.given, left, right)
    bits = _name(words, OTHER_GIVEN)
    bits[words.short() & (bits < NICKNAME)] = NICKNAME
    return bits, bits < 0


def _swapped(at: Columns, left: Ints, right: Ints) -> Flags:
    """Given and family name stand in each other's place."""
    one, other = Words(at.given, left, right, across=at.family), Words(at.family, left, right, across=at.given)
    crossed = np.logical_and(*(words.close() | words.begins() | words.short() for words in (one, other)))
    straight = Words(at.given, left, right).close() | Words(at.family, left, right).close()
    return crossed & ~straight


def _birthday(at: Columns, left: Ints, right: Ints) -> tuple[Bits, Ints]:
    """Bits, and the years between them."""
    words = Words(at.birthday, left, right)
    parts = np.asarray([(int(w[:4]), int(w[4:6]), int(w[6:])) if w else (0, 0, 0) for w in words.words], np.int64)
    one, other = parts[words.one], parts[words.other]
    swapped = (one[:, 0] == other[:, 0]) & (one[:, 1] == other[:, 2]) & (one[:, 2] == other[:, 1])
    crossed = (one[:, 1] == other[:, 2]) & (one[:, 2] == other[:, 1])
    parts_same = (one == other).sum(axis=1)
    bits = np.full(len(left), OTHER_DAY, np.float32)
    bits[(parts_same == 2) | crossed] = NEAR_DAY
    bits[words.slips() == 1] = CLOSE_DAY
    bits[swapped] = SWAPPED_DAY
    bits[words.same] = SAME_DAY
    bits[~words.known] = 0
    return bits, np.abs(one[:, 0] - other[:, 0])


def _mail(at: Columns, left: Ints, right: Ints) -> Bits:
    whole, local = Words(at.email, left, right), Words([mail.partition("@")[0] for mail in at.email], left, right)
    bits = np.full(len(left), OTHER_MAIL, np.float32)
    bits[(whole.slips() <= 2) & (whole.shorter > LONG_ENOUGH)] = CLOSE_MAIL
    numbered = np.asarray([any(sign.isdigit() for sign in word) for word in local.words], np.bool_)
    bits[local.same] = np.where(numbered[local.one[local.same]], SAME_NUMBERED, CLOSE_MAIL)
    bits[whole.same] = SAME_MAIL
    bits[~whole.known] = 0
    return bits


def _phone(at: Columns, left: Ints, right: Ints) -> Bits:
    words = Words(at.phone, left, right)
    bits = np.full(len(left), OTHER_PHONE, np.float32)
    bits[words.slips() == 1] = CLOSE_PHONE
    bits[words.same] = SAME_PHONE
    bits[~words.known] = 0
    return bits


def _address(at: Columns, left: Ints, right: Ints) -> Bits:
    street, postcode, city = (Words(column, left, right) for column in (at.street, at.postcode, at.city))
    alike = street.alike() >= CLOSE
    place = postcode.same | city.same | ((postcode.slips() <= 1) & postcode.known)
    bits = np.full(len(left), OTHER_HOUSE, np.float32)
    bits[place] = SAME_TOWN
    bits[alike & place & street.known] = NEAR_HOUSE
    bits[street.same & place] = SAME_HOUSE
    bits[~street.known] = np.where(postcode.same, SAME_POSTCODE, 0)[~street.known]
    return bits
