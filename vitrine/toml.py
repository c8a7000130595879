"""Writing TOML: just what our own configuration files need (the standard library only reads it)."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

Value = str | int | float | bool | Path | Sequence["Value"] | Mapping[str, "Value"]


def dump(table: Mapping[str, Value]) -> str:
    """One key a line; lists of tables one table a line, so that a person can read and change them."""
    lines = []
    for key, value in table.items():
        if isinstance(value, Sequence) and not isinstance(value, str) and any(isinstance(v, Mapping) for v in value):
            lines.append(f"{_key(key)} = [\n" + "".join(f"    {_inline(item)},\n" for item in value) + "]")
        else:
            lines.append(f"{_key(key)} = {_inline(value)}")
    return "\n".join(lines) + "\n"


def _inline(value: Value) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case str() | Path():
            return _string(str(value))
        case Mapping():
            return "{ " + ", ".join(f"{_key(key)} = {_inline(item)}" for key, item in value.items()) + " }"
        case _:
            return "[" + ", ".join(_inline(item) for item in value) + "]"


def _key(key: str) -> str:
    return key if key.replace("_", "a").replace("-", "a").isalnum() and key.isascii() else _string(key)


def _string(text: str) -> str:
    """A JSON string that keeps every character but the controls as it is, is a TOML basic string."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
