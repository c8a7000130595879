"""Who is compared with whom: cards that share at least one key. Several keys, so that no single slip hides a pair."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cloud.clienteling.identity.normal import skeleton
from cloud.clienteling.identity.people import Columns

GROUP_MAX: Final = 120
"""Cards under one key; a key that more share says little. Such groups are left to the other keys, and counted."""
PREFIX: Final = 4
"""Letters of a name that stand for it in a key."""

Ints = NDArray[np.int64]
Keys = Iterator[str]


@dataclass(frozen=True, slots=True)
class Blocked:
    left: Ints
    """Rows of the first of each pair; always below `right`. Each pair once."""
    right: Ints
    groups_over_limit: int
    """Groups with more than `GROUP_MAX` cards, of which no pair was made."""


def _day_sorted(day: str) -> str:
    """Month and day in ascending order, because people swap them."""
    return "".join(sorted((day[4:6], day[6:8])))


def _birthday(at: Columns) -> Keys:
    return (f"{day[:4]}{_day_sorted(day)}" if day else "" for day in at.birthday)


def _birthday_name(at: Columns) -> Keys:
    """For houses so large that many share a birthday."""
    return (
        f"{day[:4]}{_day_sorted(day)}{min(given[:1], family[:1])}" if day and given and family else ""
        for day, given, family in zip(at.birthday, at.given, at.family, strict=True)
    )


def _day_family(at: Columns) -> Keys:
    """A wrong year."""
    return (
        f"{_day_sorted(day)}{skeleton(family)[:2]}" if day and family else ""
        for day, family in zip(at.birthday, at.family, strict=True)
    )


def _year_names(at: Columns) -> Keys:
    """A wrong day."""
    return (
        f"{day[:4]}{given[:1]}{skeleton(family)[:3]}" if day and family else ""
        for day, given, family in zip(at.birthday, at.given, at.family, strict=True)
    )


def _names(at: Columns) -> Keys:
    """Both names by their sound, whichever is said first."""
    return (
        " ".join(sorted((skeleton(given)[:PREFIX], skeleton(family)[:PREFIX]))) if given and family else ""
        for given, family in zip(at.given, at.family, strict=True)
    )


def _initial_family(at: Columns) -> Keys:
    return (
        f"{given[:1]} {family}" if given and family else "" for given, family in zip(at.given, at.family, strict=True)
    )


def _given_ends(at: Columns) -> Keys:
    """The given name, and of the family name only where it begins and ends."""
    return (
        f"{given} {family[0]}{family[-1]}" if given and family else ""
        for given, family in zip(at.given, at.family, strict=True)
    )


def _given_year(at: Columns) -> Keys:
    return (f"{given} {day[:4]}" if given and day else "" for given, day in zip(at.given, at.birthday, strict=True))


def _phone_name(at: Columns) -> Keys:
    """A digit too many, or one lacking."""
    return (
        f"{phone[-4:]} {family[:1]}" if phone and family else ""
        for phone, family in zip(at.phone, at.family, strict=True)
    )


def _given_postcode(at: Columns) -> Keys:
    """Married, or the family name was not understood."""
    return (
        f"{given[:PREFIX]} {postcode}" if given and postcode else ""
        for given, postcode in zip(at.given, at.postcode, strict=True)
    )


def _family_postcode(at: Columns) -> Keys:
    return (
        f"{skeleton(family)[:PREFIX]} {postcode}" if family and postcode else ""
        for family, postcode in zip(at.family, at.postcode, strict=True)
    )


def _house(at: Columns) -> Keys:
    """One address: number and postcode, or number, sound of the street and town."""
    return (
        f"{street.partition(' ')[0]} {postcode}" if street[:1].isdigit() and postcode else ""
        for street, postcode in zip(at.street, at.postcode, strict=True)
    )


def _street(at: Columns) -> Keys:
    return (
        f"{''.join(skeleton(word) for word in street.split()[1:])} {city[:PREFIX]}" if " " in street and city else ""
        for street, city in zip(at.street, at.city, strict=True)
    )


def _email(at: Columns) -> Keys:
    return iter(at.email)


def _mailbox_letters(at: Columns) -> Keys:
    """One mailbox at another provider, or with another number behind it."""
    return (
        letters if len(letters := "".join(sign for sign in email.partition("@")[0] if sign.isalpha())) > PREFIX else ""
        for email in at.email
    )


def _phone(at: Columns) -> Keys:
    return iter(at.phone)


def _phone_end(at: Columns) -> Keys:
    """A wrong digit in front, or another country's number."""
    return (phone[-6:] for phone in at.phone)


def _phone_begin(at: Columns) -> Keys:
    """A wrong digit at the end."""
    return (f"{phone[:-3]}-" if phone else "" for phone in at.phone)


KEYS: Final[tuple[Callable[[Columns], Keys], ...]] = (
    _birthday, _birthday_name, _day_family, _year_names, _names, _initial_family, _given_postcode, _family_postcode,
    _house, _street, _email, _mailbox_letters, _phone, _phone_end, _phone_begin, _given_ends, _given_year, _phone_name,
)  # fmt: skip


def blocked(at: Columns, keys: tuple[Callable[[Columns], Keys], ...] = KEYS) -> Blocked:
    """All pairs of rows that share a key of `keys`; an empty key is shared with nobody."""
    codes: list[Ints] = []
    over = 0
    for key in keys:
        groups: defaultdict[str, list[int]] = defaultdict(list)
        for row, word in enumerate(key(at)):
            if word:
                groups[word].append(row)
        sized: defaultdict[int, list[list[int]]] = defaultdict(list)
        for rows in groups.values():
            if 1 < len(rows) <= GROUP_MAX:
                sized[len(rows)].append(rows)
            over += len(rows) > GROUP_MAX
        for size, members in sized.items():
            table = np.asarray(members, np.int64)
            first, second = np.triu_indices(size, 1)
            codes.append((table[:, first] * len(at) + table[:, second]).ravel())
    pairs = np.unique(np.concatenate(codes)) if codes else np.empty(0, np.int64)
    return Blocked(pairs // max(len(at), 1), pairs % max(len(at), 1), over)
