"""Whether a client may be written to, from everything they ever said, in whatever order it is heard.

A word counts from when it was said, not from when it was typed or arrived: a store that was alone may bring a yes of
this morning after a no of noon. Of two words of one moment the no wins.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Channel(StrEnum):
    """A way to reach a client. Each is consented to by itself."""

    EMAIL = "email"
    SMS = "sms"
    PHONE = "phone"
    POST = "post"
    MESSENGER = "messenger"


class Proof(StrEnum):
    """How a client said it."""

    SIGNED = "signed"
    SPOKEN = "spoken"
    WRITTEN = "written"
    """By e-mail, letter or message."""
    ONLINE = "online"
    LINK = "link"
    """The link by which one unsubscribes."""


@dataclass(frozen=True, slots=True)
class Said:
    """One word of a client about one channel. `text_version`: of the text they were shown."""

    channel: Channel
    given: bool
    said_us: int
    by: str
    proof: Proof
    text_version: str


def standing(said: Iterable[Said]) -> dict[Channel, Said]:
    """The word that holds for each channel of which there is one; no word is no consent."""
    holds: dict[Channel, Said] = {}
    for each in said:
        other = holds.get(each.channel)
        if other is None or (each.said_us, not each.given) > (other.said_us, not other.given):
            holds[each.channel] = each
    return holds


def may_reach(said: Iterable[Said], channel: Channel) -> bool:
    held = standing(said).get(channel)
    return held is not None and held.given
