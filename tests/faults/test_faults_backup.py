"""A box that burns with a sale that nobody else had; its backup, made while it sold, brings it back. Real processes."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cloud.pos.sales.queries import SaleDetail
from contract.feed import Role
from edge import own_books
from edge.api import shapes
from edge.config import load_config
from vitrine.ask import AskError, wait

STORE = "stockroom"
SOON_S = 30


def vitrine(*words: str) -> str:
    command = [sys.executable, "-m", "vitrine", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def posted(house, sale: str) -> bool:
    try:
        detail = house.office().get(f"/api/v1/sales/{STORE}/{sale}", SaleDetail)
    except AskError:
        return False
    return detail.row.state == "posted"


def test_a_box_that_burnt_comes_back_from_its_backup_with_the_sale_that_only_it_had(make_house, tmp_path: Path):
    house = make_house({STORE: 6})
    house.serving(STORE)
    folder, key, file = house.shop.store_folder(STORE), tmp_path / "owner.key", tmp_path / "stockroom.backup"
    config = str(folder / "edge.toml")
    words = re.search(r"vb1-\w+", vitrine("backup", "key", str(key)))
    pieces = [house.piece(STORE) for _ in range(3)]
    sent = house.sell(STORE, pieces[0])
    house.sent(STORE)

    house.hold("broker")
    unsent = house.sell(STORE, pieces[1])
    said = vitrine("backup", "make", "--config", config, "--to", words[0], str(file))
    assert "stockroom as of" in said
    assert "is whole" in vitrine("backup", "look", str(file), "--key", str(key))
    house.cut(f"edge-{STORE}")
    for each in folder.iterdir():
        if each.name != "edge.toml":
            shutil.rmtree(each) if each.is_dir() else each.unlink()

    house.hold("cloud")
    assert "sells again once" in vitrine("restore", str(file), "--config", config, "--key", str(key))
    login = house.shop.login(Role.MANAGER)
    own_books.set_pin(load_config(Path(config)), login.user, login.pin)
    house.again(f"edge-{STORE}")
    house.wait(f"edge-{STORE}")
    store = house.at(STORE).get("/api/v1/store", shapes.StoreView)
    assert store.mode == "rejoin"
    assert "restored from a backup" in store.mode_why
    with pytest.raises(AskError, match=" answered 503: "):
        house.at(STORE).post("/api/v1/sales", shapes.SaleView, {"till": "till-1"})

    house.let_go("cloud")
    house.let_go("broker")
    house.serving(STORE)
    assert unsent.receipt_number == sent.receipt_number + 1
    wait("the sale that only the box had to be posted", SOON_S, lambda: posted(house, unsent.sale))
    for piece in pieces[:2]:
        assert "is sold already" in house.refused(STORE, piece)
    house.scan(STORE, pieces[2])
    assert house.sell(STORE, pieces[2]).receipt_number == unsent.receipt_number + 1
