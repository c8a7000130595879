"""Where a serial module is: `SCHEME:///dev/…?baud=115200&region=eu`. No input or output."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import msgspec

from edge.readers.base import MisconfiguredError

KEYS: Final = ("baud", "region")


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """`path`: best a name that stays when cables move, such as those under /dev/serial/by-id.

    `bauds`: rates to try, the likeliest first; one alone when it is configured. `region`: a key of the family's own
    list; empty leaves the module as it comes.
    """

    path: str
    bauds: tuple[int, ...]
    region: str = ""


def address_of(url: str, bauds: Sequence[int], regions: Sequence[str]) -> Address:
    """Raises `MisconfiguredError` naming what is wrong and what would be right."""
    parts = urlsplit(url)
    if parts.netloc or not parts.path.startswith("/") or parts.path == "/":
        raise MisconfiguredError(f"{url!r} names no port; write {parts.scheme}:///dev/serial/by-id/…")
    try:
        asked = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    except ValueError as error:
        raise MisconfiguredError(f"{url!r}: {error}; write ?baud=115200&region=eu") from error
    for key in asked:
        if key not in KEYS:
            raise MisconfiguredError(f"{url!r} sets {key!r}; use {' or '.join(KEYS)}")
    region = asked.get("region", "")
    if region and region not in regions:
        raise MisconfiguredError(f"{url!r}: no region {region!r}; use one of {', '.join(regions)}")
    return Address(path=parts.path, bauds=_bauds(url, asked.get("baud", "auto"), bauds), region=region)


def _bauds(url: str, word: str, bauds: Sequence[int]) -> tuple[int, ...]:
    if word == "auto":
        return tuple(bauds)
    if not word.isdecimal() or int(word) not in bauds:
        raise MisconfiguredError(f"{url!r}: baud is auto or one of {', '.join(map(str, bauds))}")
    return (int(word),)
