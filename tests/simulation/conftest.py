"""Makes one package of this folder's files: under pytest's importlib mode they cannot import one another otherwise."""

import importlib
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

PACKAGE = "house_simulation"


def load(name: str = PACKAGE) -> ModuleType:
    """The driver, with `history` and `tell`; under each name another one."""
    if name not in sys.modules:
        package = ModuleType(name)
        package.__path__ = [str(Path(__file__).parent)]
        sys.modules[name] = package
    return importlib.import_module(f"{name}.driver")


@pytest.fixture(scope="session")
def driver() -> ModuleType:
    return load()


def load_with_tills() -> ModuleType:
    """Histories in which every store has a till that remembers, and disks are put back behind everybody's back."""
    name = f"{PACKAGE}_with_tills"
    if name in sys.modules:
        return sys.modules[f"{name}.driver"]
    driver = load(name)
    return importlib.import_module(f"{name}.tills").bring(driver)


@pytest.fixture(scope="session")
def driver_with_tills() -> ModuleType:
    return load_with_tills()


def load_with_orders() -> ModuleType:
    """Histories in which clients lay pieces away, have things mended, borrow pieces, and are forgotten."""
    name = f"{PACKAGE}_with_orders"
    if name in sys.modules:
        return sys.modules[f"{name}.driver"]
    driver = load(name)
    return importlib.import_module(f"{name}.keepings").bring(driver)


@pytest.fixture(scope="session")
def driver_with_orders() -> ModuleType:
    return load_with_orders()


def load_with_clients() -> ModuleType:
    """Those histories, in which clients are known by name besides, earn points, are joined and parted, and erased."""
    name = f"{PACKAGE}_with_clients"
    if name in sys.modules:
        return sys.modules[f"{name}.driver"]
    driver = load(name)
    importlib.import_module(f"{name}.keepings").bring(driver)
    return importlib.import_module(f"{name}.clientele").bring(driver)


@pytest.fixture(scope="session")
def driver_with_clients() -> ModuleType:
    return load_with_clients()


def load_with_words() -> ModuleType:
    """Those histories, in which tills write of clients, and keep somebody first."""
    name = f"{PACKAGE}_with_words"
    if name in sys.modules:
        return sys.modules[f"{name}.driver"]
    driver = load(name)
    for part in ("keepings", "clientele", "telling"):
        importlib.import_module(f"{name}.{part}").bring(driver)
    return driver


@pytest.fixture(scope="session")
def driver_with_words() -> ModuleType:
    return load_with_words()


def load_with_sending() -> ModuleType:
    """Histories with clients, in which orders wait for boxes of an older version and are sent on at the office."""
    name = f"{PACKAGE}_with_sending"
    if name in sys.modules:
        return sys.modules[f"{name}.driver"]
    driver = load(name)
    for part in ("keepings", "clientele", "sending"):
        importlib.import_module(f"{name}.{part}").bring(driver)
    return driver


@pytest.fixture(scope="session")
def driver_with_sending() -> ModuleType:
    return load_with_sending()


def load_model() -> ModuleType:
    """Histories over the model of the protocol."""
    name = f"{PACKAGE}_model"
    if name in sys.modules:
        return sys.modules[f"{name}.driver"]
    driver = load(name)
    return importlib.import_module(f"{name}.model").bring(driver)


@pytest.fixture(scope="session")
def model() -> ModuleType:
    return load_model()


@pytest.fixture(params=["model", "house"])
def staged(request) -> Callable[..., str | None]:
    """Stories over the model, and over the real house."""
    driver = load_model() if request.param == "model" else load()
    return importlib.import_module(f"{driver.__package__}.staged").stage(driver)


@pytest.fixture(scope="session")
def replay() -> ModuleType:
    """The command that plays a history again."""
    spec = importlib.util.spec_from_file_location("house_simulation_replay", Path(__file__).with_name("replay.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
