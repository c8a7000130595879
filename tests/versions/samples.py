"""Examples of a wire struct, made from its types alone: the least it may say, everything it can say, and every word of
its enums. The recorder makes facts of it.
"""

from collections.abc import Iterator

import msgspec
from msgspec import inspect

WORDS = {"business_day": "2026-11-22", "currency": "EUR", "piece": "ring", "pieces": "ring", "store": "paris"}
DAY_US = 1_764_400_000_000_000
COMMAND = b'{"command":{"command":"count.request","count":"c1","place":"safe","zones":["safe-1"]},"seq":1}'


def samples(kind: type[msgspec.Struct]) -> Iterator[msgspec.Struct]:
    """First the least, then everything with the n-th word of each enum, until every word was said."""
    yield _struct(inspect.type_info(kind), full=False, turn=0, seen=())
    for turn in range(_words_most(inspect.type_info(kind), ())):
        yield _struct(inspect.type_info(kind), full=True, turn=turn, seen=())


def _struct(info, *, full, turn, seen):
    given = {}
    for field in info.fields:
        if field.required or (full and not _loops(field.type, seen)):
            given[field.name] = _value(field.type, field.name, full=full, turn=turn, seen=(*seen, info.cls))
    return info.cls(**given)


def _loops(info, seen):
    return isinstance(info, inspect.StructType) and info.cls in seen


def _value(info, name, *, full, turn, seen):
    match info:
        case inspect.StrType():
            return WORDS.get(name, f"{name}-1")
        case inspect.IntType():
            return DAY_US if name.endswith("_us") else 7
        case inspect.FloatType():
            return 0.5
        case inspect.BoolType():
            return True
        case inspect.EnumType(cls=cls):
            return list(cls)[turn % len(cls)]
        case inspect.BytesType():
            return b"sample"
        case inspect.RawType():
            return msgspec.Raw(COMMAND)
        case inspect.VarTupleType(item_type=item):
            return (_value(item, name, full=full, turn=turn, seen=seen),)
        case inspect.TupleType(item_types=items):
            return tuple(_value(item, name, full=full, turn=turn, seen=seen) for item in items)
        case inspect.StructType():
            return _struct(info, full=full, turn=turn, seen=seen)
        case inspect.UnionType(types=types):
            some = [each for each in types if not isinstance(each, inspect.NoneType)]
            return _value(some[turn % len(some)], name, full=full, turn=turn, seen=seen)
        case inspect.DictType(key_type=key, value_type=value):
            return {
                _value(key, name, full=full, turn=turn, seen=seen): _value(value, name, full=full, turn=turn, seen=seen)
            }
    raise TypeError(f"no example of {info!r} yet: add one here")


def _words_most(info, seen) -> int:
    """How many turns say every word of every enum below."""
    match info:
        case inspect.EnumType(cls=cls):
            return len(cls)
        case inspect.VarTupleType(item_type=item):
            return _words_most(item, seen)
        case inspect.TupleType(item_types=items) | inspect.UnionType(types=items):
            return max(_words_most(each, seen) for each in items)
        case inspect.StructType(cls=cls) if cls not in seen:
            return max((_words_most(field.type, (*seen, cls)) for field in info.fields), default=1)
    return 1
