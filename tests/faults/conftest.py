"""A whole house of real processes that a test may kill: broker, head office, two stores, the world outside."""

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from vitrine import demo, seed
from vitrine.shop import Shop, Wish, open_shop
from vitrine.supervise import Child, Family


@dataclass
class House:
    shop: Shop
    family: Family
    answers: dict[str, Callable[[], bool]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def child(self, name: str) -> Child:
        return next(child for child in self.family.children if child.name == name)

    def kill(self, name: str) -> None:
        """SIGKILL, and started again at once: as a power cut of one box, without its disk's caches."""
        child = self.child(name)
        with self.lock:
            child.process.kill()
            child.process.wait()
            self.family.again(child)

    def wait(self, name: str) -> None:
        demo.wait_for(self.child(name), self.answers[name], threading.Event())


@pytest.fixture
def make_house(tmp_path: Path) -> Iterator[Callable[..., House]]:
    """`make_house(pieces, commands)`: starts a house; `commands` replaces the command of children by name."""
    made: list[House] = []

    def make(pieces: dict[str, int], commands: dict[str, list[str]] | None = None) -> House:
        wish = Wish(well_known_ports=False, layouts=("boutique", "stockroom"), pieces=pieces)
        shop = open_shop(tmp_path / "house", dt.datetime.now(dt.UTC), wish)
        seed.sow(shop, lambda _: None)
        house = House(shop, Family(shop.folder))
        made.append(house)
        for child, answers in demo.start_all(shop, house.family):
            house.answers[child.name] = answers
        for name, command in (commands or {}).items():
            child = house.child(name)
            child.process.kill()
            child.process.wait()
            child.command = [*command, *child.command[-2:]]
            house.family.again(child)
        for name in house.answers:
            house.wait(name)
        return house

    yield make
    for house in made:
        house.family.stop()
