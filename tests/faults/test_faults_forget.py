"""A client who is erased is in no file of the house any more: office, stores, broker, logs, backups. Real processes.

Their store is offline while it happens; then its box comes back, then it burns and is restored from a backup of before,
then the office's database is put back to before it.
"""

import datetime as dt
import json
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from contract.feed import Role
from contract.remarks import FORGOTTEN
from edge import own_books
from edge.config import load_config
from vitrine.ask import Api, AskError, wait

STORE = "stockroom"
SOON_S = 60
TOLD = {
    "at": STORE, "salutation": "Hochwohlgeboren", "given_name": "Zwetlana", "family_name": "Beispielowa",
    "also_called": "Lanotschka", "emails": ["zwet.beispiel@example.com"], "phones": ["+33199001234"],
    "address": "Musterallee 17\nHinterhaus\nBeispielstadt", "language": "fr",
}  # fmt: skip
WORDS = (
    "Hochwohlgeboren", "Zwetlana", "Beispielowa", "Lanotschka", "zwet.beispiel", "33199001234", "Musterallee",
    "Hinterhaus", "Beispielstadt", "Silberdistel", "Paraiba", "Turmalin", "Dackel", "Rosen", "Ottokar", "1984-05-17",
    "Saphirring", "Damaszener", "Opalkette", "Morgenstunde",
)  # fmt: skip
"""What is told of them, here and there."""
AT_THE_TILL = {"notes": {"text": "Opalkette zur Morgenstunde"}, "wishes": {"text": "Damaszener"}}
AT_THE_OFFICE = {
    "pins": {"about": "stone", "text": "Paraiba-Turmalin"}, "notes": {"text": "Keine Rosen; Dackel"},
    "milestones": {"kind": "birthday", "day": "1984-05-17", "name": "Ottokar", "relation": "spouse"},
    "visits": {"at": STORE, "text": "Saphirring, Silberdistel"},
}  # fmt: skip
COUNTER = (
    "Erbtante", "Krappe", "Efeuranke", "Glockenblume", "Herbstwind", "Ruritanien", "Dachboden", "Perlmutt", "Fliederbusch",
    "Abendstern",
)  # fmt: skip
"""What is written of their order, of what they sell, and of their appointment."""
Raw = msgspec.Raw


def vitrine(*words: str) -> str:
    command = [sys.executable, "-m", "vitrine", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def everywhere(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def found_in(folder: Path, *needles: bytes) -> list[tuple[str, bytes]]:
    files = everywhere(folder)
    return [(path.name, each) for path, body in files.items() for each in needles if each in body]


def tell(api: Api, path: str, body: dict) -> None:
    """An act that answers nothing."""
    answer = api._http.post(path, json=body)
    assert answer.is_success, answer.text


def day_after_next(hours: int = 36) -> str:
    return (dt.datetime.now(dt.UTC) + dt.timedelta(hours=hours)).date().isoformat()


def ordered(house, person: str) -> str:
    """A ring to be mended: title, thing, quote, promise, look, note; and it rests. All of it in words."""
    store, at = house.at(STORE), "/api/v1/orders"
    order = json.loads(bytes(store.post(at, Raw, {"kind": "repair", "client": person, "title": "Ring der Erbtante"})))
    at = f"{at}/{order['order']}"
    stones = [{"at": "centre", "kind": "white stone", "length_um": 6480, "width_um": 6450, "inscription": "Perlmutt"}]
    thing = {
        "description": "White metal ring, Efeuranke", "condition": "Krappe verbogen", "declared_value_minor": 9_000,
        "stones": stones,
    }  # fmt: skip
    (item,) = json.loads(bytes(store.post(f"{at}/things", Raw, thing)))["things"]
    looks = [{"at": "centre", "length_um": 6480, "width_um": 6450, "note": "Fliederbusch"}]
    store.post(f"{at}/things/{item['item']}/check", Raw, {"looks": looks})
    store.post(f"{at}/quote", Raw, {"lines": [{"description": "Glockenblume graviert", "gross_minor": 5_000}]})
    store.post(f"{at}/notes", Raw, {"reason": "Abendstern"})
    store.post(f"{at}/hold", Raw, {"reason": "wartet auf Herbstwind"})
    with pytest.raises(AskError, match="Herbstwind"):
        store.post(f"{at}/answer", Raw, {"approved": True, "how": "counter"})
    return order["order"]


def bought_of(house, person: str) -> str:
    thing = {"title": "Brosche", "provenance": "vom Dachboden", "proof": "Pass von Ruritanien", "value_minor": 1_000}
    paid = [{"kind": "store_credit", "amount_minor": 1_000}]
    asked = {"till": "till-1", "client": person, "things": [thing], "paid": paid}
    return json.loads(bytes(house.at(STORE).post("/api/v1/purchases", Raw, asked)))["purchase"]


def met(house, person: str) -> str:
    """An appointment whose tray came back without its piece."""
    office, store, piece = house.office(), house.at(STORE), house.unseen(STORE)
    asked = {
        "at": STORE, "staff": house.shop.login(Role.MANAGER).user, "day": day_after_next(), "begins": "10:00",
        "person": person,
    }  # fmt: skip
    name = json.loads(bytes(office.post("/api/v1/appointments", Raw, asked)))["appointment"]
    office.post(f"/api/v1/appointments/{name}/confirm", Raw)

    def heard() -> bool:
        return name in bytes(store.get("/api/v1/appointments", Raw)).decode()

    wait("the store to hear of the appointment", SOON_S, heard)
    house.scan(STORE, piece)
    for step, body in (("prepare", {"pieces": [piece]}), ("arrive", None), ("begin", None)):
        store.post(f"/api/v1/appointments/{name}/{step}", Raw, body)
    store.post(f"/api/v1/appointments/{name}/close", Raw, {"how": "finish", "why": "blieb bei der Silberdistel"})
    return name


def told_at_office(house, order: str, purchase: str, appointment: str) -> str:
    """All the office says of these, in words."""
    paths = (
        f"/api/v1/client-orders/{order}", f"/api/v1/purchases/{STORE}/{purchase}", f"/api/v1/appointments/{appointment}",
    )  # fmt: skip
    papers = json.loads(bytes(house.office().get(f"/api/v1/client-orders/{order}/papers", Raw)))
    texts = [house.office()._http.get(path).text for path in paths]
    opened = [
        house.office()._http.get(f"/api/v1/client-orders/{order}/papers/{each['sha256']}").text for each in papers
    ]
    return "".join((*texts, *opened))


def at_store(house, person: str) -> dict:
    """Their card as the till shows it; empty when it knows nobody of this id."""
    try:
        shown = json.loads(bytes(house.at(STORE).get(f"/api/v1/clients/{person}", Raw)))
    except AskError:
        return {}
    return shown["clients"][0]


def erase(house, person: str) -> None:
    with closing(Api(house.shop.office_url)) as api:
        api.at_office(house.shop.login(Role.ADMIN))
        tell(api, f"/api/v1/clients/{person}/erase", {"reason": "asked"})


def sealed_at_box(house, person: str) -> tuple[bytes, bytes]:
    """What its file holds of them: the key, wrapped for the box, and the card."""
    file = next(house.shop.store_folder(STORE).rglob("slice.sqlite3"), None)
    if file is None:
        return b"", b""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as db:
        row = db.execute("SELECT key, card FROM person WHERE person = ?", (person,)).fetchone()
    return row or (b"", b"")


def sealed_at_office(house, person: str) -> bytes:
    with closing(sqlite3.connect(f"file:{database(house)}?mode=ro", uri=True)) as db:
        row = db.execute("SELECT wrapped FROM person_key WHERE person = ?", (person,)).fetchone()
    return row[0] if row else b""


def database(house) -> Path:
    (found,) = (house.shop.folder / "cloud").rglob("*.sqlite3")
    return found


@pytest.fixture
def known(make_house):
    """A house with one client, of whom office and till have written; the store's box has their card."""
    house = make_house({STORE: 3})
    house.serving(STORE)
    office = house.office()
    person = json.loads(bytes(office.post("/api/v1/clients", Raw, TOLD)))["person"]
    for path, body in AT_THE_OFFICE.items():
        tell(office, f"/api/v1/clients/{person}/{path}", body)
    wait("their card to be at the store", SOON_S, lambda: bool(sealed_at_box(house, person)[0]))
    for path, body in AT_THE_TILL.items():
        tell(house.at(STORE), f"/api/v1/clients/{person}/{path}", body)
    house.sent(STORE)

    def taken() -> bool:
        return "Morgenstunde" in bytes(office.get(f"/api/v1/clients/{person}", Raw)).decode()

    wait("the office to take what the till wrote", SOON_S, taken)
    return house, person


def test_who_is_erased_is_in_no_file_of_the_house_whatever_comes_back(known, tmp_path: Path):
    house, person = known
    folder = house.shop.folder
    sold = house.sell(STORE, house.piece(STORE))
    house.sent(STORE)
    needles = tuple(word.encode() for word in (*WORDS, *COUNTER))
    assert len(WORDS) >= 20
    names = (ordered(house, person), bought_of(house, person), met(house, person))
    house.sent(STORE)
    shown = ("Erbtante", "Krappe", "Efeuranke", "Glockenblume", "Herbstwind", "Ruritanien", "Dachboden", "Abendstern")

    def heard() -> bool:
        text = told_at_office(house, *names)
        return "Silberdistel" in text and all(word in text for word in shown if word != "Krappe")

    wait("the office to read what was written at the counter", SOON_S, heard)
    things = bytes(house.at(STORE).get(f"/api/v1/orders/{names[0]}/things", Raw)).decode()
    assert all(word in things for word in ("Krappe", "Perlmutt", "Fliederbusch")), "the control: the store reads it"
    told = bytes(house.office().get(f"/api/v1/clients/{person}", Raw)).decode()
    assert [word for word in WORDS if word not in told] == [], "the control: all of it is known"
    assert found_in(folder, *needles) == [], "before they are erased, no file tells it"
    assert at_store(house, person)["family_name"] == "Beispielowa"

    key, file = tmp_path / "owner.key", folder / "stockroom.backup"
    words = re.search(r"vb1-\w+", vitrine("backup", "key", str(key)))
    config = str(house.shop.store_folder(STORE) / "edge.toml")
    vitrine("backup", "make", "--config", config, "--to", words[0], str(file))
    before = (*sealed_at_box(house, person), sealed_at_office(house, person))
    assert all(before)
    assert found_in(folder, *before), "the control: it lies there"

    # the store is offline while they are erased
    house.cut(f"edge-{STORE}")
    house.cut("cloud")
    old = tmp_path / "office-before"
    shutil.copytree(database(house).parent, old)
    house.again("cloud")
    house.wait("cloud")
    erase(house, person)
    assert found_in(folder, before[0]), "the control: a box that is offline cannot know yet"
    house.again(f"edge-{STORE}")
    house.wait(f"edge-{STORE}")
    house.serving(STORE)
    wait("the box to forget", SOON_S, lambda: not sealed_at_box(house, person)[0])
    assert at_store(house, person) == {}
    assert found_in(folder, *before, *needles) == []
    gone = told_at_office(house, *names) + bytes(house.at(STORE).get(f"/api/v1/orders/{names[0]}/things", Raw)).decode()
    assert [word for word in COUNTER if word in gone] == []
    assert FORGOTTEN in gone

    # the box burns, and comes back from a backup of before
    house.cut(f"edge-{STORE}")
    box = house.shop.store_folder(STORE)
    for each in box.iterdir():
        if each.name != "edge.toml":
            shutil.rmtree(each) if each.is_dir() else each.unlink()
    vitrine("restore", str(file), "--config", config, "--key", str(key))
    login = house.shop.login(Role.MANAGER)
    own_books.set_pin(load_config(Path(config)), login.user, login.pin)
    house.again(f"edge-{STORE}")
    house.wait(f"edge-{STORE}")
    house.serving(STORE)
    assert at_store(house, person) == {}
    assert found_in(folder, *before, *needles) == []

    # the office's database is put back to before it
    house.cut("cloud")
    live = database(house).parent
    for each in old.iterdir():
        if each.name.startswith(database(house).name):
            shutil.copy(each, live / each.name)
    assert sealed_at_office(house, person), "the control: this database knows them"
    house.again("cloud")
    house.wait("cloud")
    assert sealed_at_office(house, person) == b""
    assert found_in(folder, before[2], *needles) == []
    assert sold.receipt_number >= 1, "what was sold stays sold"
