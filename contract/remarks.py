"""What staff write of a client in their own words: in facts and rows it stands sealed, in the place of the words.

A field of the type `Remark` is one. Each client has a key of their own for remarks at each store; the box makes it, the
office keeps it under the person's own key (docs/adr/0032). What was written before that stands in clear, and is read.
"""

import base64
import re
from collections.abc import Callable
from functools import cache
from typing import Annotated, Final, NamedTuple, TypeVar, get_type_hints

import msgspec

from contract.ids import PersonId

FIELD: Final = "remark"
"""Which field of a person a sealed remark is: it opens as no other."""
KEYS_PER_MESSAGE_MAX: Final = 200
FORGOTTEN: Final = "forgotten with its client"
NOT_HERE: Final = "not readable here yet"
TOKEN: Final = re.compile(r"remark\.1\.([0-9a-f]{16})\.([A-Za-z0-9+/]+={0,2})")
Thing = TypeVar("Thing", bound=msgspec.Struct)


class _Marked(NamedTuple):
    name: str


Remark = Annotated[str, _Marked(FIELD)]


class RemarkKey(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base64. Going up it is the key itself, inside TLS; coming down wrapped for the box; empty of who was erased."""

    person: PersonId
    key_id: str
    key: str = ""


class RemarkKeys(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """New keys of a box, and what it asks back: those of its store after (`after_us`, `after`), for this public key."""

    box_key: str
    keys: tuple[RemarkKey, ...] = ()
    after_us: int = 0
    after: str = ""


class RemarkKeysKept(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`taken`: ids the box need not bring again. Ask again from (`upto_us`, `upto`) while `more`."""

    taken: tuple[str, ...] = ()
    keys: tuple[RemarkKey, ...] = ()
    upto_us: int = 0
    upto: str = ""
    more: bool = False


def token(key_id: str, sealed: bytes) -> str:
    """What stands in the place of the words."""
    return f"remark.1.{key_id}.{base64.b64encode(sealed).decode('ascii')}"


def is_token(text: str) -> bool:
    return TOKEN.fullmatch(text) is not None


def opened(text: str, open_one: Callable[[str, bytes], str]) -> str:
    """With the words in the place of each token; `open_one` gets the key's id and what was sealed."""
    if "remark.1." not in text:
        return text

    def words(found: re.Match[str]) -> str:
        try:
            sealed = base64.b64decode(found[2], validate=True)
        except ValueError:
            return found[0]
        return open_one(found[1], sealed)

    return TOKEN.sub(words, text)


def mapped(thing: Thing, change: Callable[[str], str]) -> Thing:
    """The same with each remark in it changed, at whatever depth; the thing itself where there is none."""
    new: dict[str, object] = {}
    marked = remarks_of(type(thing))
    for name in thing.__struct_fields__:
        value = getattr(thing, name)
        found = change(value) if name in marked and value else _inside(value, change)
        if found is not value:
            new[name] = found
    return msgspec.structs.replace(thing, **new) if new else thing


def _inside(value: object, change: Callable[[str], str]) -> object:
    if isinstance(value, msgspec.Struct):
        return mapped(value, change)
    if isinstance(value, tuple) and value and isinstance(value[0], msgspec.Struct):
        parts = tuple(mapped(each, change) for each in value)
        return value if all(a is b for a, b in zip(parts, value, strict=True)) else parts
    return value


@cache
def remarks_of(kind: type[msgspec.Struct]) -> frozenset[str]:
    """Names of the fields that are remarks."""
    hints = get_type_hints(kind, include_extras=True)
    return frozenset(
        name
        for name, hint in hints.items()
        if any(isinstance(each, _Marked) for each in getattr(hint, "__metadata__", ()))
    )
