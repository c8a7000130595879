"""Makes one package of this folder's files: under pytest's importlib mode they cannot import one another otherwise."""

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

PACKAGE = "house_simulation"


def load() -> ModuleType:
    """The driver, with `history` and `tell`."""
    if PACKAGE not in sys.modules:
        package = ModuleType(PACKAGE)
        package.__path__ = [str(Path(__file__).parent)]
        sys.modules[PACKAGE] = package
    return importlib.import_module(f"{PACKAGE}.driver")


@pytest.fixture(scope="session")
def driver() -> ModuleType:
    return load()
