"""The shop of the house's tests, with a capture written at once."""

import importlib.util
import sys
from concurrent.futures import Future
from pathlib import Path

import msgspec
import pytest

_spec = importlib.util.spec_from_file_location("house_shop", Path(__file__).parents[1] / "edge_house" / "conftest.py")
shop_of = sys.modules["house_shop"] = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(shop_of)


class Now:
    """A pool that works at once."""

    def submit(self, work, /, *given, **named):
        done = Future()
        done.set_result(work(*given, **named))
        return done


def a_shop(folder, cards=None, **more):
    """A shop that writes its capture into `data_dir/capture`; `more` of its configuration."""
    cards = cards or [shop_of.a_card(n) for n in range(1, 11)] + [shop_of.a_card(n, zone="safe") for n in range(11, 16)]
    config = msgspec.structs.replace(shop_of.a_config(folder), **more)
    shop = shop_of.Shop(config, shop_of.HandClock(), cards)
    shop.store.recorder = shop.recorder = shop.store.record_with(Now())
    shop.capture = shop.config.data_dir / "capture"
    return shop


@pytest.fixture(scope="session")
def house():
    return a_shop


@pytest.fixture(scope="session", name="shop_of")
def what_shops_are_made_of():
    return shop_of


@pytest.fixture
def shop(tmp_path):
    return a_shop(tmp_path)
