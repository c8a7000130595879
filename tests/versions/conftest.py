"""What released versions said and kept, one folder each, and the words that drive an office of any version."""

import gzip
import importlib.util
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest

HERE = Path(__file__).parent
RELEASED = sorted(path.name for path in HERE.iterdir() if (path / "life.json").is_file())


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"house_versions_{name}", HERE / f"{name}.py")
    loaded = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


_house, _rules, _samples = (_load(name) for name in ("house", "rules", "samples"))


class Corpus(NamedTuple):
    """Of one version; see `record.py`."""

    entries: list[bytes]
    life: dict
    schemas: dict
    books: bytes


@pytest.fixture(scope="session", params=RELEASED)
def released(request: pytest.FixtureRequest) -> Corpus:
    folder = HERE / request.param
    return Corpus(
        entries=(folder / "facts.jsonl").read_bytes().splitlines(),
        life=json.loads((folder / "life.json").read_bytes()),
        schemas=json.loads((folder / "schemas.json").read_bytes()),
        books=gzip.decompress((folder / "books.sqlite3.gz").read_bytes()),
    )


@pytest.fixture(scope="session")
def house() -> ModuleType:
    return _house


@pytest.fixture(scope="session")
def unreadable() -> Callable[[dict, bytes], list[str]]:
    """Why a version with this schema could not read these bytes."""
    return lambda schema, body: _rules.unreadable(schema, json.loads(body))


@pytest.fixture(scope="session")
def samples() -> Callable[[type], Iterator[object]]:
    return _samples.samples
