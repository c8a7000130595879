"""JSON Schemas of everything that crosses a wire, generated from the structs by `python -m contract.schemas`."""

from inspect import cleandoc
from pathlib import Path
from typing import Any, Final

import msgspec

from contract.commands import NumberedCommand
from contract.entries import Entry
from contract.feed import FeedPage
from contract.messages import Down, JournalRows, Refusal, Rejoin, Snapshot, Status, Up

FOLDER: Final = Path(__file__).parent

WIRE: Final[dict[str, type[msgspec.Struct]]] = {
    "command": NumberedCommand,
    "down": Down,
    "entry": Entry,
    "feed_page": FeedPage,
    "journal_rows": JournalRows,
    "refusal": Refusal,
    "rejoin": Rejoin,
    "snapshot": Snapshot,
    "status": Status,
    "up": Up,
}
"""File name without `.json` → the struct that travels."""


def generate() -> dict[str, bytes]:
    """The schemas as they should be on disk, by file name."""
    return {f"{word}.json": _text(word, struct) for word, struct in WIRE.items()}


def stale() -> list[str]:
    """Names of files that are missing, outdated or belong to nothing. Empty when all is well."""
    wanted = generate()
    found = {path.name: path.read_bytes() for path in FOLDER.glob("*.json")}
    return sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))


def _text(word: str, struct: type[msgspec.Struct]) -> bytes:
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:vitrine:v1:{word}",
        **msgspec.json.schema(struct),
    }
    _clean(schema)
    return msgspec.json.format(msgspec.json.encode(schema, order="sorted"), indent=1) + b"\n"


def _clean(node: Any) -> None:
    """Take the indentation out of docstrings: from Python 3.13 on it is gone already, and files must not differ."""
    if isinstance(node, dict):
        if isinstance(text := node.get("description"), str):
            node["description"] = cleandoc(text)
        for below in node.values():
            _clean(below)
    elif isinstance(node, list):
        for below in node:
            _clean(below)
