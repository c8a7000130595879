"""The demo's house as files: ports, logins and certificates made once, configurations written at each start.

```
DIR/shop.json        ports and logins, kept            DIR/authority/   the house's certificates
DIR/cloud/           office database, cloud.toml       DIR/stores/S/    books of store S, edge.toml
DIR/broker/          mosquitto's configuration         DIR/simulator/   its world, kept over a restart
DIR/logs/            one file per process
```
"""

import datetime as dt
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from contract.feed import Role
from contract.ids import StoreId, UserId
from edge.config import LIES_IN
from simulator.store import LAYOUTS, Layout, Zone, load_layout
from vitrine import ports, toml
from vitrine.authority import CLOUD, Authority
from vitrine.ports import HOST
from vitrine.problems import PersonError

if TYPE_CHECKING:
    from simulator.app import Plan

SEED: Final = 7
HOUSE: Final = "Maison Vitrine"
OFFICE_PORT: Final = 8000
EDGE_PORT: Final = 8101
ALARM_NATS: Final = 22.0
"""Evidence an alarm needs on a demo store's first day: some 140 silent rounds of a piece read in four of five."""
WORDS: Final = (
    "agate",
    "amber",
    "beryl",
    "coral",
    "garnet",
    "jade",
    "onyx",
    "opal",
    "pearl",
    "ruby",
    "topaz",
    "zircon",
)
PEOPLE: Final = {
    Role.ADMIN: ("ada", "Ada Lund"),
    Role.MANAGER: ("marc", "Marc Roche"),
    Role.ASSOCIATE: ("ines", "Inès Faure"),
    Role.LOSS_PREVENTION: ("leo", "Léo Brandt"),
}


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody of the demo: the PIN opens a store's pages, the password the head office's."""

    user: UserId
    name: str
    role: Role
    pin: str
    password: str


class World(msgspec.Struct, frozen=True, kw_only=True):
    """The simulator's configuration, field by field: reading its own would load all of it at every start."""

    seed: int
    layouts: tuple[str, ...]
    reader_ports: dict[str, int]
    door_port: int
    host: str
    pieces: dict[str, int]
    state_file: str


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What is chosen once: `shop.json`."""

    broker_port: int
    office_port: int
    door_port: int
    edge_ports: dict[StoreId, int]
    world: World
    logins: tuple[Login, ...]
    clients: int = 0
    """How many were taken over with their past."""


@dataclass(frozen=True, slots=True)
class Shop:
    """The demo's house, ready to be started."""

    folder: Path
    kept: Kept
    authority: Authority

    @property
    def layouts(self) -> list[Layout]:
        return [load_layout(name) for name in self.kept.world.layouts]

    @property
    def simulator_config(self) -> Path:
        return self.folder / "simulator" / "simulator.json"

    def plan(self) -> "Plan":
        """Every piece of the house, as the simulator has it."""
        from simulator import app as simulator  # half a second that a second start does not need

        return simulator.plan_of(simulator.load_config(self.simulator_config))

    def login(self, role: Role) -> Login:
        return next(login for login in self.kept.logins if login.role is role)

    @property
    def office_url(self) -> str:
        return f"http://{HOST}:{self.kept.office_port}"

    @property
    def simulator_url(self) -> str:
        return f"http://{HOST}:{self.kept.world.door_port}"

    @property
    def sown(self) -> Path:
        """Is there once the first data is in."""
        return self.folder / "sown"

    def edge_url(self, store: StoreId) -> str:
        return f"http://{HOST}:{self.kept.edge_ports[store]}"

    def store_folder(self, store: StoreId) -> Path:
        return self.folder / "stores" / store

    def ports(self) -> dict[str, int]:
        """Every port we listen on, by its purpose."""
        kept = self.kept
        return {
            "the broker": kept.broker_port,
            "the head office": kept.office_port,
            "the head office's door for stores": kept.door_port,
            "the simulator": kept.world.door_port,
            **{f"store {store}": port for store, port in kept.edge_ports.items()},
            **{f"reader {reader}": port for reader, port in kept.world.reader_ports.items()},
        }


@dataclass(frozen=True, slots=True)
class Wish:
    """What kind of house to make: on ports people remember or on any, which stores, how many pieces in which."""

    well_known_ports: bool = True
    alarm_nats: float = ALARM_NATS
    layouts: tuple[str, ...] = LAYOUTS
    pieces: Mapping[str, int] = field(default_factory=dict)
    clients: int = 0


DEMO: Final = Wish(clients=240)


def open_shop(folder: Path, now: dt.datetime, wish: Wish = DEMO) -> Shop:
    """The house of this folder; made as wished when there is none. Raises `PersonError`."""
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "shop.json"
    if path.exists():
        try:
            kept = msgspec.json.decode(path.read_bytes(), type=Kept)
        except (msgspec.ValidationError, msgspec.DecodeError) as error:
            raise PersonError(
                f"{path} cannot be used ({error}): correct it, or delete {folder} to begin anew."
            ) from error
    else:
        kept = _choose(folder, wish)
        beside = path.with_suffix(".new")
        beside.touch(0o600)
        beside.write_bytes(msgspec.json.format(msgspec.json.encode(kept), indent=2))
        beside.replace(path)
    shop = Shop(folder, kept, Authority.open(folder / "authority", now))
    shop.simulator_config.parent.mkdir(exist_ok=True)
    shop.simulator_config.write_bytes(msgspec.json.format(msgspec.json.encode(kept.world), indent=2))
    _write_cloud(shop, now)
    for layout in shop.layouts:
        _write_edge(shop, layout, now, wish.alarm_nats)
    return shop


def _choose(folder: Path, wish: Wish) -> Kept:
    layouts = [load_layout(name) for name in wish.layouts]
    readers = [f"{layout.store}/{reader.id}" for layout in layouts for reader in layout.readers]
    known = (OFFICE_PORT, *range(EDGE_PORT, EDGE_PORT + len(layouts)))
    office, *edges = ports.choose(known if wish.well_known_ports else [0] * len(known))
    broker, door, hand, *reading = ports.choose([0, 0, 0, *(0 for _ in readers)])
    return Kept(
        broker_port=broker,
        office_port=office,
        door_port=door,
        clients=wish.clients,
        edge_ports=dict(zip((layout.store for layout in layouts), edges, strict=True)),
        world=World(
            seed=SEED,
            layouts=wish.layouts,
            reader_ports=dict(zip(readers, reading, strict=True)),
            door_port=hand,
            host=HOST,
            pieces=dict(wish.pieces),
            state_file=str(folder / "simulator" / "world.json"),
        ),
        logins=tuple(
            Login(
                user=UserId(user), name=name, role=role, pin=f"{secrets.randbelow(1_000_000):06d}", password=_password()
            )
            for role, (user, name) in PEOPLE.items()
        ),
    )


def _password() -> str:
    """Four words and a number: about 24 bits, on loopback only."""
    return "-".join(secrets.choice(WORDS) for _ in range(4)) + f"-{secrets.randbelow(1000):03d}"


def _write_cloud(shop: Shop, now: dt.datetime) -> None:
    folder = shop.folder / "cloud"
    folder.mkdir(exist_ok=True)
    speaker, door = shop.authority.client(CLOUD, now), shop.authority.server("office", (HOST, "localhost"), now)
    files = {"ca": shop.authority.ca_file}
    config: dict[str, toml.Value] = {
        "house": HOUSE,
        "time_zone": shop.layouts[0].time_zone,
        "database_url": f"sqlite:///{folder / 'office.sqlite3'}",
        "host": HOST,
        "port": shop.kept.office_port,
        "payment_url": f"{shop.simulator_url}/psp",
        "second_factor": False,  # the demo is on loopback, and its passwords are printed
        "broker": {
            "host": HOST,
            "port": shop.kept.broker_port,
            "client_id": CLOUD,
            "cert": speaker.cert,
            "key": speaker.key,
            **files,
        },
        "door": {"host": HOST, "port": shop.kept.door_port, "cert": door.cert, "key": door.key, **files},
    }
    (folder / "cloud.toml").write_text(toml.dump(config), encoding="utf-8")


def _write_edge(shop: Shop, layout: Layout, now: dt.datetime, alarm_nats: float) -> None:
    folder = shop.store_folder(layout.store)
    folder.mkdir(parents=True, exist_ok=True)
    who = shop.authority.client(layout.store, now)
    readers: list[toml.Value] = [
        {
            "id": reader.id,
            "url": f"llrp://{HOST}:{shop.kept.world.reader_ports[f'{layout.store}/{reader.id}']}",
            "profile": reader.model,
            "antennas": {str(antenna.port): antenna.zone for antenna in reader.antennas},
        }
        for reader in layout.readers
    ]
    swept = [zone.id for zone in layout.zones if str(zone.kind) in LIES_IN]
    if readers:
        ports = {str(port): zone for port, zone in enumerate(swept, start=1)}
        readers.append({"id": "sled", "url": "wedge:", "profile": "wedge", "handheld": True, "antennas": ports})
    zones: list[toml.Value] = [_zone(zone) for zone in layout.zones]
    config: dict[str, toml.Value] = {
        "store": layout.store,
        "name": layout.name,
        "currency": layout.currency,
        "time_zone": layout.time_zone,
        "data_dir": folder,
        "http_host": HOST,
        "http_port": shop.kept.edge_ports[layout.store],
        "tills": ["till-1", "till-2"],
        "alarm_nats": alarm_nats,
        "uplink": {
            "broker_host": HOST,
            "broker_port": shop.kept.broker_port,
            "cloud_url": f"https://{HOST}:{shop.kept.door_port}",
            "ca": who.ca,
            "cert": who.cert,
            "key": who.key,
        },
        "zones": zones,
        "readers": readers,
        "tags": {"scheme": "own", "prefix": "F0DE"},
    }
    (folder / "edge.toml").write_text(toml.dump(config), encoding="utf-8")


def _zone(zone: Zone) -> dict[str, toml.Value]:
    where: dict[str, toml.Value] = {"x": zone.x, "y": zone.y, "width": zone.width, "height": zone.height}
    hangs: dict[str, toml.Value] = {"reference": zone.reference} if zone.reference else {}
    return {"id": zone.id, "name": zone.name, "kind": zone.kind} | where | hangs
