"""The control door: a person, a demo script or a test moves pieces, breaks readers and pays, by plain JSON over HTTP.

Loopback only and without a password: it is the hand of God, and no part of the product listens to it.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from contract.ids import PieceId, StoreId, ZoneId
from simulator.llrp.server import Fault, LlrpServer
from simulator.people import Act, close_store, open_store, perform, sold
from simulator.psp import NoSuchPaymentError, PaymentAct, PaymentRefusedError, Provider
from simulator.store import ZoneKind
from simulator.world import Away, UnknownError, World

PIECES_PER_REQUEST_MAX = 5_000
PAGE = Path(__file__).with_name("door.html")


class Asked(BaseModel):
    """Base of every request body: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class MoveAsked(Asked):
    """`to` is a zone of the store, or one of hand, road, client, thief."""

    pieces: Annotated[list[str], Field(min_length=1, max_length=PIECES_PER_REQUEST_MAX)]
    to: str
    by: str = ""


class WalkOutAsked(Asked):
    """`seconds` in front of the gate, then gone: with the client, or with a thief."""

    pieces: Annotated[list[str], Field(min_length=1, max_length=PIECES_PER_REQUEST_MAX)]
    seconds: Annotated[float, Field(ge=0, le=600)] = 4.0
    thief: bool = False


class CoverAsked(Asked):
    """A zone whose lid or door shuts (`covered`), or opens again."""

    zone: str
    covered: bool = True


class ActAsked(Asked):
    act: Act
    pieces: Annotated[list[str], Field(max_length=PIECES_PER_REQUEST_MAX)] = []
    by: str = ""


class FaultAsked(Asked):
    """`antenna` is a port for `antenna_dead`, 0 means all; `words` are written before `cut_writing` cuts the power."""

    fault: Fault
    antenna: Annotated[int, Field(ge=0, le=64)] = 0
    words: Annotated[int, Field(ge=0, le=64)] = 1


class InputAsked(Asked):
    """A port of the reader's inputs (GPI), from 1."""

    port: Annotated[int, Field(ge=1, le=64)]
    high: bool


class ClockAsked(Asked):
    """The reader's clock jumps by so many seconds, or has no UTC from now on, only its uptime."""

    jump_s: Annotated[float, Field(ge=-1e9, le=1e9)] = 0.0
    utc: bool = True


class AuthoriseAsked(Asked):
    key: Annotated[str, Field(min_length=1, max_length=200)]
    amount_minor: int
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]


class KeyAsked(Asked):
    key: Annotated[str, Field(min_length=1, max_length=200)]


def create_door(
    world: World, servers: Mapping[str, LlrpServer], provider: Provider, now_us: Callable[[], int]
) -> FastAPI:
    """`servers` by `store/reader`. Routes are coroutines, so that they and the readers take turns on one loop.

    Errors are `{"detail": "…"}` with 404, 409 or 422.
    """
    # No /docs: FastAPI's page fetches its script from a public host, and a shop floor may have no way there.
    door = FastAPI(
        title="Vitrine simulator door", version="1", docs_url=None, redoc_url=None, openapi_url="/api/openapi.json"
    )
    _refusals(door)
    _readers(door, servers)
    page = PAGE.read_text(encoding="utf-8")

    def lives_in(piece: PieceId, store: str) -> bool:
        home = int(world.home[world.row_of[piece]])
        return world.places[home].startswith(f"{store}/")

    def trays(store: str) -> dict[str, dict[str, Any]]:
        """Tray → its zone, and those of its pieces that are still the store's."""
        out: dict[str, dict[str, Any]] = {}
        gone = {piece for piece, place in world.save().away.items() if place in {Away.CLIENT, Away.THIEF}}
        for row, stocked in enumerate(world.stock):
            shop, _, zone = world.places[int(world.home[row])].partition("/")
            if shop == store and stocked.card.tray and stocked.card.piece not in gone:
                out.setdefault(stocked.card.tray, {"zone": zone, "pieces": []})["pieces"].append(stocked.card.piece)
        return dict(sorted(out.items()))

    @door.get("/", response_class=HTMLResponse, include_in_schema=False)
    async def hand() -> str:
        """The page a person uses; it calls the routes below and fetches nothing from elsewhere."""
        return page

    @door.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @door.get("/stores")
    async def stores() -> list[dict[str, Any]]:
        """Every store with its zones, which of them are covered, readers (port, model, fault, inputs, outputs) and
        the pieces in each zone.
        """
        return [
            {
                "store": store,
                "name": layout.name,
                "zones": [msgspec.to_builtins(zone) for zone in layout.zones],
                "covered": [zone.id for zone in layout.zones if world.place_of[f"{store}/{zone.id}"] in world.covered],
                "pieces": {zone: len(pieces) for zone, pieces in world.where(store).items()},
                "readers": [
                    {
                        "reader": key,
                        "model": server.device.model.name,
                        "port": server.port,
                        "fault": server.fault,
                        "client": server.device.online,
                        "inputs": server.device.inputs,
                        "outputs": server.device.settings.gpos,
                    }
                    for key, server in servers.items()
                    if key.startswith(f"{store}/")
                ],
            }
            for store, layout in world.layouts.items()
        ]

    @door.get("/truth")
    async def truth(store: str, log: int = 100) -> dict[str, Any]:
        """Where pieces are, which of the store's own are away, its trays and their zones, what was sold, the
        last `log` things that happened.
        """
        away = world.save().away
        return {
            "store": store,
            "zones": world.where(StoreId(store)),
            "away": {piece: place for piece, place in away.items() if place in tuple(Away) and lives_in(piece, store)},
            "trays": trays(store),
            "sold": sold(world, StoreId(store)),
            "log": [msgspec.to_builtins(one) for one in world.truth[-max(0, log) :] if one.store == store],
            "log_dropped": world.truth_dropped,
        }

    @door.post("/stores/{store}/move")
    async def move(store: str, asked: MoveAsked) -> dict[str, Any]:
        place = world.zone_place(StoreId(store), asked.to)
        done = world.move(now_us(), Act.MOVE, StoreId(store), pieces=_pieces(asked.pieces), to=place, by=asked.by)
        return {"happened": msgspec.to_builtins(done)}

    @door.post("/stores/{store}/walk_out")
    async def walk_out(store: str, asked: WalkOutAsked) -> dict[str, Any]:
        """Pieces pass the gate antennas for some seconds and are gone."""
        at_us, shop = now_us(), StoreId(store)
        exit_zone = world.zone_place(shop, world.zone_of_kind(shop, ZoneKind.EXIT))
        act, gone = (Act.STEAL, Away.THIEF) if asked.thief else (Act.WALK_OUT, Away.CLIENT)
        done = world.move(at_us, act, shop, pieces=_pieces(asked.pieces), to=exit_zone)
        world.later(at_us + int(asked.seconds * 1e6), act, shop, pieces=_pieces(asked.pieces), to=gone)
        return {"happened": msgspec.to_builtins(done)}

    @door.post("/stores/{store}/cover")
    async def cover(store: str, asked: CoverAsked) -> dict[str, Any]:
        """The door of a safe shuts, or foil lies over a case: no reader hears what is there, nor its reference tag."""
        world.cover(StoreId(store), ZoneId(asked.zone), covered=asked.covered)
        return {"zone": asked.zone, "covered": asked.covered}

    @door.post("/stores/{store}/act")
    async def act(store: str, asked: ActAsked) -> dict[str, Any]:
        """Any act of `simulator.people`: open, close, place_on_pad, take_from_pad, sell, walk_out, steal, ship."""
        shop = StoreId(store)
        match asked.act:
            case Act.OPEN:
                return {"pieces": open_store(world, now_us(), shop, asked.by)}
            case Act.CLOSE:
                return {"pieces": close_store(world, now_us(), shop, asked.by)}
            case _:
                perform(world, now_us(), asked.act, shop, pieces=_pieces(asked.pieces), by=asked.by)
                return {"pieces": len(asked.pieces)}

    @door.post("/psp/authorise")
    async def authorise(asked: AuthoriseAsked) -> dict[str, Any]:
        return _plain(provider.authorise(asked.key, asked.amount_minor, asked.currency))

    @door.post("/psp/{act}")
    async def pay(act: PaymentAct, asked: KeyAsked) -> dict[str, Any]:
        """capture, void or refund, by key."""
        return _plain(provider.act(asked.key, act))

    @door.get("/psp")
    async def payments() -> list[dict[str, Any]]:
        """Every payment, as a reconciliation asks for it."""
        return [_plain(payment) for payment in provider.payments.values()]

    @door.get("/psp/{key:path}")
    async def payment(key: str) -> dict[str, Any]:
        return _plain(provider.status(key))

    return door


def _readers(door: FastAPI, servers: Mapping[str, LlrpServer]) -> None:
    """What may be done to a reader: break it, or change what is wired to it."""

    def called(reader: str) -> str:
        """The one reader with this name, alone or with its store."""
        found = [key for key in servers if reader in {key, key.split("/")[1]}]
        if len(found) != 1:
            raise UnknownError(f"{len(found)} readers are called {reader!r}; name one of {', '.join(servers)}")
        return found[0]

    @door.post("/readers/{reader:path}/fault")
    async def fault(reader: str, asked: FaultAsked) -> dict[str, str]:
        """`reader` is `store/reader`, or the reader alone where its name is unique."""
        key = called(reader)
        await servers[key].set_fault(asked.fault, asked.antenna, asked.words)
        return {"reader": key, "fault": asked.fault}

    @door.post("/readers/{reader:path}/clock")
    async def clock(reader: str, asked: ClockAsked) -> dict[str, Any]:
        """The reader's own clock: further wrong, or none."""
        key = called(reader)
        own = servers[key].device.clock
        own.offset_us += round(asked.jump_s * 1e6)
        own.utc = asked.utc
        return {"reader": key, "offset_s": own.offset_us / 1e6, "utc": own.utc}

    @door.post("/readers/{reader:path}/input")
    async def wire(reader: str, asked: InputAsked) -> dict[str, Any]:
        """What is wired to an input goes high or low: a door contact, a motion detector."""
        key = called(reader)
        if asked.port not in servers[key].device.inputs:
            raise UnknownError(f"{key} has no input {asked.port}; it has {len(servers[key].device.inputs)}")
        servers[key].set_input(asked.port, high=asked.high)
        return {"reader": key, "inputs": servers[key].device.inputs}


def _refusals(door: FastAPI) -> None:
    """Our errors as HTTP: what is unknown is 404, what does not fit is 409."""
    statuses = {UnknownError: 404, NoSuchPaymentError: 404, PaymentRefusedError: 409}

    def answer(request: Request, error: Exception) -> JSONResponse:
        del request
        return JSONResponse({"detail": str(error)}, status_code=statuses[type(error)])

    for kind in statuses:
        door.add_exception_handler(kind, answer)


def _pieces(named: list[str]) -> list[PieceId]:
    return [PieceId(piece) for piece in named]


def _plain(value: msgspec.Struct) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(value)
    return plain
