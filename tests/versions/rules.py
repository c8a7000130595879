"""What a released box can read, by the schemas of its own day: exactly what the old structs would take, and no more."""

from collections.abc import Iterator
from typing import Any

NUMBERS = (int, float)
TYPES = {"object": dict, "array": list, "string": str, "integer": int, "number": NUMBERS, "null": type(None)}


def unreadable(schema: dict[str, Any], said: Any) -> list[str]:
    """Why that version cannot read this: empty, it can. Fields it does not know it skips."""
    return list(_judge(schema, said, schema.get("$defs", {}), "it"))


def _judge(rule: dict[str, Any], said: Any, defs: dict[str, Any], at: str) -> Iterator[str]:
    if "$ref" in rule:
        rule = defs[rule["$ref"].removeprefix("#/$defs/")]
    if "anyOf" in rule:
        yield from _one_of(rule, said, defs, at)
        return
    if "enum" in rule and said not in rule["enum"]:
        yield f"{at} is {said!r}, a word that version does not know"
    if "const" in rule and said != rule["const"]:
        yield f"{at} is {said!r}, not {rule['const']!r}"
    kind = rule.get("type")
    if kind and (not isinstance(said, TYPES[kind]) if kind != "boolean" else not isinstance(said, bool)):
        yield f"{at} is {type(said).__name__}, not {kind}"
        return
    if isinstance(said, dict):
        for name in rule.get("required", ()):
            if name not in said:
                yield f"{at} lacks {name}"
        for name, below in rule.get("properties", {}).items():
            if name in said:
                yield from _judge(below, said[name], defs, f"{at}.{name}")
    if isinstance(said, list) and "items" in rule:
        for n, each in enumerate(said):
            yield from _judge(rule["items"], each, defs, f"{at}[{n}]")


def _one_of(rule: dict[str, Any], said: Any, defs: dict[str, Any], at: str) -> Iterator[str]:
    """Of tagged structs the one it says it is; else any that fits."""
    told = rule.get("discriminator")
    if told and isinstance(said, dict):
        tag = said.get(told["propertyName"])
        if tag not in told["mapping"]:
            yield f"{at} is a {tag!r}, which that version does not know"
            return
        yield from _judge({"$ref": told["mapping"][tag]}, said, defs, at)
        return
    tried = [list(_judge(each, said, defs, at)) for each in rule["anyOf"]]
    if all(tried):
        yield from min(tried, key=len)
