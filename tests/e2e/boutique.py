"""A boutique in a real browser: a simulated shop floor over LLRP, a real box, its real pages, and whoever works there."""

import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import msgspec
import pytest
from house_hands import arrived
from playwright.sync_api import Page

from contract.feed import FeedPage, FeedRow, PieceCard, Role, StaffCard
from contract.ids import PieceId, ReaderId, UserId, ZoneId
from edge.books import replica
from edge.config import EdgeConfig, ReaderConfig, ZoneConfig, ZoneKind
from edge.own_books import instance_of, open_books, set_pin
from simulator.app import plan, write_config
from trade.custody import Token, TokenState
from vitrine.authority import Identity
from vitrine.toml import dump

TILL, PHONE = (1024, 768), (390, 844)
PROFILES = {"impinj-r420": "impinj-r420", "zebra-fx9600": "zebra-fx9600"}
PIN = "2468"
SLED = ReaderConfig(
    id=ReaderId("sled"), url="wedge:", profile="wedge", handheld=True,
    antennas={"1": ZoneId("case-1"), "2": ZoneId("case-2")},
)  # fmt: skip
STAFF = (
    StaffCard(user=UserId("ana"), name="Ana Lindqvist", roles=(Role.ASSOCIATE,)),
    StaffCard(user=UserId("marc"), name="Marc Oyelaran", roles=(Role.MANAGER,)),
    StaffCard(user=UserId("ines"), name="Inés Duarte", roles=(Role.LOSS_PREVENTION,)),
)


@dataclass(frozen=True)
class Boutique:
    url: str
    door: str
    cards: tuple[PieceCard, ...]

    def move(self, to: str, *pieces: str) -> None:
        answer = httpx.post(f"{self.door}/stores/boutique/move", json={"pieces": list(pieces), "to": to}, timeout=10)
        assert answer.status_code == 200, answer.text

    def steal(self, *pieces: str) -> None:
        asked = {"pieces": list(pieces), "thief": True, "seconds": 4}
        answer = httpx.post(f"{self.door}/stores/boutique/walk_out", json=asked, timeout=10)
        assert answer.status_code == 200, answer.text

    def reader(self, reader: str, fault: str) -> None:
        answer = httpx.post(f"{self.door}/readers/boutique/{reader}/fault", json={"fault": fault}, timeout=10)
        assert answer.status_code == 200, answer.text

    def of_zone(self, zone: str) -> list[PieceCard]:
        return [card for card in self.cards if card.home_zone == zone]


@pytest.fixture(scope="module")
def boutique(tmp_path_factory: pytest.TempPathFactory, till_papers: Identity) -> Iterator[Boutique]:
    folder = tmp_path_factory.mktemp("boutique")
    world = plan(("boutique",), seed=5, pieces={"boutique": 60})
    write_config(folder / "simulator.json", world.config)
    store = world.stores[0]
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    config = EdgeConfig(
        store=store.layout.store, name="Boutique", currency="EUR", data_dir=folder / "data", http_port=port,
        tls_cert=till_papers.cert, tls_key=till_papers.key,
        zones=tuple(
            ZoneConfig(id=ZoneId(z.id), name=z.name, kind=ZoneKind(z.kind), x=z.x, y=z.y, width=z.width, height=z.height,
                       reference=z.reference)
            for z in store.layout.zones
        ),
        readers=(SLED, *(
            ReaderConfig(
                id=each.id, url=each.url, profile=PROFILES[each.reader.model],
                antennas={str(antenna.port): ZoneId(antenna.zone) for antenna in each.reader.antennas},
            )
            for each in store.readers
        )),
    )  # fmt: skip
    (folder / "edge.toml").write_text(dump(_table(config)), encoding="utf-8")
    books = open_books(config, instance_of(config))
    rows = [FeedRow(rev=n, scope="*", key=f"piece:{card.piece}", body=card) for n, card in enumerate(store.cards, 1)]
    rows += [FeedRow(rev=len(rows) + n, scope="*", key=f"staff:{who.user}", body=who) for n, who in enumerate(STAFF, 1)]
    replica.take(books, FeedPage(rows=tuple(rows), upto=len(rows), more=False))
    with books.transaction() as tx:
        for card in store.cards:
            tx.db.run_struct("token_set", Token(piece=PieceId(card.piece), ce=1, state=TokenState.HERE))
    books.close()
    for who in STAFF:
        set_pin(config, who.user, PIN)
    started = []
    try:
        for name, file in (("simulate", "simulator.json"), ("edge", "edge.toml")):
            with (folder / f"{name}.log").open("wb") as log:
                command = [sys.executable, "-m", "vitrine", name, "--config", str(folder / file)]
                started.append(subprocess.Popen(command, stdout=log, stderr=log, cwd=Path(__file__).parents[2]))
        url, door = f"https://127.0.0.1:{port}", f"http://127.0.0.1:{world.config.door_port}"
        trust = ssl.create_default_context(cafile=str(till_papers.ca))
        for address in (door, url):
            _until_healthy(address, folder, trust)
        yield Boutique(url, door, tuple(store.cards))
    finally:
        for process in reversed(started):
            process.terminate()
        for process in started:
            process.wait(timeout=15)


@pytest.fixture
def signed_in(boutique: Boutique, open_page: Callable[..., Page]) -> Callable[..., Page]:
    def sign(name: str, path: str, *, size: tuple[int, int] = TILL) -> Page:
        page = open_page(f"{boutique.url}/sign-in?next={path}", size=size)
        page.get_by_role("radio", name=name).check()
        page.get_by_label("PIN", exact=True).fill(PIN)
        page.get_by_role("button", name="Enter").click()
        arrived(page, path)
        return page

    return sign


def _table(config: EdgeConfig) -> dict[str, object]:
    table = msgspec.to_builtins(config, enc_hook=str)
    assert isinstance(table, dict)
    readers = [{key: value for key, value in each.items() if value is not None} for each in table["readers"]]
    return {**{key: value for key, value in table.items() if value is not None}, "readers": readers}


def _until_healthy(address: str, folder: Path, trust: ssl.SSLContext) -> None:
    for _ in range(200):
        try:
            if httpx.get(f"{address}/healthz", timeout=2, verify=trust).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    logs = "\n".join(log.read_text(encoding="utf-8")[-2000:] for log in folder.glob("*.log"))
    pytest.fail(f"{address} did not answer: {logs}")
