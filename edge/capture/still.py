"""A still of objects: copied at once on the house thread, encoded later in the pool, and taken up in another process.

No pickle: a file may come from elsewhere. Only classes of our own rooms are made, by `__new__` and their fields, rows
and structs by their own makers; what our modules have merely imported is none of ours. Arrays, and views into them,
keep what they share. What cannot be kept so is refused.
"""

import importlib
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from enum import Enum
from inspect import getattr_static
from types import FunctionType, MappingProxyType, MethodType
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

OURS: Final = ("edge.", "contract.", "trade.")
PLAIN: Final = (type(None), bool, int, float, bytes)
WHEN: Final[Mapping[str, Callable[[Any], object]]] = {
    "time": time.fromisoformat,
    "date": date.fromisoformat,
    "timedelta": lambda s: timedelta(seconds=s),
}
FACTORIES: Final = {"list": list, "dict": dict, "set": set, "int": int, "float": float}
UNFIT: Final = (
    LookupError, TypeError, ValueError, AttributeError, ImportError, AssertionError, ArithmeticError, RecursionError,
    MemoryError,
)  # fmt: skip
"""What a still raises that was made by another program, or by a hand."""
WORDS_MAX: Final = 300
NODES_MAX: Final = 2_000_000
UNKEPT: Final = "UNKEPT"
"""A class may name fields here that are not kept: None once it is taken up, for it to make anew."""
ARRAY_32: Final = b"\xdd"
"""How msgpack begins a list whose length takes four bytes."""
FLAT_MIN: Final = 16
"""Fewer rows than this are looked at one by one."""


class StillError(Exception):
    """This cannot be kept still, or a still does not fit this program; the words name the class."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What is not kept but found again by name: the books, the configuration, the clock."""

    things: Mapping[str, object]

    def name_of(self, thing: object) -> str | None:
        return next((name for name, each in self.things.items() if each is thing), None)


class Camera:
    """Takes a still in two steps: `look` copies, an array by one memcpy, a dict of frozen rows by its references;
    `encoded` makes plain lists and bytes of it, and may be called in another thread.
    """

    def __init__(self, outside: Outside) -> None:
        self._outside = {id(thing): name for name, thing in outside.things.items()}
        self._at: dict[int, int] = {}
        self._nodes: list[list[Any]] = []
        self._alive: list[object] = []

    def look(self, thing: object) -> None:
        """Raises `StillError`."""
        self._value(thing)
        self._alive.clear()

    def encoded(self) -> bytes:
        """Raises `StillError`."""
        for node in self._nodes:
            for many in node[1:4]:
                if isinstance(many, list) and len(many) == 2 and many[0] is None:
                    many[:] = [False, [_flat(each) for each in many[1]]]
        out = bytearray(ARRAY_32 + len(self._nodes).to_bytes(4))
        encoder = msgspec.msgpack.Encoder()
        for node in self._nodes:
            encoder.encode_into(node, out, -1)
            node.clear()  # or each array would be in memory twice
        return bytes(out)

    def _value(self, thing: Any) -> Any:
        """A plain value, or `[index]` of a node."""
        kind = type(thing)
        if kind in PLAIN or kind is str:
            return thing
        name = self._outside.get(id(thing))
        if name is not None:
            return ["outside", name]
        if isinstance(thing, Enum):
            return ["enum", _name(kind), thing.value]
        known = self._at.get(id(thing))
        if known is not None:
            return [known]
        if len(self._nodes) >= NODES_MAX:
            raise StillError(f"more than {NODES_MAX} objects")
        at = self._at[id(thing)] = len(self._nodes)
        node: list[Any] = []
        self._nodes.append(node)
        self._alive.append(thing)  # or its id could be given to another
        node.extend(self._node(thing, kind))
        return [at]

    def _node(self, thing: Any, kind: type) -> list[Any]:
        if isinstance(thing, np.ndarray):
            return self._array(thing)
        if isinstance(thing, np.generic):
            return ["array", thing.dtype.str, [], thing.tobytes()]
        if isinstance(thing, str | int | float):  # a NewType is none of these; a subclass with a meaning would lose it
            raise StillError(f"{kind.__qualname__} is a kind of {kind.__mro__[1].__name__}")
        if isinstance(thing, MethodType):
            return ["method", self._value(thing.__self__), thing.__func__.__name__]
        if isinstance(thing, tuple) and hasattr(kind, "_fields"):
            return ["named", _name(kind), [self._value(each) for each in thing]]
        if kind in (tuple, list, set, frozenset, deque):
            return [kind.__name__, self._many(thing.copy() if kind is deque else thing)]
        if kind is dict or kind is MappingProxyType:
            return ["dict" if kind is dict else "proxy", self._many(thing.keys()), self._many(thing.values())]
        if kind is Counter:
            return ["counter", self._many(thing.keys()), self._many(thing.values())]
        if kind is defaultdict:
            factory = next((name for name, each in FACTORIES.items() if each is thing.default_factory), None)
            if factory is None:
                raise StillError(f"a defaultdict of {thing.default_factory}")
            return ["defaultdict", factory, self._many(thing.keys()), self._many(thing.values())]
        if kind is FunctionType and "<" not in thing.__qualname__:
            return ["function", _name(thing)]
        if kind is ZoneInfo:
            return ["clock", thing.key]
        if kind in (time, date, timedelta):
            return ["when", kind.__name__, thing.total_seconds() if kind is timedelta else thing.isoformat()]
        if kind in (memoryview, bytearray):
            return ["bytes", bytes(thing)]
        if not kind.__module__.startswith(OURS):
            raise StillError(f"{kind.__module__}.{kind.__qualname__}")
        if isinstance(thing, msgspec.Struct):
            names = list(_row_fields(kind))
            return ["struct", _name(kind), names, [self._value(getattr(thing, name)) for name in names]]
        names = [name for name in _fields(thing) if hasattr(thing, name)]
        return ["object", _name(kind), names, [self._field(thing, name) for name in names]]

    def _field(self, thing: object, name: str) -> Any:
        try:
            return self._value(getattr(thing, name))
        except StillError as error:
            if " of " in str(error):
                raise
            raise StillError(f"{name!r} of {type(thing).__qualname__}: {error}") from error

    def _many(self, things: Any) -> list[Any]:
        """`[True, values]` where all are plain, `[None, values]` frozen rows to encode later; else each looked at."""
        kinds = {type(each): each for each in things}
        if kinds.keys() <= {*PLAIN, str}:
            return [True, list(things)]
        if len(things) >= FLAT_MIN and all(_is_flat(each) for each in kinds.values()):
            return [None, list(things)]
        return [False, [self._value(each) for each in things]]

    def _array(self, array: Any) -> list[Any]:
        if array.dtype.hasobject or array.dtype.names:
            raise StillError(f"an array of {array.dtype}")
        base = array
        while isinstance(base.base, np.ndarray):
            base = base.base
        if base is not array:
            offset = array.__array_interface__["data"][0] - base.__array_interface__["data"][0]
            return ["view", self._value(base), array.dtype.str, list(array.shape), offset, list(array.strides)]
        return ["array", array.dtype.str, list(array.shape), array.tobytes()]


class Album:
    """Makes the objects of a still again. Raises `StillError` when this program has other classes."""

    def __init__(self, body: bytes, outside: Outside) -> None:
        try:
            self._nodes: list[list[Any]] = msgspec.msgpack.decode(body, type=list[list[Any]])
        except msgspec.DecodeError as error:
            raise StillError(f"a still that cannot be read: {error}") from error
        self._outside = outside
        self._made: dict[int, Any] = {}

    def first(self) -> Any:
        try:
            return self._make(0)
        except UNFIT as error:
            raise StillError(f"a still of another version: {error!r}"[:WORDS_MAX]) from error

    def _value(self, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        if len(value) == 1:
            return self._make(value[0])
        if value[0] == "outside":
            return self._outside.things[value[1]]
        if value[0] == "enum":
            return _class(value[1], Enum)(value[2])
        if value[0] == "tuple":
            return tuple(map(self._value, value[1]))
        assert value[0] == "flat", "a value is plain, a node, outside, an enum or a row"
        kind = _class(value[1])
        names = _row_fields(kind)
        made = object.__new__(kind) if not issubclass(kind, msgspec.Struct) else None
        fields = dict(zip(names, map(self._value, value[2]), strict=True))
        if made is None:
            return kind(**fields)
        for name, each in fields.items():
            object.__setattr__(made, name, each)
        return made

    def _make(self, at: int) -> Any:
        if at not in self._made:
            kind, *rest = self._nodes[at]
            self._build(at, kind, rest)
        return self._made[at]

    def _build(self, at: int, kind: str, rest: list[Any]) -> None:
        """What may hold itself is made before its parts are."""
        made: Any
        match kind:
            case "object":
                made = self._made[at] = object.__new__(_class(rest[0]))
                for name in getattr(type(made), UNKEPT, ()):
                    object.__setattr__(made, name, None)
                for name, value in zip(rest[1], rest[2], strict=True):
                    object.__setattr__(made, name, self._value(value))
            case "list" | "set" | "deque":
                made = self._made[at] = {"list": list, "set": set, "deque": deque}[kind]()
                values = self._all(rest[0])
                made.update(values) if kind == "set" else made.extend(values)
            case "dict" | "proxy":
                made = {}
                self._made[at] = made if kind == "dict" else MappingProxyType(made)
                made.update(zip(self._all(rest[0]), self._all(rest[1]), strict=True))
            case "counter":
                made = self._made[at] = Counter()
                made.update(dict(zip(self._all(rest[0]), self._all(rest[1]), strict=True)))
            case "defaultdict":
                made = self._made[at] = defaultdict(FACTORIES[rest[0]])
                made.update(zip(self._all(rest[1]), self._all(rest[2]), strict=True))
            case "function":
                self._made[at] = _function(rest[0])
            case "tuple" | "frozenset":
                self._made[at] = (tuple if kind == "tuple" else frozenset)(self._all(rest[0]))
            case "named":
                row = _class(rest[0], tuple)
                self._made[at] = row(**dict(zip(row._fields, map(self._value, rest[1]), strict=True)))
            case "struct":
                fields = map(self._value, rest[2])
                self._made[at] = _class(rest[0], msgspec.Struct)(**dict(zip(rest[1], fields, strict=True)))
            case "method":
                self._made[at] = self._method(self._value(rest[0]), rest[1])
            case "bytes":
                self._made[at] = rest[0]
            case "clock":
                self._made[at] = ZoneInfo(rest[0])
            case "when":
                self._made[at] = WHEN[rest[0]](rest[1])
            case "array":
                self._made[at] = np.frombuffer(bytearray(rest[2]), rest[0]).reshape(rest[1])
            case "view":
                base, kept = self._value(rest[0]), np.dtype(rest[1])
                if not isinstance(base, np.ndarray) or kept.hasobject:
                    raise StillError(f"a view of {kept} into a {type(base).__name__}")  # it would be pointers
                self._made[at] = np.ndarray(tuple(rest[2]), kept, base.data, rest[3], tuple(rest[4]))
            case _:
                raise StillError(f"a still with a {kind!r}")

    def _method(self, of: Any, name: str) -> MethodType:
        """Looked up on the class: no property is asked, nothing is run."""
        found = getattr_static(type(of), name)
        ours = type(of).__module__.startswith(OURS) or any(each is of for each in self._outside.things.values())
        if not ours or not isinstance(found, FunctionType):
            raise StillError(f"{name} of {type(of).__qualname__} is no method of ours")
        return MethodType(found, of)

    def _all(self, many: list[Any]) -> list[Any]:
        plain, values = many
        return values if plain else [self._value(each) for each in values]


def _is_flat(thing: Any) -> bool:
    """A frozen row of plain values, by one example of its class: nobody will change it, it need not be copied now."""
    kind = type(thing)
    if kind in PLAIN or kind is str or isinstance(thing, Enum):
        return True
    if kind is tuple:
        return all(map(_is_flat, thing))
    frozen = isinstance(thing, msgspec.Struct) and kind.__struct_config__.frozen
    frozen |= getattr(getattr(kind, "__dataclass_params__", None), "frozen", False)
    if not frozen or not kind.__module__.startswith(OURS):
        return False
    return all(_is_flat(getattr(thing, name)) for name in _row_fields(kind))


def _row_fields(kind: Any) -> tuple[str, ...]:
    return tuple(kind.__struct_fields__ if issubclass(kind, msgspec.Struct) else kind.__dataclass_fields__)


def _flat(thing: Any) -> Any:
    kind = type(thing)
    if kind in PLAIN or kind is str:
        return thing
    if isinstance(thing, Enum):
        return ["enum", _name(kind), thing.value]
    if kind is tuple:
        return ["tuple", [_flat(each) for each in thing]]
    if isinstance(thing, np.ndarray | list | dict):
        raise StillError(f"a {kind.__qualname__} in a frozen row")
    return ["flat", _name(kind), [_flat(getattr(thing, name)) for name in _row_fields(kind)]]


def _name(kind: type | FunctionType) -> str:
    if not kind.__module__.startswith(OURS):
        raise StillError(f"{kind.__module__}.{kind.__qualname__}")
    return f"{kind.__module__}:{kind.__qualname__}"


def _class(name: str, base: type = object) -> Any:
    """A class of our own rooms, of this kind. Nothing else is ever made."""
    found = _ours(name)
    if not isinstance(found, type) or not issubclass(found, base):
        raise StillError(f"{name} is no {base.__name__}")
    return found


def _function(name: str) -> FunctionType:
    found = _ours(name)
    if not isinstance(found, FunctionType):
        raise StillError(f"{name} is no function")
    return found


def _ours(name: str) -> Any:
    """What stands in one of our modules and was made there."""
    module, _, qualname = name.partition(":")
    if not module.startswith(OURS):
        raise StillError(f"{name} is none of ours")
    found: Any = importlib.import_module(module)
    for part in qualname.split("."):
        found = getattr(found, part)
    if (getattr(found, "__module__", ""), getattr(found, "__qualname__", "")) != (module, qualname):
        raise StillError(f"{name} is none of ours")
    return found


def _fields(thing: object) -> list[str]:
    """Slots of all its classes, and what stands in its `__dict__`, but for what its class says it makes anew."""
    slots = [
        name for each in type(thing).__mro__ for name in (getattr(each, "__slots__", ()) or ()) if name != "__weakref__"
    ]
    unkept = getattr(type(thing), UNKEPT, ())
    names = [*dict.fromkeys(slots), *getattr(thing, "__dict__", {})]
    return [name for name in names if name not in unkept]
