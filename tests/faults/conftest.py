"""A whole house of real processes that a test may kill: broker, head office, stores, the world outside."""

import datetime as dt
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import msgspec
import pytest

from contract.feed import Role
from contract.ids import StoreId
from edge.api import shapes
from vitrine import demo, seed
from vitrine.ask import Api, AskError, wait
from vitrine.shop import Shop, Wish, open_shop
from vitrine.supervise import Child, Family

TILL = "till-1"
BY_SCANNER = StoreId("stockroom")
"""The store without readers: what its people scan is what it sees."""


@dataclass
class House:
    shop: Shop
    family: Family
    answers: dict[str, Callable[[], bool]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    apis: dict[str, tuple[int, Api]] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    # --- processes ----------------------------------------------------------------------------------------

    def child(self, name: str) -> Child:
        return next(child for child in self.family.children if child.name == name)

    def kill(self, name: str) -> None:
        """SIGKILL, and started again at once: as a power cut of one box, without its disk's caches."""
        with self.lock:
            self.cut(name)
            self.family.again(self.child(name))

    def cut(self, name: str) -> None:
        """SIGKILL; it stays down until `again`."""
        child = self.child(name)
        child.process.kill()
        child.process.wait()

    def again(self, name: str) -> None:
        self.family.again(self.child(name))

    def wait(self, name: str) -> None:
        demo.wait_for(self.child(name), self.answers[name], threading.Event())

    def hold(self, name: str) -> None:
        """The process stands still until `let_go`: its sockets stay open and nothing comes out of them."""
        self.child(name).process.send_signal(signal.SIGSTOP)

    def let_go(self, name: str) -> None:
        self.child(name).process.send_signal(signal.SIGCONT)

    @contextmanager
    def without(self, name: str) -> Iterator[None]:
        """The process is killed, and started again afterwards. An empty name is nobody."""
        if name:
            self.cut(name)
        try:
            yield
        finally:
            if name:
                self.again(name)
                self.wait(name)

    def whole(self) -> None:
        """Whoever stands still goes on, whoever is down is started again, and all answer."""
        for child in self.family.children:
            self.let_go(child.name)
        down = [child.name for child in self.family.children if child.process.poll() is not None]
        for name in down:
            self.again(name)
        for name in down:
            self.wait(name)

    # --- people -------------------------------------------------------------------------------------------

    def at(self, store: str, role: Role = Role.MANAGER) -> Api:
        """Somebody at a store, signed in anew after each start of its box: logins live in memory."""
        return self._signed_in(f"edge-{store}", role, lambda api, login: api.at_store(login), self.shop.edge_url(store))

    def office(self) -> Api:
        return self._signed_in("cloud", Role.MANAGER, lambda api, login: api.at_office(login), self.shop.office_url)

    def world(self) -> Api:
        """The hand of God: moves pieces, pays, breaks readers."""
        return self._signed_in("simulator", Role.MANAGER, lambda api, _: api, self.shop.simulator_url)

    def _signed_in(self, process: str, role: Role, sign_in, url: str) -> Api:
        pid, name = self.child(process).process.pid, f"{process} {role}"
        known = self.apis.get(name)
        if known is not None and known[0] == pid:
            return known[1]
        if known is not None:
            known[1].close()

        def once() -> Api | None:
            api = Api(url)
            try:
                return sign_in(api, self.shop.login(role))
            except (httpx.TransportError, AskError):
                api.close()
                return None

        self.apis[name] = (pid, wait(f"signing in at {url}", 60, once))
        return self.apis[name][1]

    def view(self, store: str, piece: str) -> shapes.PieceView:
        return self.at(store).get(f"/api/v1/pieces/{piece}", shapes.PieceView)

    def serving(self, store: str) -> shapes.StoreView:
        """Waits until the store's box may decide and talks to the office."""

        def serves() -> shapes.StoreView | None:
            view = self.at(store).get("/api/v1/store", shapes.StoreView)
            return view if view.mode == "active" and view.uplink.up else None

        return wait(f"{store} to serve", 60, serves)

    def sent(self, store: str) -> None:
        """Waits until the office has every row of the store."""

        def all_sent() -> bool:
            view = self.at(store).get("/api/v1/store", shapes.StoreView)
            return view.mode == "active" and view.uplink.unsent == 0

        wait(f"all rows of {store} to be sent", 60, all_sent)

    def scan(self, store: str, *pieces: str) -> shapes.ScanView:
        asked = {"pieces": list(pieces), "zone": "shelf-1"}
        return self.at(store).post("/api/v1/scan", shapes.ScanView, asked)

    def unseen(self, store: str) -> str:
        """A piece of the store that no test has taken yet."""
        planned = next(each for each in self.shop.plan().stores if each.layout.store == store)
        piece = next(str(card.piece) for card in planned.cards if card.piece not in self.taken)
        self.taken.add(piece)
        return piece

    def piece(self, store: str) -> str:
        """A piece that no test has taken yet, that the store sees now and may sell."""
        if store == BY_SCANNER:
            piece = self.unseen(store)
            self.scan(store, piece)
            return piece
        planned = next(each for each in self.shop.plan().stores if each.layout.store == store)
        pieces = [str(card.piece) for card in planned.cards if card.piece not in self.taken]

        def found() -> str | None:
            views = (self.view(store, piece) for piece in pieces)
            return next((view.piece for view in views if view.seen and view.sellable), None)

        piece = wait(f"a piece that {store} sees and may sell", 30, found)
        self.taken.add(piece)
        return piece

    def cart(self, store: str, till: str = TILL) -> str:
        """An open sale, in a shift that is opened where there is none."""
        api = self.at(store)
        shifts = api.get("/api/v1/shifts", list[shapes.ShiftView])
        if not any(shift.till == till and shift.state == "open" for shift in shifts):
            api.post("/api/v1/shifts", shapes.ShiftView, {"till": till, "float_minor": 0})
        return api.post("/api/v1/sales", shapes.SaleView, {"till": till}).sale

    def lay(self, store: str, sale: str, *pieces: str) -> shapes.SaleView:
        """Into the cart. Raises `AskError` with the till's words."""
        if store == BY_SCANNER:
            self.scan(store, *pieces)
        return [self._ring_up(store, sale, piece) for piece in pieces][-1]

    def _ring_up(self, store: str, sale: str, piece: str) -> shapes.SaleView:
        asked = {"piece": piece, "override": "no pad here"}
        return self.at(store).post(f"/api/v1/sales/{sale}/lines", shapes.SaleView, asked)

    def pay(self, store: str, sale: str, total_minor: int) -> shapes.SaleView:
        tender = {"kind": "card", "amount_minor": total_minor, "reference": sale}
        asked = {"tenders": [tender], "override": "no pad here"}
        return self.at(store).post(f"/api/v1/sales/{sale}/record", shapes.SaleView, asked)

    def sell(self, store: str, *pieces: str, till: str = TILL) -> shapes.SaleView:
        sale = self.cart(store, till)
        return self.pay(store, sale, self.lay(store, sale, *pieces).total_minor)

    def refused(self, store: str, piece: str) -> str:
        """The words in which the till refuses this piece. Fails when it does not refuse."""
        sale = self.cart(store)
        try:
            with pytest.raises(AskError, match=" answered 409: ") as told:
                self._ring_up(store, sale, piece)
            return str(told.value)
        finally:
            self.at(store).post(f"/api/v1/sales/{sale}/void", shapes.SaleView, {"reason": "refused"})

    def move(self, store: str, piece: str, to: str) -> None:
        """A person carries the piece, in the simulated world."""
        self.world().post(f"/stores/{store}/move", msgspec.Raw, {"pieces": [piece], "to": to})


@contextmanager
def housing(folder: Path) -> Iterator[Callable[..., House]]:
    """`make(pieces, commands)`: starts a house with these stores, pieces in each; `commands` replaces the command of
    children by name. All of them are stopped at the end."""
    made: list[House] = []

    def make(
        pieces: dict[str, int], commands: dict[str, list[str]] | None = None, *, lease_wait_s: float | None = None
    ) -> House:
        wish = Wish(well_known_ports=False, layouts=tuple(pieces), pieces=pieces)
        shop = open_shop(folder, dt.datetime.now(dt.UTC), wish)
        if lease_wait_s is not None:
            config = folder / "cloud" / "cloud.toml"
            config.write_text(f"lease_wait_s = {lease_wait_s}\n{config.read_text()}")
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

    try:
        yield make
    finally:
        for house in made:
            for _, api in house.apis.values():
                api.close()
            for child in house.family.children:
                house.let_go(child.name)
            house.family.stop()


@pytest.fixture
def make_house(tmp_path: Path) -> Iterator[Callable[..., House]]:
    """A house of this test alone."""
    with housing(tmp_path / "house") as make:
        yield make


@pytest.fixture(scope="module")
def make_lasting_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., House]]:
    """A house that the tests of a file share: each leaves it whole."""
    with housing(tmp_path_factory.mktemp("house")) as make:
        yield make
