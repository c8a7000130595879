"""One profile of a client who is known by several ids: what the surviving id says first, then what others add to it."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from cloud.pos.clients.profile import GROWN, TYPED, Profile


def together(own: Profile, others: Sequence[Profile]) -> Profile:
    """Texts are the survivor's where it has one; addresses and numbers are all of them; entries its own, then theirs.

    A size of a finger that the survivor knows stays the survivor's.
    """
    if not others:
        return own
    joined: dict[str, Any] = {}
    for name in TYPED:
        values = [getattr(each, name) for each in (own, *others)]
        if isinstance(values[0], tuple):
            joined[name] = tuple(dict.fromkeys(entry for value in values for entry in value))
        else:
            joined[name] = next((value for value in values if value), "")
    for name in GROWN:
        joined[name] = tuple(entry for each in (own, *others) for entry in getattr(each, name))
    fingers: dict[str, Any] = {}
    for size in joined["sizes"]:
        fingers.setdefault(size.finger, size)
    joined["sizes"] = tuple(fingers.values())
    joined["verified_phone"] = next((each.verified_phone for each in (own, *others) if each.verified_phone), "")
    return dataclasses.replace(own, **joined)
