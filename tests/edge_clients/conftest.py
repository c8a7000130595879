"""A store's slice beside a real office, joined by the doors' own functions: no sockets, everything else as it is."""

import importlib.util
import secrets
import sys
from pathlib import Path

import pytest
from house_templates import empty_office

from cloud.pos.stores.desk import open_store
from contract.feed import StoreCard
from edge.clients.keys import box_keys
from edge.clients.slice import Slice

_spec = importlib.util.spec_from_file_location("clients_house", Path(__file__).with_name("clients_house.py"))
clients_house = sys.modules[_spec.name] = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(clients_house)


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request):
    if request.param == "sqlite":
        opened = empty_office()
    else:
        request.getfixturevalue("empty_postgres")
        opened = request.getfixturevalue("postgres_office")
    the = clients_house.TheOffice(opened)
    for store in (clients_house.PARIS, clients_house.MILAN):
        the.work(lambda work, store=store: open_store(work, StoreCard(store=store, name=store.title(), currency="EUR")))
    yield the
    if request.param == "sqlite":
        opened.close()


@pytest.fixture
def box(tmp_path):
    folder = tmp_path / "clients"
    kept = Slice(folder, box_keys(folder), secrets.token_bytes)
    kept.admit("e1")
    yield kept
    kept.stop()
