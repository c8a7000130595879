"""Boxes that sell 300 pieces a second for a minute, while they, the broker and the office are killed in turn.

Nothing that a client holds a receipt of is lost, and nothing is in the office twice.
"""

import random
import sqlite3
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from contract.feed import Role
from contract.ids import StoreId
from vitrine.ask import wait
from vitrine.shop import PEOPLE

STOCKROOM = StoreId("stockroom")
SELLER_BOX = Path(__file__).with_name("seller_box.py")
OTHERS = ("broker", "cloud")
PER_S = 300
SECONDS = 60
KILLS = 24
FIRST_SALE_S = 120


def rows(path: Path, query: str) -> list[tuple]:
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
        return db.execute(query).fetchall()


def unsent(books: Path) -> int:
    return rows(books, "select sum(seq - upto) from counter")[0][0]


def flood(make_house, tmp_path, *, stores: int, per_s: int, seconds: float, kills: int, pieces: int, seed: int) -> None:
    """`per_s` and `pieces` of all stores together. Each store is a box of its own that sells, and may be killed."""
    names = tuple(StoreId(STOCKROOM if at == 1 else f"{STOCKROOM}-{at}") for at in range(1, stores + 1))
    boxes = {name: f"edge-{name}" for name in names}
    told = {name: tmp_path / f"told-{name}" for name in names}
    for path in told.values():
        path.touch()
    # who sells is the same person in every house of this kind
    seller = PEOPLE[Role.MANAGER][0]
    commands = {
        box: [sys.executable, str(SELLER_BOX), str(per_s / stores), seller, str(told[name])]
        for name, box in boxes.items()
    }
    house = make_house(dict.fromkeys(names, pieces // stores), commands)
    books = {name: house.shop.store_folder(name) / "books.sqlite3" for name in names}
    office = house.shop.folder / "cloud" / "office.sqlite3"
    wait("the first sales", FIRST_SALE_S, lambda: all(path.stat().st_size for path in told.values()))
    chance, killed, began_s = random.Random(seed), Counter(), time.monotonic()
    before = dict.fromkeys(names, 0)
    for at in range(kills):
        time.sleep(seconds / kills * chance.uniform(0.5, 1.5))
        name = names[at % stores]
        sold = told[name].stat().st_size
        # a box that has sold nothing since it was killed has nothing to lose: on a slow machine it is another's turn
        victim = chance.choice((*OTHERS, boxes[name]) if sold > before[name] else OTHERS)
        before[name] = sold if victim == boxes[name] else before[name]
        house.kill(victim)
        killed[victim] += 1
    sold_s = time.monotonic() - began_s
    for name in (*OTHERS, *boxes.values()):
        house.wait(name)
    # the last lives of the boxes go on selling until they have no more pieces, or are stopped here
    for box in boxes.values():
        house.cut(box)
        child = house.child(box)
        child.command = [sys.executable, "-m", "vitrine", "edge", *child.command[-2:]]
        house.again(box)
    for box in boxes.values():
        house.wait(box)
    began_s = time.monotonic()
    while any(unsent(path) for path in books.values()):
        assert time.monotonic() - began_s < 120, "a box never got rid of its rows"
        time.sleep(0.1)
    drained_s = time.monotonic() - began_s
    acked = dict(line.split() for path in told.values() for line in path.read_text().splitlines())
    posted = {
        sale: str(total) for sale, total in rows(office, "select sale, total_minor from sale where state = 'posted'")
    }
    recorded = [
        dict(rows(path, "select sale, total_minor from sale where state = 'recorded'")) for path in books.values()
    ]
    postings = Counter(ref for (ref,) in rows(office, "select ref from posting where kind = 'sale'"))
    figures = (
        f"{len(acked)} sales of {stores} stores in {sold_s:.0f} s ({len(acked) / sold_s:.0f}/s, {per_s}/s offered), "
        f"{dict(killed)}, drained in {drained_s:.1f} s"
    )
    print(figures)  # noqa: T201 — the figures of this run, shown when it fails or under -s
    assert len(acked) > kills, figures
    assert acked.items() <= posted.items(), f"lost: {sorted(acked.keys() - posted.keys())[:5]}; {figures}"
    assert posted.keys() == {sale for each in recorded for sale in each}
    assert sum(map(len, recorded)) == len(posted), "no sale is two stores'"
    assert set(postings.values()) == {1}, "posted once each"
    assert postings.keys() == posted.keys()
    assert rows(office, "select coalesce(sum(amount_minor), 0) from ledger_line") == [(0,)]
    assert rows(office, "select count(*) from case_file") == [(0,)]
    for name in names:
        query = f"select receipt_number from sale where store = '{name}' order by receipt_number"
        numbers = [number for (number,) in rows(office, query)]
        assert numbers == list(range(1, len(numbers) + 1)), "receipts have no gap"


@pytest.mark.long
@pytest.mark.parametrize(("stores", "seed"), [(1, 1), (4, 3)])
def test_a_minute_of_sales_survives_two_dozen_kills(make_house, tmp_path, stores: int, seed: int):
    flood(
        make_house,
        tmp_path,
        stores=stores,
        per_s=PER_S,
        seconds=SECONDS,
        kills=KILLS,
        pieces=PER_S * SECONDS,
        seed=seed,
    )


def test_a_few_seconds_of_sales_survive_kills_of_each(make_house, tmp_path):
    flood(make_house, tmp_path, stores=1, per_s=50, seconds=8, kills=5, pieces=600, seed=2)
